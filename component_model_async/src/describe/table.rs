//! A description as text: a table of the components, then their documentation, then what is wrong.

use std::fmt;

use comfy_table::{Table, TableStyle, presets};

use super::{ComponentDescription, Description};
use crate::text::{
    counted,
    layout::{PAGE, cut, hanging, one_line, pad, width},
};

/// Only a thin line below the header.
const STYLE: TableStyle = presets::NOTHING.header_separator(comfy_table::LineStyle::none().fill('─').junction('─'));

const HEADER: [&str; 5] = ["component", "type", "sources", "policies", "notes"];

/// The column that is cut if the table is wider than the page.
const SOURCES: usize = 2;

/// The space between two columns; `comfy_table` itself adds the last character of it.
const GAP: usize = 2;

/// The widest cell of the other columns; a longer one is cut in its middle.
const CELL: usize = 24;

/// The widest note.
const NOTE: usize = 21;

/// The least space for the sources.
const LEAST: usize = 30;

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", one_line(self.name()), counted(self.components().len(), "component"))?;
        if !self.components().is_empty() {
            write!(f, "\n\n{}", table(self))?;
        }
        for lines in [docs(self), problems(self)].into_iter().filter(|lines| !lines.is_empty()) {
            write!(f, "\n\n{}", lines.join("\n"))?;
        }
        Ok(())
    }
}

/// The lines of each cell of a row.
type Cells = [Vec<String>; HEADER.len()];

fn table(description: &Description) -> String {
    let mut rows: Vec<_> = description.components().iter().map(cells).collect();
    let room = room_for_sources(&rows);
    for row in &mut rows {
        row[SOURCES].iter_mut().for_each(|line| *line = cut(line, room));
    }
    let mut table = Table::new();
    table.load_style(STYLE).set_header(HEADER);
    table.add_rows(rows.iter().map(|row| row.iter().map(|lines| lines.join("\n"))));
    for (position, column) in table.column_iter_mut().enumerate() {
        let last = position + 1 == HEADER.len();
        column.set_padding((0, if last { 0 } else { GAP as u16 - 1 }));
    }
    table.trim_fmt()
}

fn cells(component: &ComponentDescription) -> Cells {
    let short = |text: &str| cut(&one_line(text), CELL);
    let if_absent = component.if_absent().into_iter().map(|(what, value)| format!("{} {value}", what.replace('`', "")));
    let other = component.fallback_to().map(|layer| format!("else {}", layer.place()));
    [
        vec![short(component.component())],
        vec![short(component.ty())],
        component.layers().iter().map(|layer| layer.place()).chain(other).collect(),
        component.policy_texts().iter().map(|text| short(text)).collect(),
        if_absent.chain(component.notes()).map(|note| cut(&one_line(note.trim_end()), NOTE)).collect(),
    ]
}

/// The width that the other columns leave.
fn room_for_sources(rows: &[Cells]) -> usize {
    let widest = |column: usize| {
        let lines = rows.iter().flat_map(|row| &row[column]).map(|line| width(line));
        lines.max().unwrap_or(0).max(width(HEADER[column]))
    };
    let others: usize = (0..HEADER.len()).filter(|column| *column != SOURCES).map(widest).sum();
    PAGE.saturating_sub(others + GAP * (HEADER.len() - 1)).max(LEAST)
}

/// A line for the documentation of each component, with the names aligned.
fn docs(description: &Description) -> Vec<String> {
    let documented = description.components().iter().filter(|component| !component.docs().is_empty());
    aligned(documented.map(|component| (component.component().to_owned(), component.docs().to_owned())).collect())
}

fn problems(description: &Description) -> Vec<String> {
    let line = |(component, source, problem): (&str, &str, &crate::Problem)| {
        let source = if source.is_empty() { String::new() } else { format!("{source}: ") };
        let hint = problem.hint().map_or(String::new(), |hint| format!(" ({hint})"));
        let component = if component.is_empty() { description.name() } else { component };
        (component.to_owned(), format!("{source}{problem}{hint}"))
    };
    aligned(description.all_problems().map(line).collect())
}

fn aligned(lines: Vec<(String, String)>) -> Vec<String> {
    let lines: Vec<_> = lines.iter().map(|(name, text)| (cut(&one_line(name), CELL), one_line(text))).collect();
    let names = lines.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    lines.iter().map(|(name, text)| format!("{}  {}", pad(name, names), hanging(text, names + GAP))).collect()
}
