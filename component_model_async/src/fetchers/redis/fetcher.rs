//! The typed fetcher: one key, decoded as the component's type.

use std::time::Duration;

use component_model_fetchers::redis::{Redis, RedisReader};
use serde::de::DeserializeOwned;

use crate::{ComponentError, ComponentFetcher, SourceError, policy::timeout};

/// Fetches one component from one key of Redis or Valkey.
///
/// ```no_run
/// use component_model::{ComponentFetcher, fetchers::redis::RedisFetcher};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let port: u16 = RedisFetcher::new("redis://cache.service", "shop:port")?.fetch_component().await?;
/// let plan: Option<String> = RedisFetcher::new("redis://cache.service", "user:17")?.field("plan").fetch_component().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RedisFetcher {
    reader: RedisReader,
    timeout: Duration,
}

impl RedisFetcher {
    /// A fetcher with a connection of its own to the server that a URL names. Nothing is connected before the first fetch.
    ///
    /// ```
    /// use component_model::fetchers::redis::RedisFetcher;
    ///
    /// assert!(RedisFetcher::new("redis://cache.service", "shop:port").is_ok());
    /// assert!(RedisFetcher::new("cache.service", "shop:port").is_err());
    /// ```
    ///
    /// # Errors
    /// As [`Redis::from_url`].
    pub fn new(url: &str, key: impl Into<String>) -> Result<Self, SourceError> {
        Ok(Self::from_redis(&Redis::from_url(url)?, key))
    }

    /// A fetcher with the settings and the connections of a source.
    ///
    /// ```
    /// use component_model::fetchers::redis::{Redis, RedisFetcher};
    ///
    /// let redis = Redis::from_url("redis://cache.service")?;
    /// let fetcher = RedisFetcher::from_redis(&redis, "shop:port");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn from_redis(redis: &Redis, key: impl Into<String>) -> Self {
        Self { reader: RedisReader::from_redis(redis, key), timeout: timeout::DEFAULT }
    }

    /// Reads one field of a hash instead of the whole value.
    ///
    /// ```
    /// use component_model::fetchers::redis::RedisFetcher;
    ///
    /// let fetcher = RedisFetcher::new("redis://cache.service", "user:17")?.field("plan");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.reader.field(field);
        self
    }

    /// Reads from another database than that of the URL. In a cluster, one other than 0 is an error of the fetch.
    ///
    /// ```
    /// use component_model::fetchers::redis::RedisFetcher;
    ///
    /// let fetcher = RedisFetcher::new("redis://cache.service", "shop:port")?.db(3);
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn db(mut self, db: u32) -> Self {
        self.reader.db(db);
        self
    }

    /// Sets how long the fetch may take, connecting included. The default is 2 seconds; 0 is an error of the fetch.
    ///
    /// ```
    /// use component_model::fetchers::redis::RedisFetcher;
    /// use std::time::Duration;
    ///
    /// let fetcher = RedisFetcher::new("redis://cache.service", "report")?.timeout(Duration::from_secs(10));
    /// # let _ = fetcher;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl<T: DeserializeOwned + Send> ComponentFetcher<T> for RedisFetcher {
    type Error = ComponentError;

    /// Reads the key once. The failures are those of the source; for an `Option`, an absent value is `None`.
    ///
    /// # Panics
    /// On a tokio runtime without timers or I/O (`enable_all` enables them). Outside a runtime it is an error.
    ///
    /// # Cancel safety
    /// Dropping it leaves nothing behind; after 100 ms the connection in use is closed.
    async fn fetch_component(&self) -> Result<T, ComponentError> {
        let read = timeout::fetcher_attempt(self.timeout, self.reader.read()).await;
        read.map_err(|error| ComponentError::new(self.reader.located(error)))
    }
}
