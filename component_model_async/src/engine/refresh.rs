//! Values of the cache that are fetched again in the background, before they expire.
//!
//! What always holds: one request at a time for a value; nobody waits for it; if it fails, the value stays as it is, and the
//! next attempt comes after a pause, or when the source says. A request is sent at once or not at all, so that whoever follows it does not wait for a
//! permit. Those of a group that are due together travel together.

use std::{collections::BTreeMap, mem::take, pin::pin, sync::Arc, time::Duration};

use tokio::time::{Instant, timeout};

use super::{Progress, Run};
use crate::{
    Answer, ErrorKind, Record, SourceError,
    bind::{Call, CallId, Layer},
    cache::{Hit, LeadGuard, RENEWAL},
    log, metrics, observed,
    policy::{breaker::OwnedPermit, caching, stack, timeout as attempt},
    registry::DynAsked,
    span,
};

/// The pause after a failure.
const PAUSE: Duration = Duration::from_secs(1);

impl Progress<'_, '_> {
    /// Begins to fetch the values again that are due.
    pub(super) fn refresh(&mut self) {
        if self.due.is_empty() {
            return;
        }
        let mut due: BTreeMap<CallId, Vec<Due>> = BTreeMap::new();
        for (call, one) in take(&mut self.due) {
            due.entry(call).or_default().push(one);
        }
        due.into_iter().for_each(|(call, due)| start(self.run, self.calls.get(call), due));
    }
}

/// An answer of the cache that is to be fetched again.
pub(super) struct Due {
    pub(super) layer: Layer,
    pub(super) hit: Hit,
    /// Whether the circuit breaker applies to its component.
    pub(super) has_breaker: bool,
    /// Whether its component is sensitive.
    pub(super) sensitive: bool,
}

/// The next attempts come after a pause, also if this one does not end.
struct Postponed {
    hits: Vec<Hit>,
    pause: Duration,
}

impl Drop for Postponed {
    fn drop(&mut self) {
        let now = Instant::now();
        self.hits.iter().for_each(|hit| hit.postpone_refresh(self.pause, now));
    }
}

/// Begins to fetch values of a call again, those that nobody fetches already, unless the limit or the circuit breaker of the
/// source holds it back.
fn start(run: &Run<'_>, call: &Arc<Call>, due: Vec<Due>) {
    let Some(mut permit) = call.guard.limit.try_acquire() else { return };
    let now = Instant::now();
    let breaker = match due.iter().any(|due| due.has_breaker) {
        false => None,
        true => {
            let endpoint = call.requests.first().and_then(|request| request.endpoint()).unwrap_or_default();
            let Ok(permit) = OwnedPermit::acquire(&call.guard.breaker(endpoint), now) else { return };
            Some(permit)
        }
    };
    let mut limit = Duration::ZERO;
    let mut led = Vec::new();
    // Of several components that read one value, any may be sensitive.
    let is_secret = |due: &Due| due.sensitive || due.hit.reply.record().is_some_and(Record::is_sensitive);
    let has_secret = due.iter().any(is_secret);
    for Due { layer, hit, .. } in due {
        let Some(lead) = caching::key(call, layer.request()).and_then(|key| run.cache.lead_refresh(&key, &hit)) else {
            continue;
        };
        limit = limit.max(layer.timeout);
        led.push((lead.sensitive(has_secret), layer.request(), hit));
    }
    if led.is_empty() {
        return;
    }
    if let Some(ends) = now.checked_add(limit).and_then(|ends| ends.checked_add(attempt::GRACE)) {
        permit.lasts_until(&call.guard.limit, ends, false);
        breaker.iter().for_each(|breaker| breaker.lasts_until(ends));
    }
    let (call, span) = (Arc::clone(call), span::refresh(&call.name));
    let pause = call.guard.policies.first_backoff().unwrap_or(PAUSE);
    let mut postponed = Postponed { hits: led.iter().map(|(.., hit)| hit.clone()).collect(), pause };
    let refresh = async move {
        let _permit = permit;
        let guard = &call.guard;
        let asked = led
            .iter()
            .map(|(_, request, hit)| DynAsked { query: call.requests[*request].query(), known: hit.version() });
        let observed = observed::Request::begin(guard, led.len(), stack::ONCE, now);
        let answers = span::within(observed.span(), stack::ask(&*call.source, asked.collect()));
        let in_time = answers_within(limit, answers, &led).await;
        let is_in_time = in_time.is_ok();
        let answers = in_time.unwrap_or_else(|error| led.iter().map(|_| Err(error.clone())).collect());
        postponed.hits.clear();
        let shown = |error: &SourceError| match has_secret {
            true => error.clone().without_foreign_text(),
            false => error.clone(),
        };
        let now = Instant::now();
        let failures = || answers.iter().filter_map(|answer| answer.as_ref().err());
        observed.end(failures().next().map(SourceError::kind));
        let failed = answers.iter().all(|answer| answer.as_ref().is_err_and(SourceError::is_transient));
        match (breaker, failures().next().filter(|_| failed)) {
            (Some(permit), Some(error)) => permit.failed(now, &shown(error)),
            (Some(permit), None) => permit.succeeded(now),
            (None, _) => {}
        }
        if let Some(error) = failures().next() {
            log::not_refreshed(&call.name, &shown(error));
        }
        for ((lead, _, hit), answer) in led.into_iter().zip(&answers) {
            let failure = answer.as_ref().err().map(SourceError::kind);
            guard.metrics.refreshed(failure.map_or(metrics::OK, ErrorKind::name));
            if let Err(error) = answer {
                hit.postpone_refresh(pause.max(error.retry_after().unwrap_or_default()), now);
            }
            // Those who follow may wait longer, and then ask for themselves.
            if is_in_time {
                let _stored = lead.finish(answer, Some(&hit), now);
            }
        }
    };
    run.tasks.spawn(span::within(&span, refresh));
}

/// The answers, or that there are none in time; those who follow see that it goes on.
async fn answers_within(
    limit: Duration,
    answers: impl Future<Output = Vec<Answer>>,
    led: &[(LeadGuard, usize, Hit)],
) -> Result<Vec<Answer>, SourceError> {
    let mut answers = pin!(timeout(limit, answers));
    loop {
        match timeout(RENEWAL, answers.as_mut()).await {
            Ok(Ok(answers)) => return Ok(answers),
            Ok(Err(_)) => return Err(attempt::exceeded(limit)),
            Err(_) => led.iter().for_each(|(lead, ..)| lead.renew()),
        }
    }
}
