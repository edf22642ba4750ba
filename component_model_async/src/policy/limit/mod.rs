//! The limit on parallel requests of a registration.
//!
//! What always holds: at most so many permits exist at once; requests that wait get theirs in the order in which they began
//! to wait; a permit is returned when it is dropped, also by cancellation or a panic. One whose attempt has not ended in its
//! time, because nobody polls it, is taken back as soon as a request waits for a permit. One that was offered to a request
//! that does not take it, for the same reason, goes to the request that notices it; the other one waits again. As long as less
//! than half of the permits are held, nothing is noted about them.

mod place;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use self::place::{Offers, Place};
use crate::metrics::{Held, SourceMetrics};

/// How soon, and later how often, a request that waits looks for permits that others do not use.
const FIRST_LOOK: Duration = Duration::from_millis(100);
const LOOK: Duration = Duration::from_secs(1);

/// The permits of one registration.
#[derive(Debug)]
pub(crate) struct Limit {
    semaphore: Arc<Semaphore>,
    permits: usize,
    waiting: AtomicUsize,
    lent: Mutex<Vec<Weak<Mutex<Lent>>>>,
    offers: Arc<Offers>,
    metrics: SourceMetrics,
}

/// A permit that can be taken back.
#[derive(Debug)]
struct Lent {
    /// From when on; shared by those of one attempt.
    until: Arc<Mutex<Instant>>,
    permit: Option<OwnedSemaphorePermit>,
}

/// The time until which the permits of an attempt are not taken back. It does not keep them.
#[derive(Debug, Clone)]
pub(crate) struct Loan(Arc<Mutex<Instant>>);

/// The permission to send one request.
#[derive(Debug)]
pub(crate) struct LimitPermit {
    /// Always there, unless it is lent, since the semaphore is never closed.
    own: Option<OwnedSemaphorePermit>,
    lent: Option<Arc<Mutex<Lent>>>,
    /// When it can be taken back.
    until: Option<Instant>,
    /// Whether its attempt sends one request only.
    is_single: bool,
    _counted: Held,
}

impl Limit {
    /// A limit of at least one request.
    pub(crate) fn new(permits: usize, metrics: SourceMetrics) -> Self {
        let permits = permits.clamp(1, Semaphore::MAX_PERMITS);
        let semaphore = Arc::new(Semaphore::new(permits));
        let (waiting, lent, offers) = (AtomicUsize::new(0), Mutex::default(), Arc::default());
        Self { semaphore, permits, waiting, lent, offers, metrics }
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
        let mut place = Place::new(&self.semaphore, &self.offers);
        let mut look = FIRST_LOOK;
        let permit = loop {
            let now = Instant::now();
            let next = self.take_back(now);
            let (unused, offered) = self.offers.take_unused(now);
            if unused.is_some() {
                break unused;
            }
            let until = offered.into_iter().fold(next.min(now + look), Instant::min);
            if let Ok(permit) = timeout_at(until, place.permit()).await {
                break permit;
            }
            look = (look * 2).min(LOOK);
        };
        self.counted(permit)
    }

    fn counted(&self, permit: Option<OwnedSemaphorePermit>) -> LimitPermit {
        LimitPermit { own: permit, lent: None, until: None, is_single: false, _counted: self.metrics.in_flight() }
    }

    /// Takes back the permits that have not been returned in time; returns when to look again.
    fn take_back(&self, now: Instant) -> Instant {
        let mut late = Vec::new();
        let mut lent = self.lent();
        let mut next = now + LOOK;
        lent.retain(|lent| {
            let Some(lent) = lent.upgrade() else { return false };
            let until = *lock(&lock(&lent).until);
            if until <= now {
                late.push(lent);
            } else {
                next = next.min(until);
            }
            until > now
        });
        drop(lent);
        late.iter().for_each(|lent| drop(lock(lent).permit.take()));
        next
    }

    fn lent(&self) -> MutexGuard<'_, Vec<Weak<Mutex<Lent>>>> {
        lock(&self.lent)
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

impl LimitPermit {
    /// Gives no [other one](Self::another): the attempt is a probe, which is one request.
    pub(crate) fn for_one_request(&mut self) {
        self.is_single = true;
    }

