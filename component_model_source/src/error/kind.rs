//! The classes of failures, which programs can act on.

use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value},
};

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
    /// No connection: refused, reset, no route, no such host; or something else answers, in another protocol.
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
    /// Something that the source needs is missing: a variable that is not set, a file that is not there, a cargo feature that
    /// is off.
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

    /// The name of the kind in snake case, as in serialized reports and in `fallback_on`.
    ///
    /// ```
    /// use component_model::ErrorKind;
    ///
    /// assert_eq!((ErrorKind::CircuitOpen.name(), ErrorKind::Other.name()), ("circuit_open", "other"));
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CircuitOpen => "circuit_open",
            Self::TooLarge => "too_large",
            Self::UnknownSource => "unknown_source",
            Self::NotSetUp => "not_set_up",
            Self::ShutDown => "shut_down",
            Self::Multiple => "multiple",
            Self::Other => "other",
            same => same.label(),
        }
    }

    /// The kind with a name in snake case.
    ///
    /// ```
    /// use component_model::ErrorKind;
    ///
    /// assert_eq!(ErrorKind::from_name("too_large"), Some(ErrorKind::TooLarge));
    /// assert_eq!(ErrorKind::from_name("too large"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::deserialize(name.into_deserializer()).map_err(drop::<value::Error>).ok()
    }
}

#[cfg(test)]
mod tests {
    use component_model_types::plan::FallbackOn;

    use super::*;

    #[test]
    fn a_name_is_the_serialized_kind() {
        for name in FallbackOn::KINDS {
            assert_eq!(ErrorKind::from_name(name).map(ErrorKind::name), Some(name));
        }
        for kind in [ErrorKind::UnknownSource, ErrorKind::Misconfigured, ErrorKind::Multiple, ErrorKind::Dependency] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
