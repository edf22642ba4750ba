//! A connection in use, and what becomes of it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::{Connection as _, pool::PoolConnection};
use tokio::{runtime::Handle, time::timeout};

use super::{
    given::Given,
    idle::Kept,
    own::{Open, Place},
};
use crate::{ErrorKind, SourceError, fetchers::database::server::Server};

/// How long a connection that is closed in an orderly way may take for it.
pub(super) const GOODBYE: Duration = Duration::from_millis(200);

/// How long a connection must have been silent, when nobody waits for it any more, for others to be given up with it. Who
/// stops waiting earlier has most likely not waited for the network.
pub(super) const SILENCE: Duration = Duration::from_millis(100);

/// A connection in use. Dropped without a word, it was abandoned in the middle of an answer, and is closed.
pub(in crate::fetchers::database) struct Lease<S: Server> {
    held: Option<Held<S>>,
    /// Whether the connection has been idle, and may have ended since.
    pub(in crate::fetchers::database) reused: bool,
    heard: Instant,
}

enum Held<S: Server> {
    Given(PoolConnection<S>, Arc<Given<S>>),
    Own(Kept<Open<S>>, Place<S>),
}

impl<S: Server> Lease<S> {
    pub(super) fn given(connection: PoolConnection<S>, given: Arc<Given<S>>, reused: bool) -> Self {
        Self { held: Some(Held::Given(connection, given)), reused, heard: Instant::now() }
    }

    pub(super) fn own(kept: Kept<Open<S>>, place: Place<S>, reused: bool) -> Self {
        Self { held: Some(Held::Own(kept, place)), reused, heard: Instant::now() }
    }

    /// The connection, and when the server last said something on it.
    pub(in crate::fetchers::database) fn parts(&mut self) -> Result<(&mut S::Connection, &mut Instant), SourceError> {
        match &mut self.held {
            Some(Held::Given(connection, _)) => Ok((connection, &mut self.heard)),
            Some(Held::Own(kept, _)) => Ok((&mut kept.connection.raw, &mut self.heard)),
            None => Err(SourceError::new(ErrorKind::Other, "the connection was given back")),
        }
    }

    /// The answer was read to the end: the connection can serve again. One that cannot be kept is closed before this
    /// returns, since SQLite leaves a second file beside the database until then.
    pub(in crate::fetchers::database) async fn give_back(mut self) {
        match &self.held {
            Some(Held::Own(_, place)) if !place.may_be_kept() => self.close().await,
            _ => self.reuse(),
        }
    }

    fn reuse(&mut self) {
        match self.held.take() {
            // The pool takes it back in a task, which needs a runtime.
            Some(Held::Given(connection, _)) if Handle::try_current().is_ok() => drop(connection),
            Some(Held::Given(connection, _)) => drop(connection.detach()),
            Some(Held::Own(kept, place)) => place.give_back(kept),
            None => {}
        }
    }

    /// The answer was read to the end, and the connection must not serve again. A database that lives in its connection
    /// only gets an open transaction rolled back.
    pub(in crate::fetchers::database) async fn close(mut self) {
        if self.holds_the_database() {
            if let Ok((connection, _)) = self.parts() {
                S::roll_back(connection).await;
            }
            return self.reuse();
        }
        match self.held.take() {
            Some(Held::Given(connection, _)) => drop(timeout(GOODBYE, connection.close()).await),
            Some(Held::Own(kept, _place)) => drop(timeout(GOODBYE, kept.connection.raw.close()).await),
            None => {}
        }
    }

    /// The connection has ended, or its answer is not wanted to the end.
    pub(in crate::fetchers::database) fn discard(mut self) {
        self.abandon();
    }

    /// The connection has ended while it was idle; whatever idled with it has most likely ended too.
    pub(in crate::fetchers::database) fn lost(mut self) {
        self.distrust_others(Instant::now());
        self.abandon();
    }

    fn distrust_others(&self, since: Instant) {
        match &self.held {
            Some(Held::Given(_, given)) => given.give_up_idle(),
            Some(Held::Own(_, place)) => place.pool.distrust(since),
            None => {}
        }
    }

    fn holds_the_database(&self) -> bool {
        match &self.held {
            Some(Held::Given(_, given)) => S::lives_in_connection(&given.options()),
            Some(Held::Own(_, place)) => S::lives_in_connection(place.pool.options()),
            None => false,
        }
    }

    fn abandon(&mut self) {
        let survives = match &self.held {
            Some(Held::Given(..)) => S::SURVIVES_CANCELLATION,
            Some(Held::Own(_, place)) => S::lives_in_connection(place.pool.options()),
            None => return,
        };
        if survives {
            return self.reuse();
        }
        if let Some(Held::Given(connection, _)) = self.held.take() {
            drop(connection.detach());
        }
    }
}

impl<S: Server> Drop for Lease<S> {
    fn drop(&mut self) {
        if self.held.is_some() && self.heard.elapsed() >= SILENCE {
            self.distrust_others(self.heard);
        }
        self.abandon();
    }
}