    /// Another one, if one is available and nothing waits for it. It lasts as long as this one.
    pub(crate) fn another(&self, limit: &Arc<Limit>) -> Option<Self> {
        let mut other = if self.is_single { None } else { limit.try_acquire() }?;
        // Its lock is not held while the list of the limit is locked, which others lock first.
        let shared = self.lent.as_ref().map(|lent| Arc::clone(&lock(lent).until));
        match (shared, self.until) {
            (Some(until), _) => other.lend(limit, &until),
            (None, Some(until)) => other.lasts_until(limit, until, false),
            (None, None) => {}
        }
        Some(other)
    }

    /// Lets it be taken back from then on, if few are left, or if it may get [another one](Self::another) that has to last as
    /// long.
    pub(crate) fn lasts_until(&mut self, limit: &Limit, until: Instant, has_another: bool) {
        self.until = Some(until);
        if has_another || limit.semaphore.available_permits() <= limit.permits / 2 {
            self.lend(limit, &Arc::new(Mutex::new(until)));
        }
    }

    #[cold]
    fn lend(&mut self, limit: &Limit, until: &Arc<Mutex<Instant>>) {
        let Some(own) = self.own.take() else { return };
        let loan = Arc::new(Mutex::new(Lent { until: Arc::clone(until), permit: Some(own) }));
        let mut lent = limit.lent();
        // The list grows only if those that are held need it.
        if lent.len() == lent.capacity() {
            lent.retain(|lent| lent.strong_count() > 0);
        }
        lent.push(Arc::downgrade(&loan));
        drop(lent);
        self.lent = Some(loan);
    }

    /// What decides when it is taken back; none if it is not.
    pub(crate) fn loan(&self) -> Option<Loan> {
        self.lent.as_ref().map(|lent| Loan(Arc::clone(&lock(lent).until)))
    }
}

impl Loan {
    /// Lets the permits be taken back only from then on.
    pub(crate) fn prolong(&self, until: Instant) {
        let mut ends = lock(&self.0);
        *ends = until.max(*ends);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn second_permits_and_those_that_wait_do_not_lock_each_other_out() {
        let limit = limit(4);
        let asks = |limit: Arc<Limit>| async move {
            for _ in 0..300 {
                let mut permit = Arc::clone(&limit).acquire().await;
                permit.lasts_until(&limit, Instant::now() + Duration::from_millis(1), true);
                let _second = permit.another(&limit);
                tokio::task::yield_now().await;
            }
        };
        for task in (0..32).map(|_| tokio::spawn(asks(Arc::clone(&limit)))).collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert_eq!((limit.in_use(), limit.waiting()), (0, 0));
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

    #[tokio::test(start_paused = true)]
    async fn a_permit_that_is_not_taken_goes_to_one_that_is_polled_and_the_other_waits_again() {
        let limit = limit(1);
        let held = limit.try_acquire();
        let mut left = [0; 3].map(|_| Box::pin(limit.clone().acquire()));
        assert!(left.iter_mut().all(waits));
        let next = tokio::spawn(limit.clone().acquire());
        tokio::time::sleep(Duration::from_secs(5)).await;
        let begun = Instant::now();
        drop(held);
        let held = next.await.unwrap();
        assert!(begun.elapsed() <= LOOK + place::GRACE, "{:?}", begun.elapsed());
        assert!(left.iter_mut().all(waits));
        assert_eq!((limit.in_use(), limit.waiting()), (1, 3));
        drop(held);
        // Whoever is polled at last finds it in the hands of one that is not.
        let [first, second, third] = left;
        drop(third.await);
        drop(first.await);
        drop(second.await);
        assert_eq!((limit.in_use(), limit.waiting()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_polled_in_time_keeps_what_it_was_offered() {
        let limit = limit(1);
        let held = limit.try_acquire();
        let mut first = Box::pin(limit.clone().acquire());
        assert!(waits(&mut first));
        let second = tokio::spawn(limit.clone().acquire());
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(held);
        tokio::time::sleep(place::GRACE / 2).await;
        assert!(!second.is_finished());
        drop(first.now_or_never().unwrap());
        drop(second.await.unwrap());
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

    #[tokio::test]
    async fn permits_that_were_returned_leave_nothing_behind_whatever_the_limit() {
        let limit = limit(usize::MAX);
        for _ in 0..10_000 {
            let mut permit = limit.try_acquire().unwrap();
            permit.lasts_until(&limit, Instant::now(), true);
            drop(permit.another(&limit));
        }
        assert!(limit.lent().len() <= 64, "{}", limit.lent().len());
    }

    #[test]
    fn any_number_of_permits_is_taken() {
        assert!(limit(0).try_acquire().is_some() && limit(usize::MAX).try_acquire().is_some());
    }
}
