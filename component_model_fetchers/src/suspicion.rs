//! When connections have most likely gone silent: a request was dropped after it had waited in vain, or several were dropped early.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

/// How long a request must have been running when it is dropped to speak against its connection: a caller that stops waiting
/// earlier has most likely not waited for the network.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);

/// How many requests in a row may be dropped earlier: their timeout may be shorter. Requests that run at the same time count as
/// one, since a new connection may answer them a little later.
const DROPS: u32 = 3;

/// What the requests of some connections have told of them.
#[derive(Debug, Default)]
pub(crate) struct Suspicion {
    /// How many requests were dropped since the last answer.
    dropped: AtomicU32,
    /// When an answer last came.
    answer: Mutex<Option<Instant>>,
}

/// The beginning of a request.
#[derive(Debug)]
pub(crate) struct Began {
    since: Instant,
    /// How many requests had been dropped before it.
    dropped: u32,
}

impl Suspicion {
    pub(crate) fn begin(&self) -> Began {
        Began { since: Instant::now(), dropped: self.dropped.load(Relaxed) }
    }

    pub(crate) fn answered(&self) {
        self.dropped.store(0, Relaxed);
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// When an answer last came.
    pub(crate) fn last_answer(&self) -> Option<Instant> {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request that is dropped now is enough to give its connections up. If one connection carries all requests, it is
    /// not silent if it has just answered another one, such as the second of two that are hedged.
    pub(crate) fn is_enough(&self, began: &Began, is_only_connection: bool) -> bool {
        let is_recent = |answer: Instant| answer > began.since && answer.elapsed() < PATIENCE;
        let is_alive = is_only_connection && self.last_answer().is_some_and(is_recent);
        !is_alive && (began.since.elapsed() >= PATIENCE || self.is_last_of_drops(began))
    }

    /// Counts a drop, unless a request that ran at the same time has been counted; whether there were enough.
    fn is_last_of_drops(&self, began: &Began) -> bool {
        let now = began.dropped.saturating_add(1);
        self.dropped.compare_exchange(began.dropped, now, Relaxed, Relaxed).is_ok() && now >= DROPS
    }
}
