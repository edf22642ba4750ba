//! What is set up: the default server and the default table.

use std::{fmt, sync::Arc};

use component_model_source::{ErrorKind, SourceError};
use futures_util::future;

use super::{
    by_url::PoolsByUrl,
    pool::Pool,
    table::{Table, VersionBy},
};
use crate::ended::Ended;

/// The variable that [`Database::from_env`] reads.
const VARIABLE: &str = "DATABASE_URL";

/// The source `database`: queries, and the keys of a default table. The module `component_model::fetchers::database` describes
/// it.
///
/// A component can name another database with the option `url`; all others use that of the source.
///
/// Cheap to clone; clones share their connections.
///
/// ```
/// use component_model::{Sources, fetchers::database::Database};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), component_model::SourceError> {
/// let database = Database::from_url("sqlite:settings.db")?.table("settings", "name", "content")?;
/// let sources = Sources::builder().source("database", database).build();
/// assert_eq!(sources.names(), ["database"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Database {
    /// The pool of components without a `url`, or why there is none.
    pub(super) pool: Result<Pool, SourceError>,
    pub(super) by_url: Arc<PoolsByUrl>,
    pub(super) table: Table,
    pub(super) keep_statements: bool,
    /// The channel on which PostgreSQL tells changes of the default table.
    #[cfg(feature = "postgres")]
    pub(super) channel: Option<Arc<str>>,
    pub(super) ended: Ended,
}

