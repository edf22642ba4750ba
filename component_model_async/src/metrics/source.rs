//! The metrics of one registered source.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{
    OK,
    names::{
        BREAKER_REJECTIONS, BREAKER_STATE, BREAKER_TRANSITIONS, BUDGET_EXHAUSTED, CACHE_HITS, CACHE_MISSES,
        CACHE_REFRESHES, CACHE_SHARED, HEDGES, REQUEST_DURATION, REQUESTS, REQUESTS_IN_FLIGHT, REQUESTS_QUEUED,
        RETRIES,
    },
    recorder::{Held, Key},
};
use crate::{BreakerEvent, BreakerObserver, BreakerStatus};

/// The label of the registered name.
const SOURCE: &str = "source";
const OUTCOME: &str = "outcome";

/// The keys of a source, made once. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct SourceMetrics(Arc<Keys>);

#[derive(Debug)]
struct Keys {
    name: Arc<str>,
    ok: Key,
    duration: Key,
    in_flight: Key,
    queued: Key,
    hits: Key,
    misses: Key,
    breaker: Key,
    /// How many endpoints have a breaker that is half-open, and one that is open. Threads may tell of changes in another order
    /// than that of the changes.
    breakers: Mutex<[i32; 2]>,
}

impl SourceMetrics {
    pub(crate) fn new(name: &str) -> Self {
        let name = Arc::from(name);
        let key = |metric| Key::new(metric, SOURCE, &name);
        Self(Arc::new(Keys {
            ok: key(REQUESTS).and(OUTCOME, OK),
            duration: key(REQUEST_DURATION),
            in_flight: key(REQUESTS_IN_FLIGHT),
            queued: key(REQUESTS_QUEUED),
            hits: key(CACHE_HITS),
            misses: key(CACHE_MISSES),
            breaker: key(BREAKER_STATE),
            breakers: Mutex::default(),
            name,
        }))
    }

    fn key(&self, metric: &'static str) -> Key {
        Key::new(metric, SOURCE, &self.0.name)
    }

    /// A round trip has ended.
    pub(crate) fn requested(&self, outcome: &'static str, elapsed: impl FnOnce() -> Duration) {
        match outcome {
            OK => self.0.ok.add(1),
            outcome => self.key(REQUESTS).and(OUTCOME, outcome).add(1),
        }
        self.0.duration.record(elapsed);
    }

    /// A round trip that has a permit of the limit.
    pub(crate) fn in_flight(&self) -> Held {
        self.0.in_flight.hold()
    }

    /// A round trip that waits for a permit.
    pub(crate) fn queued(&self) -> Held {
        self.0.queued.hold()
    }

    pub(crate) fn retried(&self) {
        self.key(RETRIES).add(1);
    }

    pub(crate) fn budget_exhausted(&self) {
        self.key(BUDGET_EXHAUSTED).add(1);
    }

    /// The cache was asked for a value.
    pub(crate) fn looked_up(&self, is_hit: bool) {
        if is_hit { self.0.hits.add(1) } else { self.0.misses.add(1) }
    }

    /// A request waits for that of another fetch.
    pub(crate) fn shared(&self) {
        self.key(CACHE_SHARED).add(1);
    }

    pub(crate) fn refreshed(&self, outcome: &'static str) {
        self.key(CACHE_REFRESHES).and(OUTCOME, outcome).add(1);
    }

    pub(crate) fn rejected(&self) {
        self.key(BREAKER_REJECTIONS).add(1);
    }

    /// A request is sent a second time, since the first takes too long.
    pub(crate) fn hedged(&self) {
        self.key(HEDGES).add(1);
    }

    /// An endpoint has a breaker now, which may be open from the beginning.
    pub(crate) fn has_breaker(&self, is_open: bool) {
        self.change_breakers([0, i32::from(is_open)]);
    }

    /// Records the changes of breakers before somebody else is told.
    pub(crate) fn observe(&self, observer: BreakerObserver) -> BreakerObserver {
        if cfg!(not(feature = "metrics")) {
            return observer;
        }
        let metrics = self.clone();
        BreakerObserver::new(move |event| {
            metrics.breaker(event);
            observer.tell(event);
        })
    }

    fn breaker(&self, event: &BreakerEvent) {
        self.key(BREAKER_TRANSITIONS).and("to", event.to.name()).add(1);
        let ([half_before, open_before], [half_open, open]) = (counted(event.from), counted(event.to));
        self.change_breakers([half_open - half_before, open - open_before]);
    }

    /// The gauge is set within the lock, so that the last change is the one that it shows.
    fn change_breakers(&self, [half_open, open]: [i32; 2]) {
        let mut breakers = self.0.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        breakers[0] += half_open;
        breakers[1] += open;
        let [half_open, open] = breakers.map(|count| count > 0);
        self.0.breaker.set(if open { 2 } else { u32::from(half_open) });
    }
}

/// How a breaker counts, as half-open and as open.
fn counted(status: BreakerStatus) -> [i32; 2] {
    match status {
        BreakerStatus::HalfOpen => [1, 0],
        BreakerStatus::Open | BreakerStatus::ForcedOpen => [0, 1],
        _ => [0, 0],
    }
}
