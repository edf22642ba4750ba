//! Forgetting answers, and those that are being fetched.

use std::sync::atomic::Ordering::Relaxed;

use super::Cache;
use crate::bind::Identity;

impl Cache {
    /// Forgets the answer to one request; returns how many there were.
    pub(crate) fn invalidate(&self, key: &Identity) -> usize {
        self.invalidate_where(|known| known == key)
    }

    /// Forgets all answers of a source, by the name under which it is registered.
    pub(crate) fn invalidate_source(&self, name: &str) -> usize {
        self.invalidate_where(|(source, _)| **source == *name)
    }

    pub(crate) fn invalidate_all(&self) -> usize {
        self.invalidate_where(|_| true)
    }

    /// Forgets the answers to some requests; returns how many there were. The function must not use the cache.
    pub(crate) fn invalidate_where(&self, which: impl Fn(&Identity) -> bool) -> usize {
        let mut writes = self.writes();
        let from = self.0.next.load(Relaxed);
        writes.invalidated = from;
        self.0.flights.detach(&which);
        // An entry of a request that begins from now on is kept.
        let removed = self.0.storage.remove_where(|key, entry| entry.started < from && which(key));
        drop(writes);
        removed.len()
    }
}
