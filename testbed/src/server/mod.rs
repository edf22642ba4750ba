//! SQL servers: found, initialised, started, stopped, killed and started again.
//!
//! What is the same for every product is here; `postgres` and `mariadb` say what differs.

mod account;
mod database;
mod find;
mod mariadb;
mod postgres;
mod process;
mod shared;

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use rustix::process::Signal;
use tokio::sync::OnceCell;

pub use self::database::Database;

use self::account::Account;
use self::find::Product;
use self::shared::{Host, Shared, run};
use crate::{BedError, blocking, port, record};

/// What differs between the products.
trait Flavour: fmt::Debug + Send + Sync {
    /// The command that runs the server in the foreground.
    fn command(&self, host: &Host) -> Command;
    /// The signal that makes it shut down in order, and the one that makes it go at once, with its name for `kill`.
    fn signals(&self) -> (Signal, (Signal, &'static str));
    /// The client command that reads statements as the superuser through the local socket, in that database or at home.
    fn client(&self, host: &Host, database: Option<&str>) -> Command;
    /// The client command that reads statements over TCP, with the user and the password of a URL.
    fn client_at(&self, host: &Host, url: &str) -> Command;
    /// A URL for that user and database.
    fn url(&self, user: &str, password: &str, port: u16, database: &str) -> String;
    /// The database that is there from the start.
    fn home(&self) -> &'static str;
    /// The superuser's name.
    fn superuser(&self) -> &'static str;
    /// The statements that create a database, its owner, and a stranger who may enter but not read.
    fn creation(&self, names: &database::Names) -> Vec<String>;
    /// The same statements, so that what they make belongs to the database's owner.
    fn as_owner(&self, _owner: &str, statements: &str) -> String {
        statements.to_owned()
    }
}

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
    shared: Arc<Shared>,
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
    launch(&postgres::PRODUCT, postgres::initialise).await
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
    launch(&mariadb::PRODUCT, mariadb::initialise).await
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

type Initialise = fn(&Path, &Host) -> Result<Box<dyn Flavour>, BedError>;

async fn launch(product: &'static Product, initialise: Initialise) -> Result<SqlServer, BedError> {
    // Before the work moves to another thread: this one bears the test's name.
    record::admit(product.name)?;
    blocking::run(move || SqlServer::launch(product, initialise)).await
}

impl SqlServer {
    fn launch(product: &'static Product, initialise: Initialise) -> Result<Self, BedError> {
        let program = product.locate()?;
        let folder = tempfile::Builder::new().prefix("testbed-").tempdir();
        let folder = folder.map_err(|error| BedError::io("cannot make a data folder", &error))?;
        let account = Account::named(product.account)?;
        account.own(folder.path())?;
        let host = Host { account, folder, port: port::unused_port()?, password: format!("{:016x}", port::random()) };
        let flavour = initialise(&program, &host)?;
        let shared = Arc::new(Shared { process: Mutex::new(None), flavour, product, host });
        shared.start()?;
        record::note("ran", product.name, &find::version(program.as_os_str()));
        Ok(Self { shared })
    }

    /// The superuser's URL, without a database of its own: for a table of one's own see [`SqlServer::database`].
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.superuser_url(self.shared.flavour.home())
    }

    /// The loopback port, which stays the same when the server is stopped and started again.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.shared.host.port
    }

    /// The folder that holds its data and its log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.shared.host.path()
    }

    /// A new, empty database with an owner and a stranger of its own.
    ///
    /// # Errors
    ///
    /// When the server does not run.
    pub async fn database(&self) -> Result<Database, BedError> {
        let shared = Arc::clone(&self.shared);
        blocking::run(move || Database::create(shared)).await
    }

    /// Shuts the server down in order and waits until it is gone; its data and its port stay.
    ///
    /// # Errors
    ///
    /// Only when the runtime shuts down.
    pub async fn stop(&self) -> Result<(), BedError> {
        let (orderly, _) = self.shared.flavour.signals();
        self.end(orderly).await
    }

    /// Kills the server without warning, as a crash does; its data and its port stay.
    ///
    /// # Errors
    ///
    /// Only when the runtime shuts down.
    pub async fn kill(&self) -> Result<(), BedError> {
        self.end(Signal::KILL).await
    }

    /// Starts the server again on the same port with the same data; does nothing when it runs.
    ///
    /// # Errors
    ///
    /// When it does not answer within 20 s.
    pub async fn start(&self) -> Result<(), BedError> {
        let shared = Arc::clone(&self.shared);
        blocking::run(move || shared.start()).await
    }

    async fn end(&self, signal: Signal) -> Result<(), BedError> {
        let shared = Arc::clone(&self.shared);
        blocking::run(move || {
            if let Some(mut process) = shared.process().take() {
                process.end(signal);
            }
            Ok(())
        })
        .await
    }
}
