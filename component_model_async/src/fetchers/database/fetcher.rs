//! The typed fetchers: one query, one component.

use std::{fmt, time::Duration};

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
use crate::{ComponentError, ComponentFetcher, ErrorKind, Slot as _, SourceError, policy::timeout};

/// A query and the values of its placeholders.
#[derive(Clone)]
struct Query {
    sql: Sql,
    params: Result<Vec<Param>, SourceError>,
    timeout: Duration,
}

impl Query {
    fn new(sql: Sql) -> Self {
        Self { sql, params: Ok(Vec::new()), timeout: timeout::DEFAULT }
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

    fn failed(&self, error: SourceError) -> ComponentError {
        ComponentError::from(error).located("database", self.sql.shown())
    }
}

/// Fetches one component with a query. The type decides what the rows are: a scalar or a struct takes one row, a list or a
/// map any number.
///
/// ```
/// use component_model::{ComponentFetcher, fetchers::database::DatabaseFetcher};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// let fetcher = DatabaseFetcher::new(pool, "SELECT 8000 + ?").bind(80);
/// let port: u16 = fetcher.fetch_component().await?;
/// assert_eq!(port, 8080);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DatabaseFetcher {
    pool: Pool,
    query: Query,
}

impl DatabaseFetcher {
    /// A fetcher for a pool of your own: an `SqlitePool`, a `PgPool` or a `MySqlPool` of sqlx.
    ///
    /// ```
    /// use component_model::{ComponentFetcher, fetchers::database::DatabaseFetcher};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// let region: String = DatabaseFetcher::new(pool, "SELECT 'eu-west-1'").fetch_component().await?;
    /// assert_eq!(region, "eu-west-1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(pool: impl Into<Pool>, query: impl Into<String>) -> Self {
        let pool = pool.into();
        Self { query: Query::new(pool.statement(query)), pool }
    }

    /// A fetcher for a URL. Nothing is connected before the first fetch.
    ///
    /// ```
    /// use component_model::fetchers::database::DatabaseFetcher;
    ///
    /// let fetcher = DatabaseFetcher::from_url("sqlite:app.db", "SELECT value FROM config WHERE key = 'port'")?;
    /// # let _ = fetcher;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Database::from_url`](super::Database::from_url).
    pub fn from_url(url: &str, query: impl Into<String>) -> Result<Self, SourceError> {
        Ok(Self::new(Pool::from_url(url)?, query))
    }

    /// Binds a value to the next placeholder: text, a number, a boolean, or `None` for `NULL`. Anything else becomes
    /// the error of the fetch.
    ///
    /// ```
    /// use component_model::fetchers::database::DatabaseFetcher;
    ///
    /// let query = "SELECT value FROM config WHERE key = ? AND version <= ?";
    /// let fetcher = DatabaseFetcher::from_url("sqlite:app.db", query)?.bind("port").bind(3);
    /// assert!(!format!("{fetcher:?}").contains("port"));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn bind(mut self, value: impl Serialize) -> Self {
        self.query.bind(value);
        self
    }

    /// Sets how long the fetch may take, the wait for a connection included. The default is 2 seconds; 0 is an error of the
    /// fetch.
    ///
    /// ```
    /// use component_model::fetchers::database::DatabaseFetcher;
    /// use std::time::Duration;
    ///
    /// let query = "SELECT count(*) FROM config";
    /// let fetcher = DatabaseFetcher::from_url("sqlite:app.db", query)?.timeout(Duration::from_secs(10));
    /// # let _ = fetcher;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.query.timeout = timeout;
        self
    }
}

impl<T: DeserializeOwned + Send> ComponentFetcher<T> for DatabaseFetcher {
    type Error = ComponentError;

