//! The typed fetcher: one key, decoded as the component's type.

use std::time::Duration;

use component_model_fetchers::nats::{EntryReader, Nats};
use serde::de::DeserializeOwned;

use crate::{ComponentError, ComponentFetcher, SourceError, policy::timeout};

/// Fetches one component from one key of a bucket.
///
/// ```no_run
/// use component_model::{ComponentFetcher, fetchers::nats::NatsFetcher};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let port: u16 = NatsFetcher::new("nats://nats.service", "app", "shop.port")?.fetch_component().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct NatsFetcher {
    reader: EntryReader,
    timeout: Duration,
}

impl NatsFetcher {
    /// A fetcher with a connection of its own to the servers that URLs name. Nothing is connected before the first fetch.
    ///
    /// ```
    /// use component_model::fetchers::nats::NatsFetcher;
    ///
    /// assert!(NatsFetcher::new("nats://nats.service", "app", "shop.port").is_ok());
    /// assert!(NatsFetcher::new("http://nats.service", "app", "shop.port").is_err());
    /// ```
    ///
    /// # Errors
    /// As [`Nats::from_url`].
    pub fn new(urls: &str, bucket: impl Into<String>, key: impl Into<String>) -> Result<Self, SourceError> {
        Ok(Self::from_nats(&Nats::from_url(urls)?, key).bucket(bucket))
    }

    /// A fetcher with the settings and the connections of a source, and its bucket.
    ///
    /// ```
    /// use component_model::fetchers::nats::{Nats, NatsFetcher};
    ///
    /// let nats = Nats::builder("nats://nats.service").bucket("app").build()?;
    /// let fetcher = NatsFetcher::from_nats(&nats, "shop.port");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn from_nats(nats: &Nats, key: impl Into<String>) -> Self {
        Self { reader: EntryReader::from_nats(nats, key), timeout: timeout::DEFAULT }
    }

    /// Reads from another bucket than that of the source. One that cannot be is an error of the fetch.
    ///
    /// ```
    /// use component_model::fetchers::nats::{Nats, NatsFetcher};
    ///
    /// let nats = Nats::builder("nats://nats.service").bucket("app").build()?;
    /// let fetcher = NatsFetcher::from_nats(&nats, "dark_mode").bucket("flags");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn bucket(mut self, bucket: impl Into<String>) -> Self {
        self.reader.bucket(bucket);
        self
    }

    /// Sets how long the fetch may take, connecting included. The default is 2 seconds; 0 is an error of the fetch.
    ///
    /// ```
    /// use component_model::fetchers::nats::NatsFetcher;
    /// use std::time::Duration;
    ///
    /// let fetcher = NatsFetcher::new("nats://nats.service", "app", "report")?.timeout(Duration::from_secs(10));
    /// # let _ = fetcher;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl<T: DeserializeOwned + Send> ComponentFetcher<T> for NatsFetcher {
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
