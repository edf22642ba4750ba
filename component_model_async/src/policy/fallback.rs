//! What a component gets if no source provides its value: `default`, if the value is absent; `fallback`, if it is absent or
//! cannot be had. Neither hides a value that is denied or wrong, unless `fallback_on` says so.
//!
//! A literal is decoded before any source is asked, into the slot of the component, where a fetched value replaces it. So
//! a literal that does not parse is an error on every fetch, and not only when it is needed.

use component_model_types::plan::{DefaultValue, FallbackOn, Policy};

use crate::{ErrorKind, Slot, SourceError, Value, error::About};

/// The substitutes of one component.
#[derive(Debug, Default)]
pub(crate) struct Substitutes {
    default: Option<Default>,
    fallback: Option<Box<str>>,
    on: Covered,
}

#[derive(Debug)]
enum Default {
    Literal(Box<str>),
    /// An expression, or the `Default` of the type: the stage evaluates it.
    Evaluated,
}

#[derive(Debug, Default)]
enum Covered {
    #[default]
    CannotAnswer,
    Any,
    Kinds(Vec<ErrorKind>),
}

/// A substitute that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Substitute<'s> {
    Default(&'s str),
    /// The stage evaluates it.
    EvaluatedDefault,
    Fallback(&'s str),
}

impl Substitutes {
    /// Reads the policy of a plan without mistakes.
    pub(crate) fn new(policy: &Policy<'_>) -> Self {
        let default = policy.default.map(|default| match default {
            DefaultValue::Literal(text) => Default::Literal(text.into()),
            _ => Default::Evaluated,
        });
        let on = match policy.fallback_on {
            FallbackOn::Any => Covered::Any,
            FallbackOn::Kinds(names) => {
                Covered::Kinds(names.iter().filter_map(|name| ErrorKind::from_name(name)).collect())
            }
            _ => Covered::CannotAnswer,
        };
        Self { default, fallback: policy.fallback.map(Box::from), on }
    }

    /// Whether a literal has to be decoded before the sources are asked.
    pub(crate) fn have_literals(&self) -> bool {
        self.fallback.is_some() || matches!(self.default, Some(Default::Literal(_)))
    }

    /// The literals, each with the name of its setting.
    pub(crate) fn literals(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let default = match &self.default {
            Some(Default::Literal(text)) => Some(("default", &**text)),
            Some(Default::Evaluated) | None => None,
        };
        default.into_iter().chain(self.fallback.as_deref().map(|text| ("fallback", text)))
    }

    /// Decodes the literals.
    pub(crate) fn check(&self, about: &About, sensitive: bool, slot: &mut dyn Slot) -> Result<(), SourceError> {
        self.literals().try_for_each(|(name, text)| decode(name, text, about, sensitive, slot))
    }

    /// Whether a failure of this kind has a substitute.
    pub(crate) fn cover(&self, kind: ErrorKind) -> bool {
        self.for_failure(kind).is_some()
    }

    /// The substitute for a failure.
    pub(crate) fn for_failure(&self, kind: ErrorKind) -> Option<Substitute<'_>> {
        let default = self.default.as_ref().filter(|_| kind == ErrorKind::Absent);
        match default {
            Some(Default::Literal(text)) => Some(Substitute::Default(text)),
            Some(Default::Evaluated) => Some(Substitute::EvaluatedDefault),
            None => self.fallback.as_deref().filter(|_| self.on.contains(kind)).map(Substitute::Fallback),
        }
    }
}

impl Covered {
    fn contains(&self, kind: ErrorKind) -> bool {
        match self {
            Self::CannotAnswer => kind == ErrorKind::Absent || cannot_answer(kind),
            Self::Any => !matches!(kind, ErrorKind::UnknownSource | ErrorKind::Misconfigured),
            Self::Kinds(kinds) => kinds.contains(&kind),
        }
    }
}

/// Whether a failure of this kind says something about the value: that it is denied or wrong.
pub(crate) fn tells_about_the_value(kind: ErrorKind) -> bool {
    kind != ErrorKind::Absent && !cannot_answer(kind)
}

/// Whether there is a value, and it is wrong.
pub(crate) fn is_wrong(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Malformed | ErrorKind::Invalid | ErrorKind::TooLarge)
}

/// Whether a source could not answer, so that nothing is known about the value.
pub(crate) fn cannot_answer(kind: ErrorKind) -> bool {
    kind.is_transient() || matches!(kind, ErrorKind::NotSetUp | ErrorKind::ShutDown | ErrorKind::Other)
}

/// Decodes the literal of a setting.
pub(crate) fn decode(
    name: &str,
    text: &str,
    about: &About,
    sensitive: bool,
    slot: &mut dyn Slot,
) -> Result<(), SourceError> {
    slot.decode(&Value::text(text)).map_err(|error| {
        let error = if sensitive || slot.is_sensitive() { error.redacted() } else { error };
        SourceError::new(ErrorKind::Misconfigured, format!("the `{name}` is not a valid {}", about.ty))
            .with_cause(error)
    })
}

/// The error for a literal, or a default, that the validation of the component rejects.
pub(crate) fn not_valid(name: &str, error: &SourceError) -> SourceError {
    SourceError::new(ErrorKind::Invalid, format!("the `{name}` is not valid: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn substitutes(policy: Policy<'_>) -> Substitutes {
        Substitutes::new(&policy)
    }

    #[test]
    fn a_default_covers_absence_and_a_fallback_also_that_nothing_is_known() {
        let (default, fallback) = (Some(DefaultValue::Literal("1")), Some("2"));
        let only_default = substitutes(Policy { default, ..Policy::NEW });
        let only_fallback = substitutes(Policy { fallback, ..Policy::NEW });
        let both = substitutes(Policy { default, fallback, ..Policy::NEW });
        assert_eq!(both.for_failure(ErrorKind::Absent), Some(Substitute::Default("1")));
        assert_eq!(both.for_failure(ErrorKind::Timeout), Some(Substitute::Fallback("2")));
        assert_eq!(only_fallback.for_failure(ErrorKind::Absent), Some(Substitute::Fallback("2")));
        for kind in [
            ErrorKind::Unreachable,
            ErrorKind::Throttled,
            ErrorKind::CircuitOpen,
            ErrorKind::NotSetUp,
            ErrorKind::Other,
        ] {
            assert!(only_fallback.cover(kind) && !only_default.cover(kind), "{kind:?}");
        }
        for kind in
            [ErrorKind::Denied, ErrorKind::Malformed, ErrorKind::Invalid, ErrorKind::TooLarge, ErrorKind::Misconfigured]
        {
            assert!(!both.cover(kind), "{kind:?}");
        }
    }

    #[test]
    fn fallback_on_replaces_what_is_covered_but_never_covers_a_mistake_in_the_program() {
        let any = substitutes(Policy { fallback: Some("2"), fallback_on: FallbackOn::Any, ..Policy::NEW });
        assert!(
            any.cover(ErrorKind::Malformed) && any.cover(ErrorKind::Denied) && !any.cover(ErrorKind::Misconfigured)
        );
        let kinds = FallbackOn::Kinds(&["denied", "circuit_open"]);
        let some = substitutes(Policy { fallback: Some("2"), fallback_on: kinds, ..Policy::NEW });
        assert!(some.cover(ErrorKind::Denied) && some.cover(ErrorKind::CircuitOpen) && !some.cover(ErrorKind::Absent));
    }
}
