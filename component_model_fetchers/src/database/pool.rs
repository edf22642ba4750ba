//! A pool of connections to any of the servers: the only place that asks which of them are compiled in.

use std::fmt;

use component_model_source::{ErrorKind, SourceError};

use super::{
    connections::Connections,
    server::{self, Server},
    sql::{Sql, is_several},
};
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::credentials;

/// Runs the same code for any server that a pool belongs to.
macro_rules! with_pool {
    ($pool:expr, $inner:ident => $code:expr) => {
        match &$pool.0 {
            #[cfg(feature = "sqlite")]
            $crate::database::pool::Any::Sqlite($inner) => $code,
            #[cfg(feature = "postgres")]
            $crate::database::pool::Any::Postgres($inner) => $code,
            #[cfg(feature = "mysql")]
            $crate::database::pool::Any::MySql($inner) => $code,
        }
    };
}
pub(super) use with_pool;

/// Changes the connections to any server.
macro_rules! map_pool {
    ($pool:expr, $inner:ident => $code:expr) => {
        Self(match $pool.0 {
            #[cfg(feature = "sqlite")]
            Any::Sqlite($inner) => Any::Sqlite($code),
            #[cfg(feature = "postgres")]
            Any::Postgres($inner) => Any::Postgres($code),
            #[cfg(feature = "mysql")]
            Any::MySql($inner) => Any::MySql($code),
        })
    };
}

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

/// What is not the URL of a database: perhaps a file, or a host.
fn unknown_scheme(url: &str) -> SourceError {
    let error = SourceError::new(ErrorKind::Misconfigured, "the scheme of the database URL is unknown");
    let known: Vec<_> = [
        (cfg!(feature = "sqlite"), "sqlite:orders.db"),
        (cfg!(feature = "postgres"), "postgres://user:password@host/name"),
        (cfg!(feature = "mysql"), "mysql://user:password@host/name"),
    ]
    .into_iter()
    .filter_map(|(is_on, example)| is_on.then_some(example))
    .collect();
    let is_path =
        url.starts_with(['.', '/']) || [".db", ".sqlite", ".sqlite3"].iter().any(|ending| url.ends_with(ending));
    error.with_hint(match is_path && cfg!(feature = "sqlite") {
        // The URL is not repeated, since it may have a password.
        true => "write `sqlite:` before the path of a file of SQLite".to_owned(),
        false => format!("a URL is written as `{}`", known.join("`, or `")),
    })
}

impl Pool {
    /// A pool for a URL, which connects when it is first used.
    pub(super) fn from_url(url: &str) -> Result<Self, SourceError> {
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        let pool = match scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => server::sqlite::options(url).map(|options| Any::Sqlite(Connections::open(options))),
            #[cfg(not(feature = "sqlite"))]
            "sqlite" => Err(off("SQLite", "sqlite")),
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => {
                server::postgres::options(url).map(|options| Any::Postgres(Connections::open(options)))
            }
            #[cfg(not(feature = "postgres"))]
            "postgres" | "postgresql" => Err(off("PostgreSQL", "postgres")),
            #[cfg(feature = "mysql")]
            "mysql" | "mariadb" => server::mysql::options(url).map(|options| Any::MySql(Connections::open(options))),
            #[cfg(not(feature = "mysql"))]
            "mysql" | "mariadb" => Err(off("MySQL and MariaDB", "mysql")),
            _ => Err(unknown_scheme(url)),
        };
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        if scheme != "sqlite" && credentials::may_be_in_host(url) {
            return pool.map(|pool| Self(pool).hide_place());
        }
        pool.map(Self)
    }

    /// The same connections, with statements kept prepared.
    pub(super) fn keep_statements(self) -> Self {
        map_pool!(self, connections => connections.keep_statements())
    }

    /// The same connections, without a text that says where the server is.
    pub(super) fn hide_place(self) -> Self {
        map_pool!(self, connections => connections.hide_place())
    }

    /// Where the server is, without user name and password.
    pub(super) fn place(&self) -> String {
        with_pool!(self, connections => connections.place())
    }

    /// Whether its server makes checksums.
    pub(super) fn has_checksums(&self) -> bool {
        with_pool!(self, connections => makes_checksums(connections))
    }

    /// Whether its server is PostgreSQL.
    #[cfg(feature = "postgres")]
    pub(super) fn is_postgres(&self) -> bool {
        matches!(self.0, Any::Postgres(_))
    }

    /// Closes the connections of a URL.
    pub(super) async fn close(&self) {
        with_pool!(self, connections => connections.close().await);
    }

    /// Reads a statement as the server does.
    pub(super) fn statement(&self, text: impl Into<String>) -> Sql {
        with_pool!(self, connections => statement_for(connections, text.into()))
    }
}

fn statement_for<S: Server>(_: &Connections<S>, text: String) -> Sql {
    statement::<S>(text)
}

fn makes_checksums<S: Server>(_: &Connections<S>) -> bool {
    S::checksum("", "").is_some()
}

/// Reads a statement as the server does.
pub(super) fn statement<S: Server>(text: String) -> Sql {
    let placeholders = S::placeholders(&text);
    let is_several = S::RUNS_SEVERAL && is_several(&text, &S::QUOTING);
    Sql::new(text, &S::QUOTING, placeholders, is_several)
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

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
fn off(server: &str, feature: &str) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, format!("the URL is for {server}, whose support is not compiled in"))
        .with_hint(format!("turn on the cargo feature `{feature}`"))
}
