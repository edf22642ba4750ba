//! How a component got its value, or that it has none.

use serde::{Deserialize, Serialize};

/// How a component got its value, or that it has none.
///
/// ```
/// use component_model_async::Outcome;
///
/// assert_eq!(Outcome::LastKnownGood.label(), "last known good");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// A source returned the value.
    Fetched,
    /// The value is from the cache, and fresh enough.
    Cached,
    /// The value was computed from other components.
    Computed,
    /// The value is from the cache and too old, but no source could answer; the problem has the reason.
    Stale,
    /// The value is from another source, because the component's own could not answer; the problem has the reason.
    OtherSource,
    /// The value is the last known good one, which was stored locally; the problem has the reason.
    LastKnownGood,
    /// The value is the `fallback` of the component; the problem has the reason.
    Fallback,
    /// No source has the value, and the type accepts absence (`Option`).
    Absent,
    /// There is no value; the problem has the reason.
    Failed,
}

impl Outcome {
    /// All of them, in the order of a summary.
    pub(super) const ALL: [Self; Self::Failed as usize + 1] = [
        Self::Fetched,
        Self::Cached,
        Self::Computed,
        Self::Stale,
        Self::OtherSource,
        Self::LastKnownGood,
        Self::Fallback,
        Self::Absent,
        Self::Failed,
    ];

    /// The text of the outcome in a report.
    ///
    /// ```
    /// use component_model_async::Outcome;
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
            Self::Absent => "absent",
            Self::Failed => "failed",
        }
    }
}
