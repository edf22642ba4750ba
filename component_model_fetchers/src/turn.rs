//! What one request does for all of them, such as a login.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::timeout,
};

/// How long a request waits for the one whose turn it is. It goes on afterwards: the other one may be stuck, or nobody polls it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// One request at a time, as long as that one is not stuck.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turn(Arc<Mutex<()>>);

impl Turn {
    /// Waits for the turn. Whoever has it looks first whether another one has done it meanwhile.
    ///
    /// # Cancel safety
    /// Dropping the future gives up the place in the queue.
    pub(crate) async fn take(&self) -> Option<OwnedMutexGuard<()>> {
        timeout(PATIENCE, Arc::clone(&self.0).lock_owned()).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_is_stuck_holds_up_the_others_for_a_second() {
        let (turn, begun) = (Turn::default(), Instant::now());
        let stuck = turn.take().await;
        assert!(stuck.is_some() && turn.take().await.is_none());
        assert_eq!(begun.elapsed(), PATIENCE);
        drop(stuck);
        assert!(turn.take().await.is_some());
    }
}
