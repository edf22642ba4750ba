//! Values of the cache that are fetched again in the background, before they expire.
//!
//! What always holds: one request at a time for a value; nobody waits for it; if it fails, the value stays as it is, and the
//! next attempt comes after a pause. A request is sent at once or not at all, so that whoever follows it does not wait for a
//! permit.

use std::sync::Arc;

use tokio::time::{Instant, timeout};

use super::Run;
use crate::{
    ErrorKind, SourceError,
    bind::{Call, Identity, Layer},
    cache::Hit,
    log, metrics, observed,
    policy::{breaker::OwnedPermit, stack, timeout as attempt},
    registry::DynAsked,
    span,
};

/// Begins to fetch a value again, unless somebody does already, or the limit or the circuit breaker of the source holds it back.
pub(super) fn start(run: &Run<'_>, call: &Call, layer: Layer, key: &Identity, hit: &Hit) {
    let Some(permit) = call.guard.limit.try_acquire() else { return };
    let breaker = match call.guard.has_breaker(None, run.mode) {
        false => None,
        true => {
            let endpoint = call.requests[layer.request()].endpoint().unwrap_or_default();
            let Ok(permit) = OwnedPermit::acquire(&call.guard.breaker(endpoint), Instant::now()) else { return };
            Some(permit)
        }
    };
    let Some(lead) = run.cache.lead_refresh(key, hit) else { return };
    let is_sensitive = hit.reply.record().is_some_and(crate::Record::is_sensitive);
    let lead = lead.sensitive(is_sensitive);
    let (source, name, guard) = (Arc::clone(&call.source), Arc::clone(&call.name), Arc::clone(&call.guard));
    let (query, hit, limit) = (key.1.clone(), hit.clone(), layer.timeout);
    let span = span::refresh(&name);
    let refresh = async move {
        let _permit = permit;
        let asked = DynAsked { query: &query, known: hit.version() };
        let observed = observed::Request::begin(&guard, 1, stack::ONCE, Instant::now());
        let asked = span::within(observed.span(), stack::ask(&*source, asked));
        let answer = timeout(limit, asked).await.unwrap_or_else(|_| Err(attempt::exceeded(limit)));
        let now = Instant::now();
        let failure = answer.as_ref().err().map(|error| error.clone().without_foreign_text());
        let kind = failure.as_ref().map(SourceError::kind);
        observed.end(kind);
        guard.metrics.refreshed(kind.map_or(metrics::OK, ErrorKind::name));
        match (breaker, failure.as_ref().filter(|error| error.is_transient())) {
            (Some(permit), Some(error)) => permit.failed(now, error),
            (Some(permit), None) => permit.succeeded(now),
            (None, _) => {}
        }
        if let Some(error) = failure {
            hit.postpone_refresh(guard.policies.first_backoff().unwrap_or(PAUSE), now);
            log::not_refreshed(&name, &error);
        }
        let _stored = lead.finish(&answer, Some(&hit), now);
    };
    run.tasks.spawn(span::within(&span, refresh));
}

/// The pause after a failure.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(1);
