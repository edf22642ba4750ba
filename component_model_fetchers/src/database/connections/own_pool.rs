//! The pool behind a URL.
//!
//! sqlx's own pool tests a connection by a round trip before and after each use, tries again without end while a server
//! refuses, and knows neither runtimes nor files that are replaced: see `docs/decisions/sql-connections.md`.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use component_model_source::time::ended_within;
use futures_util::{
    FutureExt as _,
    future::{join_all, select},
};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout},
};

use super::{
    Freshness,
    abandoned::{self, Abandoned},
    guard::{CLOSE_TIMEOUT, ConnectionGuard, recover},
    idle::{IdleConnections, Limits, Pooled},
    interrupt::Interrupt,
    origin::{Origin, current_runtime},
    queue::Permit,
    silence::Silence,
    slots::{Counted, OpenConnections, Slots},
    sweeper,
};
use crate::database::server::{Options, Server};

/// The most connections of a pool.
const MAX_CONNECTIONS: usize = 16;

/// How often a server that has no connection left is asked again while this pool has none either.
const RETRIES: u32 = 5;

/// The pause before the first of them; it doubles, up to [`MAX_PAUSE`].
const PAUSE: Duration = Duration::from_millis(10);

/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_millis(100);

/// When sqlx calls a statement slow; its own default.
const SLOW: Duration = Duration::from_secs(1);

pub(super) struct OwnPool<S: Server> {
    options: Options<S>,
    slots: Slots,
    idle: Mutex<IdleConnections<OwnConnection<S>>>,
    open: Arc<OpenConnections>,
    abandoned: Abandoned,
    pub(super) silence: Silence,
}

impl<S: Server> OwnPool<S> {
    pub(super) fn new(options: Options<S>, limits: Limits) -> Self {
        // With its text, which may hold secrets, and at `WARN` unless another level is set.
        let options = options.log_slow_statements(log::LevelFilter::Debug, SLOW);
        let limits = (!S::lives_in_connection(&options)).then_some(limits);
        let idle = Mutex::new(IdleConnections::new(limits));
        let slots = Slots::new(MAX_CONNECTIONS);
        Self {
            options,
            slots,
            idle,
            open: Arc::default(),
            abandoned: Abandoned::default(),
            silence: Silence::default(),
        }
    }

    pub(super) fn options(&self) -> &Options<S> {
        &self.options
    }

    pub(super) fn idle(&self) -> MutexGuard<'_, IdleConnections<OwnConnection<S>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle connection, otherwise a new one.
    ///
    /// A server may allow this pool, or its user, fewer connections than the pool: then those are what the pool has, and
    /// a fetch waits until one of them is free.
    pub(super) async fn lease(self: &Arc<Self>, freshness: Freshness) -> Result<ConnectionGuard<S>, sqlx::Error> {
        let mut slot = self.slot().await?;
        // Nobody ends a connection to a database in memory.
        let reuse = freshness == Freshness::Any || S::lives_in_connection(&self.options);
        let mut retries = 0;
        loop {
            // Before looking for an idle connection, so that none is missed that is returned in between.
            let mut available = pin!(self.open.available.notified());
            available.as_mut().enable();
            if self.idle().is_closed() {
                return Err(sqlx::Error::PoolClosed);
            }
            let here = Origin::current::<S>(&self.options).await;
            self.close_outdated(&here).await;
            // An interrupted connection first, so that none keeps a database in memory locked.
            let idle = if reuse { self.idle().take(&here, |connection| connection.interrupted) } else { None };
            if let Some(pooled) = idle {
                return OwnLease { pooled, slot }.into_lease(true).recovered().await;
            }
            match self.connect(here).await {
                Ok(pooled) => return Ok(OwnLease { pooled, slot }.into_lease(false)),
                Err(error) if !S::is_full(&error) => return Err(error),
                Err(error) => {
                    self.make_room(reuse, &here);
                    if self.open.count() == 0 {
                        if retries == RETRIES {
                            return Err(error);
                        }
                        let _ = timeout(PAUSE.saturating_mul(1 << retries).min(MAX_PAUSE), available).await;
                        retries += 1;
                    }
                    let open = self.open.count();
                    if open > 0 {
                        slot.refused(open);
                        slot = self.slot().await?;
                    }
                }
            }
        }
    }

