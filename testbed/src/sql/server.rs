//! A server of any SQL product.

use std::path::Path;
use std::sync::Arc;

use super::database::Database;
use super::flavour::{Flavour, Initialise};
use crate::program::{Home, Product, Program, output_of};
use crate::{BedError, Certificate, blocking};

/// A running PostgreSQL or MariaDB server; dropping the last handle stops it and removes its folder.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let server = testbed::require!(testbed::postgres().await);
/// let database = server.database().await.unwrap();
/// server.stop().await.unwrap();
/// assert!(database.query("SELECT 1").await.is_err());
/// server.start().await.unwrap();
/// assert_eq!(database.query("SELECT 1").await.unwrap(), "1");
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SqlServer {
    pub(super) program: Program,
    pub(super) flavour: Arc<dyn Flavour>,
}

impl SqlServer {
    pub(super) fn launch(
        product: &'static Product,
        initialise: Initialise,
        certificate: Option<Certificate>,
    ) -> Result<Self, BedError> {
        let program = product.locate()?;
        let home = Home::new(product.account, 1)?;
        let tls = certificate.map(|certificate| certificate.write_with(|name, pem| home.write(name, pem)));
        let flavour = initialise(program, &home, tls.transpose()?)?;
        let program = Program::new(Arc::clone(&flavour) as _, home);
        program.start_now()?;
        Ok(Self { program, flavour })
    }

    /// Its program, which can be paused too.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// assert!(server.program().is_running());
    /// # }
    /// ```
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The superuser's URL, with the server's initial database. Use [`SqlServer::database`] for a separate database.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::mariadb().await);
    /// assert!(server.url().starts_with("mysql://root:"));
    /// # }
    /// ```
    #[must_use]
    pub fn url(&self) -> String {
        self.superuser_url(self.flavour.home_database())
    }

    /// The loopback port, which stays the same when the server is stopped and started again.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// assert!(std::net::TcpStream::connect(("127.0.0.1", server.port())).is_ok());
    /// # }
    /// ```
    #[must_use]
    pub fn port(&self) -> u16 {
        self.program.port()
    }

    /// The folder with its data and its log.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// assert!(server.folder().join("data").is_dir());
    /// # }
    /// ```
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.program.folder()
    }

    /// A new, empty database with its own owner and stranger.
    ///
    /// # Errors
    ///
    /// If the server does not run.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// let (one, other) = (server.database().await.unwrap(), server.database().await.unwrap());
    /// assert_ne!(one.url(), other.url());
    /// # }
    /// ```
    pub async fn database(&self) -> Result<Database, BedError> {
        let server = self.clone();
        blocking::run(move || Database::create(server)).await
    }

    /// [`Program::stop`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// server.stop().await.unwrap();
    /// assert!(!server.program().is_running());
    /// # }
    /// ```
    pub async fn stop(&self) -> Result<(), BedError> {
        self.program.stop().await
    }

    /// [`Program::kill`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::mariadb().await);
    /// server.kill().await.unwrap();
    /// assert!(!server.program().is_running());
    /// # }
    /// ```
    pub async fn kill(&self) -> Result<(), BedError> {
        self.program.kill().await
    }

    /// [`Program::start`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = testbed::require!(testbed::postgres().await);
    /// server.kill().await.unwrap();
    /// server.start().await.unwrap();
    /// assert!(server.program().is_running());
    /// # }
    /// ```
    pub async fn start(&self) -> Result<(), BedError> {
        self.program.start().await
    }

    pub(super) fn superuser_url(&self, database: &str) -> String {
        let (user, password) = self.flavour.superuser();
        self.flavour.url(user, password, self.port(), database)
    }

    /// Runs statements as the superuser and returns their output.
    pub(super) fn sql(&self, database: &str, statements: &str) -> Result<String, BedError> {
        output_of(self.flavour.client(self.program.home(), database).arg(statements))
    }
}
