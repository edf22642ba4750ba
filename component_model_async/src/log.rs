//! Defaults, fallbacks, retries, failures and unusable sources as `tracing` events, with the feature `tracing`; nothing without it.
//!
//! The target of every event is `component_model`, and not the module: a filter names the crate that a user depends on.

use std::time::Duration;

use crate::{ComponentError, ErrorKind, SourceError, report::Outcome};

#[cfg(feature = "tracing")]
const TARGET: &str = "component_model";

/// A component has its default or its fallback, or failed.
#[cfg(feature = "tracing")]
pub(crate) fn problem(outcome: Outcome, problem: &ComponentError) {
    let component = problem.component().unwrap_or_default();
    match outcome {
        Outcome::Default => tracing::debug!(target: TARGET, component, %problem, "the default is used"),
        Outcome::Fallback => tracing::warn!(target: TARGET, component, %problem, "the fallback is used"),
        Outcome::Stale => tracing::warn!(target: TARGET, component, %problem, "a stale value of the cache is used"),
        Outcome::OtherSource => tracing::warn!(target: TARGET, component, %problem, "another source is used"),
        Outcome::LastKnownGood => {
            tracing::warn!(target: TARGET, component, %problem, "the last known good value is used");
        }
        _ => tracing::error!(target: TARGET, component, %problem, "the component could not be fetched"),
    }
}

/// Whether a document has unknown keys is not known, because its source could not answer.
#[cfg(feature = "tracing")]
pub(crate) fn unchecked(problem: &ComponentError) {
    let component = problem.component().unwrap_or_default();
    tracing::warn!(target: TARGET, component, %problem, "unknown keys could not be looked for");
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn unchecked(_: &ComponentError) {}

#[cfg(not(feature = "tracing"))]
pub(crate) fn problem(_: Outcome, _: &ComponentError) {}

/// A name was made unusable, because its registration or its policies are a mistake.
#[cfg(feature = "tracing")]
pub(crate) fn unusable(source: &str, problem: &SourceError) {
    let hint = problem.hint().unwrap_or_default().to_owned();
    let problem = crate::text::layout::one_line(&problem.to_string());
    tracing::warn!(target: TARGET, source, %problem, hint, "the source is unusable");
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn unusable(_: &str, _: &SourceError) {}

/// Policies are set for a name under which no source is registered.
#[cfg(feature = "tracing")]
pub(crate) fn unregistered(problem: &str) {
    let problem = crate::text::layout::one_line(problem);
    tracing::warn!(target: TARGET, "{problem}");
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn unregistered(_: &str) {}

#[cfg(feature = "tracing")]
pub(crate) fn breaker(event: &crate::BreakerEvent) {
    let crate::BreakerEvent { source, endpoint, to, last_error, .. } = event;
    let (status, problem) = (to.name(), last_error.as_deref().unwrap_or_default());
    match to {
        crate::BreakerStatus::Closed | crate::BreakerStatus::ForcedClosed => {
            tracing::info!(target: TARGET, source, endpoint, status, "the circuit breaker lets requests through");
        }
        _ => {
            tracing::warn!(target: TARGET, source, endpoint, status, problem, "the circuit breaker holds requests back");
        }
    }
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn breaker(_: &crate::BreakerEvent) {}

/// The local cache, or a part of it, cannot be used.
#[cfg(all(feature = "tracing", feature = "local-cache"))]
pub(crate) fn local_cache(problem: &SourceError) {
    let hint = problem.hint().unwrap_or_default().to_owned();
    let problem = crate::text::layout::one_line(&problem.to_string());
    tracing::warn!(target: TARGET, %problem, hint, "the local cache cannot be used as it is");
}

#[cfg(all(not(feature = "tracing"), feature = "local-cache"))]
pub(crate) fn local_cache(_: &SourceError) {}

/// An attempt is repeated after a pause. Its error may repeat what a source says of a sensitive component: only its kind is told.
#[cfg(feature = "tracing")]
pub(crate) fn retry(source: &str, attempt: u32, pause: Duration, error: ErrorKind) {
    let error = error.label();
    tracing::warn!(target: TARGET, source, attempt, ?pause, error, "the request is attempted again after a pause");
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn retry(_: &str, _: u32, _: Duration, _: ErrorKind) {}

/// The budget of a source does not allow another attempt.
#[cfg(feature = "tracing")]
pub(crate) fn budget_exhausted(source: &str) {
    tracing::warn!(target: TARGET, source, "the retry budget is exhausted");
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn budget_exhausted(_: &str) {}

/// A value of the cache could not be fetched again before it expires.
#[cfg(feature = "tracing")]
pub(crate) fn not_refreshed(source: &str, problem: &SourceError) {
    let problem = crate::text::layout::one_line(&problem.to_string());
    tracing::warn!(target: TARGET, source, %problem, "a cached value could not be refreshed");
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn not_refreshed(_: &str, _: &SourceError) {}