    async fn slot(self: &Arc<Self>) -> Result<Slot<S>, sqlx::Error> {
        let runtime = if S::IS_REMOTE { current_runtime() } else { None };
        Ok(Slot { permit: Some(self.slots.acquire(runtime).await?), pool: Arc::clone(self) })
    }

    async fn connect(&self, origin: Origin) -> Result<Pooled<OwnConnection<S>>, sqlx::Error> {
        // A fetch that connects has its slot already, so there may be as many idle connections as free slots.
        let surplus = self.idle().take_beyond(self.slots.free());
        drop(surplus);
        let mut raw = S::connect(&self.options).await?;
        let counted = Counted::new(&self.open);
        let interrupt = Interrupt::default();
        S::install_interrupt(&mut raw, &interrupt).await?;
        let connection = OwnConnection { raw, interrupt, interrupted: false, counted };
        Ok(Pooled { connection, origin, opened: Instant::now() })
    }

    /// Closes idle connections that cannot be used here: each takes one of the server's.
    fn make_room(&self, reuse: bool, here: &Origin) {
        let mut idle = self.idle();
        let useless = if reuse { idle.take_others(here) } else { idle.take_beyond(0) };
        drop(idle);
        drop(useless);
    }

    async fn close_outdated(&self, here: &Origin) {
        let outdated = self.idle().take_outdated(here);
        close_all(outdated).await;
        self.close_expired().await;
    }

    /// Closes what has been idle or in use for too long.
    pub(super) async fn close_expired(&self) {
        let expired = self.idle().take_expired(Instant::now());
        close_all(expired).await;
    }

    /// Closes what has been idle since before an instant, when a connection to a server stopped answering.
    pub(super) fn drop_idle_since(&self, instant: Instant) {
        if S::IS_REMOTE {
            let silent = self.idle().take_idle_since(instant);
            drop(silent);
        }
    }

    /// Closes what is idle, refuses new leases, and lets what is in use be closed when it is given back.
    pub(super) async fn close(&self) {
        self.slots.close();
        self.open.closing.close();
        let idle = self.idle().close();
        self.open.available.notify_waiters();
        close_all(idle).await;
    }

    #[cfg(all(test, feature = "sqlite"))]
    pub(super) fn free_slots(&self) -> usize {
        self.slots.free()
    }

    #[cfg(all(test, feature = "sqlite"))]
    pub(super) fn open_connections(&self) -> usize {
        self.open.count()
    }
}

/// Ends the tasks that wait for abandoned statements, which nobody needs now.
impl<S: Server> Drop for OwnPool<S> {
    fn drop(&mut self) {
        self.open.closing.close();
    }
}

/// Closes connections in an orderly way; those of another runtime are dropped, since that may have ended.
async fn close_all<S: Server>(connections: Vec<Pooled<OwnConnection<S>>>) {
    if connections.is_empty() {
        return;
    }
    let here = current_runtime();
    let of_here = |pooled: &Pooled<OwnConnection<S>>| pooled.origin.runtime.is_none() || pooled.origin.runtime == here;
    join_all(connections.into_iter().filter(of_here).map(|pooled| pooled.connection.close())).await;
}

/// A connection that counts as open until it is dropped.
pub(super) struct OwnConnection<S: Server> {
    raw: S::Connection,
    interrupt: Interrupt,
    /// Whether a statement may still run that nobody waits for.
    interrupted: bool,
    counted: Counted,
}

impl<S: Server> OwnConnection<S> {
    async fn close(self) {
        ended_within(CLOSE_TIMEOUT, self.raw.close()).await;
    }
}

