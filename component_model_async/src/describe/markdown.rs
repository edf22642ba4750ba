//! A description as Markdown.
//!
//! What always holds: a cell stays in its row and its column, whatever its text.

use super::{ComponentDescription, Description};
use crate::text::layout::{clean, one_line};

const HEADER: &str = "| component | type | meaning | sources | if absent | policies | notes |\n| --- | --- | --- | --- | --- | --- | --- |";

/// A line end within a cell.
const LINE_END: &str = "<br>";

impl Description {
    /// The description as a page of Markdown (as GitHub reads it): a heading, a table, and a list of what is wrong.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// let page = AppConfig::describe(&sources()).to_markdown();
    /// assert!(page.starts_with("## AppConfig\n\n| component | type |"));
    /// assert!(page.contains("| `port` | `u16` | From the key `port`. | `settings:port` | required |  |  |"));
    /// ```
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut page = format!("## {}\n\n{HEADER}\n", escaped(&one_line(self.name())));
        for component in self.components() {
            page.push_str(&row(component));
        }
        let problems: Vec<_> = self.all_problems().map(|problem| self.problem(problem)).collect();
        if !problems.is_empty() {
            page.push_str("\nWhat is wrong here:\n\n");
            page.extend(problems);
        }
        page
    }

    fn problem(&self, (component, source, problem): (&str, &str, &crate::Problem)) -> String {
        let component = if component.is_empty() { self.name() } else { component };
        let source = if source.is_empty() { String::new() } else { format!(" from {}", code(source)) };
        let hint = problem.hint().map_or(String::new(), |hint| format!(" ({hint})"));
        let text = escaped(&one_line(&format!("{problem}{hint}")));
        format!("- {}{source}: {text}\n", code(component))
    }
}

fn row(component: &ComponentDescription) -> String {
    let lines = |lines: Vec<String>| lines.join(LINE_END);
    let if_absent = component.if_absent().into_iter().map(|(what, value)| match value.is_empty() {
        true => what.to_owned(),
        false => format!("{what} {}", code(&value)),
    });
    let other = component.fallback_to().map(|layer| format!("else {}", code(&layer.place())));
    let cells = [
        code(component.component()),
        code(component.ty()),
        paragraphs(component.docs()),
        lines(component.layers().iter().map(|layer| code(&layer.place())).chain(other).collect()),
        lines(if_absent.collect()),
        lines(component.policy_texts().iter().map(|text| escaped(&one_line(text))).collect()),
        escaped(&component.notes().join(", ")),
    ];
    format!("| {} |\n", cells.join(" | "))
}

/// Text in code marks, with enough of them for the marks within it.
fn code(text: &str) -> String {
    let text = one_line(text).replace('|', "\\|");
    let mut longest = 0;
    let mut here = 0;
    for one in text.chars() {
        here = if one == '`' { here + 1 } else { 0 };
        longest = longest.max(here);
    }
    let marks = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    if text.is_empty() { String::new() } else { format!("{marks}{space}{text}{space}{marks}") }
}

/// Documentation, which is Markdown itself: lines of a paragraph are joined, and an empty line is a line end of the cell.
fn paragraphs(docs: &str) -> String {
    let docs = clean(docs).replace('|', "\\|");
    let paragraphs = docs.split("\n\n").map(|paragraph| paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" "));
    paragraphs.filter(|paragraph| !paragraph.is_empty()).collect::<Vec<_>>().join(LINE_END)
}

/// Text that is not Markdown. Marks of code are kept, since messages use them.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for one in text.chars() {
        if matches!(one, '|' | '\\' | '*' | '<' | '[') {
            escaped.push('\\');
        }
        escaped.push(one);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_cell() {
        assert_eq!(code("a|b\nc"), "`a\\|b c`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(escaped("a|b <i> [x] *y* \\"), "a\\|b \\<i> \\[x] \\*y\\* \\\\");
        assert_eq!(paragraphs("One | two\nthree.\r\n\r\nFour."), "One \\| two three.<br>Four.");
    }
}
