//! Runs a query: a connection from the pool, the rows one by one, and every failure classified, here and nowhere else
//! (a server's own codes in its file in `server`).

use std::{future::Future, pin::pin, time::Duration};

use futures_util::{
    StreamExt as _,
    future::{Either, select},
};
use sqlx::{ConnectOptions as _, Connection as _, pool::PoolConnection};
use tokio::runtime::Handle;

use super::{
    column::{LIMIT, too_large},
    params::Param,
    server::Server,
    table::Table,
};
use crate::{ErrorKind, SourceError};

/// How long a pool may look for a connection before it is asked why.
const PATIENCE: Duration = Duration::from_millis(200);

/// Whether more rows are wanted.
pub(super) enum Next {
    More,
    Enough,
}

/// What a server is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Statement<'a> {
    /// A query of the user's and the values of its placeholders.
    Query { sql: &'a str, params: &'a [Param] },
    /// Some keys of the default table.
    Keys { table: &'a Table, keys: &'a [&'a str] },
}

impl Statement<'_> {
    fn make<S: Server>(&self) -> Result<(String, S::Arguments), SourceError> {
        match self {
            Self::Query { sql, params } => Ok(((*sql).to_owned(), S::arguments(params)?)),
            Self::Keys { table, keys } => S::keys_query(table, keys),
        }
    }
}

/// Why rows are not read to the end.
enum Broken {
    Server(sqlx::Error),
    Row(SourceError),
    /// Nobody wants more.
    Enough,
}

/// Runs a statement, and hands over each row.
///
/// # Cancel safety
/// Dropping it closes the connection where an answer may still be under way.
pub(super) async fn run<S: Server>(
    pool: &sqlx::Pool<S>,
    statement: Statement<'_>,
    mut row: impl FnMut(S::Row) -> Result<Next, SourceError> + Send,
) -> Result<(), SourceError> {
    let mut lease = Lease::<S>::take(pool).await?;
    check_count::<S>(pool, lease.connection()?, statement).await?;
    let mut read = read::<S>(lease.connection()?, statement, &mut row).await;
    // Bound to fail before the first row.
    if matches!(&read, Err(Broken::Server(error)) if S::wants_a_second_try(error)) {
        read = self::read::<S>(lease.connection()?, statement, &mut row).await;
    }
    match read {
        Ok(()) => {
            lease.finished = true;
            Ok(())
        }
        Err(Broken::Enough) => Ok(()),
        Err(Broken::Row(error)) => Err(error),
        Err(Broken::Server(error)) => {
            // The server has said its last word on this query, and the connection is in order.
            lease.finished = matches!(error, sqlx::Error::Database(_));
            Err(of_sqlx::<S>(pool, &error))
        }
    }
}

async fn read<S: Server>(
    connection: &mut S::Connection,
    statement: Statement<'_>,
    row: &mut (impl FnMut(S::Row) -> Result<Next, SourceError> + Send),
) -> Result<(), Broken> {
    let (sql, arguments) = statement.make::<S>().map_err(Broken::Row)?;
    let mut rows = S::rows(connection, &sql, arguments);
    while let Some(next) = rows.next().await {
        match row(next.map_err(Broken::Server)?).map_err(Broken::Row)? {
            Next::More => {}
            Next::Enough => return Err(Broken::Enough),
        }
    }
    Ok(())
}

/// Compares parameters and placeholders, where the server does not.
async fn check_count<S: Server>(
    pool: &sqlx::Pool<S>,
    connection: &mut S::Connection,
    statement: Statement<'_>,
) -> Result<(), SourceError> {
    let Statement::Query { sql, params } = statement else { return Ok(()) };
    match S::placeholders(connection, sql).await.map_err(|error| of_sqlx::<S>(pool, &error))? {
        Some(expected) if expected != params.len() => Err(wrong_count()),
        _ => Ok(()),
    }
}

/// Counts what an answer holds, up to the limit.
#[derive(Debug, Default)]
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), SourceError> {
        self.0 = self.0.saturating_add(bytes);
        if self.0 > LIMIT { Err(too_large()) } else { Ok(()) }
    }
}

/// A connection that goes back to the pool only when its answer was read to the end.
struct Lease<S: Server> {
    connection: Option<PoolConnection<S>>,
    finished: bool,
}

impl<S: Server> Lease<S> {
    async fn take(pool: &sqlx::Pool<S>) -> Result<Self, SourceError> {
        let connection = acquire(pool).await.map_err(|error| of_sqlx::<S>(pool, &error))?;
        Ok(Self { connection: Some(connection), finished: false })
    }

    fn connection(&mut self) -> Result<&mut S::Connection, SourceError> {
        match &mut self.connection {
            Some(connection) => Ok(connection),
            None => Err(SourceError::new(ErrorKind::Other, "the connection was given back")),
        }
    }
}

