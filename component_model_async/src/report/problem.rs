//! Why a component fell back or failed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ErrorKind;

/// Why a component fell back or failed: an error as plain data, its causes as text.
///
/// ```
/// # let report = doc_examples::report();
/// let problem = report.entry("host").unwrap().problem().unwrap();
/// assert_eq!(problem.to_string(), "unreachable: connection refused");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub(super) kind: ErrorKind,
    pub(super) message: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<Box<str>>,
}

impl Problem {
    /// The class of the failure.
    ///
    /// ```
    /// use component_model::ErrorKind;
    ///
    /// # let report = doc_examples::report();
    ///
    /// let problem = report.entry("host").unwrap().problem().unwrap();
    /// assert_eq!(problem.kind(), ErrorKind::Unreachable);
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The problem and its causes, without the kind. It may have several lines.
    ///
    /// ```
    /// # let report = doc_examples::report();
    /// assert_eq!(report.entry("host").unwrap().problem().unwrap().message(), "connection refused");
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do next, if known.
    ///
    /// ```
    /// # let report = doc_examples::report();
    /// assert_eq!(report.entry("host").unwrap().problem().unwrap().hint(), Some("is the server running?"));
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether the message begins with the kind, so that it must not be added.
    fn says_its_kind(&self) -> bool {
        let rest = self.message.strip_prefix(self.kind.label());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', ' ']))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It is clear that the component failed.
        if self.kind != ErrorKind::Other && !self.says_its_kind() {
            write!(f, "{}: ", self.kind.label())?;
        }
        f.write_str(&self.message)
    }
}
