//! A TCP proxy whose faults can be switched while it runs.
//!
//! A fault applies to new and open connections from the moment it is switched on, until the next fault or
//! [`Proxy::heal`]. At any time there is at most one fault. [`Proxy::silence`] is independent of them: it silently
//! disables the connections that are open, and no others.

mod carry;
mod fault;
mod front;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::fault::Fault;
use self::front::Front;
use crate::{BedError, unused_port};

/// A proxy on its own loopback port in front of `target`, which does not have to run yet.
///
/// # Errors
///
/// If no port is available.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let http = testbed::http().await.unwrap();
/// let proxy = testbed::proxy(http.address()).await.unwrap();
/// proxy.refuse().await.unwrap();
/// assert!(tokio::net::TcpStream::connect(proxy.address()).await.is_err());
/// proxy.heal().await.unwrap();
/// assert!(tokio::net::TcpStream::connect(proxy.address()).await.is_ok());
/// # }
/// ```
pub async fn proxy(target: SocketAddr) -> Result<Proxy, BedError> {
    let address = SocketAddr::from(([127, 0, 0, 1], unused_port()?));
    let (faults, switched) = watch::channel(Fault::None);
    let (listening, listens) = watch::channel(false);
    let (silenced, silences) = watch::channel(0);
    let accepted = Arc::new(AtomicUsize::new(0));
    let open = Arc::new(AtomicUsize::new(0));
    let (accepted_here, open_here) = (Arc::clone(&accepted), Arc::clone(&open));
    let front =
        Front { address, target, faults: switched, silences, listening, accepted: accepted_here, open: open_here };
    let task = tokio::spawn(front.run());
    let proxy = Proxy { address, faults, silenced, listens, accepted, open, task };
    proxy.listens_is(true).await?;
    Ok(proxy)
}

/// A running proxy; dropping it closes its port and its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    faults: watch::Sender<Fault>,
    /// The first so many of the accepted connections transfer nothing any more.
    silenced: watch::Sender<usize>,
    listens: watch::Receiver<bool>,
    accepted: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// The address for clients.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let http = testbed::http().await.unwrap();
    /// let proxy = testbed::proxy(http.address()).await.unwrap();
    /// assert_ne!(proxy.address(), http.address());
    /// # }
    /// ```
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL, with the proxy's port instead of the server's.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let proxy = testbed::proxy(([127, 0, 0, 1], 5432).into()).await.unwrap();
    /// let url = proxy.instead_in("postgres://user:word@127.0.0.1:5432/db");
    /// assert_eq!(url, format!("postgres://user:word@{}/db", proxy.address()));
    /// # }
    /// ```
    #[must_use]
    pub fn instead_in(&self, url: &str) -> String {
        let (before, rest) = url.split_once("://").unwrap_or(("", url));
        let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let user = authority.rfind('@').map_or("", |at| &authority[..=at]);
        format!("{before}://{user}{}{path}", self.address)
    }

    /// How many connections it has accepted so far.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let http = testbed::http().await.unwrap();
    /// let proxy = testbed::proxy(http.address()).await.unwrap();
    /// let _open = tokio::net::TcpStream::connect(proxy.address()).await.unwrap();
    /// while proxy.connections() == 0 {
    ///     tokio::task::yield_now().await;
    /// }
    /// assert_eq!(proxy.connections(), 1);
    /// # }
    /// ```
    #[must_use]
    pub fn connections(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// How many connections are open: neither the client nor the server has closed them. Those that were silenced count.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let http = testbed::http().await.unwrap();
    /// let proxy = testbed::proxy(http.address()).await.unwrap();
    /// let connection = tokio::net::TcpStream::connect(proxy.address()).await.unwrap();
    /// while proxy.open_connections() == 0 {
    ///     tokio::task::yield_now().await;
    /// }
    /// drop(connection);
    /// while proxy.open_connections() > 0 {
    ///     tokio::task::yield_now().await;
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}
