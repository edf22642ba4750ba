//! The metrics of the fetches of one struct.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{
    CANCELLED, FAILED, OK,
    names::{COMPONENTS, FETCH_DURATION, FETCHES, FETCHES_IN_FLIGHT},
    recorder::{Held, Key},
};
use crate::report::Outcome;

/// The label of the struct.
const STRUCT: &str = "struct";

/// The keys of a struct, made once for each of its bindings.
pub(crate) struct FetchMetrics {
    name: Arc<str>,
    in_flight: Key,
    duration: Key,
    ok: Key,
    failed: Key,
    outcomes: [OnceLock<Key>; Outcome::COUNT],
}

impl FetchMetrics {
    pub(crate) fn new(name: &str) -> Self {
        let name = Arc::from(name);
        let fetches = Key::new(FETCHES, STRUCT, &name);
        Self {
            in_flight: Key::new(FETCHES_IN_FLIGHT, STRUCT, &name),
            duration: Key::new(FETCH_DURATION, STRUCT, &name),
            ok: fetches.and("outcome", OK),
            failed: fetches.and("outcome", FAILED),
            outcomes: Default::default(),
            name,
        }
    }

    /// A fetch begins.
    pub(crate) fn begin(&self) -> Held {
        self.in_flight.hold()
    }

    /// A fetch has ended with a value, or with a failure; `None` if it was dropped.
    pub(crate) fn end(&self, failed: Option<bool>, elapsed: impl FnOnce() -> Duration) {
        match failed {
            Some(false) => self.ok.add(1),
            Some(true) => self.failed.add(1),
            None => Key::new(FETCHES, STRUCT, &self.name).and("outcome", CANCELLED).add(1),
        }
        self.duration.record(elapsed);
    }

    /// How the components of a fetch ended.
    pub(crate) fn components(&self, outcomes: impl Iterator<Item = Outcome>) {
        let mut counts = [0; Outcome::COUNT];
        outcomes.for_each(|outcome| counts[outcome as usize] += 1);
        for ((count, key), outcome) in counts.into_iter().zip(&self.outcomes).zip(Outcome::ALL) {
            if count > 0 {
                key.get_or_init(|| Key::new(COMPONENTS, STRUCT, &self.name).and("outcome", outcome.name())).add(count);
            }
        }
    }
}

/// A fetch that could not begin, since this many components cannot be bound.
pub(crate) fn refused(name: &str, components: usize) {
    let metrics = FetchMetrics::new(name);
    metrics.failed.add(1);
    metrics.components((0..components).map(|_| Outcome::Failed));
}
