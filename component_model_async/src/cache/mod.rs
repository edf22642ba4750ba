//! The cache of a [`Sources`](crate::Sources): answers in memory, and at most one request at a time for each of them.
//!
//! What always holds:
//!
//! - A reader judges a value by its own [`Freshness`]; the same entry may be fresh for one and expired for another. What
//!   the source said (`good_for`) and the entry's jitter shorten its time and never extend it. A lease's end is hard: the
//!   value is neither fresh nor stale beyond.
//! - Errors are not stored. Absence is stored for a short time, and is never stale.
//! - An answer does not replace that of a request that began later.
//! - What was requested before an invalidation is not stored after it, and whoever joins a flight after an invalidation
//!   gets no answer that was requested before it. A follower that joined before gets that answer, as it would have if it
//!   had sent the request itself.
//! - Memory is bounded by number and bytes. Sensitive values exist only in memory, and are overwritten when they leave it.
//!
//! **A leader renews its lead as long as it runs.** Nobody waits for one that is alive but not polled: a lead that is not
//! [renewed](LeadGuard::renew) is taken over, by a follower or by whoever comes next.
//!
//! A fetch does `lookup` for each request, and then [`Cache::join_many`] for those that are no hits. A leader calls [`LeadGuard::unless_fresh`] first, since another may
//! have finished between the two.
//!
//! **No leader waits for a follower before its own requests are sent.** A task that leads A and follows B, while another
//! leads B and follows A, would otherwise wait forever: send the requests of all leads, then await everything
//! concurrently. `join_many` separates the two.

mod entry;
mod flight;
mod invalidate;
mod jitter;
mod lead;
mod settings;
mod stats;
mod storage;
mod store;
mod sync;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use tokio::time::Instant;

pub(crate) use self::flight::RENEWAL;
pub use self::settings::CacheSettings;
pub(crate) use self::{
    entry::{Freshness, Hit, Lookup},
    lead::{Followed, FollowedLead, Follower, LeadGuard},
    stats::CacheStats,
    store::Started,
};
use self::{flight::Flights, jitter::Jitter, stats::Counters, storage::Storage, store::Writes};
use crate::{Answer, bind::Identity};

/// Cheap to clone: the clones share everything.
#[derive(Clone)]
pub(crate) struct Cache(Arc<Shared>);

struct Shared {
    storage: Storage,
    flights: Flights<Identity, Answer>,
    /// Every change of the storage, except what it evicts, is made under this lock.
    writes: Mutex<Writes>,
    /// The number of the next request.
    next: AtomicU64,
    jitter: Jitter,
    absent_for: Duration,
    counters: Counters,
}

impl Cache {
    pub(crate) fn new(settings: CacheSettings) -> Self {
        Self(Arc::new(Shared {
            storage: Storage::new(&settings),
            flights: Flights::new(),
            writes: Mutex::default(),
            next: AtomicU64::new(0),
            jitter: Jitter::new(settings.jitter),
            absent_for: settings.absent_for,
            counters: Counters::default(),
        }))
    }

    /// The stored answer, however old it is. It is not counted.
    pub(crate) fn get(&self, key: &Identity, now: Instant) -> Option<Hit> {
        let entry = self.0.storage.get(key)?;
        if entry.has_ended(now) {
            self.0.storage.remove(key, &entry);
            return None;
        }
        Some(Hit::new(entry, now))
    }

    /// What one reader makes of the stored answer.
    pub(crate) fn lookup(&self, key: &Identity, freshness: Freshness, now: Instant) -> Lookup {
        let hit = self.get(key, now);
        let lookup = hit.map_or(Lookup::Miss, |hit| hit.judge(&freshness, self.0.absent_for));
        self.0.counters.lookup(matches!(lookup, Lookup::Fresh(_) | Lookup::RefreshAhead(_)));
        lookup
    }

    /// The value that a reader uses after a failure.
    pub(crate) fn stale(&self, key: &Identity, freshness: Freshness, now: Instant) -> Option<Hit> {
        self.get(key, now).filter(|hit| hit.is_usable(&freshness))
    }

    pub(crate) fn stats(&self) -> CacheStats {
        let (entries, bytes) = self.0.storage.size();
        let in_flight = u64::try_from(self.0.flights.len()).unwrap_or(u64::MAX);
        CacheStats { entries, bytes, in_flight, evictions: self.0.storage.evicted(), ..self.0.counters.read() }
    }
}

/// Counts only: keys and values may be secret.
impl Default for Cache {
    fn default() -> Self {
        Self::new(CacheSettings::default())
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cache").field(&self.stats()).finish()
    }
}
