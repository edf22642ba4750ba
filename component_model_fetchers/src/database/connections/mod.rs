//! Where a statement gets its connection from, and what happens to the connection afterwards.
//!
//! What always holds: no more connections to the database are open than the pool allows, and a fetch that finds none waits
//! for one. Why no connection can be made is learned from the pool's own attempts. A user's pool does not report its
//! attempts: if it has no connection as far as it tells, its server's address is tried, at most once a minute. A
//! connection that did not answer is not used again, nor is any that has been idle since before it stopped answering. A
//! statement that nobody waits for is stopped if it can be, and counts as a connection until it has ended, except for some
//! at a server that may have gone silent.

mod abandoned;
mod guard;
mod history;
mod idle;
mod interrupt;
mod origin;
mod own_pool;
mod queue;
mod reachability;
mod silence;
mod slots;
mod sweeper;
mod user_pool;

use std::sync::Arc;

pub(super) use self::{guard::ConnectionGuard, interrupt::Interrupt, origin::Fingerprint};
use self::{idle::Limits, own_pool::OwnPool, user_pool::UserPool};
use super::server::{Options, Server};
use crate::parsers::Parsers;

/// How sure it must be that a connection still works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Any connection: if it has ended, the statement is sent again.
    Any,
    /// One that works as far as the pool can tell: the statement is sent once.
    Tested,
    /// One that has not been idle, after one that had and has ended.
    New,
}

/// What is shown instead of a place that may be a part of a secret.
const HIDDEN: &str = "the database of `url`";

/// The connections to one server. Clones share them.
pub(super) struct Connections<S: Server> {
    pool: Pool<S>,
    keep_statements: bool,
    parsers: Parsers,
    /// Whether no text may say where the server is.
    hide_place: bool,
}

enum Pool<S: Server> {
    User(Arc<UserPool<S>>),
    Own(Arc<OwnPool<S>>),
}

impl<S: Server> Connections<S> {
    /// Connections that this source opens and keeps.
    pub(super) fn open(options: Options<S>) -> Self {
        Self::of(Pool::Own(Arc::new(OwnPool::new(options, Limits::DEFAULT))))
    }

    fn of(pool: Pool<S>) -> Self {
        Self { pool, keep_statements: false, parsers: Parsers::default(), hide_place: false }
    }

    /// Lets no text say where the server is.
    pub(super) fn hide_place(mut self) -> Self {
        self.hide_place = true;
        self
    }

    /// Where the server is, without user name and password.
    pub(super) fn place(&self) -> String {
        if self.hide_place { HIDDEN.to_owned() } else { S::place(&self.options()) }
    }

    /// The same, unless it may not be shown.
    pub(super) fn shown_place(&self) -> Option<String> {
        (!self.hide_place).then(|| S::place(&self.options()))
    }

    /// Leaves statements prepared on their connections.
    pub(super) fn keep_statements(mut self) -> Self {
        self.keep_statements = true;
        self
    }

    /// Whether statements stay prepared.
    pub(super) fn keeps_statements(&self) -> bool {
        self.keep_statements
    }

    /// Where large rows are read.
    pub(super) fn parsers(&self) -> &Parsers {
        &self.parsers
    }

    /// How they are made.
    pub(super) fn options(&self) -> Options<S> {
        match &self.pool {
            Pool::User(pool) => pool.options(),
            Pool::Own(pool) => pool.options().clone(),
        }
    }

    /// Whether this source opens and closes them.
    pub(super) fn are_own(&self) -> bool {
        matches!(self.pool, Pool::Own(_))
    }

    /// A connection, when one is free.
    ///
    /// # Cancel safety
    /// Dropping it gives up the place in the queue.
    pub(super) async fn lease(&self, freshness: Freshness) -> Result<ConnectionGuard<S>, sqlx::Error> {
        match &self.pool {
            Pool::User(pool) => pool.lease(freshness).await,
            Pool::Own(pool) => pool.lease(freshness).await,
        }
    }

    /// Closes them; those of a user's pool are the user's to close.
    ///
    /// # Cancel safety
    /// Once polled, the pool is closed; dropping the future drops the idle connections without a goodbye.
    pub(super) async fn close(&self) {
        if let Pool::Own(pool) = &self.pool {
            pool.close().await;
        }
    }
}

impl<S: Server> From<sqlx::Pool<S>> for Connections<S> {
    fn from(pool: sqlx::Pool<S>) -> Self {
        Self::of(Pool::User(Arc::new(UserPool::new(pool))))
    }
}

impl<S: Server> Clone for Connections<S> {
    fn clone(&self) -> Self {
        let pool = match &self.pool {
            Pool::User(pool) => Pool::User(Arc::clone(pool)),
            Pool::Own(pool) => Pool::Own(Arc::clone(pool)),
        };
        let (keep_statements, hide_place) = (self.keep_statements, self.hide_place);
        Self { pool, keep_statements, parsers: self.parsers.clone(), hide_place }
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
