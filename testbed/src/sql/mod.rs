//! SQL servers: databases, roles and URLs on top of a [`Program`].
//!
//! What is the same for every product is here; `postgres` and `mariadb` say what differs.

mod database;
mod flavour;
mod mariadb;
mod postgres;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::OnceCell;

pub use self::database::Database;

use self::flavour::{Flavour, Initialise};
use crate::program::{Home, Product, Program, output_of};
use crate::{BedError, Certificate, blocking, record};

/// A running PostgreSQL or MariaDB of one's own; dropping the last handle stops it and removes its folder.
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
    program: Program,
    flavour: Arc<dyn Flavour>,
}

/// A PostgreSQL server of one's own.
///
/// # Errors
///
/// When it was left out by name, is not installed, or does not answer within 20 s; then the end of its log is in the
/// message.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let server = testbed::require!(testbed::postgres().await);
/// assert!(server.url().starts_with("postgres://postgres:"));
/// # }
/// ```
pub async fn postgres() -> Result<SqlServer, BedError> {
    launch(&postgres::PRODUCT, postgres::initialise, None).await
}

/// A MariaDB server of one's own.
///
/// # Errors
///
/// As for [`postgres`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let server = testbed::require!(testbed::mariadb().await);
/// assert!(server.url().starts_with("mysql://root:"));
/// # }
/// ```
pub async fn mariadb() -> Result<SqlServer, BedError> {
    launch(&mariadb::PRODUCT, mariadb::initialise, None).await
}

/// A PostgreSQL server of one's own that speaks TLS to clients who ask for it, with this certificate, valid or not.
///
/// # Errors
///
/// As for [`postgres`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let authority = testbed::Authority::new().unwrap();
/// let server = authority.server(&[]).unwrap();
/// let server = testbed::require!(testbed::postgres_with_tls(&server).await);
/// let database = server.database().await.unwrap();
/// let url = format!("{}?sslmode=verify-full&sslrootcert={}", database.url(), authority.file().display());
/// # let url = url.replace("127.0.0.1", "localhost");
/// let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
/// assert_eq!(database.query_at(&url, encrypted).await.unwrap(), "t");
/// # }
/// ```
pub async fn postgres_with_tls(certificate: &Certificate) -> Result<SqlServer, BedError> {
    launch(&postgres::PRODUCT, postgres::initialise, Some(certificate.clone())).await
}

/// A MariaDB server of one's own that speaks TLS to clients who ask for it, with this certificate, valid or not.
///
/// # Errors
///
/// As for [`postgres`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let authority = testbed::Authority::new().unwrap();
/// let server = authority.server(&[]).unwrap();
/// let server = testbed::require!(testbed::mariadb_with_tls(&server).await);
/// let database = server.database().await.unwrap();
/// assert_eq!(database.query("SELECT @@have_ssl").await.unwrap(), "YES");
/// # }
/// ```
pub async fn mariadb_with_tls(certificate: &Certificate) -> Result<SqlServer, BedError> {
    launch(&mariadb::PRODUCT, mariadb::initialise, Some(certificate.clone())).await
}

/// A database of one's own on the PostgreSQL server that this process shares and that nobody may stop.
///
/// # Errors
///
/// As for [`postgres`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let database = testbed::require!(testbed::postgres_database().await);
/// assert_eq!(database.query("SELECT 1 + 1").await.unwrap(), "2");
/// # }
/// ```
pub async fn postgres_database() -> Result<Database, BedError> {
    static SERVER: OnceCell<SqlServer> = OnceCell::const_new();
    record::admit(postgres::PRODUCT.name)?;
    SERVER.get_or_try_init(postgres).await?.database().await
}

/// A database of one's own on the MariaDB server that this process shares and that nobody may stop.
///
/// # Errors
///
/// As for [`postgres`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let database = testbed::require!(testbed::mariadb_database().await);
/// assert_eq!(database.query("SELECT 1 + 1").await.unwrap(), "2");
/// # }
/// ```
pub async fn mariadb_database() -> Result<Database, BedError> {
    static SERVER: OnceCell<SqlServer> = OnceCell::const_new();
    record::admit(mariadb::PRODUCT.name)?;
    SERVER.get_or_try_init(mariadb).await?.database().await
}

async fn launch(
    product: &'static Product,
    initialise: Initialise,
    certificate: Option<Certificate>,
) -> Result<SqlServer, BedError> {
    // Before the work moves to another thread: this one bears the test's name.
    record::admit(product.name)?;
    blocking::run(move || SqlServer::launch(product, initialise, certificate)).await
}

impl SqlServer {
    fn launch(
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

    /// The superuser's URL, without a database of its own: for a table of one's own see [`SqlServer::database`].
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

    /// The folder that holds its data and its log.
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

    /// A new, empty database with an owner and a stranger of its own.
    ///
    /// # Errors
    ///
    /// When the server does not run.
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
    pub async fn stop(&self) -> Result<(), BedError> {
        self.program.stop().await
    }

    /// [`Program::kill`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn kill(&self) -> Result<(), BedError> {
        self.program.kill().await
    }

    /// [`Program::start`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn start(&self) -> Result<(), BedError> {
        self.program.start().await
    }

    fn superuser_url(&self, database: &str) -> String {
        let (user, password) = self.flavour.superuser();
        self.flavour.url(user, password, self.port(), database)
    }

    /// Runs statements as the superuser and gives back what they print.
    fn sql(&self, database: &str, statements: &str) -> Result<String, BedError> {
        output_of(self.flavour.client(self.program.home(), database).arg(statements))
    }
}
