//! The connections of a source whose protocol carries any number of requests on one: a connection for each target and runtime.
//!
//! What always holds: a connection on which a
//! request failed, was dropped after a while, or was the third to be dropped without a reply in between, is not used
//! for another request; requests that want the same connection wait for one attempt to open it; a connection is used only on
//! the runtime that drives it, and kept for a limited time, used or not, so that a new address of a host is noticed; after
//! [`Links::close`] there is none.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use component_model_source::{BoxFuture, ErrorKind, SourceError};
use futures_util::{FutureExt as _, future::Shared};
use tokio::{
    runtime::{Handle, Id},
    sync::{oneshot, watch},
    time::{Instant, timeout},
};

use crate::suspicion::{Began, Suspicion};

/// How long a connection that has answered before may say nothing while a request waits. A server answers at once, so that no
/// `PING` could tell more than the request itself.
const SILENCE: Duration = Duration::from_secs(1);

/// How long a connection is used.
pub(crate) const AGE: Duration = Duration::from_secs(600);

/// How many connections are kept; more are needed only for many runtimes, databases or nodes.
const KEPT: usize = 256;

/// Opens connections.
pub(crate) trait Dial: Send + Sync + 'static {
    /// Where a connection leads.
    type Target: Clone + Eq + Send + Sync + 'static;
    type Link: Send + Sync + 'static;

    fn dial(&self, target: &Self::Target) -> impl Future<Output = Result<Self::Link, SourceError>> + Send;

    /// How long a server may say nothing, also on a new connection and while that is opened, because another one may have taken
    /// its place. An attempt has time for three such waits.
    fn patience(&self, _target: &Self::Target) -> Option<Duration> {
        None
    }

    /// How long a connection to a target is used.
    fn age(&self, _target: &Self::Target) -> Duration {
        AGE
    }
}

/// A request that a connection carries. An error is the connection's: what the server refuses is a reply.
pub(crate) trait Exchange<L>: Sync {
    type Reply: Send;

    /// Sends the request. With `patience`, a connection on which nothing was heard for so long is an error.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind that is not bounded.
    fn send(
        &self,
        link: &L,
        patience: Option<Duration>,
    ) -> impl Future<Output = Result<Self::Reply, SourceError>> + Send;
}

pub(crate) struct Links<D: Dial> {
    dialer: Arc<D>,
    state: Arc<Mutex<State<D>>>,
    closing: watch::Sender<bool>,
}

struct State<D: Dial> {
    slots: VecDeque<Arc<Slot<D>>>,
    closed: bool,
}

type Opening<L> = Shared<BoxFuture<'static, Result<Arc<L>, SourceError>>>;

/// A connection that is open or being opened.
struct Slot<D: Dial> {
    runtime: Id,
    target: D::Target,
    link: Opening<D::Link>,
    age: Duration,
    made: Instant,
    suspicion: Suspicion,
    /// Ends the task that waits until the connection is old.
    _kept: oneshot::Sender<()>,
}

impl<D: Dial> Slot<D> {
    fn is_for(&self, runtime: Id, target: &D::Target) -> bool {
        self.runtime == runtime && self.target == *target
    }

    fn is_young(&self) -> bool {
        self.made.elapsed() < self.age
    }
}

impl<D: Dial> Links<D> {
    pub(crate) fn new(dialer: Arc<D>) -> Self {
        let state = State { slots: VecDeque::new(), closed: false };
        Self { dialer, state: Arc::new(Mutex::new(state)), closing: watch::Sender::new(false) }
    }

    /// Sends a request to a target. If a connection that has answered before turns out to be lost or silent, it is sent
    /// once more, on a new one.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind; the connection may not be used again.
    pub(crate) async fn exchange<E: Exchange<D::Link>>(
        &self,
        target: &D::Target,
        request: &E,
    ) -> Result<E::Reply, SourceError> {
        let lease = self.lease(target)?;
        let reused = lease.slot.suspicion.last_answer().is_some();
        let patience = self.dialer.patience(target);
        match lease.exchange(request, patience.or(reused.then_some(SILENCE))).await {
            Err(lost) if reused && lost.kind() == ErrorKind::Unreachable => {
                self.lease(target)?.exchange(request, patience).await
            }
            other => other,
        }
    }

    /// Closes the connections that no request uses, and refuses further requests.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.slots.clear();
        drop(state);
        self.closing.send_replace(true);
    }

    /// Waits until [`close`](Self::close) was called.
    pub(crate) async fn closed(&self) {
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    fn lease(&self, target: &D::Target) -> Result<Lease<'_, D>, SourceError> {
        let runtime = runtime()?;
        let mut state = self.lock();
        if state.closed {
            return Err(SourceError::shut_down());
        }
        state.slots.retain(|slot| !slot.is_for(runtime, target) || slot.is_young());
        let slot = match state.slots.iter().find(|slot| slot.is_for(runtime, target)) {
            Some(known) => Arc::clone(known),
            None => {
                let new = self.slot(runtime, target.clone());
                if state.slots.len() == KEPT {
                    state.slots.pop_front();
                }
                state.slots.push_back(Arc::clone(&new));
                new
            }
        };
        Ok(Lease::new(self, slot))
    }

    fn slot(&self, runtime: Id, target: D::Target) -> Arc<Slot<D>> {
        let (dialer, to, age) = (Arc::clone(&self.dialer), target.clone(), self.dialer.age(&target));
        let link: BoxFuture<'static, _> = Box::pin(async move { dialer.dial(&to).await.map(Arc::new) });
        let (kept, given_up) = oneshot::channel();
        let slot = Arc::new(Slot {
            runtime,
            target,
            link: link.shared(),
            age,
            made: Instant::now(),
            suspicion: Suspicion::default(),
            _kept: kept,
        });
        tokio::spawn(grow_old(Arc::downgrade(&self.state), Arc::downgrade(&slot), age, given_up));
        slot
    }

    fn give_up(&self, slot: &Arc<Slot<D>>) {
        self.lock().give_up(slot);
    }

    fn lock(&self) -> MutexGuard<'_, State<D>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D: Dial> State<D> {
    fn give_up(&mut self, slot: &Arc<Slot<D>>) {
        self.slots.retain(|known| !Arc::ptr_eq(known, slot));
    }
}