impl<S: Server> Drop for Lease<S> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let reusable = self.finished || S::SURVIVES_CANCELLATION;
        // The pool takes a connection back in a task, which needs a runtime; one that is detached is closed at once.
        if !reusable || Handle::try_current().is_err() {
            drop(connection.detach());
        }
    }
}

/// A connection of the pool.
///
/// sqlx's pool keeps trying while connections are refused or the server starts up, and says "timed out" in the end. So
/// a connection that does not come soon is also tried for without the pool: that answer says why.
async fn acquire<S: Server>(pool: &sqlx::Pool<S>) -> Result<PoolConnection<S>, sqlx::Error> {
    let mut acquired = pin!(pool.acquire());
    if let Ok(acquired) = tokio::time::timeout(PATIENCE, &mut acquired).await {
        return acquired;
    }
    match select(acquired, pin!(diagnose(pool))).await {
        Either::Left((acquired, _)) => acquired,
        Either::Right((Some(why), _)) => Err(why),
        Either::Right((None, acquired)) => acquired.await,
    }
}

/// Why no connection can be made, if none can.
fn diagnose<S: Server>(pool: &sqlx::Pool<S>) -> impl Future<Output = Option<sqlx::Error>> + Send {
    let options = pool.connect_options();
    async move {
        match options.connect().await {
            Ok(connection) => {
                // It only was to be seen whether it can be had.
                let _ = connection.close().await;
                None
            }
            Err(error) => Some(error),
        }
    }
}

/// The class of an error of sqlx.
///
/// Most of its texts are dropped: they may repeat the URL, the user's name or a value.
fn of_sqlx<S: Server>(pool: &sqlx::Pool<S>, error: &sqlx::Error) -> SourceError {
    use sqlx::Error as E;
    match error {
        E::Database(error) => S::classify(&**error),
        E::Io(error) => unreachable(&S::place(&pool.connect_options()), error),
        E::Tls(_) => SourceError::new(ErrorKind::Unreachable, "no TLS connection can be made")
            .with_hint("check the server's certificate and the `sslmode` of the connection"),
        E::PoolTimedOut => SourceError::new(ErrorKind::Timeout, "no connection became free in time"),
        E::PoolClosed => SourceError::new(ErrorKind::Misconfigured, "the pool of connections is closed"),
        E::WorkerCrashed => SourceError::new(ErrorKind::Unavailable, "the connection's worker has stopped"),
        E::Configuration(_) => SourceError::new(ErrorKind::Misconfigured, "the connection is set up wrongly"),
        E::InvalidArgument(_) | E::Encode(_) => {
            SourceError::new(ErrorKind::Misconfigured, "a parameter cannot be sent")
        }
        E::Protocol(text) if text.contains("parameters were provided") => wrong_count(),
        // sqlx takes the end of the connection for a byte.
        E::Protocol(text) if text.contains("SSLRequest: 0x00") => {
            unreachable(&S::place(&pool.connect_options()), &std::io::ErrorKind::UnexpectedEof.into())
        }
        E::Protocol(_) => SourceError::new(ErrorKind::Malformed, "the server answered something that makes no sense"),
        E::RowNotFound => SourceError::new(ErrorKind::Absent, "the query has no row"),
        E::ColumnNotFound(name) => SourceError::new(ErrorKind::Malformed, format!("the answer has no column `{name}`")),
        E::ColumnDecode { index, .. } => {
            SourceError::new(ErrorKind::Malformed, format!("the column {index} does not fit the type"))
        }
        E::Decode(_) | E::TypeNotFound { .. } => SourceError::new(ErrorKind::Malformed, "the answer cannot be read"),
        _ => SourceError::new(ErrorKind::Other, "the database client failed"),
    }
}

/// The class of what a type's own `FromRow` says.
pub(super) fn of_row<S: Server>(pool: &sqlx::Pool<S>, error: &sqlx::Error) -> SourceError {
    of_sqlx::<S>(pool, error)
}

fn unreachable(place: &str, error: &std::io::Error) -> SourceError {
    use std::io::ErrorKind as Io;
    let what = match error.kind() {
        Io::ConnectionRefused => "refuses connections",
        Io::ConnectionReset | Io::BrokenPipe | Io::ConnectionAborted | Io::UnexpectedEof => "closed the connection",
        Io::TimedOut => "does not answer",
        Io::NotFound => "is not there",
        _ => "cannot be reached",
    };
    // The system's own errors hold a code and its text; others may hold anything.
    let known = SourceError::new(ErrorKind::Unreachable, format!("{place} {what}"));
    match error.raw_os_error() {
        Some(code) => known.with_cause(std::io::Error::from_raw_os_error(code)),
        None => known,
    }
}

/// The query has more or fewer placeholders than there are parameters.
pub(super) fn wrong_count() -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, "the query has another number of placeholders than there are parameters")
        .with_hint("give `params` one item for each placeholder")
}
