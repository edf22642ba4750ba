//! Values of the cache that are fetched again in the background, before they expire.
//!
//! What always holds: one request at a time for a value; nobody waits for it; if it fails, the value stays as it is.

use std::sync::Arc;

use tokio::time::{Instant, timeout};

use super::Run;
use crate::{
    Answer, ErrorKind, SourceError,
    bind::{Call, Identity, Layer},
    cache::Hit,
    log, metrics, observed,
    policy::{stack, timeout as attempt},
    registry::{Answers, DynAsked},
    span,
};

/// Begins to fetch a value again, unless somebody does already.
pub(super) fn start(run: &Run<'_>, call: &Call, layer: Layer, key: &Identity, hit: &Hit) {
    let Some(lead) = run.cache.lead_refresh(key, hit) else { return };
    let lead = lead.sensitive(hit.reply.record().is_some_and(crate::Record::is_sensitive));
    let (source, guard) = (Arc::clone(&call.source), Arc::clone(&call.guard));
    let (query, hit, limit) = (key.1.clone(), hit.clone(), layer.timeout);
    let span = span::refresh(&call.name);
    let refresh = async move {
        let _permit = Arc::clone(&guard.limit).acquire().await;
        let observed = observed::Request::begin(&guard, 1, stack::ONCE, Instant::now());
        let asked = vec![DynAsked { query: &query, known: hit.version() }];
        let answer: Answer = match timeout(limit, span::within(observed.span(), source.call(asked))).await {
            Ok(Answers::One(answer)) => answer,
            Ok(Answers::Many(mut answers)) => {
                answers.pop().unwrap_or_else(|| Err(SourceError::wrong_number_of_answers(0, 1)))
            }
            Err(_) => Err(attempt::exceeded(limit)),
        };
        let failure = answer.as_ref().err().map(SourceError::kind);
        observed.end(failure);
        guard.metrics.refreshed(failure.map_or(metrics::OK, ErrorKind::name));
        if let Some(kind) = failure {
            log::refresh_failed(guard.name(), kind);
        }
        let _stored = lead.finish(&answer, Some(&hit), Instant::now());
    };
    run.tasks.spawn(span::within(&span, refresh));
}
