//! A fetch and a request as others see them from outside: a span, and metrics.
//!
//! What always holds: each is recorded once, also if it is dropped.

use std::sync::Arc;

use tokio::time::Instant;

use crate::{
    bind::Bound,
    metrics::{CANCELLED, FAILED, Held, OK},
    policy::{guard::Guard, mode::Mode},
    report::Outcome,
    span::{self, Span},
};

/// A fetch, from its beginning to its end.
pub(crate) struct Fetch<'b> {
    bound: &'b Bound,
    span: Span,
    since: Instant,
    in_flight: Held,
    failed: Option<bool>,
}

impl<'b> Fetch<'b> {
    pub(crate) fn begin(bound: &'b Bound, mode: Mode, since: Instant) -> Self {
        let span = span::fetch(bound, mode);
        Self { bound, span, since, in_flight: bound.metrics.begin(), failed: None }
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Whether metrics are recorded.
    pub(crate) fn is_recorded(&self) -> bool {
        self.in_flight.is_recorded()
    }

    /// Counts how the components ended.
    pub(crate) fn components(&self, outcomes: impl Iterator<Item = Outcome>) {
        if self.is_recorded() {
            self.bound.metrics.components(outcomes);
        }
    }

    pub(crate) fn end(mut self, failed: bool) {
        self.failed = Some(failed);
    }
}

impl Drop for Fetch<'_> {
    fn drop(&mut self) {
        let outcome = match self.failed {
            Some(false) => OK,
            Some(true) => FAILED,
            None => CANCELLED,
        };
        span::end(&self.span, outcome, self.failed == Some(true));
        if self.is_recorded() {
            self.bound.metrics.end(self.failed, || self.since.elapsed());
        }
    }
}

/// An attempt of a call, from its beginning to its end.
pub(crate) struct Request {
    guard: Arc<Guard>,
    span: Span,
    since: Instant,
    outcome: &'static str,
}

impl Request {
    /// An attempt that asks so many requests.
    pub(crate) fn begin(guard: &Arc<Guard>, requests: usize, attempt: u32, since: Instant) -> Self {
        let span = span::request(guard.name(), requests, attempt);
        Self { guard: Arc::clone(guard), span, since, outcome: CANCELLED }
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// It has ended with an answer, or with a failure of this kind.
    pub(crate) fn end(mut self, failure: Option<crate::ErrorKind>) {
        self.outcome = failure.map_or(OK, crate::ErrorKind::name);
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        span::end(&self.span, self.outcome, ![OK, CANCELLED].contains(&self.outcome));
        self.guard.metrics.requested(self.outcome, || self.since.elapsed());
    }
}
