//! A database for one test: its owner, a role without permissions (the stranger), and their URLs.

use std::sync::atomic::{AtomicU32, Ordering};

use super::SqlServer;
use crate::program::output_of;
use crate::{BedError, blocking, random};

/// The names and passwords of one database.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) database: String,
    pub(super) stranger: String,
    pub(super) password: String,
}

/// An empty database for one test; it exists as long as its server, and keeps the server running.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let database = testbed::require!(testbed::postgres_database().await);
/// let name = database.name();
/// assert!(database.url().starts_with(&format!("postgres://{name}:")));
/// assert!(database.url().ends_with(&format!("/{name}")));
/// # }
/// ```
#[derive(Debug)]
pub struct Database {
    server: SqlServer,
    names: Names,
}

impl Database {
    pub(super) fn create(server: SqlServer) -> Result<Self, BedError> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let database = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let stranger = format!("{database}_stranger");
        let names = Names { database, stranger, password: random::password() };
        for statement in server.flavour.creation(&names) {
            server.sql(server.flavour.home_database(), &statement)?;
        }
        Ok(Self { server, names })
    }

    /// The URL of the owner, which has all permissions in this database and none elsewhere.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let database = testbed::require!(testbed::postgres_database().await);
    /// assert_eq!(database.query_at(&database.url(), "SELECT 1").await.unwrap(), "1");
    /// # }
    /// ```
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(&self.names.database, &self.names.password)
    }

    /// The URL of the server's superuser in this database.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let database = testbed::require!(testbed::postgres_database().await);
    /// let who = database.query_at(&database.superuser_url(), "SELECT current_user").await;
    /// assert_eq!(who.unwrap(), "postgres");
    /// # }
    /// ```
    #[must_use]
    pub fn superuser_url(&self) -> String {
        self.server.superuser_url(&self.names.database)
    }

    /// The URL of a role that may connect but cannot read the owner's tables.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let database = testbed::require!(testbed::postgres_database().await);
    /// database.execute("CREATE TABLE secret (value text)").await.unwrap();
    /// assert!(database.query_at(&database.stranger_url(), "SELECT * FROM secret").await.is_err());
    /// # }
    /// ```
    #[must_use]
    pub fn stranger_url(&self) -> String {
        self.url_of(&self.names.stranger, &self.names.password)
    }

    /// The owner's URL with a wrong password.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let database = testbed::require!(testbed::postgres_database().await);
    /// assert!(database.query_at(&database.wrong_password_url(), "SELECT 1").await.is_err());
    /// # }
    /// ```
    #[must_use]
    pub fn wrong_password_url(&self) -> String {
        self.url_of(&self.names.database, "wrong-password")
    }

    /// The name of the database and of its owner.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let database = testbed::require!(testbed::postgres_database().await);
    /// assert_eq!(database.query("SELECT current_database()").await.unwrap(), database.name());
    /// # }
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.names.database
    }

    /// The name of the role of [`Database::stranger_url`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let database = testbed::require!(testbed::postgres_database().await);
    /// assert!(database.stranger_url().contains(database.stranger()));
    /// # }
    /// ```
    #[must_use]
    pub fn stranger(&self) -> &str {
        &self.names.stranger
    }

    /// The owner's password, to assert that it is never printed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let database = testbed::require!(testbed::postgres_database().await);
    /// assert!(database.url().contains(database.password()));
    /// # }
    /// ```
    #[must_use]
    pub fn password(&self) -> &str {
        &self.names.password
    }

    /// Runs statements with the server's own client; the objects that they create belong to the owner.
    ///
    /// # Errors
    ///
    /// If a statement fails or the server does not run, with the server's message.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let database = testbed::require!(testbed::postgres_database().await);
    /// database.execute("CREATE TABLE config (value text)").await.unwrap();
    /// assert!(database.execute("nonsense").await.is_err());
    /// # }
    /// ```
    pub async fn execute(&self, statements: &str) -> Result<(), BedError> {
        self.query(statements).await.map(drop)
    }

    /// The output of statements: columns with a tab between them, a line for each row.
    ///
    /// # Errors
    ///
    /// As for [`Database::execute`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let database = testbed::require!(testbed::postgres_database().await);
    /// assert_eq!(database.query("SELECT 1, 2 UNION SELECT 3, 4 ORDER BY 1").await.unwrap(), "1\t2\n3\t4");
    /// # }
    /// ```
    pub async fn query(&self, statements: &str) -> Result<String, BedError> {
        let server = self.server.clone();
        let database = self.names.database.clone();
        let statements = server.flavour.as_owner(&database, statements);
        blocking::run(move || server.sql(&database, &statements)).await
    }

    /// Like [`Database::query`], over TCP as the role of one of this database's URLs.
    ///
    /// # Errors
    ///
    /// If the role may not connect or a statement fails, with the server's message.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let database = testbed::require!(testbed::postgres_database().await);
    /// assert!(database.query_at(&database.url(), "SELECT 1").await.is_ok());
    /// assert!(database.query_at(&database.wrong_password_url(), "SELECT 1").await.is_err());
    /// # }
    /// ```
    pub async fn query_at(&self, url: &str, statements: &str) -> Result<String, BedError> {
        let server = self.server.clone();
        let (url, statements) = (url.to_owned(), statements.to_owned());
        blocking::run(move || output_of(server.flavour.client_at(server.program.home(), &url).arg(statements))).await
    }

    fn url_of(&self, user: &str, password: &str) -> String {
        self.server.flavour.url(user, password, self.server.port(), &self.names.database)
    }
}
