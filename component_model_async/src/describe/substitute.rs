//! What a component gets if no source provides its value.

use std::fmt;

use component_model_types::plan::DefaultValue;
use serde::{Deserialize, Serialize};

/// What is written as the `default` or the `fallback` of a component.
///
/// ```
/// use component_model::SubstituteDescription;
///
/// assert_eq!(SubstituteDescription::Literal("8080".into()).to_string(), "8080");
/// assert_eq!(SubstituteDescription::OfType.to_string(), "Default::default()");
/// assert_eq!(SubstituteDescription::Hidden.to_string(), "(hidden)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SubstituteDescription {
    /// Text that the field's type reads.
    Literal(Box<str>),
    /// An expression, as written.
    Expression(Box<str>),
    /// The `Default` of the type.
    OfType,
    /// The component is sensitive, so it is not shown.
    Hidden,
}

impl SubstituteDescription {
    pub(super) fn of_default(default: DefaultValue<'_>, sensitive: bool) -> Self {
        match default {
            DefaultValue::OfType => Self::OfType,
            _ if sensitive => Self::Hidden,
            DefaultValue::Literal(text) => Self::Literal(text.into()),
            other => Self::Expression(other.written().into()),
        }
    }

    pub(super) fn of_fallback(text: &str, sensitive: bool) -> Self {
        if sensitive { Self::Hidden } else { Self::Literal(text.into()) }
    }
}

impl fmt::Display for SubstituteDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Literal(text) if text.is_empty() => "\"\"",
            Self::Literal(text) | Self::Expression(text) => text,
            Self::OfType => DefaultValue::OfType.written(),
            Self::Hidden => "(hidden)",
        })
    }
}
