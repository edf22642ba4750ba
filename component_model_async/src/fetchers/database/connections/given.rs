//! A pool of the user's own, of whose connections this source knows only what sqlx tells.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::{Either, select};
use sqlx::pool::PoolConnection;
use tokio::sync::Mutex;

use super::{
    Need,
    lease::{Lease, SILENCE},
};
use crate::fetchers::database::server::{Address, Options, Server};

/// How long a pool may look for a connection before the server's address is tried.
const PATIENCE: Duration = Duration::from_millis(200);

/// How long an address that could be reached is not tried again: servers count those who come and say nothing.
const REACHABLE: Duration = Duration::from_secs(60);

/// How often a pool of databases in memory is asked for a connection.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

pub(super) struct Given<S: Server> {
    pool: sqlx::Pool<S>,
    /// When the address was last reached.
    reached: Mutex<Option<Instant>>,
}

impl<S: Server> Given<S> {
    pub(super) fn new(pool: sqlx::Pool<S>) -> Self {
        Self { pool, reached: Mutex::new(None) }
    }

    pub(super) fn options(&self) -> Options<S> {
        self.pool.connect_options().as_ref().clone()
    }

    /// A connection of the pool.
    ///
    /// sqlx's pool keeps trying while a server refuses connections, and says "timed out" in the end. So if a connection
    /// does not come soon, and none is idle, the address is tried without a connection to the database: a refusal says why.
    pub(super) async fn lease(self: &Arc<Self>, need: Need) -> Result<Lease<S>, sqlx::Error> {
        if need == Need::New {
            self.give_up_idle();
        }
        if S::lives_in_connection(&self.pool.connect_options()) {
            return Ok(Lease::given(self.acquire_untested().await?, Arc::clone(self), false));
        }
        let mut waiting = Waiting { given: self, since: Instant::now(), over: false };
        let acquired = self.acquire().await;
        waiting.over = true;
        Ok(Lease::given(acquired?, Arc::clone(self), need != Need::New))
    }

    async fn acquire(&self) -> Result<PoolConnection<S>, sqlx::Error> {
        let mut acquired = pin!(self.pool.acquire());
        if let Ok(acquired) = tokio::time::timeout(PATIENCE, &mut acquired).await {
            return acquired;
        }
        match select(acquired, pin!(self.refusal())).await {
            Either::Left((acquired, _)) => acquired,
            Either::Right((Some(why), _)) => Err(sqlx::Error::Io(why)),
            Either::Right((None, acquired)) => acquired.await,
        }
    }

    /// A connection without the pool's test: dropped during it, a connection takes a database in memory with it. sqlx has
    /// no way to wait for one, so this looks again and again.
    async fn acquire_untested(&self) -> Result<PoolConnection<S>, sqlx::Error> {
        loop {
            if let Some(idle) = self.pool.try_acquire() {
                return Ok(idle);
            }
            if self.pool.is_closed() || self.pool.size() < self.pool.options().get_max_connections() {
                return self.pool.acquire().await;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Why nobody can connect, if the address says so.
    async fn refusal(&self) -> Option<std::io::Error> {
        let mut reached = self.reached.lock().await;
        let lately = reached.is_some_and(|reached| reached.elapsed() < REACHABLE);
        if lately || self.pool.num_idle() > 0 {
            return None;
        }
        let tried = match S::address(&self.pool.connect_options()) {
            Address::Host(host, port) => tokio::net::TcpStream::connect((host, port)).await.err(),
            #[cfg(unix)]
            Address::Socket(path) => tokio::net::UnixStream::connect(path).await.err(),
            _ => return None,
        };
        if tried.is_none() {
            *reached = Some(Instant::now());
        }
        tried
    }

    /// Closes what is idle, where the database does not live in it.
    pub(super) fn give_up_idle(&self) {
        if S::SURVIVES_CANCELLATION {
            return;
        }
        while let Some(idle) = self.pool.try_acquire() {
            drop(idle.detach());
        }
    }
}

/// A wait for a connection. The pool tests one before it is used, and waits without end for one that went silent.
struct Waiting<'a, S: Server> {
    given: &'a Given<S>,
    since: Instant,
    over: bool,
}

impl<S: Server> Drop for Waiting<'_, S> {
    fn drop(&mut self) {
        if !self.over && self.since.elapsed() >= SILENCE {
            self.given.give_up_idle();
        }
    }
}
