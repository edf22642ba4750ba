//! What a fetch needs from its runtime if it has to wait.

use tokio::runtime::Handle;

use crate::{ErrorKind, SourceError};

/// Whether there is a runtime. There is no way to check whether its timers and its I/O are enabled: tokio panics if
/// they are needed and disabled.
pub(crate) fn required() -> Result<(), SourceError> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => Err(SourceError::new(ErrorKind::Misconfigured, "the fetch runs outside a tokio runtime")
            .with_hint("await it within `#[tokio::main]`, `#[tokio::test]` or `Runtime::block_on`")),
    }
}
