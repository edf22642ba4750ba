//! What protects one registration. It is shared by all fetches, and lives as long as the sources.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::time::Instant;

use super::{
    breaker::{Breaker, BreakerObserver, BreakerState, BreakerStatus},
    budget::Budget,
    hedge::Latencies,
    limit::Limit,
    mode::Mode,
    random::Random,
};
use crate::{Policies, metrics::SourceMetrics};

/// The most endpoints of a registration that have a breaker of their own; URLs can be made of values.
const ENDPOINTS: usize = 256;

/// The policies of a registration, and what they remember.
pub(crate) struct Guard {
    name: Box<str>,
    pub(crate) policies: Policies,
    pub(crate) budget: Budget,
    pub(crate) limit: Arc<Limit>,
    pub(crate) random: Random,
    pub(crate) metrics: SourceMetrics,
    pub(crate) latencies: Latencies,
    breakers: Mutex<Breakers>,
    forced_open: AtomicBool,
    observer: BreakerObserver,
}

/// The breakers of the endpoints.
#[derive(Default)]
struct Breakers {
    of: BTreeMap<Box<str>, Arc<Breaker>>,
    forced: Option<Forced>,
}

/// The position of a breaker that was set by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forced {
    Open,
    Closed,
}

impl Guard {
    /// `limit` is that of the source.
    pub(crate) fn new(name: &str, policies: Policies, limit: Option<usize>, observer: BreakerObserver) -> Self {
        let budget = Budget::new(policies.budget().unwrap_or_default());
        let metrics = SourceMetrics::new(name);
        let limit = policies.parallel_requests().or(limit).unwrap_or(usize::MAX);
        let (limit, observer) = (Arc::new(Limit::new(limit, metrics.clone())), metrics.observe(observer));
        let (random, breakers) = (Random::default(), Mutex::default());
        let forced_open = AtomicBool::new(false);
        Self {
            name: name.into(),
            policies,
            budget,
            limit,
            random,
            metrics,
            latencies: Latencies::default(),
            breakers,
            forced_open,
            observer,
        }
    }

    /// The name of the registration.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The breaker of an endpoint; an empty one is the source itself. Those beyond the limit share that.
    pub(crate) fn breaker(&self, endpoint: &str) -> Arc<Breaker> {
        let mut breakers = self.breakers();
        if let Some(known) = breakers.of.get(endpoint) {
            return Arc::clone(known);
        }
        if breakers.of.len() >= ENDPOINTS {
            breakers.forget_one();
        }
        let endpoint = if breakers.of.len() >= ENDPOINTS { "" } else { endpoint };
        if let Some(shared) = breakers.of.get(endpoint) {
            return Arc::clone(shared);
        }
        let breaker = Breaker::new(self.policies.breaker().unwrap_or_default()).named(&self.name, endpoint);
        // Before it has an observer, which may call back.
        set(&breaker, breakers.forced);
        let breaker = Arc::new(breaker.observe(self.observer.clone()));
        breakers.of.insert(endpoint.into(), Arc::clone(&breaker));
        let is_open = breakers.forced == Some(Forced::Open);
        drop(breakers);
        self.metrics.has_breaker(is_open);
        breaker
    }

    /// Sets all breakers by hand, also those to come; `None` makes them automatic again.
    pub(crate) fn force(&self, forced: Option<Forced>) {
        let mut breakers = self.breakers();
        breakers.forced = forced;
        loop {
            let forced = breakers.forced;
            self.forced_open.store(forced == Some(Forced::Open), Ordering::Relaxed);
            let all: Vec<_> = breakers.of.values().cloned().collect();
            // An observer may call back.
            drop(breakers);
            all.iter().for_each(|breaker| set(breaker, forced));
            breakers = self.breakers();
            // Whoever set them last prevails.
            if breakers.forced == forced {
                return;
            }
        }
    }

    /// Whether a breaker applies to a component: because its attribute, the registration or the mode says so, in this order.
    /// One that was opened by hand applies to all.
    pub(crate) fn has_breaker(&self, attribute: Option<bool>, mode: Mode) -> bool {
        self.forced_open.load(Ordering::Relaxed) || attribute.or(self.policies.has_breaker()).unwrap_or(mode.resilient)
    }

    /// The states of the breakers that exist, by endpoint.
    pub(crate) fn states(&self) -> Vec<(String, BreakerState)> {
        let now = Instant::now();
        self.breakers().of.iter().map(|(endpoint, breaker)| (endpoint.to_string(), breaker.state(now))).collect()
    }

    fn breakers(&self) -> MutexGuard<'_, Breakers> {
        self.breakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Breakers {
    /// Makes room: forgets a breaker that nobody uses and that has nothing to remember.
    fn forget_one(&mut self) {
        let now = Instant::now();
        let is_idle = |breaker: &Arc<Breaker>| {
            let state = breaker.state(now);
            Arc::strong_count(breaker) == 1 && state.status() == BreakerStatus::Closed && state.failures() == 0
        };
        let idle = self.of.iter().find(|(_, breaker)| is_idle(breaker)).map(|(endpoint, _)| endpoint.clone());
        if let Some(endpoint) = idle {
            self.of.remove(&endpoint);
        }
    }
}

fn set(breaker: &Breaker, forced: Option<Forced>) {
    match forced {
        Some(Forced::Open) => breaker.force_open(),
        Some(Forced::Closed) => breaker.force_closed(),
        None => breaker.automatic(),
    }
}
