//! Statements that nobody waits for any more, and that may still run at their server.
//!
//! Closing a connection does not end its statement: the server notices when it has an answer. So only some of the
//! connections are closed at once. Any further one is kept, and counts, until the server has answered.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sqlx::Connection as _;
use tokio::time::{Instant, timeout};

use crate::database::server::Server;

/// How long a statement may run at its server after it was abandoned, as far as a pool cares.
const PERIOD: Duration = Duration::from_secs(30);

/// The connections that were closed while their statement may have run, during the last [`PERIOD`].
#[derive(Debug, Default)]
pub(super) struct Abandoned(Mutex<Vec<Instant>>);

impl Abandoned {
    /// Whether one more may be closed at once, so that connections which went silent do not block their pool
    /// of `size` connections. No more than that: the server has at most twice as many.
    pub(super) fn may_close(&self, size: usize) -> bool {
        let mut closed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        closed.retain(|closed| closed.elapsed() < PERIOD);
        let may_close = closed.len() < size;
        if may_close {
            closed.push(Instant::now());
        }
        may_close
    }
}

/// Waits until the server has answered the statement of a connection, for a while at most.
pub(super) async fn ended<S: Server>(connection: &mut S::Connection) {
    let _ = timeout(PERIOD, connection.ping()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn so_many_connections_are_closed_at_once_in_a_period() {
        let abandoned = Abandoned::default();
        for _ in 0..2 {
            assert_eq!([(); 3].map(|()| abandoned.may_close(2)), [true, true, false]);
            tokio::time::advance(PERIOD).await;
        }
    }
}
