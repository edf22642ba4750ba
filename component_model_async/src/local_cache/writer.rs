//! Writes the file off the executor: one thread at a time, for all that have something to store.
//!
//! What always holds: the thread depends on nobody being polled. What comes while it writes is written by it afterwards, of
//! each component the newest value.

use std::{
    collections::{BTreeMap, btree_map},
    fmt,
    mem::{replace, take},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{
    oneshot::{self, Receiver},
    watch,
};

use super::{Entry, EntryId, ended_early};
use crate::SourceError;

pub(super) struct Writer {
    queue: Mutex<Queue>,
    /// How many threads have ended.
    ended: watch::Sender<u64>,
}

#[derive(Default)]
struct Queue {
    entries: BTreeMap<EntryId, Entry>,
    is_running: bool,
    /// How many threads have begun.
    begun: u64,
}

/// What becomes of values.
pub(crate) type Saved = Result<(), SourceError>;

impl Writer {
    /// Writes entries. The result comes to whoever made the thread begin, or if they have left to `unheard`; `None` if a
    /// thread runs, which writes these too.
    pub(super) fn write(
        self: &Arc<Self>,
        entries: Vec<Entry>,
        write: impl Fn(Vec<Entry>) -> Saved + Send + 'static,
        unheard: fn(Saved),
    ) -> Option<Receiver<Saved>> {
        if !self.is_first(entries) {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        let writer = Arc::clone(self);
        blocking::unblock(move || {
            let mut saved = Ok(());
            while let Some(entries) = writer.next() {
                let written = catch_unwind(AssertUnwindSafe(|| write(entries)));
                saved = saved.and(written.unwrap_or_else(|_| Err(ended_early())));
            }
            if let Err(saved) = sender.send(saved) {
                unheard(saved);
            }
            writer.ended.send_modify(|ended| *ended += 1);
        })
        .detach();
        Some(receiver)
    }

    /// Waits until what was to be written is.
    pub(super) async fn end(&self) {
        let begun = self.queue().begun;
        let mut ended = self.ended.subscribe();
        // It cannot be closed: this has the sender.
        let _ = ended.wait_for(|ended| *ended >= begun).await;
    }

    #[cfg(test)]
    pub(super) fn has_queued(&self) -> bool {
        !self.queue().entries.is_empty()
    }

    /// Adds entries; whether a thread has to begin for them.
    fn is_first(&self, entries: Vec<Entry>) -> bool {
        let mut queue = self.queue();
        for entry in entries {
            match queue.entries.entry(entry.id.clone()) {
                btree_map::Entry::Occupied(known) if known.get().fetched > entry.fetched => {}
                btree_map::Entry::Occupied(mut known) => *known.get_mut() = entry,
                btree_map::Entry::Vacant(vacant) => {
                    vacant.insert(entry);
                }
            }
        }
        let is_first = !replace(&mut queue.is_running, true);
        queue.begun += u64::from(is_first);
        is_first
    }

    fn next(&self) -> Option<Vec<Entry>> {
        let mut queue = self.queue();
        queue.is_running = !queue.entries.is_empty();
        queue.is_running.then(|| take(&mut queue.entries).into_values().collect())
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Writer {
    fn default() -> Self {
        Self { queue: Mutex::default(), ended: watch::channel(0).0 }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}
