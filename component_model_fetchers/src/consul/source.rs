//! The contract of a source: keys and prefixes become requests, entries become answers.

use std::fmt;

use component_model_source::{
    Answer, Asked, BoxStream, Change, OptionSpec, Record, Reply, Request, RequestSpec, Source, SourceError, Watched,
};
use component_model_types::built_in;
use futures_util::{StreamExt as _, stream};

use super::{
    client::{Client, Question},
    config::{Config, ConsulBuilder},
    keys::{self, Found},
    query::{ConsulQuery, Scope, Wanted},
    variables, watch,
    wire::Entry,
};
use crate::{http::origin, single::only, text_or_bytes, tree};

/// The source `consul`: Consul's key/value store. The module `component_model::fetchers::consul` describes it.
///
/// Cheap to clone; clones share their connections.
///
/// ```
/// use component_model::{Sources, fetchers::consul::Consul};
///
/// let consul = Consul::builder().address("consul.service:8500").build()?;
/// let sources = Sources::builder().source("consul", consul).build();
/// assert_eq!(sources.names(), ["consul"]);
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Clone)]
pub struct Consul(Client);

impl Consul {
    /// A builder for the agent on this machine, without a token, and with the system's certificate authorities.
    ///
    /// ```
    /// use component_model::fetchers::consul::Consul;
    ///
    /// let consul = Consul::builder().address("https://consul.service:8501").build()?;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    pub fn builder() -> ConsulBuilder {
        ConsulBuilder::default()
    }

    /// The source that the environment describes, with the variables of Consul's own client: `CONSUL_HTTP_ADDR` and others.
    /// Without any, it is the agent on this machine.
    ///
    /// Does no I/O: files that variables name are read at the first request.
    ///
    /// ```
    /// use component_model::{Sources, fetchers::consul::Consul};
    ///
    /// // If a variable is not valid, the components that need the source fail or fall back, and no others.
    /// let sources = Sources::builder().try_source("consul", Consul::from_env()).build();
    /// ```
    ///
    /// # Errors
    /// If a variable is not valid, or is one that is not supported.
    pub fn from_env() -> Result<Self, SourceError> {
        variables::source(|name| std::env::var_os(name))
    }

    /// Closes the idle connections, for all clones. Every later request fails: the sources are shut down.
    ///
    /// A running request gets its answer, and its connection is closed when it ends. Closing twice has no further effect.
    ///
    /// ```
    /// use component_model::{ComponentFetcher, ErrorKind, fetchers::consul::{Consul, ConsulFetcher}};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::SourceError> {
    /// let consul = Consul::builder().build()?;
    /// consul.close().await;
    ///
    /// let port: Result<u16, _> = ConsulFetcher::new(&consul, "app/port").fetch_component().await;
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

impl fmt::Debug for Consul {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Consul").field(&self.0.config).finish()
    }
}

impl Source for Consul {
    type Query = ConsulQuery;

    const OPTIONS: &'static [OptionSpec] = built_in::CONSUL.options;

    const BUILT_IN: bool = true;

    fn how_to_set(&self, query: &ConsulQuery) -> Option<String> {
        Some(match &query.wanted {
            Wanted::Key(key) => format!("put the key `{key}`"),
            Wanted::Prefix(prefix) => format!("put keys below `{prefix}`"),
        })
    }

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<ConsulQuery>, SourceError> {
        let config = &self.0.config;
        let query = ConsulQuery::of(spec, config)?;
        let (scope, shown) = (query.scope.clone(), query.shown());
        let origin = origin(&config.address);
        let identity = format!("{}{}{shown}", config.address, config.partition.as_deref().unwrap_or_default());
        // Datacenters fail apart from each other.
        let endpoint = scope.datacenter.as_ref().map_or_else(|| origin.clone(), |name| format!("{origin}?dc={name}"));
        // Keys do not wait for prefixes, which may be large.
        let group = (scope, matches!(query.wanted, Wanted::Prefix(_)));
        Ok(Request::new(query, shown).with_endpoint(endpoint).with_identity(identity).with_group(group))
    }

    async fn fetch(&self, asked: Asked<'_, ConsulQuery>) -> Answer {
        only(self.fetch_many(&[asked]).await)
    }

    /// Keys travel in transactions; each prefix is a request.
    async fn fetch_many(&self, asked: &[Asked<'_, ConsulQuery>]) -> Vec<Answer> {
        let Some(first) = asked.first() else { return Vec::new() };
        let (client, scope) = (&self.0, &first.query().scope);
        if matches!(first.query().wanted, Wanted::Prefix(_)) {
            let documents: Vec<_> =
                asked.iter().map(|one| document(client, scope, one.query().wanted.path())).collect();
            let documents: Vec<Answer> = stream::iter(documents).buffered(client.at_once).collect().await;
            return documents.into_iter().zip(asked).map(|(answer, asked)| unless_known(answer, asked)).collect();
        }
        let keys: Vec<_> = asked.iter().map(|asked| asked.query().wanted.path()).collect();
        let found = keys::fetch(client, scope, &keys).await;
        found.into_iter().zip(asked).map(|(found, asked)| unless_known(answer(found), asked)).collect()
    }

    fn watch(&self, watched: Vec<Watched<ConsulQuery>>) -> Option<BoxStream<'static, Change>> {
        Some(watch::watch(&self.0, watched))
    }

    async fn shutdown(&self) {
        self.0.close();
    }
}

/// The answer that is behind a key.
pub(super) fn answer(found: Found) -> Answer {
    let Some(entry) = found? else { return Ok(Reply::ABSENT) };
    let version = entry.stamp.version();
    Ok(Record::new(text_or_bytes(entry.value)).with_version(version).into())
}

/// All entries below a prefix as one document.
pub(super) async fn document(client: &Client, scope: &Scope, prefix: &str) -> Answer {
    let listing = client.get(scope, Question::prefix(prefix)).await?;
    document_of(client, scope, prefix, listing.entries).await
}

/// The document of the entries below a prefix.
pub(super) async fn document_of(client: &Client, scope: &Scope, prefix: &str, entries: Vec<Entry>) -> Answer {
    tree::check_number(&entries)?;
    let reply = tree::reply(prefix, entries)?;
    // What the token may not read is left out of the list, which is empty then.
    if reply.is_absent() {
        keys::missing(client, scope, &[prefix]).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    }
    Ok(reply)
}

fn unless_known(answer: Answer, asked: &Asked<'_, ConsulQuery>) -> Answer {
    answer.map(|reply| match reply.version() {
        Some(version) if asked.known() == Some(version) => Reply::Unchanged { good_for: None },
        _ => reply,
    })
}
