//! The places of the requests that wait for a permit, and the permits that were offered to them.
//!
//! What always holds: a permit that was offered to a request that does not take it, because nobody polls it, can be taken
//! after a short time. Wakers are called and dropped outside of the locks, and so is what holds a permit, since that calls them.

use std::{
    future::{Future, poll_fn},
    mem::replace,
    pin::pin,
    sync::{Arc, Mutex, Weak},
    task::{Context, Poll, Wake, Waker, ready},
    time::Duration,
};

use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    task::coop::unconstrained,
    time::Instant,
};

use super::lock;
use crate::BoxFuture;

/// How long a permit is kept for the request that it was offered to.
pub(super) const GRACE: Duration = Duration::from_millis(100);

/// The place in the queue of the semaphore; empty if another request took the permit.
type Queued = Mutex<Option<BoxFuture<'static, Result<OwnedSemaphorePermit, AcquireError>>>>;

/// The permits that were offered to requests that have not been polled since.
#[derive(Debug, Default)]
pub(super) struct Offers(Mutex<Vec<Offer>>);

#[derive(Debug)]
struct Offer {
    since: Instant,
    to: Weak<Queued>,
}

/// The place of a request.
pub(super) struct Place {
    semaphore: Arc<Semaphore>,
    queued: Arc<Queued>,
    woken: Arc<Woken>,
    waker: Waker,
}

/// Notes that a request was offered a permit, and wakes its task.
struct Woken {
    offers: Arc<Offers>,
    /// The queue holds this.
    queued: Weak<Queued>,
    task: Mutex<Waker>,
}

impl Offers {
    /// A permit that was offered and not taken, and when the next one can be. If there are several, the others are offered
    /// to those who come next.
    pub(super) fn take_unused(&self, now: Instant) -> (Option<OwnedSemaphorePermit>, Option<Instant>) {
        let (unused, next) = {
            let mut offers = lock(&self.0);
            let unused: Vec<_> = offers.extract_if(.., |offer| offer.since + GRACE <= now).collect();
            (unused, offers.iter().map(|offer| offer.since + GRACE).min())
        };
        let permits = unused.into_iter().filter_map(|offer| {
            let queued = lock(&*offer.to.upgrade()?).take()?;
            match pin!(unconstrained(queued)).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(permit) => permit.ok(),
                Poll::Pending => None,
            }
        });
        (permits.reduce(|first, _| first), next)
    }

    fn add(&self, to: Weak<Queued>) {
        let mut offers = lock(&self.0);
        offers.retain(|offer| offer.to.strong_count() > 0);
        offers.push(Offer { since: Instant::now(), to });
    }

    fn remove(&self, to: &Arc<Queued>) {
        lock(&self.0).retain(|offer| offer.to.as_ptr() != Arc::as_ptr(to));
    }
}

impl Place {
    pub(super) fn new(semaphore: &Arc<Semaphore>, offers: &Arc<Offers>) -> Self {
        let queued = Arc::new(Mutex::new(None));
        let task = Mutex::new(Waker::noop().clone());
        let woken = Arc::new(Woken { offers: Arc::clone(offers), queued: Arc::downgrade(&queued), task });
        Self { semaphore: Arc::clone(semaphore), queued, waker: Arc::clone(&woken).into(), woken }
    }

    /// Waits for a permit; `None` never comes, since the semaphore is never closed.
    ///
    /// # Cancel safety
    /// Dropping it keeps the place.
    pub(super) async fn permit(&mut self) -> Option<OwnedSemaphorePermit> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&self, context: &Context<'_>) -> Poll<Option<OwnedSemaphorePermit>> {
        let task = context.waker().clone();
        let former = replace(&mut *lock(&self.woken.task), task);
        drop(former);
        self.woken.offers.remove(&self.queued);
        let mut queued = lock(&self.queued);
        let acquire = queued.get_or_insert_with(|| Box::pin(Arc::clone(&self.semaphore).acquire_owned()));
        let permit = ready!(acquire.as_mut().poll(&mut Context::from_waker(&self.waker)));
        let ended = queued.take();
        drop(queued);
        drop(ended);
        Poll::Ready(permit.ok())
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.offers.add(self.queued.clone());
        let task = lock(&self.task).clone();
        task.wake();
    }
}
