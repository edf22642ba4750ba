//! Fallbacks and failures as `tracing` events, with the feature `tracing`; nothing without it.

use crate::{ComponentError, report::Outcome};

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
