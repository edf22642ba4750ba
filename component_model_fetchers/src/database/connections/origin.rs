//! Where a connection can be used: on the runtime that opened it, and for the file that it opened.

use tokio::runtime::{Handle, Id};

use crate::database::server::{Options, Server};
#[cfg(feature = "sqlite")]
pub(in crate::database) use crate::read::Fingerprint;

/// Only SQLite's connections belong to a file.
#[cfg(not(feature = "sqlite"))]
pub(in crate::database) type Fingerprint = std::convert::Infallible;

/// What a connection belongs to. A connection is used again only if its origin is the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// The runtime whose driver wakes the connection; none if it has a thread of its own.
    pub(super) runtime: Option<Id>,
    /// The state of the database's file; equal as long as nobody has written to it or replaced it.
    pub(super) file: Option<Fingerprint>,
}

impl Origin {
    /// The origin of a connection that is opened now.
    pub(super) async fn current<S: Server>(options: &Options<S>) -> Self {
        let runtime = if S::IS_REMOTE { current_runtime() } else { None };
        Self { runtime, file: S::fingerprint(options).await }
    }
}

pub(super) fn current_runtime() -> Option<Id> {
    Handle::try_current().ok().map(|handle| handle.id())
}
