//! etcd: one server, with users and TLS, or a cluster.

mod builder;
mod client;
mod cluster;
mod server;

use std::net::{Ipv4Addr, SocketAddr};

pub use self::builder::EtcdBuilder;
pub use self::client::EtcdClient;
pub use self::cluster::etcd_cluster;

use self::server::EtcdServer;
use crate::BedError;
use crate::program::{Product, Program};

const PRODUCT: Product = Product {
    name: "etcd",
    program: "etcd",
    variable: "ETCD_BIN",
    folders: &["/usr/local/bin", "/opt/homebrew/opt/etcd/bin"],
    install: "apt-get install etcd-server",
    account: "etcd",
};

/// A new etcd server, without users.
///
/// # Errors
///
/// If it was left out by name, is not installed, or is not ready within 20 s; then the message has the end of its log.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let etcd = testbed::require!(testbed::etcd().await);
/// etcd.client().put("app/port", "8080").await.unwrap();
/// assert_eq!(etcd.client().get("app/port").await.unwrap().as_deref(), Some("8080"));
/// # }
/// ```
pub async fn etcd() -> Result<Etcd, BedError> {
    Etcd::builder().start().await
}

/// A running etcd server; dropping it stops it and removes its folder.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let etcd = testbed::require!(testbed::etcd().await);
/// assert!(etcd.url().starts_with("http://127.0.0.1:"));
/// etcd.program().pause().await.unwrap();
/// etcd.program().resume().await.unwrap();
/// # }
/// ```
#[derive(Debug)]
pub struct Etcd {
    program: Program,
    server: EtcdServer,
    client: EtcdClient,
    password: String,
}

impl Etcd {
    /// A server with users or TLS.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::Etcd::builder().user("app", "app/").start().await;
    /// let etcd = testbed::require!(etcd);
    /// assert!(!etcd.password().is_empty());
    /// # }
    /// ```
    pub fn builder() -> EtcdBuilder {
        EtcdBuilder::default()
    }

    /// Its program, which can be stopped, killed, paused, resumed and restarted; written data survives all of these, and
    /// tokens none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::require!(testbed::etcd().await);
    /// etcd.program().kill().await.unwrap();
    /// assert!(etcd.client().get("port").await.is_err());
    /// # }
    /// ```
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Its URL for clients: `http://` or, with TLS, `https://`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::require!(testbed::etcd().await);
    /// assert_eq!(etcd.url(), format!("http://{}", etcd.address()));
    /// # }
    /// ```
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.server.scheme(), self.address())
    }

    /// The address of its URL.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::require!(testbed::etcd().await);
    /// assert_eq!(etcd.address().port(), etcd.program().port());
    /// # }
    /// ```
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.program.port()))
    }

    /// The password of all its users.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::require!(testbed::etcd().await);
    /// assert_eq!(etcd.password().len(), 16);
    /// # }
    /// ```
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// A client that may do everything. It has an address of its own, without TLS.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::require!(testbed::etcd().await);
    /// assert_eq!(etcd.client().get("missing").await.unwrap(), None);
    /// # }
    /// ```
    #[must_use]
    pub fn client(&self) -> &EtcdClient {
        &self.client
    }
}
