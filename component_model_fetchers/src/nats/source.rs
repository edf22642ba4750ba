//! The contract of a source: keys become requests, entries become answers.

use std::fmt;

use component_model_source::{
    Answer, Asked, BoxStream, Change, OptionSpec, Request, RequestSpec, Source, SourceError, Watched,
};
use component_model_types::built_in;

use super::{NatsBuilder, NatsQuery, client::Client, config::Config, variables, watch};
use crate::single::only;

/// The source `nats`. The module `component_model::fetchers::nats` describes it.
///
/// Cheap to clone; clones share connections.
///
/// ```
/// use component_model::{Sources, fetchers::nats::Nats};
///
/// let nats = Nats::builder("nats://nats.service").bucket("app").build()?;
/// let sources = Sources::builder().source("nats", nats.clone()).source("flags", nats).build();
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Clone)]
pub struct Nats(Client);

impl Nats {
    /// A source with the servers that URLs name, with commas between them, and with the system's certificate authorities. Does
    /// no I/O.
    ///
    /// ```
    /// use component_model::fetchers::nats::Nats;
    ///
    /// assert!(Nats::from_url("tls://app:a%20password@nats-0.service,tls://nats-1.service").is_ok());
    /// assert!(Nats::from_url("http://nats.service").is_err());
    /// ```
    ///
    /// # Errors
    /// If a URL is not valid.
    pub fn from_url(urls: &str) -> Result<Self, SourceError> {
        Self::builder(urls).build()
    }

    /// A builder with the servers that URLs name, with commas between them.
    ///
    /// ```
    /// use component_model::fetchers::nats::Nats;
    ///
    /// let nats = Nats::builder("nats://nats.service").credentials_file("/etc/app/user.creds").bucket("app").build()?;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    pub fn builder(urls: &str) -> NatsBuilder {
        NatsBuilder::new(urls)
    }

    /// The source that the environment describes, with `NATS_URL`, `NATS_BUCKET` and the variables of NATS' own client:
    /// `NATS_USER`, `NATS_CREDS` and others. Does no I/O: files that variables name are read at the first request.
    ///
    /// ```
    /// use component_model::{ErrorKind, fetchers::nats::Nats};
    ///
    /// # if std::env::var_os("NATS_URL").is_none() {
    /// assert_eq!(Nats::from_env().unwrap_err().kind(), ErrorKind::NotSetUp);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If `NATS_URL` is not set, or a variable is not valid.
    pub fn from_env() -> Result<Self, SourceError> {
        variables::source(|name| std::env::var_os(name))
    }

    /// Closes the idle connections and ends the watches, for all clones. Every later request fails: the sources are shut down.
    ///
    /// A running request gets its answer, and its connection is closed when it ends. Closing twice has no further effect.
    ///
    /// ```
    /// use component_model::{ComponentFetcher, ErrorKind, fetchers::nats::{Nats, NatsFetcher}};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::SourceError> {
    /// let nats = Nats::builder("nats://localhost").bucket("app").build()?;
    /// nats.close().await;
    ///
    /// let port: Result<u16, _> = NatsFetcher::from_nats(&nats, "port").fetch_component().await;
    /// assert_eq!(port.unwrap_err().kind(), ErrorKind::ShutDown);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// The future does not wait: once it has been polled, the source is closed.
    pub async fn close(&self) {
        self.0.close();
    }

    pub(super) fn with(config: Config) -> Self {
        Self(Client::new(config))
    }

    pub(super) fn client(&self) -> &Client {
        &self.0
    }
}

impl Source for Nats {
    type Query = NatsQuery;

    const OPTIONS: &'static [OptionSpec] = built_in::NATS.options;

    const BUILT_IN: bool = true;

    fn how_to_set(&self, query: &NatsQuery) -> Option<String> {
        Some(format!("put the key `{}` into the bucket `{}`", query.key(), query.bucket()))
    }

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<NatsQuery>, SourceError> {
        let query = NatsQuery::of(spec, self.0.config())?;
        let (shown, bucket) = (query.shown(), query.bucket().to_owned());
        let mut servers: Vec<_> = self.0.config().servers.iter().map(ToString::to_string).collect();
        servers.sort_unstable();
        let identity = format!("{}/{shown}", servers.join(","));
        Ok(Request::new(query, shown).with_identity(identity).with_group(bucket))
    }

    async fn fetch(&self, asked: Asked<'_, NatsQuery>) -> Answer {
        only(self.fetch_many(&[asked]).await)
    }

    async fn fetch_many(&self, asked: &[Asked<'_, NatsQuery>]) -> Vec<Answer> {
        self.0.get(asked).await
    }

    fn watch(&self, watched: Vec<Watched<NatsQuery>>) -> Option<BoxStream<'static, Change>> {
        Some(watch::watch(&self.0, watched))
    }

    async fn shutdown(&self) {
        self.0.close();
    }
}

impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Nats").field(self.0.config()).finish()
    }
}
