//! NATS with JetStream: one server, with users, tokens, nkeys, credentials and TLS, or a cluster.

mod builder;
mod client;
mod cluster;
mod credentials;
mod server;

use std::net::{Ipv4Addr, SocketAddr};

pub use self::builder::NatsBuilder;
pub use self::client::NatsClient;
pub use self::cluster::nats_cluster;

use self::server::{Access, NatsServer};
use crate::program::{Product, Program};
use crate::{BedError, blocking};

const PRODUCT: Product = Product {
    name: "nats",
    program: "nats-server",
    variable: "NATS_BIN",
    folders: &["/usr/sbin", "/usr/local/bin", "/opt/homebrew/opt/nats-server/bin"],
    install: "apt-get install nats-server",
    account: "nats",
};

/// A new NATS server with JetStream, without users.
///
/// # Errors
///
/// If it was left out by name, is not installed, or is not ready within 20 s; then the message has the end of its log.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let nats = testbed::require!(testbed::nats().await);
/// nats.client().create("app").await.unwrap();
/// nats.client().put("app", "port", "8080").await.unwrap();
/// # }
/// ```
pub async fn nats() -> Result<Nats, BedError> {
    Nats::builder().start().await
}

/// A running NATS server; dropping it stops it and removes its folder.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let nats = testbed::require!(testbed::nats().await);
/// assert!(nats.url().starts_with("nats://127.0.0.1:"));
/// nats.program().pause().await.unwrap();
/// nats.program().resume().await.unwrap();
/// # }
/// ```
#[derive(Debug)]
pub struct Nats {
    program: Program,
    server: NatsServer,
    client: NatsClient,
}

impl Nats {
    /// A server with users or TLS.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::Nats::builder().user("app", &["$JS.API.DIRECT.GET.KV_app.>"]).start().await;
    /// let nats = testbed::require!(nats);
    /// assert!(nats.url_of("app").contains("app:"));
    /// # }
    /// ```
    pub fn builder() -> NatsBuilder {
        NatsBuilder::default()
    }

    /// Its program, which can be stopped, killed, paused, resumed and restarted; written data survives all of these.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// nats.program().restart().await.unwrap();
    /// # }
    /// ```
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Its URL without a user: `nats://` or, with TLS, `tls://`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// assert_eq!(nats.url(), format!("nats://{}", nats.address()));
    /// # }
    /// ```
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.server.scheme(), self.address())
    }

    /// The URL with a user and its password.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::Nats::builder().user("app", &[">"]).start().await);
    /// assert!(nats.url_of("app").contains(&format!("app:{}@", nats.password())));
    /// # }
    /// ```
    #[must_use]
    pub fn url_of(&self, user: &str) -> String {
        format!("{}://{user}:{}@{}", self.server.scheme(), self.password(), self.address())
    }

    /// The address of its URL.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// assert_eq!(nats.address().port(), nats.program().port());
    /// # }
    /// ```
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.program.port()))
    }

    /// The password of all its users, and the token.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// assert_eq!(nats.password().len(), 16);
    /// # }
    /// ```
    #[must_use]
    pub fn password(&self) -> &str {
        self.server.password()
    }

    /// The seed of the nkey of [`NatsBuilder::nkey`], and of the credentials; empty without them.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::Nats::builder().nkey().start().await);
    /// assert!(nats.seed().starts_with("SU"));
    /// # }
    /// ```
    #[must_use]
    pub fn seed(&self) -> &str {
        match self.server.access() {
            Access::Nkey { seed, .. } => seed,
            Access::Operator(operator) => &operator.seed,
            _ => "",
        }
    }

    /// The text of the `.creds` file of [`NatsBuilder::operator`]; empty without one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::Nats::builder().operator().start().await);
    /// assert!(nats.credentials().contains("NATS USER JWT"));
    /// # }
    /// ```
    #[must_use]
    pub fn credentials(&self) -> &str {
        match self.server.access() {
            Access::Operator(operator) => &operator.credentials,
            _ => "",
        }
    }

    /// A client that may do everything. It trusts every certificate, and connects again by itself.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// nats.client().create("app").await.unwrap();
    /// # }
    /// ```
    #[must_use]
    pub fn client(&self) -> &NatsClient {
        &self.client
    }

    /// How many clients are connected, its own among them.
    ///
    /// # Errors
    ///
    /// If the server does not run.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::nats().await);
    /// assert_eq!(nats.connections().await.unwrap(), 1);
    /// # }
    /// ```
    pub async fn connections(&self) -> Result<usize, BedError> {
        let program = self.program.clone();
        let document = blocking::run(move || NatsServer::monitored(program.home(), "/varz")).await?;
        let number = document["connections"].as_u64().unwrap_or_default();
        Ok(usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// Changes what a user may publish to. Its connections stay open.
    ///
    /// # Errors
    ///
    /// If the server does not run.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nats = testbed::require!(testbed::Nats::builder().user("app", &[">"]).start().await);
    /// nats.permit("app", &["elsewhere.>"]).await.unwrap();
    /// # }
    /// ```
    pub async fn permit(&self, user: &str, publish: &[&str]) -> Result<(), BedError> {
        let (program, server) = (self.program.clone(), self.server.clone());
        let user = user.to_owned();
        let publish: Vec<_> = publish.iter().map(|&subject| subject.to_owned()).collect();
        blocking::run(move || server.permit(program.home(), &user, publish)).await
    }
}
