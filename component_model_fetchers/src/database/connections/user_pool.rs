//! A pool of the user's own: this source knows of its connections only what sqlx tells.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::future::{Either, select};
use sqlx::pool::PoolConnection;
use tokio::{
    runtime::Handle,
    time::{Instant, timeout},
};

use super::{
    Freshness, abandoned,
    guard::{CLOSE_TIMEOUT, ConnectionGuard, recover},
    history::History,
    interrupt::Interrupt,
    reachability::refusal,
    silence::Silence,
};
use crate::database::server::{Options, Server};

/// How long a pool may look for a connection before the server's address is tried.
const PROBE_DELAY: Duration = Duration::from_millis(200);

/// How often a pool of databases in memory is asked for a connection.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

pub(super) struct UserPool<S: Server> {
    pool: sqlx::Pool<S>,
    history: Arc<History>,
    /// One for each of its connections that a statement of this source uses, and one of its own.
    in_use: Arc<()>,
}

impl<S: Server> UserPool<S> {
    pub(super) fn new(pool: sqlx::Pool<S>) -> Self {
        Self { history: History::of(pool.connect_options()), pool, in_use: Arc::default() }
    }

    pub(super) fn options(&self) -> Options<S> {
        self.pool.connect_options().as_ref().clone()
    }

    fn max_connections(&self) -> usize {
        usize::try_from(self.pool.options().get_max_connections()).unwrap_or(usize::MAX)
    }

    /// A connection of the pool.
    pub(super) async fn lease(self: &Arc<Self>, freshness: Freshness) -> Result<ConnectionGuard<S>, sqlx::Error> {
        let runtime = Handle::try_current().map_err(|error| sqlx::Error::Configuration(error.into()))?;
        if freshness == Freshness::New {
            self.drop_idle(&runtime);
        }
        let in_memory = S::lives_in_connection(&self.pool.connect_options());
        let connection =
            if in_memory { self.acquire_untested().await? } else { self.acquire_watched(&runtime).await? };
        let in_use = Arc::clone(&self.in_use);
        let lease = UserLease { connection, in_use, pool: Arc::clone(self), interrupt: Interrupt::default(), runtime };
        ConnectionGuard::from_user_pool(lease, !in_memory && freshness != Freshness::New).recovered().await
    }

    /// The pool tests a connection before it is used, and waits without end for one that went silent.
    async fn acquire_watched(&self, runtime: &Handle) -> Result<PoolConnection<S>, sqlx::Error> {
        let abandoned_before = self.history.silence.before();
        let mut waiting = Waiting { pool: self, runtime, since: Instant::now(), abandoned_before, ended: false };
        let acquired = self.acquire().await;
        waiting.ended = true;
        acquired
    }

    /// sqlx's pool keeps trying while a server refuses connections, and reports "timed out" in the end. So if a connection
    /// does not come soon, and the pool has none as far as it tells, the address is tried without a connection to the
    /// database: a refusal is the cause.
    async fn acquire(&self) -> Result<PoolConnection<S>, sqlx::Error> {
        let mut acquired = pin!(self.pool.acquire());
        if let Ok(acquired) = timeout(PROBE_DELAY, &mut acquired).await {
            return acquired;
        }
        let probe = refusal(S::address(&self.pool.connect_options()), || !self.has_connections());
        match select(acquired, pin!(probe)).await {
            Either::Left((acquired, _)) => acquired,
            Either::Right((Some(refusal), _)) => Err(sqlx::Error::Io(refusal)),
            Either::Right((None, acquired)) => acquired.await,
        }
    }

    /// Whether the pool is known to have connections, so that a fetch waits in its queue. sqlx counts a connection that
    /// it is still making like any other, and what else the program does with the pool is not known.
    fn has_connections(&self) -> bool {
        self.pool.num_idle() > 0 || Arc::strong_count(&self.in_use) > 1
    }

