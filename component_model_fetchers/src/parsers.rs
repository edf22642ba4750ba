//! Parses large documents where blocking is allowed, so that no executor thread waits.

use std::sync::Arc;

use component_model_source::{ErrorKind, SourceError};
use tokio::sync::Semaphore;

/// The largest document that is parsed on the executor's thread, in bytes: well below a millisecond of work.
#[cfg(any(feature = "api", feature = "consul", feature = "postgres", feature = "mysql", feature = "vault"))]
pub(super) const IN_PLACE: usize = 64 * 1024;

/// The most large documents of one source that are parsed at once.
const AT_ONCE: usize = 4;

/// The right to parse a large document. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Parsers(Arc<Semaphore>);

impl Default for Parsers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Parsers {
    /// Runs a function that parses a large document.
    ///
    /// # Cancel safety
    /// Dropping the future does not stop the parsing, so few run at a time.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        parse: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, SourceError> {
        let permit = Arc::clone(&self.0).acquire_owned().await.map_err(ended_early)?;
        let parse = move || {
            let _permit = permit;
            parse()
        };
        tokio::task::spawn_blocking(parse).await.map_err(ended_early)
    }
}

fn ended_early<E>(_: E) -> SourceError {
    SourceError::new(ErrorKind::Other, "the thread that parses the document ended early")
}
