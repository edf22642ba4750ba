//! The typed fetcher: one URL, decoded as the component's type.

use std::time::Duration;

use component_model_fetchers::api::{Api, UrlReader};
use serde::de::DeserializeOwned;

use crate::{ComponentError, ComponentFetcher, SourceError, policy::timeout};

/// Fetches one component from one URL.
///
/// ```
/// use component_model::{ComponentFetcher, fetchers::api::ApiFetcher};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let service = format!("http://{}", listener.local_addr()?);
/// # let server = std::thread::spawn(move || {
/// #     use std::io::{Read, Write};
/// #     let (mut connection, _) = listener.accept()?;
/// #     let _ = connection.read(&mut [0; 4096])?;
/// #     let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n";
/// #     connection.write_all(format!("{head}{{\"max\": 100}}").as_bytes())
/// # });
/// let fetcher = ApiFetcher::new(format!("{service}/v1/limits")).with_auth_header("a-token")?.with_pointer("/max");
/// let max: u32 = fetcher.fetch_component().await?;
/// assert_eq!(max, 100);
/// # drop(server.join());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ApiFetcher {
    reader: UrlReader,
    timeout: Duration,
}

impl ApiFetcher {
    /// A fetcher with its own connections. A URL that is not valid is an error of the fetch.
    ///
    /// ```
    /// use component_model::fetchers::api::ApiFetcher;
    ///
    /// let fetcher = ApiFetcher::new("https://config.service/v1/limits");
    /// ```
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { reader: UrlReader::new(url), timeout: timeout::DEFAULT }
    }

    /// A fetcher with the settings and the connections of a source; the URL may be relative to its base.
    ///
    /// ```
    /// use component_model::fetchers::api::{Api, ApiFetcher};
    ///
    /// let api = Api::builder().base("https://config.service/v1")?.build()?;
    /// let fetcher = ApiFetcher::from_api(&api, "limits");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn from_api(api: &Api, url: impl Into<String>) -> Self {
        Self { reader: UrlReader::from_api(api, url), timeout: timeout::DEFAULT }
    }

    /// Sends a token as `Authorization: Bearer …`.
    ///
    /// ```
    /// use component_model::fetchers::api::ApiFetcher;
    ///
    /// assert!(ApiFetcher::new("https://config.service").with_auth_header("a line\nend").is_err());
    /// ```
    ///
    /// # Errors
    /// If the token is empty or has characters that are not valid in a token.
    pub fn with_auth_header(mut self, token: &str) -> Result<Self, SourceError> {
        self.reader.bearer(token)?;
        Ok(self)
    }

    /// Sends a header.
    ///
    /// ```
    /// use component_model::fetchers::api::ApiFetcher;
    ///
    /// let fetcher = ApiFetcher::new("https://config.service").with_header("x-tenant", "blue")?;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If the name or the value is not valid for a header, or if the client itself sets the header.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self, SourceError> {
        self.reader.header(name, value)?;
        Ok(self)
    }

    /// Reads the part of the JSON document at an RFC 6901 pointer. A pointer that does not parse is an error of the fetch.
    ///
    /// ```
    /// use component_model::fetchers::api::ApiFetcher;
    ///
    /// let fetcher = ApiFetcher::new("https://config.service/v1/limits").with_pointer("/max");
    /// ```
    #[must_use]
    pub fn with_pointer(mut self, pointer: impl Into<String>) -> Self {
        self.reader.pointer(pointer);
        self
    }

    /// Sets how long the fetch may take, redirects and body included. The default is 2 seconds; 0 is an error of the
    /// fetch.
    ///
    /// ```
    /// use component_model::fetchers::api::ApiFetcher;
    /// use std::time::Duration;
    ///
    /// let fetcher = ApiFetcher::new("https://config.service/report").timeout(Duration::from_secs(10));
    /// # let _ = fetcher;
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl<T: DeserializeOwned + Send> ComponentFetcher<T> for ApiFetcher {
    type Error = ComponentError;

    /// Sends one `GET`. The failures are those of the source; for an `Option`, an absent value is `None`.
    ///
    /// # Panics
    /// On a tokio runtime without timers or I/O (`enable_all` enables them). Outside a runtime it is an error.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection in use and leaves nothing behind.
    async fn fetch_component(&self) -> Result<T, ComponentError> {
        let read = timeout::fetcher_attempt(self.timeout, self.reader.read()).await;
        read.map_err(|error| ComponentError::new(self.reader.located(error)))
    }
}
