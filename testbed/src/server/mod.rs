//! SQL servers: found, initialised, started, stopped, killed and started again.
//!
//! What is the same for every product is here; `postgres` and `mariadb` say what differs.

mod account;
mod database;
mod find;
mod mariadb;
mod postgres;
mod process;

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::sync::OnceCell;

pub use self::database::Database;

use self::account::Account;
use self::find::Product;
use self::process::Process;
use crate::{BedError, blocking, port, record};

const START_UP: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);
const LOG_TAIL: usize = 25;

/// What differs between the products.
trait Flavour: fmt::Debug + Send + Sync {
    /// The command that runs the server in the foreground.
    fn command(&self, host: &Host) -> Command;
    /// The signal that makes it shut down in order, and the one that makes it go at once, with its name for `kill`.
    fn signals(&self) -> (Signal, (Signal, &'static str));
    /// The client command that reads statements as the superuser through the local socket, in that database or at home.
    fn client(&self, host: &Host, database: Option<&str>) -> Command;
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

/// Where one server lives.
#[derive(Debug)]
struct Host {
    account: Account,
    folder: tempfile::TempDir,
    port: u16,
    password: String,
}

impl Host {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn log(&self) -> PathBuf {
        self.path().join("server.log")
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.account.command(program, self.path())
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

#[derive(Debug)]
struct Shared {
    // Dropped first: the folder inside `host` goes after the server that writes to it.
    process: Mutex<Option<Process>>,
    flavour: Box<dyn Flavour>,
    product: &'static Product,
    host: Host,
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

impl Shared {
    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn superuser_url(&self, database: &str) -> String {
        self.flavour.url(self.flavour.superuser(), &self.host.password, self.host.port, database)
    }

    fn start(&self) -> Result<(), BedError> {
        let mut running = self.process();
        if running.as_mut().is_some_and(|process| process.ended().is_none()) {
            return Ok(());
        }
        let start = Instant::now();
        let mut process = self.spawn()?;
        while start.elapsed() < START_UP {
            thread::sleep(POLL);
            if process.ended().is_some() {
                // What a killed server leaves behind for a moment, such as its children, can refuse a successor.
                thread::sleep(POLL * 10);
                process = self.spawn()?;
            } else if self.sql(None, "SELECT 1").is_ok() {
                *running = Some(process);
                return Ok(());
            }
        }
        Err(self.silent())
    }

    fn spawn(&self) -> Result<Process, BedError> {
        let (_, quick) = self.flavour.signals();
        let host = &self.host;
        Process::spawn(&self.flavour.command(host), host.account, host.path(), &host.log(), quick)
    }

    fn silent(&self) -> BedError {
        let name = self.product.name;
        BedError::failed(format!("{name} did not answer within {START_UP:?}; its log ends with\n{}", self.log_tail()))
    }

    fn log_tail(&self) -> String {
        let log = fs::read(self.host.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n")
    }

    /// Runs statements as the superuser and gives back what they print.
    fn sql(&self, database: Option<&str>, statements: &str) -> Result<String, BedError> {
        run(self.flavour.client(&self.host, database).arg(statements))
    }
}

/// Runs a helper program to its end; its output, or its complaint as the error.
fn run(command: &mut Command) -> Result<String, BedError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| BedError::io(&format!("cannot run {program}"), &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(BedError::failed(format!("{program} failed ({}): {}", output.status, String::from_utf8_lossy(&said).trim())))
}