/// Gives a connection up when it is old; a request that uses it keeps it until it ends. Ends with the connection.
async fn grow_old<D: Dial>(
    state: Weak<Mutex<State<D>>>,
    slot: Weak<Slot<D>>,
    age: Duration,
    given_up: oneshot::Receiver<()>,
) {
    if timeout(age, given_up).await.is_err()
        && let (Some(state), Some(slot)) = (state.upgrade(), slot.upgrade())
    {
        state.lock().unwrap_or_else(PoisonError::into_inner).give_up(&slot);
    }
}

impl<D: Dial> fmt::Debug for Links<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").finish_non_exhaustive()
    }
}

/// The use of a connection for one request.
struct Lease<'l, D: Dial> {
    links: &'l Links<D>,
    slot: Arc<Slot<D>>,
    began: Began,
    settled: bool,
}

impl<'l, D: Dial> Lease<'l, D> {
    fn new(links: &'l Links<D>, slot: Arc<Slot<D>>) -> Self {
        let began = slot.suspicion.begin();
        Self { links, slot, began, settled: false }
    }

    async fn exchange<E: Exchange<D::Link>>(
        mut self,
        request: &E,
        patience: Option<Duration>,
    ) -> Result<E::Reply, SourceError> {
        let link = self.slot.link.clone();
        let link = match self.links.dialer.patience(&self.slot.target) {
            Some(patience) => timeout(patience, link).await.unwrap_or_else(|_| Err(silent())),
            None => link.await,
        };
        let reply = match link {
            Ok(link) => request.send(&link, patience).await,
            Err(error) => Err(error),
        };
        self.settled = true;
        match &reply {
            Ok(_) => self.slot.suspicion.answered(),
            Err(_) => self.links.give_up(&self.slot),
        }
        reply
    }
}

impl<D: Dial> Drop for Lease<'_, D> {
    fn drop(&mut self) {
        if !self.settled && self.slot.suspicion.is_enough(&self.began, true) {
            self.links.give_up(&self.slot);
        }
    }
}

/// The error of a connection on which nothing is heard.
pub(crate) fn silent() -> SourceError {
    SourceError::new(ErrorKind::Unreachable, "the connection went silent")
}

fn runtime() -> Result<Id, SourceError> {
    let outside = |_| SourceError::new(ErrorKind::Misconfigured, "the source needs a tokio runtime, and there is none");
    Handle::try_current().map(|runtime| runtime.id()).map_err(outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives connections, each of which is a number, and counts them by their references.
    #[derive(Default)]
    struct Numbers(Mutex<Vec<std::sync::Weak<()>>>);

    impl Dial for Numbers {
        type Target = ();
        type Link = Arc<()>;

        async fn dial(&self, (): &()) -> Result<Arc<()>, SourceError> {
            let link = Arc::new(());
            self.0.lock().unwrap().push(Arc::downgrade(&link));
            Ok(link)
        }
    }

    struct Ask;

    impl Exchange<Arc<()>> for Ask {
        type Reply = ();

        async fn send(&self, _: &Arc<()>, _: Option<Duration>) -> Result<(), SourceError> {
            Ok(())
        }
    }

    /// How many connections were opened, and how many of them are open.
    fn counted(dialer: &Numbers) -> (usize, usize) {
        let links = dialer.0.lock().unwrap();
        (links.len(), links.iter().filter(|link| link.strong_count() > 0).count())
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_nobody_uses_is_closed_when_it_is_old() {
        let dialer = Arc::new(Numbers::default());
        let links = Links::new(Arc::clone(&dialer));
        links.exchange(&(), &Ask).await.unwrap();
        tokio::time::sleep(AGE / 2).await;
        links.exchange(&(), &Ask).await.unwrap();
        assert_eq!(counted(&dialer), (1, 1));
        tokio::time::sleep(AGE / 2 + Duration::from_secs(1)).await;
        assert_eq!(counted(&dialer), (1, 0));
        links.exchange(&(), &Ask).await.unwrap();
        assert_eq!(counted(&dialer), (2, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_waits_for_the_age_of_a_connection_that_is_closed() {
        let links = Links::new(Arc::new(Numbers::default()));
        links.exchange(&(), &Ask).await.unwrap();
        let tasks = || Handle::current().metrics().num_alive_tasks();
        assert_eq!(tasks(), 1);
        links.close();
        tokio::task::yield_now().await;
        assert_eq!(tasks(), 0);
    }
}
