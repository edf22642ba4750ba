//! The classes of failures, which programs can act on.

use serde::{Deserialize, Serialize};

/// The class of a failure. The client of a source decides it once; all other code only reads it.
///
/// ```
/// use component_model::ErrorKind;
///
/// assert!(ErrorKind::Unreachable.is_transient());
/// assert!(!ErrorKind::Denied.is_transient());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// No source has the value.
    Absent,
    /// The source refuses access: a wrong password, a missing permission.
    Denied,
    /// The value exists but cannot be decoded as the field's type, or the answer is not valid.
    Malformed,
    /// One attempt took longer than its timeout.
    Timeout,
    /// The whole fetch took longer than its deadline.
    Deadline,
    /// No connection: refused, reset, no route, no such host.
    Unreachable,
    /// The source answers that it cannot serve requests now.
    Unavailable,
    /// The source limits the rate of requests.
    Throttled,
    /// The source was not asked, because it failed too often recently.
    CircuitOpen,
    /// The answer is larger than the limit.
    TooLarge,
    /// The value is valid for the type, but a rule of the component refuses it.
    Invalid,
    /// Another component, which this one needs, could not be fetched.
    Dependency,
    /// No source is registered under this name.
    UnknownSource,
    /// Something that the source needs is missing: a variable that is not set, a cargo feature that is off.
    NotSetUp,
    /// The sources are shut down.
    ShutDown,
    /// The request is not valid: a malformed URL, an option that the source does not take.
    Misconfigured,
    /// Several components failed; the error contains their errors.
    Multiple,
    /// Anything else, such as the error of a fetcher of your own.
    Other,
}

impl ErrorKind {
    /// Whether the same request may succeed later without any change.
    ///
    /// ```
    /// use component_model::ErrorKind;
    ///
    /// assert!(ErrorKind::Timeout.is_transient() && !ErrorKind::Absent.is_transient());
    /// ```
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Timeout
                | Self::Deadline
                | Self::Unreachable
                | Self::Unavailable
                | Self::Throttled
                | Self::CircuitOpen
        )
    }

    /// The kind as reports show it: `absent`, `denied`.
    ///
    /// ```
    /// use component_model::ErrorKind;
    ///
    /// assert_eq!(ErrorKind::TooLarge.label(), "too large");
    /// ```
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Denied => "denied",
            Self::Malformed => "malformed",
            Self::Timeout => "timeout",
            Self::Deadline => "deadline",
            Self::Unreachable => "unreachable",
            Self::Unavailable => "unavailable",
            Self::Throttled => "throttled",
            Self::CircuitOpen => "circuit open",
            Self::TooLarge => "too large",
            Self::Invalid => "invalid",
            Self::Dependency => "dependency",
            Self::UnknownSource => "unknown source",
            Self::NotSetUp => "not set up",
            Self::ShutDown => "shut down",
            Self::Misconfigured => "misconfigured",
            Self::Multiple => "several failures",
            Self::Other => "failed",
        }
    }
}
