//! The connections of a source: one for each server, database and runtime, however many requests there are.
//!
//! A connection carries any number of requests, whose replies come in order. What always holds: a connection on which a
//! request failed, was dropped after [`PATIENCE`], or was the third to be dropped without a reply in between, is not used
//! for another request; requests that want the same connection wait for one attempt to open it; a connection is used only on
//! the runtime that drives it, and for a limited time, so that a new address of a host is noticed; after
//! [`Links::close`] there is none.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use component_model_source::{BoxFuture, ErrorKind, SourceError};
use futures_util::{FutureExt as _, future::Shared};
use redis::Value;
use tokio::{
    runtime::{Handle, Id},
    sync::watch,
    time::{Instant, timeout},
};

use super::{
    command::Commands,
    dial::{Dialer, Link, Node, Target, silent},
    misconfigured,
};

/// How long a connection that has answered before may say nothing while a request waits. Redis answers in order, so that no
/// `PING` could tell more than the request itself.
const SILENCE: Duration = Duration::from_secs(1);

/// How long a node of a cluster may say nothing, also while a connection to it is opened: others have the rest of the keys, and
/// one of them may have taken its place. An attempt has time for three such waits.
const SILENCE_OF_NODE: Duration = Duration::from_millis(600);

/// How long a request waits before its being dropped speaks against the connection.
const PATIENCE: Duration = Duration::from_millis(100);

/// How many requests in a row may be dropped earlier than that.
const DROPS: u32 = 3;

/// How long a connection is used.
const AGE: Duration = Duration::from_secs(600);

/// The same if Sentinels name the master, which may change.
const AGE_OF_MASTER: Duration = Duration::from_secs(60);

/// How many connections are kept; more are needed only for many runtimes, databases or nodes.
const KEPT: usize = 256;

pub(super) struct Links {
    dialer: Arc<Dialer>,
    state: Mutex<State>,
    closing: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    slots: VecDeque<Arc<Slot>>,
    closed: bool,
}

/// A connection that is open or being opened.
struct Slot {
    runtime: Id,
    target: Target,
    link: Shared<BoxFuture<'static, Result<Arc<Link>, SourceError>>>,
    made: Instant,
    answered: AtomicBool,
    dropped: AtomicU32,
    answers: AtomicU64,
}

impl Slot {
    fn is_for(&self, runtime: Id, target: &Target) -> bool {
        self.runtime == runtime && self.target == *target
    }

    fn is_young(&self) -> bool {
        self.made.elapsed() < if self.target.node == Node::Master { AGE_OF_MASTER } else { AGE }
    }
}

impl Links {
    pub(super) fn new(dialer: Arc<Dialer>) -> Self {
        Self { dialer, state: Mutex::default(), closing: watch::Sender::new(false) }
    }

    /// Sends commands to a target. If a connection that has answered before turns out to be lost or silent, they are sent
    /// once more, on a new one.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind; the connection may not be used again.
    pub(super) async fn exchange(&self, target: &Target, commands: &Commands) -> Result<Vec<Value>, SourceError> {
        let lease = self.lease(target)?;
        let reused = lease.slot.answered.load(Ordering::Relaxed);
        let of_node = self.dialer.config.is_cluster().then_some(SILENCE_OF_NODE);
        match lease.exchange(commands, of_node.or(reused.then_some(SILENCE))).await {
            Err(lost) if reused && lost.kind() == ErrorKind::Unreachable => {
                self.lease(target)?.exchange(commands, of_node).await
            }
            other => other,
        }
    }

    /// Closes the connections that no request uses, and refuses further requests.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.slots.clear();
        drop(state);
        self.closing.send_replace(true);
    }

    /// Waits until [`close`](Self::close) was called.
    pub(super) async fn closed(&self) {
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    fn lease(&self, target: &Target) -> Result<Lease<'_>, SourceError> {
        let runtime = runtime()?;
        let mut state = self.lock();
        if state.closed {
            return Err(SourceError::shut_down());
        }
        state.slots.retain(|slot| !slot.is_for(runtime, target) || slot.is_young());
        let slot = match state.slots.iter().find(|slot| slot.is_for(runtime, target)) {
            Some(known) => Arc::clone(known),
            None => {
                let new = Arc::new(self.slot(runtime, target.clone()));
                if state.slots.len() == KEPT {
                    state.slots.pop_front();
                }
                state.slots.push_back(Arc::clone(&new));
                new
            }
        };
        Ok(Lease::new(self, slot))
    }

    fn slot(&self, runtime: Id, target: Target) -> Slot {
        let (dialer, to) = (Arc::clone(&self.dialer), target.clone());
        let link: BoxFuture<'static, _> = Box::pin(async move { dialer.dial(&to, None).await.map(Arc::new) });
        Slot {
            runtime,
            target,
            link: link.shared(),
            made: Instant::now(),
            answered: AtomicBool::new(false),
            dropped: AtomicU32::new(0),
            answers: AtomicU64::new(0),
        }
    }

    fn give_up(&self, slot: &Arc<Slot>) {
        self.lock().slots.retain(|known| !Arc::ptr_eq(known, slot));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").finish_non_exhaustive()
    }
}

/// The use of a connection for one request.
struct Lease<'l> {
    links: &'l Links,
    slot: Arc<Slot>,
    since: Instant,
    /// How many requests in a row had been dropped when this one began; those that are dropped together count as one.
    dropped_before: u32,
    answers_before: u64,
    settled: bool,
}

impl<'l> Lease<'l> {
    fn new(links: &'l Links, slot: Arc<Slot>) -> Self {
        let dropped_before = slot.dropped.load(Ordering::Relaxed);
        let answers_before = slot.answers.load(Ordering::Relaxed);
        Self { links, slot, since: Instant::now(), dropped_before, answers_before, settled: false }
    }

    async fn exchange(mut self, commands: &Commands, patience: Option<Duration>) -> Result<Vec<Value>, SourceError> {
        let link = self.slot.link.clone();
        let link = match patience {
            Some(patience) => timeout(patience, link).await.unwrap_or_else(|_| Err(silent())),
            None => link.await,
        };
        let replies = match link {
            Ok(link) => link.exchange(commands, patience).await,
            Err(error) => Err(error),
        };
        self.settled = true;
        match &replies {
            Ok(_) => {
                self.slot.answered.store(true, Ordering::Relaxed);
                self.slot.dropped.store(0, Ordering::Relaxed);
                self.slot.answers.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => self.links.give_up(&self.slot),
        }
        replies
    }

    fn is_last_of_drops(&self) -> bool {
        let (before, now) = (self.dropped_before, self.dropped_before.saturating_add(1));
        let counted = self.slot.dropped.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed);
        counted.is_ok() && now >= DROPS
    }
}

impl Lease<'_> {
    /// Whether the connection has answered another request since this one began, such as the second of two that are hedged.
    fn is_alive(&self) -> bool {
        self.slot.answers.load(Ordering::Relaxed) != self.answers_before
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if !self.settled && !self.is_alive() && (self.since.elapsed() >= PATIENCE || self.is_last_of_drops()) {
            self.links.give_up(&self.slot);
        }
    }
}

fn runtime() -> Result<Id, SourceError> {
    let outside = |_| misconfigured("Redis needs a tokio runtime, and there is none");
    Handle::try_current().map(|runtime| runtime.id()).map_err(outside)
}
