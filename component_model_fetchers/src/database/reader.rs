//! Reads the answer to one query as a type of the program: what a typed fetcher does, without its timeout and its error.

use std::fmt;

use component_model_source::{ErrorKind, Slot as _, SourceError};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::FromRow;

use super::{
    client::{self, Next, Statement},
    connections::Connections,
    failure::classify,
    names::Names,
    params::{self, Param},
    pool::{Pool, statement, with_pool},
    server::Server,
    source::of_query,
    sql::Sql,
};

/// A query and the values of its placeholders.
#[derive(Clone)]
struct Query {
    sql: Sql,
    params: Result<Vec<Param>, SourceError>,
}

impl Query {
    fn new(sql: Sql) -> Self {
        Self { sql, params: Ok(Vec::new()) }
    }

    fn bind(&mut self, value: impl Serialize) {
        let Ok(params) = &mut self.params else { return };
        // The text of a serializer's error may repeat the value.
        let param = serde_json::to_value(value)
            .map_err(|_| SourceError::new(ErrorKind::Misconfigured, "a parameter cannot be serialized"))
            .and_then(|value| params::from_json(params.len(), value));
        match param {
            Ok(param) => params.push(param),
            Err(error) => self.params = Err(error),
        }
    }

    fn params(&self) -> Result<&[Param], SourceError> {
        self.params.as_deref().map_err(Clone::clone)
    }
}

/// A query for any of the servers, whose rows are decoded as a type.
#[derive(Clone)]
pub struct QueryReader {
    pool: Pool,
    query: Query,
}

impl QueryReader {
    /// A reader for a pool.
    #[must_use]
    pub fn new(pool: impl Into<Pool>, query: impl Into<String>) -> Self {
        let pool = pool.into();
        Self { query: Query::new(pool.statement(query)), pool }
    }

    /// A reader for a URL. Nothing is connected before the first read.
    ///
    /// # Errors
    /// As [`Database::from_url`](super::Database::from_url).
    pub fn from_url(url: &str, query: impl Into<String>) -> Result<Self, SourceError> {
        Ok(Self::new(Pool::from_url(url)?, query))
    }

    /// Binds a value to the next placeholder. One that cannot be bound is the error of the read.
    pub fn bind(&mut self, value: impl Serialize) {
        self.query.bind(value);
    }

    /// The query as messages show it.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.query.sql.shown()
    }

    /// Sends the query, and decodes its rows.
    ///
    /// # Errors
    /// That there is no row, if the type is not an `Option`, a list or a map; why there are no rows, or why they do not fit
    /// the type.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection that its query runs on; the pool opens another.
    pub async fn read<T: DeserializeOwned + Send>(&self) -> Result<T, SourceError> {
        let params = self.query.params()?;
        let rows = with_pool!(&self.pool, connections => of_query(connections, &self.query.sql, params).await)?;
        let mut slot = None;
        match rows.read_into(&mut slot, false) {
            Err(error) if error.kind() != ErrorKind::Absent || !slot.accept_absence() => Err(error),
            _ => slot.ok_or_else(no_row),
        }
    }
}

/// Shows the query and where the server is, never a bound value.
impl fmt::Debug for QueryReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = self.shown();
        f.debug_struct("QueryReader").field("pool", &self.pool).field("query", &query).finish_non_exhaustive()
    }
}

/// A query for one kind of server, whose only row is read by sqlx's own `FromRow`.
pub struct RowReader<S: Server> {
    connections: Connections<S>,
    query: Query,
}

impl<S: Server> RowReader<S> {
    /// A reader for a pool.
    #[must_use]
    pub fn new(pool: sqlx::Pool<S>, query: impl Into<String>) -> Self {
        Self { connections: pool.into(), query: Query::new(statement::<S>(query.into())) }
    }

    /// Binds a value to the next placeholder, as [`QueryReader::bind`].
    pub fn bind(&mut self, value: impl Serialize) {
        self.query.bind(value);
    }

    /// The query as messages show it.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.query.sql.shown()
    }

    /// Sends the query, and reads its row.
    ///
    /// # Errors
    /// That there is no row or more than one; why there are none, or why the row does not fit the type.
    ///
    /// # Cancel safety
    /// As for [`QueryReader::read`].
    pub async fn read<T: for<'r> FromRow<'r, S::Row>>(&self) -> Result<T, SourceError> {
        let row = self.one_row().await?;
        T::from_row(&row).map_err(|error| classify(&self.connections, &Names::default(), &error))
    }

    async fn one_row(&self) -> Result<S::Row, SourceError> {
        let mut found = None;
        let mut several = false;
        let statement = Statement::Query { sql: &self.query.sql, params: self.query.params()? };
        client::run(&self.connections, statement, |row: S::Row| {
            several = found.replace(row).is_some();
            Ok(if several { Next::Enough } else { Next::More })
        })
        .await?;
        match found {
            _ if several => Err(SourceError::new(ErrorKind::Malformed, "expected one row, found more")),
            Some(row) => Ok(row),
            None => Err(no_row()),
        }
    }
}

impl<S: Server> fmt::Debug for RowReader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowReader").field("query", &self.shown()).finish_non_exhaustive()
    }
}

fn no_row() -> SourceError {
    SourceError::new(ErrorKind::Absent, "the query has no row")
}
