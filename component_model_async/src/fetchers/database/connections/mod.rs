//! Where a statement gets its connection from, and what becomes of the connection afterwards.
//!
//! What always holds: no more connections are open than the pool allows, and whoever finds none waits for one. Why no
//! connection can be made is learned from the pool's own attempts. A connection that did not answer is not used again, nor
//! is any that has been idle since before it stopped answering.

mod given;
mod idle;
mod lease;
mod origin;
mod own;

use std::sync::Arc;

pub(super) use self::lease::Lease;
use self::{given::Given, own::Own};
use super::server::{Options, Server};

/// What a statement needs of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Any connection: if it has ended, the statement is sent again.
    Any,
    /// One that works for sure, as far as the pool can tell: a statement that is sent once.
    Sure,
    /// One that has not been idle, after one that had and has ended.
    New,
}

/// The connections to one server. Clones share them.
pub(super) struct Connections<S: Server> {
    kind: Kind<S>,
    keep_statements: bool,
}

enum Kind<S: Server> {
    Given(Arc<Given<S>>),
    Own(Arc<Own<S>>),
}

impl<S: Server> Connections<S> {
    /// Connections that this source opens and keeps.
    pub(super) fn open(options: Options<S>) -> Self {
        Self { kind: Kind::Own(Arc::new(Own::new(options))), keep_statements: false }
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

    /// How they are made.
    pub(super) fn options(&self) -> Options<S> {
        match &self.kind {
            Kind::Given(given) => given.options(),
            Kind::Own(own) => own.options().clone(),
        }
    }

    /// A connection, when one is free.
    ///
    /// # Cancel safety
    /// Dropping it gives up the place in the queue.
    pub(super) async fn lease(&self, need: Need) -> Result<Lease<S>, sqlx::Error> {
        match &self.kind {
            Kind::Given(given) => given.lease(need).await,
            Kind::Own(own) => own.lease(need).await,
        }
    }
}

impl<S: Server> From<sqlx::Pool<S>> for Connections<S> {
    fn from(pool: sqlx::Pool<S>) -> Self {
        Self { kind: Kind::Given(Arc::new(Given::new(pool))), keep_statements: false }
    }
}

impl<S: Server> Clone for Connections<S> {
    fn clone(&self) -> Self {
        let kind = match &self.kind {
            Kind::Given(given) => Kind::Given(Arc::clone(given)),
            Kind::Own(own) => Kind::Own(Arc::clone(own)),
        };
        Self { kind, keep_statements: self.keep_statements }
    }
}
