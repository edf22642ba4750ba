//! Whether a source that has no connections was shut down.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use component_model_source::SourceError;

/// Shared by the clones of a source: after the end of one, no request to any is answered, which ends their watches.
#[derive(Clone, Default)]
pub(super) struct Ended(Arc<AtomicBool>);

impl Ended {
    pub(super) fn end(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// The error of a request after the end.
    pub(super) fn error(&self) -> Option<SourceError> {
        self.0.load(Ordering::Acquire).then(SourceError::shut_down)
    }
}
