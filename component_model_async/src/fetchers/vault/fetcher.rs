//! The typed fetcher: one secret or one of its fields, decoded as the component's type.

use std::time::Duration;

use component_model_fetchers::vault::{SecretReader, Vault};
use serde::de::DeserializeOwned;

use crate::{ComponentError, ComponentFetcher, policy::timeout};

/// Fetches one component from a secret of Vault, or from one of its fields.
///
/// ```
/// use component_model::{ComponentFetcher, fetchers::vault::{Vault, VaultFetcher}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let address = format!("http://{}", listener.local_addr()?);
/// # let server = std::thread::spawn(move || -> std::io::Result<()> {
/// #     use std::io::{Read, Write};
/// #     let mount = r#"{"data":{"type":"kv","options":{"version":"1"}}}"#;
/// #     for body in [mount, r#"{"data":{"value":"k3y"}}"#] {
/// #         let (mut connection, _) = listener.accept()?;
/// #         let _ = connection.read(&mut [0; 4096])?;
/// #         let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
/// #         connection.write_all(format!("{head}{body}").as_bytes())?;
/// #     }
/// #     Ok(())
/// # });
/// let vault = Vault::builder().address(address).token("a-token").build()?;
/// let key: String = VaultFetcher::new(&vault, "app/api-key").field("value").fetch_component().await?;
/// assert_eq!(key, "k3y");
/// # drop(server.join());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct VaultFetcher {
    reader: SecretReader,
    timeout: Duration,
}

impl VaultFetcher {
    /// A fetcher of a whole secret, with the settings and the connections of a source. A path that is not valid is an error of
    /// the fetch.
    ///
    /// ```
    /// use component_model::fetchers::vault::{Vault, VaultFetcher};
    ///
    /// let vault = Vault::builder().build()?;
    /// let fetcher = VaultFetcher::new(&vault, "app/api-key");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn new(vault: &Vault, secret: impl Into<String>) -> Self {
        Self { reader: SecretReader::new(vault, secret), timeout: timeout::DEFAULT }
    }

    /// Fetches one field of the secret.
    ///
    /// ```
    /// use component_model::fetchers::vault::{Vault, VaultFetcher};
    ///
    /// let vault = Vault::builder().build()?;
    /// let fetcher = VaultFetcher::new(&vault, "app/database").field("password");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn field(self, field: impl Into<String>) -> Self {
        Self { reader: self.reader.field(field), ..self }
    }

    /// Fetches from another mount than that of the source, such as `database`.
    ///
    /// ```
    /// use component_model::fetchers::vault::{Vault, VaultFetcher};
    ///
    /// let vault = Vault::builder().build()?;
    /// let fetcher = VaultFetcher::new(&vault, "creds/shop").mount("database");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn mount(self, mount: impl Into<String>) -> Self {
        Self { reader: self.reader.mount(mount), ..self }
    }

    /// Fetches one version of a secret, and not the latest.
    ///
    /// ```
    /// use component_model::fetchers::vault::{Vault, VaultFetcher};
    ///
    /// let vault = Vault::builder().build()?;
    /// let fetcher = VaultFetcher::new(&vault, "app/api-key").version(3);
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn version(self, version: u64) -> Self {
        Self { reader: self.reader.version(version), ..self }
    }

    /// Sets how long the fetch may take. The default is 2 seconds; 0 is an error of the fetch.
    ///
    /// ```
    /// use component_model::fetchers::vault::{Vault, VaultFetcher};
    /// use std::time::Duration;
    ///
    /// let vault = Vault::builder().build()?;
    /// let fetcher = VaultFetcher::new(&vault, "app/api-key").timeout(Duration::from_secs(10));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl<T: DeserializeOwned + Send> ComponentFetcher<T> for VaultFetcher {
    type Error = ComponentError;

    /// Reads the secret, after a login and a question about the mount if they are needed. The failures are those of the source;
    /// for an `Option`, an absent value is `None`.
    ///
    /// # Panics
    /// On a tokio runtime without timers or I/O (`enable_all` enables them). Outside a runtime it is an error.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection in use. A secret with a lease may have been made, which expires.
    async fn fetch_component(&self) -> Result<T, ComponentError> {
        let read = timeout::fetcher_attempt(self.timeout, self.reader.read()).await;
        read.map_err(|error| ComponentError::new(error).located("vault", self.reader.shown()))
    }
}
