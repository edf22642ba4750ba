//! Storing answers, so that none replaces a newer one or survives an invalidation.

use std::sync::{Arc, MutexGuard, PoisonError, atomic::Ordering::Relaxed};

use tokio::time::Instant;

use super::{Cache, Hit, entry::Entry, storage::Leaving};
use crate::{Record, Reply, bind::Identity};

/// The beginning of a request, taken before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) struct Started {
    /// Instants may be equal; numbers are not.
    pub(super) number: u64,
    secret: bool,
}

impl Started {
    /// Whether the request is one of a sensitive component: the stored value is wiped, even if its source does not say that
    /// it is sensitive.
    pub(crate) fn sensitive(self, secret: bool) -> Self {
        Self { secret: self.secret || secret, ..self }
    }
}

/// What writers have to know of each other.
#[derive(Default)]
pub(super) struct Writes {
    /// Requests before this number began before the last invalidation.
    pub(super) invalidated: u64,
}

impl Cache {
    /// Call it before a request is sent whose answer is [stored](Self::store) without a flight.
    pub(crate) fn start(&self) -> Started {
        Started { number: self.0.next.fetch_add(1, Relaxed), secret: false }
    }

    /// Stores the answer of a request, or renews the stored one if it is [unchanged](Reply::Unchanged). It does nothing if
    /// anything was invalidated since the request began; a [flight](super::LeadGuard) looks at its own key only.
    pub(crate) fn store(&self, key: &Identity, reply: &Reply, started: Started, now: Instant) {
        let writes = self.writes();
        if started.number >= writes.invalidated {
            let entry = self.entry(key, reply, None, started, now);
            let leaving = entry.map(|entry| self.put(key, entry));
            drop(writes);
            drop(leaving);
        }
    }

    pub(super) fn writes(&self) -> MutexGuard<'_, super::Writes> {
        self.0.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entry for an answer; none if it is unchanged, and the value is not known or its lease has ended. `known` is the value whose version was
    /// sent with the request.
    pub(super) fn entry(
        &self,
        key: &Identity,
        reply: &Reply,
        known: Option<&Hit>,
        started: Started,
        now: Instant,
    ) -> Option<Entry> {
        let early = self.0.jitter.draw(started.number);
        let new = |reply| Some(Entry::new(reply, early, started.number, now));
        match reply {
            Reply::Found(record) => new(Reply::Found(Record::retained(record.clone(), started.secret))),
            Reply::Absent { .. } => new(reply.clone()),
            Reply::Unchanged { good_for } => {
                let known = known.map(|hit| Arc::clone(&hit.entry)).or_else(|| self.0.storage.peek(key));
                let known = known.filter(|known| !known.has_ended(now))?;
                Some(known.renewed(*good_for, early, started.number, now))
            }
            _ => None,
        }
    }

    /// Stores an entry unless there is a newer one. The caller holds the lock of [`writes`](Self::writes).
    pub(super) fn put(&self, key: &Identity, entry: Entry) -> Leaving {
        match self.0.storage.peek(key) {
            Some(stored) if stored.started > entry.started => Leaving::default(),
            Some(stored) if !stored.has_ended(entry.stored) => {
                let entry = entry.replacing(&stored, self.0.storage.most());
                self.0.storage.insert(key, Arc::new(entry))
            }
            _ => self.0.storage.insert(key, Arc::new(entry)),
        }
    }

    /// Whether nobody has found the stored value right since it replaced another one.
    pub(crate) fn is_unproven(&self, key: &Identity) -> bool {
        self.0.storage.peek(key).is_some_and(|entry| entry.previous.is_some())
    }

    /// A reader has found the stored value right: what it has replaced is no longer needed.
    pub(crate) fn approve(&self, key: &Identity) {
        let writes = self.writes();
        let stored = self.0.storage.peek(key).filter(|entry| entry.previous.is_some());
        let leaving = stored.as_ref().map(|entry| self.0.storage.insert(key, Arc::new(entry.approved())));
        drop(writes);
        drop((leaving, stored));
    }

    /// A reader has found the stored value wrong. The one before takes its place, for those whose source cannot answer.
    pub(crate) fn reject(&self, key: &Identity) {
        let writes = self.writes();
        let stored = self.0.storage.peek(key).filter(|entry| !entry.restored);
        let previous = stored.as_ref().and_then(|entry| entry.rejected());
        let leaving = previous.map(|entry| self.0.storage.insert(key, Arc::new(entry)));
        if let (Some(entry), None) = (&stored, &leaving) {
            self.0.storage.remove(key, entry);
        }
        drop(writes);
        drop((leaving, stored));
    }
}
