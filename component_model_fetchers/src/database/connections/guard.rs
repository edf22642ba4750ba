//! A connection in use, and what happens to it afterwards.

use std::{sync::Arc, time::Duration};

use component_model_source::{ErrorKind, SourceError};
use sqlx::Connection as _;
use tokio::time::Instant;

use super::{interrupt::Interrupt, own_pool::OwnLease, silence::Silence, user_pool::UserLease};
use crate::database::server::Server;

/// How long closing a connection in an orderly way may take.
pub(super) const CLOSE_TIMEOUT: Duration = Duration::from_millis(200);

/// A connection in use. If it is dropped, its statement was abandoned, and the connection is closed.
pub(in crate::database) struct ConnectionGuard<S: Server> {
    leased: Option<Leased<S>>,
    /// Whether the connection has been idle, and may have ended since.
    pub(in crate::database) reused: bool,
    since: Instant,
    last_answer: Instant,
    /// How many statements were abandoned early before this one.
    abandoned_before: u32,
}

enum Leased<S: Server> {
    User(UserLease<S>),
    Own(OwnLease<S>),
}

impl<S: Server> ConnectionGuard<S> {
    pub(super) fn from_user_pool(lease: UserLease<S>, reused: bool) -> Self {
        let abandoned_before = lease.silence().before();
        Self::new(Leased::User(lease), reused, abandoned_before)
    }

    pub(super) fn from_own_pool(lease: OwnLease<S>, reused: bool) -> Self {
        let abandoned_before = lease.pool().silence.before();
        Self::new(Leased::Own(lease), reused, abandoned_before)
    }

    fn new(leased: Leased<S>, reused: bool, abandoned_before: u32) -> Self {
        let since = Instant::now();
        Self { leased: Some(leased), reused, since, last_answer: since, abandoned_before }
    }

    /// The same connection, ready for a statement: a previous one has ended, and the next one can be stopped.
    pub(super) async fn recovered(mut self) -> Result<Self, sqlx::Error> {
        match &mut self.leased {
            Some(Leased::User(lease)) => lease.install_interrupt().await?,
            Some(Leased::Own(lease)) => lease.recover().await?,
            None => {}
        }
        self.since = Instant::now();
        self.last_answer = self.since;
        Ok(self)
    }

    /// The connection, and when the server last answered on it.
    pub(in crate::database) fn parts(&mut self) -> Result<(&mut S::Connection, &mut Instant), SourceError> {
        match &mut self.leased {
            Some(Leased::User(lease)) => Ok((lease.connection(), &mut self.last_answer)),
            Some(Leased::Own(lease)) => Ok((lease.connection(), &mut self.last_answer)),
            None => Err(SourceError::new(ErrorKind::Other, "the connection was given back")),
        }
    }

    /// The answer was read to the end: the connection can be used again. One that cannot stay open is closed before this
    /// returns, since SQLite leaves a second file beside the database until then.
    pub(in crate::database) async fn give_back(mut self) {
        self.answered();
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
    pub(in crate::database) async fn close(mut self) {
        self.answered();
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
    pub(in crate::database) fn discard(mut self) {
        self.stop();
    }

    /// The connection ended while it was idle; other idle ones have most likely ended too.
    pub(in crate::database) fn discard_with_idle(mut self) {
        self.drop_idle_since(Instant::now());
        self.stop();
    }

    fn silence(&self) -> Option<&Silence> {
        match &self.leased {
            Some(Leased::User(lease)) => Some(lease.silence()),
            Some(Leased::Own(lease)) => Some(&lease.pool().silence),
            None => None,
        }
    }

    fn answered(&self) {
        if let Some(silence) = self.silence() {
            silence.answered();
        }
    }

    /// Whether the connection did not answer for so long, or so often, that it has most likely gone silent.
    fn is_silent(&self, silence: &Silence) -> bool {
        if self.last_answer > self.since {
            silence.answered();
        }
        silence.is_likely(self.last_answer.elapsed(), self.abandoned_before)
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
        if self.silence().is_some_and(|silence| self.is_silent(silence)) {
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
