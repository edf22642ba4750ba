//! Stops a statement that nobody waits for any more, if closing its connection does not stop it.

use std::{
    any::Any,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

/// A request to stop, shared by a connection and by the thread that runs its statements. Clones are the same request.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<State>);

#[derive(Default)]
struct State {
    requested: AtomicBool,
    /// What is released once the thread has ended and has dropped its clone.
    held: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Interrupt {
    /// Whether the statement has to stop.
    pub fn is_requested(&self) -> bool {
        self.0.requested.load(Relaxed)
    }

    /// Stops the statement that runs, and any that is sent before [`clear`](Self::clear).
    pub(super) fn request(&self) {
        self.0.requested.store(true, Relaxed);
    }

    /// Lets statements run again.
    pub(super) fn clear(&self) {
        self.0.requested.store(false, Relaxed);
    }

    /// Stops the statement, and releases `held` only when the connection's thread has ended.
    pub(super) fn request_and_hold(self, held: impl Any + Send) {
        self.request();
        *self.0.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(held));
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Interrupt").field(&self.is_requested()).finish()
    }
}
