//! The servers, one file each.
//!
//! What always holds: only a [`Server`] knows what SQL, parameters, columns and error codes look like there.

#[cfg(feature = "mysql")]
pub(super) mod mysql;
#[cfg(feature = "postgres")]
pub(super) mod postgres;
#[cfg(feature = "sqlite")]
pub(super) mod sqlite;
mod url;

use std::{future::Future, path::PathBuf};

use component_model_source::{ErrorKind, SourceError, Value};
use futures_util::stream::BoxStream;
use sqlx::{database::HasStatementCache, error::DatabaseError};

use super::{
    column::Unreadable,
    connections::{Fingerprint, Interrupt},
    names::Names,
    params::Param,
    sql::{Placeholders, Quoting},
    table::{Columns, Table},
};

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

    /// Whether several statements in one text are run, and their rows joined.
    const RUNS_SEVERAL: bool = false;

    /// What quotes and comments look like.
    const QUOTING: Quoting;

    /// Where the server is, without user name and password.
    fn place(options: &Options<Self>) -> String;

    /// Where the server listens.
    fn address(options: &Options<Self>) -> Address;

    /// Opens a connection that this source keeps.
    fn connect(options: &Options<Self>) -> impl Future<Output = Result<Self::Connection, sqlx::Error>> + Send {
        <Self::Connection as sqlx::Connection>::connect_with(options)
    }

    /// Why no connection can be made, if the file system tells more than the error.
    fn why_unopened(
        options: &Options<Self>,
        error: &sqlx::Error,
        place: Option<String>,
    ) -> impl Future<Output = Option<SourceError>> + Send {
        let _ = (options, error, place);
        async { None }
    }

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

    /// The placeholders of a query, if its text tells and the server would not report a mismatch itself.
    fn placeholders(sql: &str) -> Placeholders {
        let _ = sql;
        Placeholders::Unknown
    }

    /// The query for keys, and their values or versions.
    fn keys_query(table: &Table, columns: Columns, keys: &[&str]) -> Result<(String, Self::Arguments), SourceError>;

    /// The version in a column, as text or as a whole number.
    fn version(column: &str) -> String {
        column.to_owned()
    }

    /// A checksum of a salt and the value in a column, if the server has one.
    fn checksum(column: &str, salt: &str) -> Option<String> {
        let _ = (column, salt);
        None
    }

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

    /// Whether a row has so much to parse that the executor's thread should not do it.
    fn takes_long_to_read(row: &Self::Row) -> bool {
        let _ = row;
        false
    }

    /// Classifies an error that the server sent. Of its text only a name is shown that is one of the statement's.
    fn classify(error: &dyn DatabaseError, names: &Names<'_>, options: &Options<Self>) -> SourceError;
}

/// The error for a URL that does not parse; it never repeats the URL, which may hold a password.
fn bad_url(form: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, "the database URL does not parse").with_hint(form)
}
