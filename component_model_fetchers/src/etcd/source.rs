//! The contract of a source: keys and prefixes become requests, entries become answers.

use std::fmt;

use component_model_source::{
    Answer, Asked, BoxStream, Change, OptionSpec, Record, Reply, Request, RequestSpec, Source, SourceError, Watched,
};
use component_model_types::built_in;

use super::{
    client::Client,
    config::{Config, EtcdBuilder},
    keys::{self, Read},
    query::{EtcdQuery, Wanted},
    variables, watch,
};
use crate::{http::origin, single::only, text_or_bytes, tree};

/// The source `etcd`. The module `component_model::fetchers::etcd` describes it.
///
/// Cheap to clone; clones share their connections and the token of their user.
///
/// ```
/// use component_model::{Sources, fetchers::etcd::Etcd};
///
/// let etcd = Etcd::builder().endpoints(["etcd-0.service:2379", "etcd-1.service:2379"]).build()?;
/// let sources = Sources::builder().source("etcd", etcd).build();
/// assert_eq!(sources.names(), ["etcd"]);
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Clone)]
pub struct Etcd(Client);

impl Etcd {
    /// A builder for the server on this machine, without a user, and with the system's certificate authorities.
    ///
    /// ```
    /// use component_model::fetchers::etcd::Etcd;
    ///
    /// let etcd = Etcd::builder().endpoints(["https://etcd.service:2379"]).build()?;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    pub fn builder() -> EtcdBuilder {
        EtcdBuilder::default()
    }

    /// The source that the environment describes, with `ETCD_ENDPOINTS` and the variables of etcd's own client:
    /// `ETCDCTL_ENDPOINTS`, `ETCDCTL_USER` and others. Without any, it is the server on this machine.
    ///
    /// Does no I/O: files that variables name are read at the first request.
    ///
    /// ```
    /// use component_model::{Sources, fetchers::etcd::Etcd};
    ///
    /// // If a variable is not valid, the components that need the source fail or fall back, and no others.
    /// let sources = Sources::builder().try_source("etcd", Etcd::from_env()).build();
    /// ```
    ///
    /// # Errors
    /// If a variable is not valid, or is one that is not supported.
    pub fn from_env() -> Result<Self, SourceError> {
        variables::source(|name| std::env::var_os(name))
    }

    /// Closes the idle connections and ends the watches, for all clones. Every later request fails: the sources are shut down.
    ///
    /// A running request gets its answer, and its connection is closed when it ends. Closing twice has no further effect.
    ///
    /// ```
    /// use component_model::{ComponentFetcher, ErrorKind, fetchers::etcd::{Etcd, EtcdFetcher}};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::SourceError> {
    /// let etcd = Etcd::builder().build()?;
    /// etcd.close().await;
    ///
    /// let port: Result<u16, _> = EtcdFetcher::new(&etcd, "app/port").fetch_component().await;
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

impl fmt::Debug for Etcd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Etcd").field(&self.0.config).finish()
    }
}

impl Source for Etcd {
    type Query = EtcdQuery;

    const OPTIONS: &'static [OptionSpec] = built_in::ETCD.options;

    const BUILT_IN: bool = true;

    fn how_to_set(&self, query: &EtcdQuery) -> Option<String> {
        Some(match &query.wanted {
            Wanted::Key(key) => format!("put the key `{key}`"),
            Wanted::Prefix(prefix) => format!("put keys below `{prefix}`"),
        })
    }

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<EtcdQuery>, SourceError> {
        let config = &self.0.config;
        let query = EtcdQuery::of(spec, config)?;
        let (consistency, shown) = (query.consistency, query.shown());
        let endpoints: Vec<_> = config.endpoints.iter().map(origin).collect();
        let identity = format!("{}/{shown}", endpoints.join(","));
        // What may be answered without a leader does not wait for what may not.
        Ok(Request::new(query, shown)
            .with_endpoint(endpoints.join(","))
            .with_identity(identity)
            .with_group(consistency))
    }

    async fn fetch(&self, asked: Asked<'_, EtcdQuery>) -> Answer {
        only(self.fetch_many(&[asked]).await)
    }

    async fn fetch_many(&self, asked: &[Asked<'_, EtcdQuery>]) -> Vec<Answer> {
        let queries: Vec<_> = asked.iter().map(Asked::query).collect();
        let found = keys::fetch(&self.0, &queries).await;
        let answers = found.into_iter().zip(asked);
        answers.map(|(found, asked)| unless_known(answer(asked.query(), found), asked)).collect()
    }

    fn watch(&self, watched: Vec<Watched<EtcdQuery>>) -> Option<BoxStream<'static, Change>> {
        Some(watch::watch(&self.0, watched))
    }

    async fn shutdown(&self) {
        self.0.close();
    }
}

/// The answer to a request.
pub(super) fn answer(query: &EtcdQuery, read: Read) -> Answer {
    let (_, entries) = read?;
    match &query.wanted {
        Wanted::Key(key) => {
            let Some(entry) = entries.into_iter().find(|entry| entry.key == *key) else { return Ok(Reply::ABSENT) };
            let version = entry.stamp.version();
            Ok(Record::new(text_or_bytes(entry.value)).with_version(version).into())
        }
        Wanted::Prefix(prefix) => {
            tree::check_number(&entries)?;
            tree::reply(prefix, entries)
        }
    }
}

fn unless_known(answer: Answer, asked: &Asked<'_, EtcdQuery>) -> Answer {
    answer.map(|reply| match reply.version() {
        Some(version) if asked.known() == Some(version) => Reply::Unchanged { good_for: None },
        _ => reply,
    })
}
