//! The servers, one file each, and the only place that asks which of them are compiled in.
//!
//! What always holds: a [`Server`] says how SQL, parameters, columns and error codes look there, and nothing else
//! of this source knows.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::{fmt, future::Future};

use futures_util::stream::BoxStream;
use sqlx::error::DatabaseError;

use super::{column::Unreadable, params::Param, table::Table};
use crate::{ErrorKind, SourceError, Value};

/// Settings of a connection, as sqlx names them.
pub(super) type Options<S> = <<S as sqlx::Database>::Connection as sqlx::Connection>::Options;

/// A kind of server that the source speaks to: `Sqlite`, `Postgres`, `MySql` of sqlx. Sealed.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use component_model_async::fetchers::database::{RowFetcher, Server};
///
/// fn of_key<S: Server>(pool: sqlx::Pool<S>, key: &str) -> RowFetcher<S> {
///     RowFetcher::new(pool, "SELECT value FROM config WHERE key = ?").bind(key)
/// }
/// # let _ = of_key::<sqlx::Sqlite>;
/// # }
/// ```
pub trait Server: sqlx::Database + Dialect {}

impl<S: sqlx::Database + Dialect> Server for S {}

/// What differs between the servers. Not named outside of this source, so that nobody else implements it.
pub trait Dialect: sqlx::Database {
    /// Most keys of the default table that one query asks for, below the limit of bound values.
    const KEYS_PER_QUERY: usize;

    /// Whether a connection whose query was dropped can be used again at once.
    const SURVIVES_CANCELLATION: bool = false;

    /// Where the server is, without user name and password.
    fn place(options: &Options<Self>) -> String;

    /// The parameters, each with the type it has.
    fn arguments(params: &[Param]) -> Result<Self::Arguments, SourceError>;

    /// How many placeholders a query has, where the server would not complain of a wrong number itself.
    fn placeholders(
        connection: &mut Self::Connection,
        sql: &str,
    ) -> impl Future<Output = Result<Option<usize>, sqlx::Error>> + Send {
        let _ = (connection, sql);
        async { Ok(None) }
    }

    /// The query that gives key and value of some keys.
    fn keys_query(table: &Table, keys: &[&str]) -> Result<(String, Self::Arguments), SourceError>;

    /// Whether a query that failed so, before its first row, succeeds on the same connection.
    fn wants_a_second_try(error: &sqlx::Error) -> bool {
        let _ = error;
        false
    }

    /// Runs a query; its statement is not kept.
    fn rows<'c>(
        connection: &'c mut Self::Connection,
        sql: &str,
        arguments: Self::Arguments,
    ) -> BoxStream<'c, Result<Self::Row, sqlx::Error>>;

    /// The value of a column, without loss.
    fn value(row: &Self::Row, index: usize) -> Result<Value, Unreadable>;

    /// The class of an error that the server sent.
    fn classify(error: &dyn DatabaseError) -> SourceError;
}

/// Runs the same code for whichever server a pool belongs to.
macro_rules! with_pool {
    ($pool:expr, $inner:ident => $code:expr) => {
        match $pool {
            #[cfg(feature = "sqlite")]
            $crate::fetchers::database::Pool::Sqlite($inner) => $code,
            #[cfg(feature = "postgres")]
            $crate::fetchers::database::Pool::Postgres($inner) => $code,
            #[cfg(feature = "mysql")]
            $crate::fetchers::database::Pool::MySql($inner) => $code,
        }
    };
}
pub(super) use with_pool;

/// A pool of connections to one of the servers; made with `from` out of sqlx's own pools. Clones share the connections.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use component_model_async::fetchers::database::Pool;
///
/// let pool = sqlx::SqlitePool::connect_lazy("sqlite::memory:")?;
/// let pool = Pool::from(pool);
/// # let _ = pool;
/// # Ok::<(), sqlx::Error>(())
/// # }).map_err(std::io::Error::other)?;
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Pool {
    /// SQLite, with the cargo feature `sqlite`.
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
    /// PostgreSQL, with the cargo feature `postgres`.
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
    /// MySQL and MariaDB, with the cargo feature `mysql`.
    #[cfg(feature = "mysql")]
    MySql(sqlx::MySqlPool),
}

impl Pool {
    /// A pool for a URL, which connects when it is first used.
    pub(super) fn from_url(url: &str) -> Result<Self, SourceError> {
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        match scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => sqlite::pool(url).map(Self::Sqlite),
            #[cfg(not(feature = "sqlite"))]
            "sqlite" => Err(off("SQLite", "sqlite")),
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => postgres::pool(url).map(Self::Postgres),
            #[cfg(not(feature = "postgres"))]
            "postgres" | "postgresql" => Err(off("PostgreSQL", "postgres")),
            #[cfg(feature = "mysql")]
            "mysql" | "mariadb" => mysql::pool(url).map(Self::MySql),
            #[cfg(not(feature = "mysql"))]
            "mysql" | "mariadb" => Err(off("MySQL and MariaDB", "mysql")),
            _ => Err(SourceError::new(ErrorKind::Misconfigured, "the database URL has no scheme that is known")
                .with_hint("known are `sqlite:`, `postgres:`, `postgresql:`, `mysql:` and `mariadb:`")),
        }
    }

    /// Where the server is, without user name and password.
    pub(super) fn place(&self) -> String {
        with_pool!(self, pool => place_of(pool))
    }
}

fn place_of<S: Server>(pool: &sqlx::Pool<S>) -> String {
    S::place(&pool.connect_options())
}

#[cfg(feature = "sqlite")]
impl From<sqlx::SqlitePool> for Pool {
    fn from(pool: sqlx::SqlitePool) -> Self {
        Self::Sqlite(pool)
    }
}

#[cfg(feature = "postgres")]
impl From<sqlx::PgPool> for Pool {
    fn from(pool: sqlx::PgPool) -> Self {
        Self::Postgres(pool)
    }
}

#[cfg(feature = "mysql")]
impl From<sqlx::MySqlPool> for Pool {
    fn from(pool: sqlx::MySqlPool) -> Self {
        Self::MySql(pool)
    }
}

/// Shows where the server is; sqlx's own form shows more.
impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.place()).finish()
    }
}

/// Options of a pool of our own.
///
/// Without limits of age and idleness sqlx starts no task, so that a pool can be made outside of a runtime and leaves
/// nothing behind; a connection that died in the meantime is noticed before its use.
fn pool_options<S: Server>() -> sqlx::pool::PoolOptions<S> {
    sqlx::pool::PoolOptions::new().max_connections(16).idle_timeout(None).max_lifetime(None)
}

/// The error for a URL that does not parse; it never repeats the URL, which may hold a password.
fn bad_url(form: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, "the database URL does not parse").with_hint(form)
}

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
fn off(server: &str, feature: &str) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, format!("the URL is one of {server}, which is not compiled in"))
        .with_hint(format!("turn on the cargo feature `{feature}`"))
}
