//! SQL servers: databases, roles and URLs on top of a [`Program`](crate::Program).
//!
//! This module has the code for all products; `postgres` and `mariadb` have the differences.

mod database;
mod flavour;
mod mariadb;
mod postgres;
mod server;

use tokio::sync::OnceCell;

pub use self::database::Database;
pub use self::server::SqlServer;

use self::flavour::Initialise;
use crate::program::Product;
use crate::{BedError, Certificate, blocking, record};

/// A new PostgreSQL server.
///
/// # Errors
///
/// If it was left out by name, is not installed, or does not answer within 20 s; then the message has the end of its
/// log.
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

/// A new MariaDB server.
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

/// A new PostgreSQL server that offers TLS with this certificate, valid or not.
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

/// A new MariaDB server that offers TLS with this certificate, valid or not.
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

/// A new database on the PostgreSQL server that the tests of this process share; it cannot be stopped.
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

/// A new database on the MariaDB server that the tests of this process share; it cannot be stopped.
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
    // Before the work moves to another thread, since this thread has the test's name.
    record::admit(product.name)?;
    blocking::run(move || SqlServer::launch(product, initialise, certificate)).await
}
