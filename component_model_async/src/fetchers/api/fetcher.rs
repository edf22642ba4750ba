//! The typed fetcher: one URL, decoded as the component's type.

use std::{fmt, time::Duration};

use serde::de::DeserializeOwned;
use url::Url;

use super::{
    Api,
    client::{Client, Got},
    config::Config,
    pointer::Pointer,
    target,
};
use crate::fetchers::single::only;
use crate::{ComponentError, ComponentFetcher, ErrorKind, Reply, Slot, SourceError, policy::timeout};

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
#[derive(Clone)]
pub struct ApiFetcher {
    client: Client,
    url: String,
    pointer: Option<String>,
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
        Self { client: Client::new(Config::default()), url: url.into(), pointer: None, timeout: timeout::DEFAULT }
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
        Self { client: api.client().clone(), url: url.into(), pointer: None, timeout: timeout::DEFAULT }
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
        self.client.config.bearer(token)?;
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
        self.client.config.header(name, value)?;
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
        self.pointer = Some(pointer.into());
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

    async fn fetch<T: DeserializeOwned + Send>(&self) -> Result<T, SourceError> {
        let url = target::of_reference(self.client.config.base.as_ref(), &self.url)?;
        let pointer = self.pointer.as_deref().map(Pointer::parse).transpose()?;
        let locator = target::shown(&url, pointer.as_ref());
        let here = |error: SourceError| if error.place().is_none() { error.at(locator) } else { error };
        self.read(url, pointer.as_ref()).await.map_err(here)
    }

    async fn read<T: DeserializeOwned + Send>(&self, url: Url, pointer: Option<&Pointer>) -> Result<T, SourceError> {
        let pointers = vec![pointer.cloned()];
        let reply = match timeout::fetcher_attempt(self.timeout, self.client.get(url, None, pointers)).await? {
            Got::Answers(answers) => only(answers)?,
            Got::Absent | Got::Unchanged { .. } => Reply::ABSENT,
        };
        let mut slot = None;
        match reply.record().map(|record| record.read_into(&mut slot, false)) {
            Some(Err(error)) if error.kind() != ErrorKind::Absent => return Err(error),
            Some(Ok(())) => {}
            // Absence is a value of some types.
            _ => _ = slot.accept_absence(),
        }
        slot.ok_or_else(|| SourceError::new(ErrorKind::Absent, "the server has no such value"))
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
        self.fetch().await.map_err(ComponentError::new)
    }
}

impl fmt::Debug for ApiFetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = target::of_reference(self.client.config.base.as_ref(), &self.url);
        f.debug_struct("ApiFetcher")
            .field("url", &url.map(|url| target::shown(&url, None)).ok())
            .field("pointer", &self.pointer)
            .field("config", &self.client.config)
            .finish()
    }
}
