//! The report as text: how many components have which outcome, a table of them, and a line for each problem.

use std::fmt;

use comfy_table::{CellAlignment, Table, TableStyle, presets};

use super::{ComponentReport, Outcome, Problem, Report};
use crate::text::{
    duration_text,
    layout::{PAGE, cut, hanging, one_line, pad, width},
};

/// Only a thin line below the header.
const STYLE: TableStyle = presets::NOTHING.header_separator(comfy_table::LineStyle::none().fill('─').junction('─'));

const HEADER: [&str; 5] = ["component", "source", "outcome", "attempts", "time"];

/// The column that is cut if the table is wider than the page.
const ORIGIN: usize = 1;

/// The space between two columns; `comfy_table` itself adds the last character of it.
const GAP: usize = 2;

/// The widest name; a longer one is cut in its middle.
const NAME: usize = 30;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&header(self))?;
        if self.entries().len() > 0 {
            write!(f, "\n\n{}", table(self))?;
        }
        let problems = problems(self);
        if !problems.is_empty() {
            write!(f, "\n\n{}", problems.join("\n"))?;
        }
        Ok(())
    }
}

/// `AppConfig: 7 fetched, 1 fallback, 1 failed in 52.3 ms`.
fn header(report: &Report) -> String {
    let count = |outcome| report.entries().filter(|entry| entry.outcome() == outcome).count();
    let counts = Outcome::ALL.map(|outcome| (count(outcome), outcome.label()));
    let counts: Vec<_> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, label)| format!("{count} {label}")).collect();
    let counts = if counts.is_empty() { "nothing to fetch".to_owned() } else { counts.join(", ") };
    format!("{}: {counts} in {}", report.short_name(), duration_text(report.total()))
}

fn table(report: &Report) -> String {
    let mut rows: Vec<_> = report.entries().map(cells).collect();
    let room = room_for_origin(&rows);
    for row in &mut rows {
        row[ORIGIN] = cut(&row[ORIGIN], room);
    }
    let mut table = Table::new();
    table.load_style(STYLE).set_header(HEADER).add_rows(rows);
    for (position, column) in table.column_iter_mut().enumerate() {
        let last = position + 1 == HEADER.len();
        column.set_padding((0, if last { 0 } else { GAP as u16 - 1 }));
        if position > 2 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

fn cells(entry: &ComponentReport) -> [String; HEADER.len()] {
    let attempts = match entry.attempts() {
        0 => "–".to_owned(),
        attempts => attempts.to_string(),
    };
    let outcome = entry.outcome().label().to_owned();
    [entry.short_name(NAME), entry.origin(), outcome, attempts, duration_text(entry.elapsed())]
}

/// The width that the other columns leave.
fn room_for_origin(rows: &[[String; HEADER.len()]]) -> usize {
    let others = (0..HEADER.len()).filter(|column| *column != ORIGIN);
    let widest =
        |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0).max(width(HEADER[column]));
    PAGE.saturating_sub(others.map(widest).sum::<usize>() + GAP * (HEADER.len() - 1))
}

/// A line for each problem, with names and outcomes aligned.
fn problems(report: &Report) -> Vec<String> {
    let troubled: Vec<_> = report.entries().filter_map(|entry| Some((entry, entry.problem()?))).collect();
    let names = troubled.iter().map(|(entry, _)| width(&entry.short_name(NAME))).max().unwrap_or(0);
    let outcomes = troubled.iter().map(|(entry, _)| width(entry.outcome().label())).max().unwrap_or(0);
    let line = |(entry, problem): (&ComponentReport, &Problem)| {
        let text = hanging(&one_line(&problem.to_string()), names + outcomes + 2 * GAP);
        format!("{}  {}  {text}", pad(&entry.short_name(NAME), names), pad(entry.outcome().label(), outcomes))
    };
    troubled.into_iter().map(line).collect()
}
