//! A connection of its own that listens on a channel.
//!
//! What always holds: sqlx's listener is dropped within a runtime, since it says goodbye in a task, and on a connection that
//! answers, since nothing else ends that task.

use std::time::Duration;

use sqlx::{
    Acquire as _, Connection as _,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::{runtime::Handle, time::timeout};

use super::quiet;

/// The longest that the server may take to answer.
const ANSWER: Duration = Duration::from_secs(3);

pub(in crate::database) struct Listener {
    /// Always there until it is dropped.
    inner: Option<PgListener>,
    runtime: Handle,
}

impl Listener {
    /// Connects and listens.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub(in crate::database) async fn open(options: &PgConnectOptions, channel: &str) -> Result<Self, sqlx::Error> {
        let open = async {
            match Self::with(quiet::without_notices(options), channel).await {
                Err(error) if quiet::is_refused(&error) => Self::with(options.clone(), channel).await,
                opened => opened,
            }
        };
        timeout(ANSWER, open).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    async fn with(options: PgConnectOptions, channel: &str) -> Result<Self, sqlx::Error> {
        // A listener takes its connection from a pool.
        let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let mut inner = PgListener::connect_with(&pool.connect_lazy_with(options)).await?;
        inner.ignore_pool_close_event(true);
        // Whoever reconnects has to read what has changed meanwhile.
        inner.eager_reconnect(false);
        let mut listener = Self { inner: Some(inner), runtime: Handle::current() };
        if let Some(inner) = &mut listener.inner {
            inner.listen(channel).await?;
        }
        Ok(listener)
    }

    /// Waits for a notification; whether there is one, or else the connection is lost.
    ///
    /// # Cancel safety
    /// Dropping it loses none.
    pub(in crate::database) async fn is_notified(&mut self) -> bool {
        match &mut self.inner {
            Some(inner) => matches!(inner.try_recv().await, Ok(Some(_))),
            None => false,
        }
    }

    /// Whether the connection still carries something.
    pub(in crate::database) async fn answers(&mut self) -> bool {
        let ping = async { self.inner.as_mut()?.acquire().await.ok()?.ping().await.ok() };
        matches!(timeout(ANSWER, ping).await, Ok(Some(())))
    }

    /// Drops one that went silent, with its connection; gives it back if the server cannot be reached.
    pub(in crate::database) async fn end_silent(mut self, options: &PgConnectOptions) -> Option<Self> {
        let Ok(Ok(mut other)) = timeout(ANSWER, quiet::connect(options)).await else { return Some(self) };
        // The goodbye goes over the other connection, and the silent one is closed at once.
        if let Some(inner) = &mut self.inner
            && let Ok(silent) = inner.acquire().await
        {
            std::mem::swap(silent, &mut other);
        }
        None
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _runtime = self.runtime.enter();
        drop(self.inner.take());
    }
}
