//! The contract of a source: keys and prefixes become requests, entries become answers.

use std::fmt;

use component_model_source::{Answer, Asked, OptionSpec, Record, Reply, Request, RequestSpec, Source, SourceError};
use component_model_types::built_in;

use super::{
    client::Client,
    config::{Config, ConsulBuilder},
    keys::{self, Found},
    query::{ConsulQuery, Scope, Wanted},
    tree, variables,
};
use crate::{http::origin, single::only};

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

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<ConsulQuery>, SourceError> {
        let config = &self.0.config;
        let query = ConsulQuery::of(spec, config)?;
        let (scope, shown) = (query.scope.clone(), query.shown());
        let origin = origin(&config.address);
        let identity = format!("{}{}", config.address, shown);
        // Datacenters fail apart from each other.
        let endpoint = scope.datacenter.as_ref().map_or_else(|| origin.clone(), |name| format!("{origin}?dc={name}"));
        let is_key = matches!(query.wanted, Wanted::Key(_));
        let request = Request::new(query, shown).with_endpoint(endpoint).with_identity(identity);
        Ok(if is_key { request.with_group(scope) } else { request })
    }

    async fn fetch(&self, asked: Asked<'_, ConsulQuery>) -> Answer {
        only(self.fetch_many(&[asked]).await)
    }

    /// The keys of a group travel in transactions; a prefix has no group.
    async fn fetch_many(&self, asked: &[Asked<'_, ConsulQuery>]) -> Vec<Answer> {
        match asked {
            [] => Vec::new(),
            [one] if matches!(one.query().wanted, Wanted::Prefix(_)) => vec![prefix_answer(&self.0, one).await],
            [first, ..] => {
                let keys: Vec<_> = asked.iter().map(|asked| asked.query().wanted.path()).collect();
                let found = keys::fetch(&self.0, &first.query().scope, &keys).await;
                found.into_iter().zip(asked).map(|(found, asked)| answer(found, asked)).collect()
            }
        }
    }

    async fn shutdown(&self) {
        self.0.close();
    }
}

/// The answer to a request for a key.
pub(super) fn answer(found: Found, asked: &Asked<'_, ConsulQuery>) -> Answer {
    let Some(entry) = found? else { return Ok(Reply::ABSENT) };
    let version = tree::version(&entry);
    Ok(unless_known(Record::new(tree::value(entry.value)).with_version(version).into(), asked))
}

/// The answer to a request for a prefix.
pub(super) async fn prefix_answer(client: &Client, asked: &Asked<'_, ConsulQuery>) -> Answer {
    let ConsulQuery { scope, wanted } = asked.query();
    Ok(unless_known(prefix(client, scope, wanted.path()).await?, asked))
}

/// All entries below a prefix as one document.
pub(super) async fn prefix(client: &Client, scope: &Scope, prefix: &str) -> Answer {
    let listing = client.get(scope, prefix, &[("recurse", "")]).await?;
    tree::check_number(&listing.entries)?;
    let reply = tree::reply(prefix, listing.entries)?;
    // What the token may not read is left out of the list, which is empty then.
    if reply.is_absent() && scope.namespace.is_none() {
        keys::absent(client, scope, &[prefix]).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    }
    Ok(reply)
}

fn unless_known(reply: Reply, asked: &Asked<'_, ConsulQuery>) -> Reply {
    match reply.version() {
        Some(version) if asked.known() == Some(version) => Reply::Unchanged { good_for: None },
        _ => reply,
    }
}
