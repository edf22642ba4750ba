//! What one request does for all of them, such as a login.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

/// How long the others wait for the one whose turn it is. Then one of them goes on beside it: it may be stuck, or nobody polls
/// it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// One request at a time, as long as that one is not stuck.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turn(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// When the last one began that has not ended.
    begun: Mutex<Option<Instant>>,
    /// Counts the turns that have ended.
    ended: watch::Sender<u64>,
}

/// The turn of a request, until it is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    turn: Arc<Shared>,
    begun: Instant,
}

impl Turn {
    /// Waits for the turn, or until what the others do is `done`.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    pub(crate) async fn take<T>(&self, done: impl Fn() -> Option<T>) -> Result<T, Taken> {
        let mut ended = self.0.ended.subscribe();
        loop {
            if let Some(done) = done() {
                return Ok(done);
            }
            let left = match self.0.claim() {
                Ok(begun) => return Err(Taken { turn: Arc::clone(&self.0), begun }),
                Err(left) => left,
            };
            // It cannot be closed: this has the sender.
            let _ = timeout(left, ended.changed()).await;
        }
    }
}

impl Shared {
    /// Begins a turn, unless another one has begun; then how long to wait for that.
    fn claim(&self) -> Result<Instant, Duration> {
        let (now, mut begun) = (Instant::now(), self.lock());
        match begun.map(|begun| PATIENCE.saturating_sub(now.saturating_duration_since(begun))) {
            Some(left) if !left.is_zero() => Err(left),
            _ => {
                *begun = Some(now);
                Ok(now)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.turn.lock().take_if(|begun| *begun == self.begun);
        self.turn.ended.send_modify(|ended| *ended += 1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use futures_util::future::join_all;
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_is_stuck_holds_up_the_others_for_a_second() {
        let (turn, begun) = (Turn::default(), Instant::now());
        let stuck = turn.take(|| None::<()>).await;
        assert!(stuck.is_err() && turn.take(|| None::<()>).await.is_err());
        assert_eq!(begun.elapsed(), PATIENCE);
        drop(stuck);
        assert!(turn.take(|| None::<()>).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_slow_is_begun_once_more_a_second_and_done_for_all() {
        let (turn, made, begun) = (Turn::default(), AtomicUsize::new(0), Instant::now());
        let value = Mutex::new(None);
        let make = async || match turn.take(|| *value.lock().unwrap()).await {
            Ok(done) => done,
            Err(_taken) => {
                let number = made.fetch_add(1, SeqCst);
                sleep(Duration::from_millis(1300)).await;
                *value.lock().unwrap() = Some(number);
                number
            }
        };
        let all = join_all((0..50).map(|_| make())).await;
        assert_eq!((made.load(SeqCst), all.iter().filter(|one| **one == 0).count()), (2, 49));
        assert_eq!(begun.elapsed(), Duration::from_millis(2300));
    }
}
