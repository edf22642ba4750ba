//! The pool behind a URL.
//!
//! sqlx's own pool tests a connection by a round trip before and after each use, tries again without end while a server
//! refuses, and knows neither runtimes nor files that are replaced: see `docs/decisions/sql-connections.md`.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions as _, Connection as _};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{
    Need,
    idle::{Idle, Kept},
    lease::{GOODBYE, Lease},
    origin::{Origin, may_stay_open},
};
use crate::fetchers::database::server::{Options, Server};

/// The most connections of a pool.
const MOST: usize = 16;

/// How often a server that has no connection left is asked again while this pool has none either.
const TRIES: u32 = 5;

/// The pause after the first of them; it doubles, up to [`PAUSE_AT_MOST`].
const PAUSE: Duration = Duration::from_millis(10);

/// How long a pause may be.
const PAUSE_AT_MOST: Duration = Duration::from_millis(100);

/// When sqlx calls a statement slow; its own default.
const SLOW: Duration = Duration::from_secs(1);

/// A connection that counts as open until it is dropped.
pub(super) struct Open<S: Server> {
    pub(super) raw: S::Connection,
    _counted: Counted,
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// The place of a connection that is in use.
pub(super) struct Place<S: Server> {
    pub(super) pool: Arc<Own<S>>,
    permit: Option<OwnedSemaphorePermit>,
}

impl<S: Server> Place<S> {
    /// Whether a connection may wait for its next use.
    pub(super) fn may_be_kept(&self) -> bool {
        may_stay_open::<S>(&self.pool.options)
    }

    /// Puts a connection where the next one finds it.
    pub(super) fn give_back(self, kept: Kept<Open<S>>) {
        if self.may_be_kept() {
            self.pool.idle().put(kept, Instant::now());
        }
    }
}

impl<S: Server> Drop for Place<S> {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.pool.returned.notify_one();
    }
}

pub(super) struct Own<S: Server> {
    options: Options<S>,
    places: Arc<Semaphore>,
    idle: Mutex<Idle<Open<S>>>,
    /// How many connections are open, in use or idle.
    open: Arc<AtomicUsize>,
    returned: Notify,
}

impl<S: Server> Own<S> {
    pub(super) fn new(options: Options<S>) -> Self {
        // With its text, which may hold secrets, and at `WARN` unless another level is set.
        let options = options.log_slow_statements(log::LevelFilter::Debug, SLOW);
        let idle = Mutex::new(Idle::new(!S::lives_in_connection(&options)));
        let places = Arc::new(Semaphore::new(MOST));
        Self { options, places, idle, open: Arc::default(), returned: Notify::new() }
    }

    pub(super) fn options(&self) -> &Options<S> {
        &self.options
    }

    fn idle(&self) -> MutexGuard<'_, Idle<Open<S>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that is idle, otherwise a new one.
    ///
    /// A server, or a user there, may allow fewer connections than this pool: then they are what the pool has, and the
    /// next one waits until one of them is free.
    pub(super) async fn lease(self: &Arc<Self>, need: Need) -> Result<Lease<S>, sqlx::Error> {
        let permit = Arc::clone(&self.places).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let place = Place { pool: Arc::clone(self), permit: Some(permit) };
        let mut tries = 0;
        loop {
            let here = Origin::present::<S>(&self.options);
            self.close_expired(&here).await;
            let found = if need == Need::Any { self.idle().take(&here) } else { None };
            if let Some(kept) = found {
                return Ok(Lease::own(kept, place, true));
            }
            match self.open(here).await {
                Ok(kept) => return Ok(Lease::own(kept, place, false)),
                Err(error) if S::is_full(&error) && (tries < TRIES || self.open.load(Relaxed) > 0) => {
                    self.make_room(need, &here);
                    self.wait(tries).await;
                    tries += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn open(&self, origin: Origin) -> Result<Kept<Open<S>>, sqlx::Error> {
        // Whoever is connecting has a place already, so what is idle may be as many as there are places free.
        drop(self.idle().beyond(self.places.available_permits()));
        let raw = S::Connection::connect_with(&self.options).await?;
        self.open.fetch_add(1, Relaxed);
        let connection = Open { raw, _counted: Counted(Arc::clone(&self.open)) };
        Ok(Kept { connection, origin, opened: Instant::now() })
    }

    /// Gives up what is idle and cannot serve: each takes a place on the server.
    fn make_room(&self, need: Need, here: &Origin) {
        let mut idle = self.idle();
        drop(if need == Need::Any { idle.of_others(here) } else { idle.beyond(0) });
    }

    async fn wait(&self, tries: u32) {
        let pause = PAUSE.saturating_mul(1 << tries.min(10)).min(PAUSE_AT_MOST);
        let _ = timeout(pause, self.returned.notified()).await;
    }

    async fn close_expired(&self, here: &Origin) {
        let expired = self.idle().expired(here, Instant::now());
        for kept in expired {
            // Of another runtime nobody knows whether it still runs.
            if kept.origin.runtime == here.runtime {
                let _ = timeout(GOODBYE, kept.connection.raw.close()).await;
            }
        }
    }

    /// Gives up what has been idle since before an instant, when a connection stopped answering.
    pub(super) fn distrust(&self, since: Instant) {
        drop(self.idle().idle_before(since));
    }
}
