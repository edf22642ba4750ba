//! The built-in sources under their names: a page for each, and the typed fetchers. The sources themselves are in
//! `component_model_fetchers`.

use component_model_types::built_in;

use crate::registry::{Registration, Sources, SourcesBuilder, not_compiled_in};

#[cfg(feature = "api")]
pub mod api;
#[cfg(feature = "consul")]
pub mod consul;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub mod database;
#[cfg(feature = "env")]
pub mod env;
#[cfg(feature = "etcd")]
pub mod etcd;
#[cfg(feature = "file")]
pub mod file;
#[cfg(feature = "nats")]
pub mod nats;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "vault")]
pub mod vault;

#[cfg(feature = "api")]
pub use self::api::Api;
#[cfg(feature = "consul")]
pub use self::consul::Consul;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub use self::database::Database;
#[cfg(feature = "env")]
pub use self::env::Env;
#[cfg(feature = "etcd")]
pub use self::etcd::Etcd;
#[cfg(feature = "file")]
pub use self::file::File;
#[cfg(feature = "nats")]
pub use self::nats::Nats;
#[cfg(feature = "redis")]
pub use self::redis::Redis;
#[cfg(feature = "vault")]
pub use self::vault::Vault;

impl SourcesBuilder {
    /// A builder with the built-in sources under their own names, configured by the variables that their own clients use;
    /// others can be added, and any of them replaced.
    ///
    /// Reads variables; connections are opened, and files read, at the first fetch. One file is read here: if `DATABASE_URL`
    /// is of PostgreSQL and has no password, sqlx looks for one in the file of `PGPASSFILE` or in `~/.pgpass`. A variable
    /// that does not parse is an error only for the components that need its source.
    ///
    /// With the feature `local-cache`, `LOCAL_CACHE` names the file of the last known good values, and `LOCAL_CACHE_KEY` the
    /// key that encrypts them.
    ///
    /// ```
    /// use component_model::{Memory, SourcesBuilder};
    ///
    /// let sources = SourcesBuilder::from_env().source("flags", Memory::new([("dark_mode", "yes")])).build();
    /// assert!(sources.names().contains(&"flags"));
    /// assert_eq!(sources.names().contains(&"env"), cfg!(feature = "env"));
    /// ```
    pub fn from_env() -> Self {
        let off = |name: &str| Registration::FeatureOff(not_compiled_in(name));
        let builder =
            built_in::ALL.iter().fold(Self::default(), |builder, source| builder.entry(source.name, off(source.name)));
        #[cfg(feature = "api")]
        let builder = builder.try_source("api", api::Api::from_env());
        #[cfg(feature = "consul")]
        let builder = builder.try_source("consul", consul::Consul::from_env());
        #[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
        let builder = builder.try_source("database", database::Database::from_env());
        #[cfg(feature = "env")]
        let builder = builder.source("env", env::Env::from_env());
        #[cfg(feature = "etcd")]
        let builder = builder.try_source("etcd", etcd::Etcd::from_env());
        #[cfg(feature = "file")]
        let builder = builder.source("file", file::File::from_env());
        #[cfg(feature = "nats")]
        let builder = builder.try_source("nats", nats::Nats::from_env());
        #[cfg(feature = "redis")]
        let builder = builder.try_source("redis", redis::Redis::from_env());
        #[cfg(feature = "vault")]
        let builder = builder.try_source("vault", vault::Vault::from_env());
        #[cfg(feature = "local-cache")]
        let builder = builder.local_cache_from_env();
        builder
    }
}

impl Sources {
    /// The built-in sources under their own names: [`SourcesBuilder::from_env`], with nothing added.
    ///
    /// Every call creates new sources with new connections: keep the result, or [`install`](Self::install) it.
    /// [`Sources::current`] keeps default sources for each runtime.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// let sources = Sources::from_env();
    /// assert_eq!(sources.names().contains(&"env"), cfg!(feature = "env"));
    /// ```
    #[must_use]
    pub fn from_env() -> Self {
        SourcesBuilder::from_env().build()
    }
}