impl Database {
    /// A source for a pool of your own: an `SqlitePool`, a `PgPool` or a `MySqlPool` of sqlx.
    ///
    /// It uses the pool's connections and opens none beside them. Statements that nobody waits for any more may run on at
    /// the server, on as many connections again as the pool has, but not more; those of a small pool may block it until
    /// they have ended, for 30 s at most.
    ///
    /// ```
    /// use component_model::fetchers::database::Database;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sqlx::Error> {
    /// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// let database = Database::new(pool);
    /// # let _ = database;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new(pool: impl Into<Pool>) -> Self {
        Self::with(Ok(pool.into()))
    }

    fn with(pool: Result<Pool, SourceError>) -> Self {
        Self {
            pool,
            by_url: Arc::default(),
            table: Table::default(),
            keep_statements: false,
            #[cfg(feature = "postgres")]
            channel: None,
            ended: Ended::default(),
        }
    }

    /// A source for a URL: `sqlite:`, `postgres:`, `postgresql:`, `mysql:` or `mariadb:`.
    ///
    /// Nothing is connected before the first fetch. After that there are at most 16 connections, or fewer if the server
    /// allows fewer, and a fetch that finds none free waits for one. Statements that nobody waits for any more may run on at
    /// the server, on as many connections again: MySQL and MariaDB notice that a connection is closed when the statement
    /// ends, while PostgreSQL is told to cancel it. A connection is used for up to 30 minutes, and closed if
    /// it is idle for a minute. One that stopped answering is not used again, nor is any that has been idle since before. A
    /// SQLite file is kept open until it is written to or replaced.
    ///
    /// The parameters of the URL are those of sqlx. Some that other clients read are ignored: `connect_timeout`,
    /// `connection_limit`, `pool_timeout`, and for PostgreSQL `channel_binding`, `gssencmode`, `keepalives` and similar ones,
    /// `tcp_user_timeout`, `fallback_application_name` and `pgbouncer`. Any other is an error.
    ///
    /// For PostgreSQL, what the URL lacks is taken from `PGHOST` and similar variables, and the password from the file that
    /// `PGPASSFILE` names, or from `.pgpass`.
    ///
    /// ```
    /// use component_model::{ErrorKind, fetchers::database::Database};
    ///
    /// let error = Database::from_url("oracle://db").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Misconfigured);
    /// ```
    ///
    /// # Errors
    /// If the URL does not parse or has an unknown parameter, if its server's cargo feature is off, or if the password would
    /// come from a line of the password file that is not valid, or from a file that others may read. The message never
    /// repeats the URL.
    pub fn from_url(url: &str) -> Result<Self, SourceError> {
        Pool::from_url(url).map(Self::new)
    }

    /// A source for the URL in the variable `DATABASE_URL`. If the variable is not set, only components with a `url` of their
    /// own can be fetched.
    ///
    /// ```
    /// use component_model::{Sources, fetchers::database::Database};
    ///
    /// // If the URL does not parse, the components that need the source fail or fall back, and no others.
    /// let sources = Sources::builder().try_source("database", Database::from_env()).build();
    /// ```
    ///
    /// # Errors
    /// If the variable is not UTF-8, otherwise as [`from_url`](Self::from_url).
    pub fn from_env() -> Result<Self, SourceError> {
        match std::env::var(VARIABLE) {
            Ok(url) if !url.is_empty() => Self::from_url(&url),
            Ok(_) | Err(std::env::VarError::NotPresent) => {
                Ok(Self::with(Err(SourceError::new(ErrorKind::NotSetUp, format!("`{VARIABLE}` is not set"))
                    .with_hint("set it to the URL of the database, such as `postgres://user:password@host/name`"))))
            }
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(SourceError::new(ErrorKind::Misconfigured, format!("`{VARIABLE}` is not UTF-8")))
            }
        }
    }

    /// Keeps statements prepared on their connections, which saves one of two round trips.
    ///
    /// Off by default: a pooler that gives each statement another connection loses them, unless it is configured for
    /// prepared statements. A table whose columns change can still be read, with some more round trips.
    ///
    /// ```
    /// use component_model::fetchers::database::Database;
    ///
    /// let database = Database::from_url("postgres://app:secret@db/settings")?.keep_statements();
    /// # let _ = database;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn keep_statements(mut self) -> Self {
        self.pool = self.pool.map(Pool::keep_statements);
        self.keep_statements = true;
        self
    }

    /// Closes the connections of a source from a URL and those of components with a `url`, for all its clones: idle ones now,
    /// those in use when their query ends. A later fetch fails as misconfigured. A pool of your own stays open: close it
    /// yourself.
    ///
    /// ```
    /// use component_model::fetchers::database::Database;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::SourceError> {
    /// let database = Database::from_url("sqlite:settings.db")?;
    /// database.close().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// The source is closed once the future has been polled. If the future is dropped before it is ready, idle connections
    /// are dropped without a message to the server.
    pub async fn close(&self) {
        self.ended.end();
        let default = async {
            if let Ok(pool) = &self.pool {
                pool.close().await;
            }
        };
        future::join(default, self.by_url.close()).await;
    }

    /// Watches keys of the default table by `LISTEN` on a channel, on which a trigger of PostgreSQL tells each change. Without it
    /// they are polled. The module `component_model::fetchers::database` has the trigger, for the channel `config_changed`.
    ///
    /// Each watch has a connection of its own for that. It reads its keys after each notification, after each loss of the
    /// connection, and every 30 s in case the trigger is missing. Queries, and components with a `url`, are polled.
    ///
    /// ```
    /// use component_model::fetchers::database::Database;
    ///
    /// let database = Database::from_url("postgres://app:secret@db/settings")?.listen("config_changed")?;
    /// assert!(Database::from_url("sqlite:app.db")?.listen("config_changed").is_err());
    /// # let _ = database;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If the name is empty, longer than 63 bytes, or has control characters, or if the database is not PostgreSQL.
    #[cfg(feature = "postgres")]
    pub fn listen(mut self, channel: &str) -> Result<Self, SourceError> {
        let misconfigured = |message| Err(SourceError::new(ErrorKind::Misconfigured, message));
        if channel.is_empty() || channel.len() > 63 || channel.chars().any(char::is_control) {
            return misconfigured("the name of the channel is empty, longer than 63 bytes, or has control characters");
        }
        if self.pool.as_ref().is_ok_and(|pool| !pool.is_postgres()) {
            return misconfigured("only PostgreSQL tells changes on a channel");
        }
        self.channel = Some(channel.into());
        Ok(self)
    }

    /// Changes the default table, `config` with the columns `key` and `value`.
    ///
    /// The names are quoted, so they are matched exactly, upper and lower case included. A dot separates the schema from
    /// the table.
    ///
    /// ```
    /// use component_model::fetchers::database::Database;
    ///
    /// let database = Database::from_url("sqlite:app.db")?.table("app.settings", "name", "content")?;
    /// assert!(database.table("", "name", "content").is_err());
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If a name is empty, longer than 128 bytes, or has control characters.
    pub fn table(mut self, table: &str, key_column: &str, value_column: &str) -> Result<Self, SourceError> {
        self.table = Table::new(table, key_column, value_column)?.with_versions_of(self.table);
        Ok(self)
    }

    /// Names the column of the default table whose value changes with each change of a row, such as a counter or the time of the
    /// change. A key whose version the caller has, because it polls or caches, then costs one query that reads versions only.
    ///
    /// It may be text, a whole number, or a date and time. PostgreSQL's own `xmin` is one.
    ///
    /// ```
    /// use component_model::fetchers::database::Database;
    ///
    /// let database = Database::from_url("sqlite:app.db")?.version_column("changes")?;
    /// # let _ = database;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// As [`table`](Self::table).
    pub fn version_column(mut self, column: &str) -> Result<Self, SourceError> {
        self.table = self.table.with_version(VersionBy::Column(column.to_owned()))?;
        Ok(self)
    }

    /// As [`version_column`](Self::version_column), for a table without such a column: the server makes a checksum of each
    /// value, SHA-256 with a salt of this process. PostgreSQL (from 11 on), MySQL and MariaDB can; in a SQLite database that a
    /// component names, values have no versions.
    ///
    /// ```
    /// use component_model::fetchers::database::Database;
    ///
    /// let database = Database::from_url("postgres://app:secret@db/settings")?.checksums()?;
    /// assert!(Database::from_url("sqlite:app.db")?.checksums().is_err());
    /// # let _ = database;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If the database is SQLite.
    pub fn checksums(mut self) -> Result<Self, SourceError> {
        if self.pool.as_ref().is_ok_and(|pool| !pool.has_checksums()) {
            return Err(SourceError::new(ErrorKind::Misconfigured, "SQLite makes no checksums")
                .with_hint("name a column with `version_column`"));
        }
        self.table = self.table.with_version(VersionBy::Checksum)?;
        Ok(self)
    }
}

/// A source without a database of its own: every component needs a `url`.
///
/// ```
/// use component_model::{Sources, fetchers::database::Database};
///
/// let sources = Sources::builder().source("database", Database::default()).build();
/// # let _ = sources;
/// ```
impl Default for Database {
    fn default() -> Self {
        let error = SourceError::new(ErrorKind::NotSetUp, "the source has no database of its own");
        Self::with(Err(error.with_hint("give the component a `url`, or set the source up with `Database::from_url`")))
    }
}

/// Shows where the server is, never the user's name or the password, and nothing of the URLs of components.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("pool", &self.pool.as_ref().ok()).field("table", &self.table).finish()
    }
}
