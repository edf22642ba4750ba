//! The servers, one file each, and the only place that asks which of them are compiled in.
//!
//! What always holds: only a [`Server`] knows what SQL, parameters, columns and error codes look like there.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod url;

use std::{fmt, future::Future, path::PathBuf};

use futures_util::stream::BoxStream;
use sqlx::{database::HasStatementCache, error::DatabaseError};

use super::{
    column::Unreadable,
    connections::{Connections, Fingerprint, Interrupt},
    params::Param,
    sql::{self, Quoting},
    table::Table,
};
use crate::{ErrorKind, SourceError, Value};

/// Settings of a connection, as sqlx names them.
pub(super) type Options<S> = <<S as sqlx::Database>::Connection as sqlx::Connection>::Options;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Host(String, u16),
    Socket(PathBuf),
    /// Nowhere: the database is a file, or in memory.
    Nowhere,
}

/// A kind of server that the source supports: `Sqlite`, `Postgres`, `MySql` of sqlx. Sealed.
///
/// ```
/// use component_model::fetchers::database::{RowFetcher, Server};
///
/// fn of_key<S: Server>(pool: sqlx::Pool<S>, key: &str) -> RowFetcher<S> {
///     RowFetcher::new(pool, "SELECT value FROM config WHERE key = ?").bind(key)
/// }
/// # let _ = of_key::<sqlx::Sqlite>;
/// ```
pub trait Server: sqlx::Database + Dialect {}

impl<S: sqlx::Database + Dialect> Server for S {}

/// What differs between the servers. It cannot be named outside of this source, so nobody else implements it.
pub trait Dialect: sqlx::Database + HasStatementCache {
    /// Most keys of the default table that one query asks for, below the limit of bound values.
    const KEYS_PER_QUERY: usize;

    /// Whether the database is a server: its connection is woken by the runtime that opened it and by no other, may go
    /// silent, and can be closed while a statement runs. Otherwise statements run on a thread of the connection's own.
    const IS_REMOTE: bool = true;

    /// What quotes and comments look like.
    const QUOTING: Quoting;

    /// Where the server is, without user name and password.
    fn place(options: &Options<Self>) -> String;

    /// Where the server listens.
    fn address(options: &Options<Self>) -> Address;

    /// The state of the file, if the database is one. Its connection is used again as long as that stays the same.
    fn fingerprint(options: &Options<Self>) -> impl Future<Output = Option<Fingerprint>> + Send {
        let _ = options;
        async { None }
    }

    /// Whether a connection may stay open while nobody uses it.
    fn may_stay_open(options: &Options<Self>) -> impl Future<Output = bool> + Send {
        let _ = options;
        async { true }
    }

    /// Lets an interrupt stop the statements of a connection that has a thread for them.
    fn install_interrupt(
        connection: &mut Self::Connection,
        interrupt: &Interrupt,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send {
        let _ = (connection, interrupt);
        async { Ok(()) }
    }

    /// Whether the database is lost with its last connection.
    fn lives_in_connection(options: &Options<Self>) -> bool {
        let _ = options;
        false
    }

    /// Ends a transaction that a query left open, if its connection cannot be closed.
    fn roll_back(connection: &mut Self::Connection) -> impl Future<Output = ()> + Send {
        let _ = connection;
        async {}
    }

    /// The parameters, each with the type it has.
    fn arguments(params: &[Param]) -> Result<Self::Arguments, SourceError>;

    /// How many placeholders a query has, if its text tells and the server would not report a mismatch itself.
    fn placeholders_in(sql: &str) -> Option<usize> {
        let _ = sql;
        None
    }

    /// How many placeholders a query has, if only the server can tell and would not report a mismatch itself.
    fn placeholders(
        connection: &mut Self::Connection,
        sql: &str,
    ) -> impl Future<Output = Result<Option<usize>, sqlx::Error>> + Send {
        let _ = (connection, sql);
        async { Ok(None) }
    }

    /// The query for keys and their values.
    fn keys_query(table: &Table, keys: &[&str]) -> Result<(String, Self::Arguments), SourceError>;

    /// Whether a query that failed before its first row succeeds when it is prepared again on the same connection.
    fn is_fixed_by_preparing_again(error: &sqlx::Error) -> bool {
        let _ = error;
        false
    }

    /// Whether the server, or the user there, has no connection left.
    fn is_full(error: &sqlx::Error) -> bool {
        let _ = error;
        false
    }

    /// Whether the server ends the connection with this error.
    fn has_ended(error: &dyn DatabaseError) -> bool {
        let _ = error;
        false
    }

    /// Runs a query; if `keep` is set, its statement stays prepared on the connection.
    fn rows<'c>(
        connection: &'c mut Self::Connection,
        sql: &str,
        arguments: Self::Arguments,
        keep: bool,
    ) -> BoxStream<'c, Result<Self::Row, sqlx::Error>>;

