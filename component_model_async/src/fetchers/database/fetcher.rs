//! The typed fetchers: one query, one component.

use std::{fmt, time::Duration};

use component_model_fetchers::database::{Pool, QueryReader, RowReader, Server};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::FromRow;

use crate::{ComponentError, ComponentFetcher, SourceError, policy::timeout};

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
#[derive(Debug, Clone)]
pub struct DatabaseFetcher {
    reader: QueryReader,
    timeout: Duration,
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
        Self::with(QueryReader::new(pool, query))
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
        QueryReader::from_url(url, query).map(Self::with)
    }

    fn with(reader: QueryReader) -> Self {
        Self { reader, timeout: timeout::DEFAULT }
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
        self.reader.bind(value);
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
        self.timeout = timeout;
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
        let read = timeout::fetcher_attempt(self.timeout, self.reader.read()).await;
        read.map_err(|error| failed(error, self.reader.shown()))
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
    reader: RowReader<S>,
    timeout: Duration,
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
        Self { reader: RowReader::new(pool, query), timeout: timeout::DEFAULT }
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
        self.reader.bind(value);
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
        self.timeout = timeout;
        self
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
        let read = timeout::fetcher_attempt(self.timeout, self.reader.read()).await;
        read.map_err(|error| failed(error, self.reader.shown()))
    }
}

impl<S: Server> fmt::Debug for RowFetcher<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reader, timeout } = self;
        f.debug_struct("RowFetcher").field("reader", reader).field("timeout", timeout).finish()
    }
}

fn failed(error: SourceError, query: &str) -> ComponentError {
    ComponentError::from(error).located("database", query)
}
