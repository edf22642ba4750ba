//! Runs what reads and writes the file off the executor, on a thread that no runtime waits for when it shuts down.
//!
//! The limit on readers of `fetchers::read` does not apply: files that hang there must not keep the last known good
//! values from being read.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
};

use tokio::sync::Semaphore;

use crate::{ErrorKind, SourceError};

/// Whether the caller still waits for the result.
#[derive(Debug)]
pub(super) struct Waiting(Weak<()>);

impl Waiting {
    pub(super) fn is_over(&self) -> bool {
        self.0.strong_count() == 0
    }

    /// For a caller that waits in any case.
    #[cfg(test)]
    pub(super) fn always() -> Self {
        Self(Arc::downgrade(Box::leak(Box::new(Arc::new(())))))
    }
}

/// Runs a function on a thread, after those that have the turn before it.
///
/// # Cancel safety
/// Dropping the future abandons the result. [`Waiting`] informs the function, which keeps the turn until it ends.
pub(super) async fn run<T: Send + 'static>(
    turn: &Arc<Semaphore>,
    function: impl FnOnce(&Waiting) -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    let permit = Arc::clone(turn).acquire_owned().await.map_err(ended_early)?;
    let waits = Arc::new(());
    let waiting = Waiting(Arc::downgrade(&waits));
    let result = blocking::unblock(move || {
        let _permit = permit;
        catch_unwind(AssertUnwindSafe(|| function(&waiting)))
    });
    let result = result.await.map_err(ended_early)?;
    drop(waits);
    result
}

fn ended_early<E>(_: E) -> SourceError {
    SourceError::new(ErrorKind::Other, "the thread that uses the local cache ended early")
}