    /// The value of a column, without loss.
    fn value(row: &Self::Row, index: usize) -> Result<Value, Unreadable>;

    /// Classifies an error that the server sent.
    fn classify(error: &dyn DatabaseError) -> SourceError;
}

/// Runs the same code for any server that a pool belongs to.
macro_rules! with_pool {
    ($pool:expr, $inner:ident => $code:expr) => {
        match &$pool.0 {
            #[cfg(feature = "sqlite")]
            $crate::fetchers::database::server::Any::Sqlite($inner) => $code,
            #[cfg(feature = "postgres")]
            $crate::fetchers::database::server::Any::Postgres($inner) => $code,
            #[cfg(feature = "mysql")]
            $crate::fetchers::database::server::Any::MySql($inner) => $code,
        }
    };
}
pub(super) use with_pool;

/// A pool of connections to one of the servers, converted from a pool of sqlx. Clones share the connections.
///
/// ```
/// use component_model::fetchers::database::Pool;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sqlx::Error> {
/// let pool = sqlx::SqlitePool::connect_lazy("sqlite::memory:")?;
/// let pool = Pool::from(pool);
/// # let _ = pool;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Pool(pub(super) Any);

#[derive(Clone)]
pub(super) enum Any {
    #[cfg(feature = "sqlite")]
    Sqlite(Connections<sqlx::Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(Connections<sqlx::Postgres>),
    #[cfg(feature = "mysql")]
    MySql(Connections<sqlx::MySql>),
}

impl Pool {
    /// A pool for a URL, which connects when it is first used.
    pub(super) fn from_url(url: &str) -> Result<Self, SourceError> {
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        match scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => sqlite::options(url).map(|options| Any::Sqlite(Connections::open(options))),
            #[cfg(not(feature = "sqlite"))]
            "sqlite" => Err(off("SQLite", "sqlite")),
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => {
                postgres::options(url).map(|options| Any::Postgres(Connections::open(options)))
            }
            #[cfg(not(feature = "postgres"))]
            "postgres" | "postgresql" => Err(off("PostgreSQL", "postgres")),
            #[cfg(feature = "mysql")]
            "mysql" | "mariadb" => mysql::options(url).map(|options| Any::MySql(Connections::open(options))),
            #[cfg(not(feature = "mysql"))]
            "mysql" | "mariadb" => Err(off("MySQL and MariaDB", "mysql")),
            _ => Err(SourceError::new(ErrorKind::Misconfigured, "the scheme of the database URL is unknown")
                .with_hint("the known schemes are `sqlite:`, `postgres:`, `postgresql:`, `mysql:` and `mariadb:`")),
        }
        .map(Self)
    }

    /// The same connections, with statements kept prepared.
    pub(super) fn keep_statements(self) -> Self {
        Self(match self.0 {
            #[cfg(feature = "sqlite")]
            Any::Sqlite(connections) => Any::Sqlite(connections.keep_statements()),
            #[cfg(feature = "postgres")]
            Any::Postgres(connections) => Any::Postgres(connections.keep_statements()),
            #[cfg(feature = "mysql")]
            Any::MySql(connections) => Any::MySql(connections.keep_statements()),
        })
    }

    /// Where the server is, without user name and password.
    pub(super) fn place(&self) -> String {
        with_pool!(self, connections => place_of(connections))
    }

    /// Closes the connections of a URL.
    pub(super) async fn close(&self) {
        with_pool!(self, connections => connections.close().await);
    }

    /// A query without its literals, which may hold secrets.
    pub(super) fn masked(&self, query: &str) -> String {
        with_pool!(self, connections => masked_for(connections, query))
    }
}

fn place_of<S: Server>(connections: &Connections<S>) -> String {
    S::place(&connections.options())
}

fn masked_for<S: Server>(_: &Connections<S>, query: &str) -> String {
    sql::masked(query, &S::QUOTING)
}

#[cfg(feature = "sqlite")]
impl From<sqlx::SqlitePool> for Pool {
    fn from(pool: sqlx::SqlitePool) -> Self {
        Self(Any::Sqlite(pool.into()))
    }
}

#[cfg(feature = "postgres")]
impl From<sqlx::PgPool> for Pool {
    fn from(pool: sqlx::PgPool) -> Self {
        Self(Any::Postgres(pool.into()))
    }
}

#[cfg(feature = "mysql")]
impl From<sqlx::MySqlPool> for Pool {
    fn from(pool: sqlx::MySqlPool) -> Self {
        Self(Any::MySql(pool.into()))
    }
}

/// Shows where the server is; sqlx's own form shows more.
impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.place()).finish()
    }
}

/// The error for a URL that does not parse; it never repeats the URL, which may hold a password.
fn bad_url(form: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, "the database URL does not parse").with_hint(form)
}

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
fn off(server: &str, feature: &str) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, format!("the URL is for {server}, whose support is not compiled in"))
        .with_hint(format!("turn on the cargo feature `{feature}`"))
}
