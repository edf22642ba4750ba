//! How a component got its value, or that it failed.

use serde::{Deserialize, Serialize};

/// How a component got its value, or that it failed.
///
/// ```
/// use component_model::Outcome;
///
/// assert_eq!(Outcome::LastKnownGood.label(), "last known good");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// A source returned the value.
    Fetched,
    /// The value is from the cache and still fresh.
    Cached,
    /// The value was computed from other components.
    Computed,
    /// The value is from the cache and no longer fresh, but no source could answer; the problem states why.
    Stale,
    /// The value is from another source, because the component's own could not answer; the problem states why.
    OtherSource,
    /// The value is the last good one, which was stored locally; the problem states why.
    LastKnownGood,
    /// The value is the `fallback` of the component; the problem states why.
    Fallback,
    /// The value is the `default` of the component, because no source has one.
    Default,
    /// No source has the value, and the type has a value for absence (`Option`).
    Absent,
    /// The component has no value; the problem states why.
    Failed,
}

impl Outcome {
    pub(crate) const COUNT: usize = Self::Failed as usize + 1;

    /// All of them, in the order of a summary.
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::Fetched,
        Self::Cached,
        Self::Computed,
        Self::Stale,
        Self::OtherSource,
        Self::LastKnownGood,
        Self::Fallback,
        Self::Default,
        Self::Absent,
        Self::Failed,
    ];

    /// The outcome as reports show it.
    ///
    /// ```
    /// use component_model::Outcome;
    ///
    /// assert_eq!([Outcome::Fetched, Outcome::Absent].map(Outcome::label), ["fetched", "absent"]);
    /// ```
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::Cached => "cached",
            Self::Computed => "computed",
            Self::Stale => "stale",
            Self::OtherSource => "other source",
            Self::LastKnownGood => "last known good",
            Self::Fallback => "fallback",
            Self::Default => "default",
            Self::Absent => "absent",
            Self::Failed => "failed",
        }
    }

    /// The outcome in snake case, as in serialized reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OtherSource => "other_source",
            Self::LastKnownGood => "last_known_good",
            outcome => outcome.label(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_that_of_serialized_reports() {
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        }
    }
}
