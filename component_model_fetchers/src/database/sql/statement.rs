//! A statement whose text has been read.

use std::{fmt, sync::Arc};

use super::{Effect, Literals, Placeholders, Quoting, effect, masked};

/// The most characters of a statement that are shown.
const SHOWN: usize = 120;

/// A statement, and what its text tells: read once, when it is bound, and not again when it is sent.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in crate::database) struct Sql {
    // Shared: every answer keeps the statement for the names of its columns.
    text: Arc<str>,
    shown: Arc<str>,
    effect: Effect,
    placeholders: Placeholders,
    is_several: bool,
}

impl Sql {
    /// Reads a text; `is_several` is whether it has several statements that the server would not refuse.
    pub(in crate::database) fn new(
        text: String,
        quoting: &Quoting,
        placeholders: Placeholders,
        is_several: bool,
    ) -> Self {
        let (shown, effect) = (on_one_line(&masked(&text, quoting)).into(), effect(&text, quoting));
        Self { text: text.into(), shown, effect, placeholders, is_several }
    }

    pub(in crate::database) fn text(&self) -> &str {
        &self.text
    }

    /// The text without its literals, which may be secrets: on one line, shortened if it is long.
    pub(in crate::database) fn shown(&self) -> &str {
        &self.shown
    }

    /// Whether an error may show a name of a column of the answer.
    pub(in crate::database) fn shows_columns(&self, quoting: &Quoting) -> impl Fn(&str) -> bool + use<> {
        let literals = Literals::of(&self.text, quoting);
        move |name| !literals.may_be_in(name)
    }

    pub(in crate::database) fn effect(&self) -> Effect {
        self.effect
    }

    /// Whether there are several statements, whose rows would be those of one answer.
    pub(in crate::database) fn is_several(&self) -> bool {
        self.is_several
    }

    pub(in crate::database) fn placeholders(&self) -> &Placeholders {
        &self.placeholders
    }
}

/// Never the literals.
impl fmt::Debug for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sql").field(&self.shown).finish()
    }
}

fn on_one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_statement_is_shown_on_one_line_and_shortened() {
        let long = format!("SELECT  value\n FROM config WHERE {} = 1", "ä".repeat(200));
        let sql = Sql::new(long, &Quoting::SQLITE, Placeholders::Unknown, false);
        assert!(sql.shown().starts_with("SELECT value FROM config WHERE ä"));
        assert!(sql.shown().ends_with("ä…") && sql.shown().chars().count() == SHOWN + 1);
    }

    #[test]
    fn no_literal_is_shown() {
        let sql = Sql::new("SELECT 'hunter2'".to_owned(), &Quoting::SQLITE, Placeholders::Unknown, false);
        assert_eq!(format!("{sql:?} {}", sql.shown()), "Sql(\"SELECT '…'\") SELECT '…'");
    }
}
