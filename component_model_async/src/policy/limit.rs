//! The limit on parallel requests of a registration.
//!
//! What always holds: at most so many permits exist at once; requests that wait get theirs in the order in which they began
//! to wait; a permit is returned when it is dropped, also by cancellation or a panic.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::metrics::{Held, SourceMetrics};

/// The permits of one registration.
#[derive(Debug)]
pub(crate) struct Limit {
    semaphore: Arc<Semaphore>,
    permits: usize,
    waiting: AtomicUsize,
    metrics: SourceMetrics,
}

/// The permission to send one request.
#[derive(Debug)]
pub(crate) struct LimitPermit {
    /// Always there, since the semaphore is never closed.
    _permit: Option<OwnedSemaphorePermit>,
    _counted: Held,
}

impl Limit {
    /// A limit of at least one request.
    pub(crate) fn new(permits: usize, metrics: SourceMetrics) -> Self {
        let permits = permits.clamp(1, Semaphore::MAX_PERMITS);
        Self { semaphore: Arc::new(Semaphore::new(permits)), permits, waiting: AtomicUsize::new(0), metrics }
    }

    /// A permit, if one is available and nothing waits for it.
    pub(crate) fn try_acquire(self: &Arc<Self>) -> Option<LimitPermit> {
        let permit = self.semaphore.clone().try_acquire_owned().ok()?;
        Some(self.counted(Some(permit)))
    }

    /// Waits for a permit.
    ///
    /// # Cancel safety
    /// Dropping it gives up the place in the queue, and returns a permit that has already been assigned to it.
    pub(crate) async fn acquire(self: Arc<Self>) -> LimitPermit {
        if let Some(permit) = self.try_acquire() {
            return permit;
        }
        let _waiting = (Waiting::new(&self.waiting), self.metrics.queued());
        let permit = self.semaphore.clone().acquire_owned().await.ok();
        self.counted(permit)
    }

    fn counted(&self, permit: Option<OwnedSemaphorePermit>) -> LimitPermit {
        LimitPermit { _permit: permit, _counted: self.metrics.in_flight() }
    }

    /// How many permits are held, or assigned to a request that has not run since.
    pub(crate) fn in_use(&self) -> usize {
        self.permits - self.semaphore.available_permits()
    }

    /// How many requests wait for a permit.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// Counts one request that waits, until it is dropped.
struct Waiting<'l>(&'l AtomicUsize);

impl<'l> Waiting<'l> {
    fn new(waiting: &'l AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use futures_util::FutureExt;

    use super::*;

    fn waits(future: &mut (impl Future + Unpin)) -> bool {
        future.now_or_never().is_none()
    }

    fn limit(permits: usize) -> Arc<Limit> {
        Arc::new(Limit::new(permits, SourceMetrics::new("")))
    }

    #[tokio::test]
    async fn there_are_as_many_permits_as_the_limit() {
        let limit = limit(2);
        let permits = [limit.try_acquire(), limit.try_acquire()];
        assert!(permits.iter().all(Option::is_some) && limit.try_acquire().is_none());
        assert_eq!((limit.in_use(), limit.waiting()), (2, 0));
        drop(permits);
        assert_eq!(limit.in_use(), 0);
    }

    #[tokio::test]
    async fn permits_go_to_those_that_wait_in_their_order() {
        let limit = limit(1);
        let held = limit.try_acquire();
        let (mut first, mut second) = (Box::pin(limit.clone().acquire()), Box::pin(limit.clone().acquire()));
        assert!(waits(&mut first) && waits(&mut second));
        assert_eq!((limit.in_use(), limit.waiting()), (1, 2));

        drop(held);
        // It belongs to the first, although that has not run since.
        assert!(limit.try_acquire().is_none() && waits(&mut second));
        let held = first.now_or_never().unwrap();
        assert_eq!(limit.waiting(), 1);
        drop(held);
        drop(second.now_or_never().unwrap());
        assert_eq!((limit.in_use(), limit.waiting()), (0, 0));
    }

    #[tokio::test]
    async fn one_that_gives_up_leaves_its_permit_and_its_place() {
        let limit = limit(1);
        let held = limit.try_acquire();
        let (mut first, mut second) = (Box::pin(limit.clone().acquire()), Box::pin(limit.clone().acquire()));
        assert!(waits(&mut first) && waits(&mut second));
        drop(held);
        drop(first);
        assert_eq!(limit.waiting(), 1);
        assert!(second.now_or_never().is_some());
        assert_eq!((limit.in_use(), limit.waiting()), (0, 0));
    }

    #[test]
    fn a_panic_returns_the_permit() {
        let limit = limit(1);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _permit = limit.try_acquire().unwrap();
            panic!("on purpose");
        }));
        assert!(panicked.is_err() && limit.try_acquire().is_some());
    }

    #[test]
    fn any_number_of_permits_is_taken() {
        assert!(limit(0).try_acquire().is_some() && limit(usize::MAX).try_acquire().is_some());
    }
}
