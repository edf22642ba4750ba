//! A connection in use, and what happens to it afterwards.

use std::{sync::Arc, time::Duration};

use sqlx::Connection as _;
use tokio::time::Instant;

use super::{interrupt::Interrupt, own_pool::OwnLease, user_pool::UserLease};
use crate::{ErrorKind, SourceError, fetchers::database::server::Server};

/// How long closing a connection in an orderly way may take.
pub(super) const CLOSE_TIMEOUT: Duration = Duration::from_millis(200);

/// How long an abandoned connection must have been silent for idle connections to be closed with it. A shorter wait was
/// most likely not ended because of the network.
pub(super) const SILENCE_LIMIT: Duration = Duration::from_millis(100);

/// A connection in use. If it is dropped, its statement was abandoned, and the connection is closed.
pub(in crate::fetchers::database) struct ConnectionGuard<S: Server> {
    leased: Option<Leased<S>>,
    /// Whether the connection has been idle, and may have ended since.
    pub(in crate::fetchers::database) reused: bool,
    last_answer: Instant,
}

enum Leased<S: Server> {
    User(UserLease<S>),
    Own(OwnLease<S>),
}

impl<S: Server> ConnectionGuard<S> {
    pub(super) fn from_user_pool(lease: UserLease<S>, reused: bool) -> Self {
        Self { leased: Some(Leased::User(lease)), reused, last_answer: Instant::now() }
    }

    pub(super) fn from_own_pool(lease: OwnLease<S>, reused: bool) -> Self {
        Self { leased: Some(Leased::Own(lease)), reused, last_answer: Instant::now() }
    }

    /// The same connection, ready for a statement: a previous one has ended, and the next one can be stopped.
    pub(super) async fn recovered(mut self) -> Result<Self, sqlx::Error> {
        match &mut self.leased {
            Some(Leased::User(lease)) => lease.install_interrupt().await?,
            Some(Leased::Own(lease)) => lease.recover().await?,
            None => {}
        }
        self.last_answer = Instant::now();
        Ok(self)
    }

    /// The connection, and when the server last answered on it.
    pub(in crate::fetchers::database) fn parts(&mut self) -> Result<(&mut S::Connection, &mut Instant), SourceError> {
        match &mut self.leased {
            Some(Leased::User(lease)) => Ok((lease.connection(), &mut self.last_answer)),
            Some(Leased::Own(lease)) => Ok((lease.connection(), &mut self.last_answer)),
            None => Err(SourceError::new(ErrorKind::Other, "the connection was given back")),
        }
    }

    /// The answer was read to the end: the connection can be used again. One that cannot stay open is closed before this
    /// returns, since SQLite leaves a second file beside the database until then.
    pub(in crate::fetchers::database) async fn give_back(mut self) {
        let own_pool = match &self.leased {
            Some(Leased::Own(lease)) => Some(Arc::clone(lease.pool())),
            _ => None,
        };
        match own_pool {
            Some(pool) if !S::may_stay_open(pool.options()).await => self.close_now().await,
            _ => self.reuse(),
        }
    }

    fn reuse(&mut self) {
        match self.leased.take() {
            Some(Leased::User(lease)) => lease.give_back(),
            Some(Leased::Own(lease)) => lease.give_back(),
            None => {}
        }
    }

    /// The answer was read to the end, and the connection must not be used again. If the database is lost with its
    /// connection, an open transaction is rolled back instead.
    pub(in crate::fetchers::database) async fn close(mut self) {
        if !self.holds_the_database() {
            return self.close_now().await;
        }
        if let Ok((connection, _)) = self.parts() {
            S::roll_back(connection).await;
        }
        self.reuse();
    }

    async fn close_now(&mut self) {
        match self.leased.take() {
            Some(Leased::User(lease)) => lease.close().await,
            Some(Leased::Own(lease)) => lease.close().await,
            None => {}
        }
    }

    /// The connection has ended, or the rest of its answer is not wanted.
    pub(in crate::fetchers::database) fn discard(mut self) {
        self.stop();
    }

    /// The connection ended while it was idle; other idle ones have most likely ended too.
    pub(in crate::fetchers::database) fn discard_with_idle(mut self) {
        self.drop_idle_since(Instant::now());
        self.stop();
    }

    fn drop_idle_since(&self, instant: Instant) {
        match &self.leased {
            Some(Leased::User(lease)) => lease.drop_idle(),
            Some(Leased::Own(lease)) => lease.pool().drop_idle_since(instant),
            None => {}
        }
    }

    fn holds_the_database(&self) -> bool {
        match &self.leased {
            Some(Leased::User(lease)) => lease.holds_the_database(),
            Some(Leased::Own(lease)) => S::lives_in_connection(lease.pool().options()),
            None => false,
        }
    }

    /// Closes the connection: its server is not working on an answer.
    fn stop(&mut self) {
        match self.leased.take() {
            Some(Leased::User(lease)) => lease.stop(),
            Some(Leased::Own(lease)) => lease.stop(),
            None => {}
        }
    }

    fn abandon(&mut self) {
        match self.leased.take() {
            Some(Leased::User(lease)) => lease.abandon(),
            Some(Leased::Own(lease)) => lease.abandon(),
            None => {}
        }
    }
}

impl<S: Server> Drop for ConnectionGuard<S> {
    fn drop(&mut self) {
        if self.leased.is_some() && self.last_answer.elapsed() >= SILENCE_LIMIT {
            self.drop_idle_since(self.last_answer);
        }
        self.abandon();
    }
}

/// Waits until an interrupted statement has ended, lets statements run again, and ends the transaction it left open.
pub(super) async fn recover<S: Server>(
    connection: &mut S::Connection,
    interrupt: &Interrupt,
) -> Result<(), sqlx::Error> {
    connection.ping().await?;
    interrupt.clear();
    S::roll_back(connection).await;
    Ok(())
}
