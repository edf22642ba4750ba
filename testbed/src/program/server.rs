//! What is needed to run the program of a server.

use std::fmt;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use super::home::Home;
use super::product::Product;
use crate::BedError;

/// A server that is configured for its home; all methods are blocking.
pub(crate) trait Server: fmt::Debug + Send + Sync + 'static {
    /// The installed product.
    fn product(&self) -> &'static Product;

    /// The command that runs the server in the foreground: program, arguments and environment.
    fn command(&self, home: &Home) -> Command;

    /// Whether the server answers, which is more than an open port; otherwise the reason. It is called until it
    /// succeeds, so it must return soon.
    fn ready(&self, home: &Home) -> Result<(), BedError>;

    /// Whether the server answers as a member of its cluster.
    fn joined(&self, home: &Home) -> Result<(), BedError> {
        self.ready(home)
    }

    /// How long a start may take.
    fn start_up(&self) -> Duration {
        Duration::from_secs(20)
    }

    /// The signals that end it.
    fn signals(&self) -> Signals {
        Signals { orderly: Signal::TERM, quick: Signal::KILL }
    }
}

/// The signals that end a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signals {
    /// Shuts it down cleanly.
    pub(crate) orderly: Signal,
    /// Ends it at once, with all its processes.
    pub(crate) quick: Signal,
}
