//! How often the cache was asked, and what it answered.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The counts of a cache since it was created, and its size now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct CacheStats {
    /// Lookups that found a fresh value.
    pub(crate) hits: u64,
    /// Lookups that found none, or one that has expired.
    pub(crate) misses: u64,
    /// Entries that left because there was no room, and values that were too large from the beginning.
    pub(crate) evictions: u64,
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
    /// Leads that were taken: requests to sources, if each leader sends one.
    pub(crate) flights: u64,
    /// Requests that waited for the one of a leader.
    pub(crate) followers: u64,
    /// Flights that have not ended.
    pub(crate) in_flight: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    hits: Count,
    misses: Count,
    flights: Count,
    followers: Count,
}

#[derive(Default)]
struct Count(AtomicU64);

impl Count {
    fn add(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl Counters {
    pub(super) fn lookup(&self, is_hit: bool) {
        if is_hit { self.hits.add() } else { self.misses.add() }
    }

    pub(super) fn lead(&self) {
        self.flights.add();
    }

    pub(super) fn follow(&self) {
        self.followers.add();
    }

    /// The counts; sizes and evictions are added by those who know them.
    pub(super) fn read(&self) -> CacheStats {
        CacheStats {
            hits: self.hits.get(),
            misses: self.misses.get(),
            flights: self.flights.get(),
            followers: self.followers.get(),
            ..CacheStats::default()
        }
    }
}
