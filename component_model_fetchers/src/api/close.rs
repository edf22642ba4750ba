//! Shutting down.

use super::Api;

impl Api {
    /// Closes the idle connections, for all clones. Every later request fails: the sources are shut
    /// down.
    ///
    /// A running request gets its answer, and its connection is closed when it ends. Closing twice has no further effect.
    ///
    /// ```
    /// use component_model::{ComponentFetcher, ErrorKind, fetchers::api::{Api, ApiFetcher}};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::SourceError> {
    /// let api = Api::builder().base("https://config.service/v1")?.build()?;
    /// api.close().await;
    ///
    /// let port: Result<u16, _> = ApiFetcher::from_api(&api, "port").fetch_component().await;
    /// assert_eq!(port.unwrap_err().kind(), ErrorKind::ShutDown);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// The future does not wait: once it has been polled, the source is closed.
    pub async fn close(&self) {
        self.client().close();
    }
}
