//! What a server says about itself, so that its program can be run.

use std::fmt;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use super::home::Home;
use super::product::Product;
use crate::BedError;

/// A server that is configured for its home; everything here is blocking code.
pub(crate) trait Server: fmt::Debug + Send + Sync + 'static {
    /// What is installed.
    fn product(&self) -> &'static Product;

    /// The command that runs the server in the foreground: program, arguments and environment.
    fn command(&self, home: &Home) -> Command;

    /// Whether the server answers, which is more than an open port; the reason if it does not. It is called until it
    /// succeeds, so it must return soon.
    fn ready(&self, home: &Home) -> Result<(), BedError>;

    /// Whether a member of a cluster answers as a part of the whole.
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
    /// Makes it shut down in order.
    pub(crate) orderly: Signal,
    /// Makes it end at once, with all its processes.
    pub(crate) quick: Signal,
}
