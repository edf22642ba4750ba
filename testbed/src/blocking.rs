//! Servers are controlled by blocking code, because a paused tokio clock does not advance while such code runs.

use crate::BedError;

pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BedError> + Send + 'static,
) -> Result<T, BedError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(BedError::failed(format!("a task of the testbed did not finish: {error}"))),
    }
}
