//! Fallbacks, failures and unusable sources as `tracing` events, with the feature `tracing`; nothing without it.

use crate::{ComponentError, SourceError, report::Outcome};

/// A component fell back or failed.
#[cfg(feature = "tracing")]
pub(crate) fn problem(outcome: Outcome, problem: &ComponentError) {
    let component = problem.component().unwrap_or_default();
    match outcome {
        Outcome::Fallback => tracing::warn!(component, %problem, "the fallback is used"),
        _ => tracing::error!(component, %problem, "the component could not be fetched"),
    }
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn problem(_: Outcome, _: &ComponentError) {}

/// A name was made unusable, because its registration or its policies are a mistake.
#[cfg(feature = "tracing")]
pub(crate) fn unusable(source: &str, problem: &SourceError) {
    tracing::warn!(source, %problem, "the source is unusable");
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn unusable(_: &str, _: &SourceError) {}
