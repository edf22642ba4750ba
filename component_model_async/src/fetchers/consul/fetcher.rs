//! The typed fetcher: one key or prefix, decoded as the component's type.

use std::time::Duration;

use component_model_fetchers::consul::{Consul, KeyReader};
use serde::de::DeserializeOwned;

use crate::{ComponentError, ComponentFetcher, policy::timeout};

/// Fetches one component from one key of Consul, or from all keys below a prefix.
///
/// ```
/// use component_model::{ComponentFetcher, fetchers::consul::{Consul, ConsulFetcher}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let address = listener.local_addr()?.to_string();
/// # let server = std::thread::spawn(move || {
/// #     use std::io::{Read, Write};
/// #     let (mut connection, _) = listener.accept()?;
/// #     let _ = connection.read(&mut [0; 4096])?;
/// #     let body = r#"[{"Key":"app/port","Value":"ODA4MA==","ModifyIndex":7}]"#;
/// #     let length = body.len();
/// #     connection.write_all(format!("HTTP/1.1 200 OK\r\nx-consul-index: 7\r\ncontent-length: {length}\r\n\r\n{body}").as_bytes())
/// # });
/// let consul = Consul::builder().address(address).build()?;
/// let port: u16 = ConsulFetcher::new(&consul, "app/port").fetch_component().await?;
/// assert_eq!(port, 8080);
/// # drop(server.join());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ConsulFetcher {
    reader: KeyReader,
    timeout: Duration,
}

impl ConsulFetcher {
    /// A fetcher of one key, with the settings and the connections of a source. A key that is not valid is an error of the
    /// fetch.
    ///
    /// ```
    /// use component_model::fetchers::consul::{Consul, ConsulFetcher};
    ///
    /// let consul = Consul::builder().build()?;
    /// let fetcher = ConsulFetcher::new(&consul, "app/port");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn new(consul: &Consul, key: impl Into<String>) -> Self {
        Self { reader: KeyReader::new(consul, key), timeout: timeout::DEFAULT }
    }

    /// A fetcher of all keys below a prefix, for a struct or a map.
    ///
    /// ```
    /// use component_model::fetchers::consul::{Consul, ConsulFetcher};
    ///
    /// let consul = Consul::builder().build()?;
    /// let fetcher = ConsulFetcher::of_prefix(&consul, "app");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn of_prefix(consul: &Consul, prefix: impl Into<String>) -> Self {
        Self { reader: KeyReader::of_prefix(consul, prefix), timeout: timeout::DEFAULT }
    }

    /// Sets how long the fetch may take. The default is 2 seconds; 0 is an error of the fetch.
    ///
    /// ```
    /// use component_model::fetchers::consul::{Consul, ConsulFetcher};
    /// use std::time::Duration;
    ///
    /// let consul = Consul::builder().build()?;
    /// let fetcher = ConsulFetcher::new(&consul, "app/port").timeout(Duration::from_secs(10));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl<T: DeserializeOwned + Send> ComponentFetcher<T> for ConsulFetcher {
    type Error = ComponentError;

    /// Sends one request. The failures are those of the source; for an `Option`, an absent value is `None`.
    ///
    /// # Panics
    /// On a tokio runtime without timers or I/O (`enable_all` enables them). Outside a runtime it is an error.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection in use and leaves nothing behind.
    async fn fetch_component(&self) -> Result<T, ComponentError> {
        let read = timeout::fetcher_attempt(self.timeout, self.reader.read()).await;
        read.map_err(|error| ComponentError::new(error).located("consul", self.reader.shown()))
    }
}
