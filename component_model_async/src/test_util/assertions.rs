//! Assertions on a report, for tests. Their messages contain the report.

use std::fmt::Debug;

use component_model_types::text::nearest;

use crate::{CallReport, ComponentReport, ErrorKind, Outcome, Report};

/// Assertions of the feature `test-util`. Each returns the report, for the next one.
#[expect(clippy::must_use_candidate, reason = "an assertion is called for its panic")]
impl Report {
    /// Asserts how a component got its value, or that it failed: which step of the ladder answered.
    ///
    /// ```
    /// use component_model::Outcome;
    ///
    /// # let report = doc_examples::report();
    /// report.assert_outcome("port", Outcome::Fetched).assert_outcome("host", Outcome::Stale);
    /// ```
    ///
    /// # Panics
    /// If it is another outcome, or if there is no such component.
    #[track_caller]
    pub fn assert_outcome(&self, field: &str, outcome: Outcome) -> &Self {
        self.assert_same(&format!("the outcome of `{field}`"), self.entry_of(field).outcome(), outcome)
    }

    /// Asserts which source a component's value is from, or which one failed.
    ///
    /// ```
    /// # let report = doc_examples::report();
    /// report.assert_source("port", "file");
    /// ```
    ///
    /// # Panics
    /// If it is another source, or if there is no such component.
    #[track_caller]
    pub fn assert_source(&self, field: &str, source: &str) -> &Self {
        self.assert_same(&format!("the source of `{field}`"), self.entry_of(field).source(), source)
    }

    /// Asserts how often the source of a component was asked.
    ///
    /// ```
    /// # let report = doc_examples::report();
    /// report.assert_attempts("host", 3);
    /// ```
    ///
    /// # Panics
    /// If it is another number, or if there is no such component.
    #[track_caller]
    pub fn assert_attempts(&self, field: &str, attempts: u32) -> &Self {
        self.assert_same(&format!("the attempts of `{field}`"), self.entry_of(field).attempts(), attempts)
    }

    /// Asserts why a component fell back or failed.
    ///
    /// ```
    /// use component_model::ErrorKind;
    ///
    /// # let report = doc_examples::report();
    /// report.assert_problem("host", ErrorKind::Unreachable).assert_problem("port", None);
    /// ```
    ///
    /// # Panics
    /// If it is another kind, or if there is no such component.
    #[track_caller]
    pub fn assert_problem(&self, field: &str, kind: impl Into<Option<ErrorKind>>) -> &Self {
        let problem = self.entry_of(field).problem().map(|problem| problem.kind());
        self.assert_same(&format!("the problem of `{field}`"), problem, kind.into())
    }

    /// Asserts how many round trips to a source were sent. Each attempt of a call is one.
    ///
    /// ```
    /// # let report = doc_examples::report();
    /// report.assert_calls("file", 1).assert_calls("consul", 3).assert_calls("vault", 0);
    /// ```
    ///
    /// # Panics
    /// If it is another number.
    #[track_caller]
    pub fn assert_calls(&self, source: &str, calls: u32) -> &Self {
        let sent = self.calls().iter().filter(|call| call.source() == source).map(CallReport::attempts).sum();
        self.assert_same(&format!("the calls to `{source}`"), sent, calls)
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion")]
    fn entry_of(&self, field: &str) -> &ComponentReport {
        if let Some(entry) = self.entry(field) {
            return entry;
        }
        let near = nearest(field, self.entries().map(ComponentReport::component));
        let near = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
        panic!("there is no component `{field}`{near}\n\n{self}")
    }

    #[track_caller]
    fn assert_same<T: PartialEq + Debug>(&self, what: &str, found: T, expected: T) -> &Self {
        assert!(found == expected, "{what}: found {found:?}, expected {expected:?}\n\n{self}");
        self
    }
}