    /// A connection without the pool's test: if the test were dropped, its connection would be too, and a database in
    /// memory with it. sqlx cannot wait for such a connection, so this polls.
    async fn acquire_untested(&self) -> Result<PoolConnection<S>, sqlx::Error> {
        loop {
            if let Some(idle) = self.pool.try_acquire() {
                return Ok(idle);
            }
            if self.pool.is_closed() || self.pool.size() < self.pool.options().get_max_connections() {
                return self.pool.acquire().await;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Closes idle connections to a server, which may have gone silent.
    fn drop_idle(&self, runtime: &Handle) {
        if !S::IS_REMOTE {
            return;
        }
        let _entered = runtime.enter();
        while let Some(idle) = self.pool.try_acquire() {
            drop(idle.detach());
        }
    }
}

/// A wait for a connection.
struct Waiting<'a, S: Server> {
    pool: &'a UserPool<S>,
    runtime: &'a Handle,
    since: Instant,
    abandoned_before: u32,
    ended: bool,
}

impl<S: Server> Drop for Waiting<'_, S> {
    fn drop(&mut self) {
        if !self.ended && self.pool.history.silence.is_likely(self.since.elapsed(), self.abandoned_before) {
            self.pool.drop_idle(self.runtime);
        }
    }
}

/// A connection of the pool that is in use.
///
/// When sqlx takes a connection back, it starts a task, and panics without a runtime. A future may be dropped anywhere, so
/// the runtime is kept and entered.
pub(super) struct UserLease<S: Server> {
    connection: PoolConnection<S>,
    in_use: Arc<()>,
    pool: Arc<UserPool<S>>,
    interrupt: Interrupt,
    runtime: Handle,
}

impl<S: Server> UserLease<S> {
    pub(super) fn connection(&mut self) -> &mut S::Connection {
        &mut self.connection
    }

    pub(super) async fn install_interrupt(&mut self) -> Result<(), sqlx::Error> {
        S::install_interrupt(&mut self.connection, &self.interrupt).await
    }

    pub(super) fn holds_the_database(&self) -> bool {
        S::lives_in_connection(&self.pool.pool.connect_options())
    }

    pub(super) fn silence(&self) -> &Silence {
        &self.pool.history.silence
    }

    pub(super) fn drop_idle(&self) {
        self.pool.drop_idle(&self.runtime);
    }

    pub(super) fn give_back(self) {
        let _entered = self.runtime.enter();
        drop(self.connection);
    }

    /// Closes the connection, in a task, so that it is dropped within its runtime if nobody waits any more.
    pub(super) async fn close(self) {
        let connection = self.connection;
        let _ = self.runtime.spawn(async move { timeout(CLOSE_TIMEOUT, connection.close()).await }).await;
    }

    /// Nobody waits for the statement any more: its connection is closed. If the server may work on it, and on many
    /// others, the pool counts the connection until the server has answered.
    pub(super) fn abandon(self) {
        if !S::IS_REMOTE || self.pool.history.abandoned.may_close(self.pool.max_connections()) {
            return self.stop();
        }
        let Self { mut connection, in_use, runtime, .. } = self;
        // If the runtime has ended, the task is dropped here, and the connection with it.
        let _entered = runtime.enter();
        drop(runtime.spawn(async move {
            abandoned::ended::<S>(&mut connection).await;
            drop(connection.detach());
            drop(in_use);
        }));
    }

    /// Closes the connection. If the statement has a thread, the pool counts
    /// the connection until the statement has ended; a database in memory is not closed, but used again then.
    pub(super) fn stop(self) {
        let holds_the_database = self.holds_the_database();
        let Self { mut connection, interrupt, runtime, .. } = self;
        let _entered = runtime.enter();
        if S::IS_REMOTE {
            return drop(connection.detach());
        }
        interrupt.request();
        drop(runtime.spawn(async move {
            let recovered = recover::<S>(&mut connection, &interrupt).await;
            if !holds_the_database || recovered.is_err() {
                let _ = connection.close().await;
            }
        }));
    }
}
