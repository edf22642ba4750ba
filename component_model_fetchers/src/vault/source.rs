//! The contract of a source: places and fields become requests, secrets become answers.

use std::fmt;

use component_model_source::{
    Answer, Asked, ErrorKind, Lease, OptionSpec, Reply, Request, RequestSpec, Source, SourceError,
};
use component_model_types::built_in;

use super::{
    client::{Call, Client},
    config::{Config, VaultBuilder},
    engines::Engine,
    leases::Read,
    misconfigured,
    query::{Place, VaultQuery},
    secret::Secret,
    variables,
};
use crate::{http::origin, single::only};

/// The source `vault`: secrets of HashiCorp Vault, or of OpenBao. The module `component_model::fetchers::vault` describes it.
///
/// Cheap to clone; clones share their connections, their token and their leases.
///
/// ```
/// use component_model::{Sources, fetchers::vault::Vault};
///
/// let vault = Vault::builder().address("https://vault.service:8200").token("a-token").build();
/// let sources = Sources::builder().try_source("vault", vault).build();
/// assert_eq!(sources.names(), ["vault"]);
/// ```
#[derive(Clone)]
pub struct Vault(Client);

impl Vault {
    /// A builder for the server on this machine, without a token, and with the system's certificate authorities.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// let vault = Vault::builder().address("https://vault.service:8200").kubernetes("shop").build()?;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    pub fn builder() -> VaultBuilder {
        VaultBuilder::default()
    }

    /// The source that the environment describes, with the variables of Vault's own client: `VAULT_ADDR`, `VAULT_TOKEN` and
    /// others. Without any, it is the server on this machine, without a token.
    ///
    /// Does no I/O: files that variables name are read at the first request.
    ///
    /// ```
    /// use component_model::{Sources, fetchers::vault::Vault};
    ///
    /// // If a variable is not valid, the components that need the source fail or fall back, and no others.
    /// let sources = Sources::builder().try_source("vault", Vault::from_env()).build();
    /// ```
    ///
    /// # Errors
    /// If a variable is not valid, or is one that is not supported.
    pub fn from_env() -> Result<Self, SourceError> {
        variables::source(|name| std::env::var_os(name))
    }

    /// Revokes the leases and the token of a login, and closes the idle connections, for all clones. Every later request fails:
    /// the sources are shut down.
    ///
    /// What cannot be revoked within a few seconds is left to expire. Closing twice has no further effect.
    ///
    /// ```
    /// use component_model::{ComponentFetcher, ErrorKind, fetchers::vault::{Vault, VaultFetcher}};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::SourceError> {
    /// let vault = Vault::builder().build()?;
    /// vault.close().await;
    ///
    /// let key: Result<String, _> = VaultFetcher::new(&vault, "app/api-key").fetch_component().await;
    /// assert_eq!(key.unwrap_err().kind(), ErrorKind::ShutDown);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// Dropping the future leaves what is not yet revoked to expire; later requests still fail once it has been polled.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// Forgets the secrets with a lease that it holds, for all clones: the next fetch gets others. For secrets that were revoked by
    /// somebody else, which the source cannot know; those that are still good are not revoked, and expire.
    ///
    /// ```
    /// use component_model::fetchers::vault::Vault;
    ///
    /// # fn main() -> Result<(), component_model::SourceError> {
    /// let vault = Vault::builder().build()?;
    /// // After the database has refused the login that was fetched:
    /// vault.forget_leases();
    /// # Ok(())
    /// # }
    /// ```
    pub fn forget_leases(&self) {
        self.0.leases.forget();
    }

    pub(super) fn with(config: Config) -> Self {
        Self(Client::new(config))
    }

    pub(super) fn client(&self) -> &Client {
        &self.0
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Vault").field(&self.0.config).finish()
    }
}

impl Source for Vault {
    type Query = VaultQuery;

    const OPTIONS: &'static [OptionSpec] = built_in::VAULT.options;

    const IS_SENSITIVE: bool = true;

