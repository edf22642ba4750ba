//! Texts that all formats of a report share. Text from a deserialized report cannot break a layout.

use super::{ComponentReport, Outcome, Report};
use crate::text::{
    duration_text,
    layout::{PAGE, cut, one_line},
    place_text,
};

impl Report {
    /// The name of the struct, shortened to leave space for the text after it.
    pub(super) fn short_name(&self) -> String {
        cut(&one_line(self.name()), PAGE / 2)
    }
}

impl ComponentReport {
    /// The field's name in at most this many columns.
    pub(super) fn short_name(&self, columns: usize) -> String {
        cut(&one_line(self.component()), columns)
    }

    /// The source with the place or the locator, as one word: `file:shop.toml:12:8`.
    pub(super) fn origin(&self) -> String {
        place_text(self.source(), self.place().unwrap_or(self.locator()))
    }

    /// The outcome and the age of the value, unless it was simply fetched: `stale, 5 min old`.
    pub(super) fn note(&self) -> String {
        match (self.outcome(), self.age()) {
            (Outcome::Fetched, _) => String::new(),
            (outcome, None) => outcome.label().to_owned(),
            (outcome, Some(age)) => format!("{}, {} old", outcome.label(), duration_text(age)),
        }
    }
}
