//! Reads the file off the executor: one thread at a time, for all that wait.
//!
//! What always holds: the thread depends on nobody being polled, and a file that hangs keeps one thread. Nobody gets what was
//! read before it asked. No runtime waits for the thread when it shuts down.
//!
//! The limit on readers of `fetchers::read` does not apply: files that hang there must not keep the last known good
//! values from being read.

use std::{
    fmt,
    mem::{replace, take},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot::{self, Sender};

use super::{Loaded, ended_early};

#[derive(Default)]
pub(super) struct Readers(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<Sender<Arc<Loaded>>>,
    is_running: bool,
}

impl Readers {
    /// What the file has now.
    ///
    /// # Cancel safety
    /// Reads have no effect.
    pub(super) async fn read(self: &Arc<Self>, read: impl Fn() -> Loaded + Send + 'static) -> Arc<Loaded> {
        let (sender, loaded) = oneshot::channel();
        if self.is_first(sender) {
            let readers = Arc::clone(self);
            blocking::unblock(move || readers.serve(read)).detach();
        }
        loaded.await.unwrap_or_else(|_| Arc::new(Loaded::failed(ended_early())))
    }

    /// Adds one that waits; whether a thread has to begin for it.
    fn is_first(&self, sender: Sender<Arc<Loaded>>) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(sender);
        !replace(&mut queue.is_running, true)
    }

    fn serve(&self, read: impl Fn() -> Loaded) {
        while let Some(waiting) = self.next() {
            let loaded = catch_unwind(AssertUnwindSafe(&read));
            let loaded = Arc::new(loaded.unwrap_or_else(|_| Loaded::failed(ended_early())));
            for sender in waiting {
                // Whoever has left needs no answer.
                let _ = sender.send(Arc::clone(&loaded));
            }
        }
    }

    fn next(&self) -> Option<Vec<Sender<Arc<Loaded>>>> {
        let mut queue = self.queue();
        queue.is_running = !queue.waiting.is_empty();
        queue.is_running.then(|| take(&mut queue.waiting))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").finish_non_exhaustive()
    }
}