    const BUILT_IN: bool = true;

    fn how_to_set(&self, query: &VaultQuery) -> Option<String> {
        let secret = format!("`{}/{}`", query.place.mount, query.place.path);
        Some(match &query.field {
            Some(field) => format!("write the secret {secret} with the field `{field}`"),
            None => format!("write the secret {secret}"),
        })
    }

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<VaultQuery>, SourceError> {
        let config = &self.0.config;
        let query = VaultQuery::of(spec, config)?;
        let (shown, place) = (query.shown(), query.place.clone());
        let identity = format!("{}{shown}", config.address);
        Ok(Request::new(query, shown).with_endpoint(origin(&config.address)).with_identity(identity).with_group(place))
    }

    async fn fetch(&self, asked: Asked<'_, VaultQuery>) -> Answer {
        only(self.fetch_many(&[asked]).await)
    }

    /// The fields of one secret travel in one request.
    async fn fetch_many(&self, asked: &[Asked<'_, VaultQuery>]) -> Vec<Answer> {
        let Some(first) = asked.first() else { return Vec::new() };
        let read = read(&self.0, &first.query().place).await;
        asked.iter().map(|asked| answer(&read, asked)).collect()
    }

    async fn renew(&self, query: &VaultQuery, lease: &Lease) -> Result<Lease, SourceError> {
        self.0.leases.renew(&self.0, &query.place, lease).await
    }

    async fn shutdown(&self) {
        self.0.close().await;
    }
}

/// One secret; `None` if there is none, or none any more.
async fn read(client: &Client, place: &Place) -> Result<Option<Read>, SourceError> {
    let engine = client.engines.of(client, place).await?;
    let read = read_from(client, place, engine).await?;
    if read.is_some() || engine == Engine::Other {
        return Ok(read);
    }
    match client.engines.other_than(client, place, engine).await? {
        Some(other) => read_from(client, place, other).await,
        None => Ok(None),
    }
}

async fn read_from(client: &Client, place: &Place, engine: Engine) -> Result<Option<Read>, SourceError> {
    if engine != Engine::Versioned && place.version.is_some() {
        return Err(misconfigured("the mount keeps no versions, and the component asks for one")
            .with_hint("remove `version`, or enable version 2 of the KV engine"));
    }
    if engine == Engine::Other {
        return client.leases.read(client, place).await;
    }
    let data = (engine == Engine::Versioned).then_some("data");
    let path = place.mount.split('/').chain(data).chain(place.path.split('/'));
    let version = place.version.map(|version| ("version", version.to_string()));
    let (answered, _) = client.send(&Call::read(path, place.namespace.as_deref()).with(version)).await?;
    if answered.is_absent {
        return Ok(None);
    }
    let parse = if engine == Engine::Versioned { Secret::of_versioned } else { Secret::of_any };
    Ok(client.parsed(answered.body, parse).await?.map(Read::new))
}

/// There is no secret, perhaps because its path has what the source adds.
fn absent(place: &Place) -> Answer {
    let added = [format!("{}/", place.mount), "data/".to_owned()];
    let rest = added.iter().find_map(|added| Some((added, place.path.strip_prefix(added)?)));
    rest.map_or(Ok(Reply::ABSENT), |(added, rest)| {
        Err(SourceError::new(ErrorKind::Absent, "there is no such secret")
            .with_hint(format!("its path begins with `{added}`, which the source adds: should it be `{rest}`?")))
    })
}

fn answer(read: &Result<Option<Read>, SourceError>, asked: &Asked<'_, VaultQuery>) -> Answer {
    let Some(read) = read.as_ref().map_err(Clone::clone)? else { return absent(&asked.query().place) };
    let reply = read.reply(asked.query().field.as_deref())?;
    Ok(match reply.version() {
        Some(version) if asked.known() == Some(version) => {
            Reply::Unchanged { good_for: reply.record().and_then(component_model_source::Record::good_for) }
        }
        _ => reply,
    })
}
