//! What a fetch needs of the runtime that it runs on, once it has to wait.

use tokio::runtime::Handle;

use crate::{ErrorKind, SourceError};

/// Whether there is a runtime. Whether its timers and its I/O are turned on cannot be asked: tokio panics if they are
/// needed and off.
pub(crate) fn required() -> Result<(), SourceError> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => Err(SourceError::new(ErrorKind::Misconfigured, "the fetch runs outside of a tokio runtime")
            .with_hint("await it within `#[tokio::main]`, `#[tokio::test]` or `Runtime::block_on`")),
    }
}
