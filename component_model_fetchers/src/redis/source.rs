//! The source: attributes become requests, replies become answers.

use std::fmt;

use component_model_source::{
    Answer, Asked, BoxStream, Change, OptionSpec, Request, RequestSpec, Source, SourceError, Watched,
};
use component_model_types::{built_in, plan::path::Convention};

use super::{RedisBuilder, address, client::Client, config, config::Config, misconfigured, watch};
use crate::single::only;

/// Redis or Valkey: one server, a cluster, or the master that Sentinels name. Cheap to clone; clones share connections.
///
/// ```
/// use component_model::{Sources, fetchers::redis::Redis};
///
/// let redis = Redis::from_url("redis://cache.service/0")?;
/// let sources = Sources::builder().source("redis", redis.clone()).source("flags", redis).build();
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Clone)]
pub struct Redis(Client);

impl Redis {
    /// A source with the server that a URL names, and with the system's certificate authorities. Does no I/O.
    ///
    /// ```
    /// use component_model::fetchers::redis::Redis;
    ///
    /// assert!(Redis::from_url("rediss://app:a%20password@cache.service").is_ok());
    /// assert!(Redis::from_url("cache.service").is_err());
    /// ```
    ///
    /// # Errors
    /// If the URL is not valid.
    pub fn from_url(url: &str) -> Result<Self, SourceError> {
        Self::builder(url).build()
    }

    /// A builder with the server that a URL names.
    ///
    /// ```
    /// use component_model::fetchers::redis::Redis;
    ///
    /// let redis = Redis::builder("redis://cache.service").login("app", "a password").build()?;
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    pub fn builder(url: &str) -> RedisBuilder {
        RedisBuilder::new(url)
    }

    /// The source that the environment describes: the URL `REDIS_URL`. Does no I/O.
    ///
    /// ```
    /// use component_model::{ErrorKind, fetchers::redis::Redis};
    ///
    /// # if std::env::var_os("REDIS_URL").is_none() {
    /// assert_eq!(Redis::from_env().unwrap_err().kind(), ErrorKind::NotSetUp);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the variable is not set, or is not a valid URL.
    pub fn from_env() -> Result<Self, SourceError> {
        config::from_variables(|name| std::env::var_os(name))
    }

    /// Closes the idle connections and ends the watches, for all clones. Every later request fails: the sources are shut
    /// down.
    ///
    /// A running request gets its answer, and its connection is closed when it ends. Closing twice has no further effect.
    ///
    /// ```
    /// use component_model::{ComponentFetcher, ErrorKind, fetchers::redis::{Redis, RedisFetcher}};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::SourceError> {
    /// let redis = Redis::from_url("redis://localhost")?;
    /// redis.close().await;
    ///
    /// let port: Result<u16, _> = RedisFetcher::from_redis(&redis, "port").fetch_component().await;
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

    pub(super) fn new(config: Config) -> Self {
        Self(Client::new(config))
    }

    pub(super) fn client(&self) -> &Client {
        &self.0
    }

    /// The query for a key, a field of its hash, and another database than that of the URL.
    pub(super) fn query(&self, key: String, field: Option<String>, db: Option<u32>) -> Result<RedisQuery, SourceError> {
        let config = self.0.config();
        if config.is_cluster() && db.is_some_and(|db| db != 0) {
            return Err(misconfigured("a cluster has only the database 0"));
        }
        Ok(RedisQuery { key, field, db: db.unwrap_or(config.db) })
    }
}

/// A key, a field of its hash, and a database.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RedisQuery {
    key: String,
    field: Option<String>,
    db: u32,
}

impl RedisQuery {
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    pub(super) fn db(&self) -> u32 {
        self.db
    }

    /// `key`, `key#field`, and the database if it is not that of the URL.
    pub(super) fn locator(&self, config: &Config) -> String {
        let field = self.field.iter().map(|field| format!("#{field}"));
        let db = Some(self.db).filter(|db| *db != config.db).map(|db| format!(" (db {db})"));
        [self.key.clone()].into_iter().chain(field).chain(db).collect()
    }
}

impl Source for Redis {
    type Query = RedisQuery;

    const OPTIONS: &'static [OptionSpec] = built_in::REDIS.options;

    const BUILT_IN: bool = true;

    fn how_to_set(&self, query: &RedisQuery) -> Option<String> {
        Some(match &query.field {
            Some(field) => format!("set the field `{field}` of the hash `{}`", query.key),
            None => format!("set the key `{}`", query.key),
        })
    }

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<RedisQuery>, SourceError> {
        let key = spec.key_as(Convention::COLONS)?.into_owned();
        let field = spec.option_in_segments("field", &[':'])?.map(std::borrow::Cow::into_owned);
        let db = spec.option("db")?.as_deref().map(address::db).transpose()?;
        let query = self.query(key, field, db)?;
        let (locator, db) = (query.locator(self.0.config()), query.db);
        // Of another server it is another value, and a key may have a `#` itself.
        let identity = format!("{}#{}", self.0.config().topology, query.field.as_deref().unwrap_or_default());
        Ok(Request::new(query, locator).with_group(db).with_identity(identity))
    }

    async fn fetch(&self, asked: Asked<'_, RedisQuery>) -> Answer {
        only(self.fetch_many(&[asked]).await)
    }

    async fn fetch_many(&self, asked: &[Asked<'_, RedisQuery>]) -> Vec<Answer> {
        self.0.get(asked).await
    }

    fn watch(&self, watched: Vec<Watched<RedisQuery>>) -> Option<BoxStream<'static, Change>> {
        Some(watch::watch(&self.0, watched))
    }

    async fn shutdown(&self) {
        self.0.close();
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Redis").field(self.0.config()).finish()
    }
}
