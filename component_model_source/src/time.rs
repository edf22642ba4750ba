//! Waiting with a limit, for the engine and for the built-in sources.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use tokio::runtime::Handle;

/// Waits for what has no caller's timeout, such as the end of a connection, for at most `limit`; whether it has ended. It
/// needs timers only if it has to wait. Outside of a runtime there are none, and it waits without a limit.
///
/// # Panics
/// On a tokio runtime without timers, if it has to wait.
///
/// # Cancel safety
/// Dropping it drops the future.
pub async fn ended_within(limit: Duration, future: impl Future) -> bool {
    let mut future = pin!(future);
    if poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await {
        return true;
    }
    if Handle::try_current().is_err() {
        future.await;
        return true;
    }
    tokio::time::timeout(limit, future).await.is_ok()
}
