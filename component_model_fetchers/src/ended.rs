//! Whether a source was shut down.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use component_model_source::SourceError;
#[cfg(any(feature = "file", feature = "postgres"))]
use tokio::sync::Notify;

/// Shared by the clones of a source: after the end of one, no request to any is answered, which ends their watches.
#[derive(Clone, Default)]
pub(super) struct Ended(Arc<State>);

#[derive(Default)]
struct State {
    ended: AtomicBool,
    /// Wakes the watches.
    #[cfg(any(feature = "file", feature = "postgres"))]
    watches: Notify,
}

impl Ended {
    pub(super) fn end(&self) {
        self.0.ended.store(true, Ordering::Release);
        #[cfg(any(feature = "file", feature = "postgres"))]
        self.0.watches.notify_waiters();
    }

    /// The error of a request after the end.
    #[cfg_attr(
        not(any(feature = "env", feature = "file", feature = "postgres")),
        allow(dead_code, reason = "pools know it")
    )]
    pub(super) fn error(&self) -> Option<SourceError> {
        self.0.ended.load(Ordering::Acquire).then(SourceError::shut_down)
    }

    /// Waits for the end.
    #[cfg(any(feature = "file", feature = "postgres"))]
    pub(super) async fn wait(&self) {
        let mut end = std::pin::pin!(self.0.watches.notified());
        end.as_mut().enable();
        if self.error().is_none() {
            end.await;
        }
    }
}