/// The right to one of the pool's connections.
struct Slot<S: Server> {
    pool: Arc<OwnPool<S>>,
    permit: Option<Permit>,
}

impl<S: Server> Slot<S> {
    /// The server has no connection for it.
    fn refused(mut self, open: usize) {
        if let Some(permit) = self.permit.take() {
            self.pool.slots.refused(permit, open);
        }
    }
}

impl<S: Server> Drop for Slot<S> {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.pool.open.available.notify_one();
    }
}

/// A connection of the pool that is in use.
pub(super) struct OwnLease<S: Server> {
    pooled: Pooled<OwnConnection<S>>,
    slot: Slot<S>,
}

impl<S: Server> OwnLease<S> {
    fn into_lease(self, reused: bool) -> ConnectionGuard<S> {
        ConnectionGuard::from_own_pool(self, reused)
    }

    pub(super) fn connection(&mut self) -> &mut S::Connection {
        &mut self.pooled.connection.raw
    }

    pub(super) fn pool(&self) -> &Arc<OwnPool<S>> {
        &self.slot.pool
    }

    /// Waits until an interrupted statement has ended.
    pub(super) async fn recover(&mut self) -> Result<(), sqlx::Error> {
        let connection = &mut self.pooled.connection;
        if connection.interrupted {
            recover::<S>(&mut connection.raw, &connection.interrupt).await?;
            connection.interrupted = false;
        }
        Ok(())
    }

    /// Makes the connection idle; one of a closed pool is dropped.
    pub(super) fn give_back(self) {
        let runtime = self.pooled.origin.runtime;
        let returned = self.slot.pool.idle().put(self.pooled, Instant::now());
        match returned {
            Ok(()) => sweeper::start(&self.slot.pool, runtime),
            Err(refused) => stop(refused.connection, self.slot),
        }
    }

    /// Closes the connection before its slot is free.
    pub(super) async fn close(self) {
        let Self { pooled, slot: _slot } = self;
        pooled.connection.close().await;
    }

    /// Nobody waits for the statement any more. If the server may work on it, and on many others, the connection keeps
    /// its slot until the server has answered.
    pub(super) fn abandon(self) {
        if !S::IS_REMOTE || self.pool().abandoned.may_close(MAX_CONNECTIONS) {
            return self.stop();
        }
        match Handle::try_current() {
            Ok(runtime) if self.pooled.origin.runtime == Some(runtime.id()) => drop(runtime.spawn(self.ended())),
            // A connection cannot be read from anywhere else.
            _ => self.stop(),
        }
    }

    /// Waits until the server has answered or the pool is closed; does not keep the pool.
    fn ended(mut self) -> impl Future<Output = ()> + Send {
        let permit = self.slot.permit.take();
        let OwnConnection { mut raw, counted, .. } = self.pooled.connection;
        async move {
            let _ = select(pin!(abandoned::ended::<S>(&mut raw)), pin!(counted.0.closing.acquire())).await;
            drop((raw, permit, counted));
        }
    }

    /// Closes the connection. A database in memory is not closed: its connection recovers before its
    /// next use.
    pub(super) fn stop(mut self) {
        if !S::lives_in_connection(self.pool().options()) {
            return stop(self.pooled.connection, self.slot);
        }
        let connection = &mut self.pooled.connection;
        connection.interrupt.request();
        connection.interrupted = true;
        // Polled once, which sends it: it runs when the statement has ended, and frees what the transaction has locked.
        let _ = S::roll_back(&mut connection.raw).now_or_never();
        self.give_back();
    }
}

/// Closes a connection on which a statement may run. If that has a thread, the slot is free once the thread has ended.
fn stop<S: Server>(connection: OwnConnection<S>, slot: Slot<S>) {
    let OwnConnection { raw, interrupt, counted, .. } = connection;
    if S::IS_REMOTE {
        drop((raw, counted, slot));
    } else {
        drop(raw);
        interrupt.request_and_hold((slot, counted));
    }
}