    /// # Errors
    /// One that [is absent](ComponentError::is_absent) if the query has no row and the type is not an `Option`, a list
    /// or a map. Otherwise one that says why there are no rows, or why they do not fit the type.
    ///
    /// # Panics
    /// On a tokio runtime without timers or I/O (`enable_all` enables them). Outside a runtime it is an error.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection that its query runs on; the pool opens another.
    async fn fetch_component(&self) -> Result<T, ComponentError> {
        let fetched = async {
            let params = self.query.params()?;
            with_pool!(&self.pool, connections => of_query(connections, &self.query.sql, params).await)
        };
        let rows =
            timeout::fetcher_attempt(self.query.timeout, fetched).await.map_err(|error| self.query.failed(error))?;
        let mut slot = None;
        match rows.read_into(&mut slot, false) {
            Err(error) if error.kind() != ErrorKind::Absent || !slot.accept_absence() => Err(self.query.failed(error)),
            _ => slot.ok_or_else(|| self.query.failed(no_row())),
        }
    }
}

/// Shows the query and where the server is, never a bound value.
impl fmt::Debug for DatabaseFetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = self.query.sql.shown();
        f.debug_struct("DatabaseFetcher").field("pool", &self.pool).field("query", &query).finish_non_exhaustive()
    }
}

/// Fetches one component with a query that has one row, read by sqlx's own `FromRow`.
///
/// ```
/// use component_model::{ComponentFetcher, fetchers::database::RowFetcher};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// let fetcher = RowFetcher::new(pool, "SELECT 'localhost', 8000 + ?").bind(80);
/// let address: (String, i64) = fetcher.fetch_component().await?;
/// assert_eq!(address, ("localhost".to_owned(), 8080));
/// # Ok(())
/// # }
/// ```
pub struct RowFetcher<S: Server> {
    connections: Connections<S>,
    query: Query,
}

impl<S: Server> RowFetcher<S> {
    /// A fetcher for a pool of sqlx.
    ///
    /// ```
    /// use component_model::{ComponentFetcher, fetchers::database::RowFetcher};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// let (port,): (i64,) = RowFetcher::new(pool, "SELECT 8080").fetch_component().await?;
    /// assert_eq!(port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(pool: sqlx::Pool<S>, query: impl Into<String>) -> Self {
        Self { connections: pool.into(), query: Query::new(statement::<S>(query.into())) }
    }

    /// Binds a value to the next placeholder, as [`DatabaseFetcher::bind`].
    ///
    /// ```
    /// use component_model::{ComponentFetcher, fetchers::database::RowFetcher};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// let (port,): (i64,) = RowFetcher::new(pool, "SELECT 8000 + ?").bind(80).fetch_component().await?;
    /// assert_eq!(port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn bind(mut self, value: impl Serialize) -> Self {
        self.query.bind(value);
        self
    }

    /// Sets how long the fetch may take, the wait for a connection included. The default is 2 seconds; 0 is an error of the
    /// fetch.
    ///
    /// ```
    /// use component_model::{ComponentFetcher, fetchers::database::RowFetcher};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// let fetcher = RowFetcher::new(pool, "SELECT 8080").timeout(Duration::from_secs(10));
    /// let (port,): (i64,) = fetcher.fetch_component().await?;
    /// assert_eq!(port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.query.timeout = timeout;
        self
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

impl<S, T> ComponentFetcher<T> for RowFetcher<S>
where
    S: Server,
    T: for<'r> FromRow<'r, S::Row> + Send,
{
    type Error = ComponentError;

    /// # Errors
    /// One that [is absent](ComponentError::is_absent) if the query has no row, and one that is malformed if it has several.
    ///
    /// # Panics
    /// As for [`DatabaseFetcher`].
    ///
    /// # Cancel safety
    /// As for [`DatabaseFetcher`].
    async fn fetch_component(&self) -> Result<T, ComponentError> {
        let fetched = timeout::fetcher_attempt(self.query.timeout, self.one_row()).await;
        let row = fetched.map_err(|error| self.query.failed(error))?;
        T::from_row(&row).map_err(|error| self.query.failed(classify(&self.connections, &Names::default(), &error)))
    }
}

impl<S: Server> fmt::Debug for RowFetcher<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowFetcher").field("query", &self.query.sql.shown()).finish_non_exhaustive()
    }
}

fn no_row() -> SourceError {
    SourceError::new(ErrorKind::Absent, "the query has no row")
}
