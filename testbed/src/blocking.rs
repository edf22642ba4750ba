//! The servers are driven by blocking code, because a paused tokio clock stands still while such code runs.

use crate::BedError;

pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BedError> + Send + 'static,
) -> Result<T, BedError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(BedError::failed(format!("the testbed's own work did not finish: {error}"))),
    }
}
