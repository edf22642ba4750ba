//! Finds, starts, pauses, kills and restarts programs of any kind.
//!
//! A [`Server`] describes one kind of program: its [`Product`], its command, when it is ready and how it shuts down. A
//! [`Program`] runs it in its [`Home`], and a [`Cluster`] runs several that are connected. This module does not depend
//! on any protocol.

mod account;
mod cluster;
mod home;
mod output;
mod port;
mod process;
mod product;
mod run;
mod server;
#[cfg(test)]
mod tests;
mod tree;

use std::path::Path;
use std::sync::Arc;

use rustix::process::Signal;

pub use self::cluster::Cluster;
pub use self::port::unused_port;

pub(crate) use self::home::Home;
pub(crate) use self::output::{output_of, prompt_output_of};
pub(crate) use self::product::Product;
pub(crate) use self::server::{Server, Signals};

use self::run::Run;
use crate::{BedError, blocking};

/// The program of a server of any kind; dropping the last handle stops it and removes its folder.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let server = testbed::require!(testbed::postgres().await);
/// let program = server.program();
/// assert!(program.is_running());
/// program.kill().await.unwrap();
/// assert!(!program.is_running());
/// program.start().await.unwrap();
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Program {
    run: Arc<Run>,
}

impl Program {
    /// A program that is configured but not started.
    pub(crate) fn new(server: Arc<dyn Server>, home: Home) -> Self {
        Self { run: Arc::new(Run::new(server, home)) }
    }

    pub(crate) fn home(&self) -> &Home {
        self.run.home()
    }

    /// [`Program::start`] as blocking code.
    pub(crate) fn start_now(&self) -> Result<(), BedError> {
        if self.run.spawn()? { self.run.wait_until_ready() } else { Ok(()) }
    }

    /// The loopback port for clients, which stays the same when the program is started again.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// assert!(server.url().contains(&format!(":{}/", server.program().port())));
    /// # }
    /// ```
    #[must_use]
    pub fn port(&self) -> u16 {
        self.home().port()
    }

    /// The folder with its data, its configuration and its log.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// assert!(server.program().folder().join("server.log").is_file());
    /// # }
    /// ```
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.home().path()
    }

    /// Whether the process exists, paused or not.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// assert!(server.program().is_running());
    /// server.program().stop().await.unwrap();
    /// assert!(!server.program().is_running());
    /// # }
    /// ```
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.run.is_running()
    }

    /// Starts it on the same port with the same data, and waits until it is ready; does nothing if it is running.
    ///
    /// # Errors
    ///
    /// If it ends or is not ready in time; the message has the last lines of its log.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// server.program().stop().await.unwrap();
    /// server.program().start().await.unwrap();
    /// assert!(server.database().await.is_ok());
    /// # }
    /// ```
    pub async fn start(&self) -> Result<(), BedError> {
        self.blocking(|program| program.start_now()).await
    }

    /// Shuts it down cleanly and waits until it has ended; its data and its port remain.
    ///
    /// # Errors
    ///
    /// Only when the runtime shuts down.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// server.program().stop().await.unwrap();
    /// assert!(std::net::TcpStream::connect(("127.0.0.1", server.program().port())).is_err());
    /// # }
    /// ```
    pub async fn stop(&self) -> Result<(), BedError> {
        self.blocking(|program| program.end(program.run.signals().orderly)).await
    }

    /// Kills it without warning, like a crash; its data and its port remain.
    ///
    /// # Errors
    ///
    /// Only when the runtime shuts down.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// server.program().kill().await.unwrap();
    /// assert!(server.database().await.is_err());
    /// # }
    /// ```
    pub async fn kill(&self) -> Result<(), BedError> {
        self.blocking(|program| program.end(Signal::KILL)).await
    }

    /// Shuts it down cleanly and starts it again; it is ready when this returns.
    ///
    /// # Errors
    ///
    /// As for [`Program::start`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// server.program().restart().await.unwrap();
    /// assert!(server.database().await.is_ok());
    /// # }
    /// ```
    pub async fn restart(&self) -> Result<(), BedError> {
        self.stop().await?;
        self.start().await
    }

    /// Pauses all its processes, and returns when all of them are paused: connections stay open, the kernel accepts new
    /// ones, but the program does not answer.
    ///
    /// # Errors
    ///
    /// If it is not running.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::time::Duration;
    ///
    /// let server = testbed::require!(testbed::postgres().await);
    /// let database = server.database().await.unwrap();
    /// server.program().pause().await.unwrap();
    /// let answer = tokio::time::timeout(Duration::from_millis(100), database.query("SELECT 1")).await;
    /// assert!(answer.is_err());
    /// server.program().resume().await.unwrap();
    /// assert_eq!(database.query("SELECT 1").await.unwrap(), "1");
    /// # }
    /// ```
    pub async fn pause(&self) -> Result<(), BedError> {
        self.blocking(|program| program.run.pause()).await
    }

    /// Resumes a paused program; does nothing if it is not paused.
    ///
    /// # Errors
    ///
    /// Only when the runtime shuts down.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// server.program().pause().await.unwrap();
    /// server.program().resume().await.unwrap();
    /// assert!(server.database().await.is_ok());
    /// # }
    /// ```
    pub async fn resume(&self) -> Result<(), BedError> {
        self.blocking(|program| {
            program.run.resume();
            Ok(())
        })
        .await
    }

    fn end(&self, signal: Signal) -> Result<(), BedError> {
        self.run.end(signal);
        Ok(())
    }

    async fn blocking(
        &self,
        work: impl FnOnce(&Self) -> Result<(), BedError> + Send + 'static,
    ) -> Result<(), BedError> {
        let program = self.clone();
        blocking::run(move || work(&program)).await
    }
}
