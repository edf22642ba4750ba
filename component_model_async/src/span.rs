//! Fetches and requests as `tracing` spans, with the feature `tracing`; nothing without it.
//!
//! What always holds: a span has names, numbers and words of a fixed list; no locator, value or text of an error. Nothing is
//! allocated while nobody listens.

use std::future::Future;

use crate::{bind::Bound, policy::mode::Mode};

#[cfg(feature = "tracing")]
pub(crate) use tracing::Span;

#[cfg(feature = "tracing")]
const TARGET: &str = "component_model";

/// A fetch of a struct.
#[cfg(feature = "tracing")]
pub(crate) fn fetch(bound: &Bound, mode: Mode) -> Span {
    tracing::debug_span!(
        target: TARGET,
        "fetch",
        "struct" = &*bound.name,
        components = bound.fetched().count(),
        mode = mode.name(),
        outcome = tracing::field::Empty,
        otel.status_code = tracing::field::Empty,
    )
}

/// An attempt of a call: one round trip for so many requests.
#[cfg(feature = "tracing")]
pub(crate) fn request(source: &str, requests: usize, attempt: u32) -> Span {
    tracing::debug_span!(
        target: TARGET,
        "request",
        source,
        requests,
        attempt,
        outcome = tracing::field::Empty,
        otel.status_code = tracing::field::Empty,
    )
}

/// A value of the cache that is fetched again. The fetch that found it does not wait for it.
#[cfg(feature = "tracing")]
pub(crate) fn refresh(source: &str) -> Span {
    let span = tracing::debug_span!(
        target: TARGET,
        parent: None,
        "refresh",
        source,
    );
    span.follows_from(Span::current());
    span
}

/// Notes how it ended.
#[cfg(feature = "tracing")]
pub(crate) fn end(span: &Span, outcome: &'static str, is_error: bool) {
    span.record("outcome", outcome);
    if is_error {
        span.record("otel.status_code", "ERROR");
    }
}

/// Runs a future within a span, across all of its pauses.
#[cfg(feature = "tracing")]
pub(crate) fn within<F: Future>(span: &Span, future: F) -> impl Future<Output = F::Output> + use<F> {
    tracing::Instrument::instrument(future, span.clone())
}

#[cfg(not(feature = "tracing"))]
pub(crate) use self::off::*;

#[cfg(not(feature = "tracing"))]
mod off {
    use super::{Bound, Future, Mode};

    #[derive(Debug, Clone)]
    pub(crate) struct Span;

    pub(crate) fn fetch(_: &Bound, _: Mode) -> Span {
        Span
    }

    pub(crate) fn request(_: &str, _: usize, _: u32) -> Span {
        Span
    }

    pub(crate) fn refresh(_: &str) -> Span {
        Span
    }

    pub(crate) fn end(_: &Span, _: &'static str, _: bool) {}

    pub(crate) fn within<F: Future>(_: &Span, future: F) -> F {
        future
    }
}
