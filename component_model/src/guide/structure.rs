//! The structure of a struct: keys by convention, prefixes, sources in layers, nested structs.
//!
//! # Keys by convention
//!
//! Without a `key`, the key of a field is its path, which each source writes in its own convention:
//!
//! | source | the field `max` of `pool`, with the prefix `shop` |
//! | --- | --- |
//! | `env` | `SHOP_POOL_MAX` |
//! | `file`, `database`, `nats`, a [`Memory`](crate::Memory) | `shop.pool.max` |
//! | `api`, `consul`, `etcd`, `vault` | `shop/pool/max` |
//! | `redis` | `shop:pool:max` |
//!
//! The path consists of:
//!
//! 1. the [`root`](crate::Policies::root) of the source's registration, if it has one,
//! 2. the `prefix` of the struct that is fetched,
//! 3. the names of the nested fields, or their own `prefix`,
//! 4. the name of the field.
//!
//! `env` writes everything in upper case, and `_` for characters that the name of a variable cannot have. Other sources
//! write the names as they are.
//!
//! A written `key` is never changed: neither a prefix nor a root is added, and `env` does not change its case. If two
//! components derive the same key, that is an error before any I/O.
//!
//! ```
//! use component_model::{Memory, fetchers::{env::Env, file::File}, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix("shop", file = ""), fetch_from = ["env", "file", "store"])]
//! struct ShopConfig {
//!     name: String,
//!     #[component(nested)]
//!     pool: Pool,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = ["env", "file", "store"])]
//! struct Pool {
//!     max: u32,
//!     min: u32,
//!     idle: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let path = "shop.toml";
//! # let folder = tempfile::tempdir()?;
//! # let path = &folder.path().join(path);
//! std::fs::write(path, "name = 'corner'\n[pool]\nmax = 10\nmin = 2\n")?;
//! let sources = Sources::builder()
//!     .source("env", Env::of([("SHOP_POOL_MAX", "30")]))
//!     .source("file", File::new(path))
//!     .source("store", Memory::new([("shop.pool.max", "5"), ("shop.pool.idle", "60")]))
//!     .build();
//! let config = ShopConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.name.as_str(), config.pool.max, config.pool.min, config.pool.idle), ("corner", 30, 2, 60));
//! # Ok(())
//! # }
//! ```
//!
//! # A prefix is a path
//!
//! `prefix` on the struct is a path, with `.` or `/` between its segments, and not a piece of text: `prefix = "shop"`,
//! `prefix = "teams/shop"`. Each source writes it in its own convention, so `"SHOP_"` and `"shop."` do not compile, and
//! the message says what to write.
//!
//! | written | meaning |
//! | --- | --- |
//! | `prefix = "shop"` | for all sources |
//! | `prefix("shop", file = "")` | for all sources except `file`, which has none |
//! | `prefix(env = "shop")` | for `env` only |
//!
//! Several structs that read one file with `deny_unknown` each need a prefix, or one struct around them
//! ([why](super::sources#keys-that-no-field-reads)).
//!
//! # Sources in layers
//!
//! The order of the list is the order of precedence: the first source that has the value provides it. If the value is
//! absent, the next source is asked; after a failure it is not ([why](super::sources#rules-for-all-sources)).
//!
//! `fetch_from` on the struct applies to every field that has none of its own. A source can have a key and options of
//! its own, in parentheses. The same source may be asked twice with different keys:
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop", fetch_from = ["overrides", "store"])]
//! struct ShopConfig {
//!     // `shop.port` in both sources.
//!     port: u16,
//!     // `shop.region` of the overrides, then two keys of the store.
//!     #[component(fetch_from = ["overrides", store(key = "teams/shop/region"), store(key = "region")])]
//!     region: String,
//!     // Another source, instead of those of the struct.
//!     #[component(fetch_from = "flags")]
//!     dark_mode: bool,
//!     // Not fetched: the `Default` of its type.
//!     #[component(skip)]
//!     requests: u64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let sources = Sources::builder()
//!     .source("overrides", Memory::new([("shop.port", "8080")]))
//!     .source("store", Memory::new([("shop.port", "80"), ("region", "eu-west-1")]))
//!     .source("flags", Memory::new([("shop.dark_mode", "yes")]))
//!     .build();
//! let config = ShopConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.port, config.region.as_str(), config.dark_mode, config.requests), (8080, "eu-west-1", true, 0));
//! # Ok(())
//! # }
//! ```
//!
//! If a field has one source, its key and options may also be written beside `fetch_from`:
//! `fetch_from = "env", key = "PORT"`. If it has several, a `key` belongs in the parentheses of its source; an option
//! that only one of the built-in sources takes, such as `path` or `query`, may stay beside. An option of a [source of
//! your own](super::own_source) may be beside too, if a built-in source has one of this name; any other is in the
//! parentheses.
//!
//! # Nested structs
//!
//! A field with `nested` is a struct whose own fields are fetched. It has no source of its own: `fetch_from` is on its
//! struct or on its fields. The whole tree is one fetch: all components are fetched concurrently, and equal requests
//! are sent once. Errors, reports and events have the whole path, such as `ShopConfig.pool.max`. No struct in the tree
//! needs `Default`.
//!
//! The prefix of a nested struct is ignored. `prefix` on the nested field replaces its name in the keys, and
//! `prefix = ""` leaves it out, so that one struct can be nested twice:
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "app", fetch_from = "store")]
//! struct AppConfig {
//!     name: String,
//!     // `app.pool.max`
//!     #[component(nested)]
//!     pool: Pool,
//!     // `app.spare.max`
//!     #[component(nested, prefix = "spare")]
//!     second_pool: Pool,
//!     // `app.level`
//!     #[component(nested, prefix = "")]
//!     log: Log,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "store")]
//! struct Pool {
//!     max: u32,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "store")]
//! struct Log {
//!     level: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let store = Memory::new([("app.name", "shop"), ("app.pool.max", "10"), ("app.spare.max", "2"), ("app.level", "info")]);
//! let sources = Sources::builder().source("store", store).build();
//! let config = AppConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.pool.max, config.second_pool.max, config.log.level.as_str()), (10, 2, "info"));
//!
//! let errors = AppConfig::fetch_all_components_from(&Sources::builder().source("store", Memory::default()).build());
//! let errors = errors.await.unwrap_err();
//! assert_eq!(errors.of("pool.max").unwrap().component().as_deref(), Some("AppConfig.pool.max"));
//! # assert_eq!(errors.len(), 4);
//! # assert_eq!(config.name, "shop");
//! # Ok(())
//! # }
//! ```
//!
//! # Nested structs that may be missing
//!
//! An `Option` of a nested struct is `None` if no source has a value for any of its components. A `default` does not
//! make it present. Any value makes it present, and so does any failure, since a source that cannot answer does not say
//! that there is nothing. Then all components without a value are errors:
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "store")]
//! struct Service {
//!     port: u16,
//!     #[component(nested)]
//!     tls: Option<Tls>,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "store")]
//! struct Tls {
//!     certificate: String,
//!     #[component(default = 12)]
//!     version: u8,
//! }
//!
//! async fn service<const N: usize>(values: [(&str, &str); N]) -> Result<Service, ComponentErrors> {
//!     let sources = Sources::builder().source("store", Memory::new(values)).build();
//!     Service::fetch_all_components_from(&sources).await
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! assert!(service([("port", "443")]).await?.tls.is_none());
//! let tls = service([("port", "443"), ("tls.certificate", "…")]).await?.tls.unwrap();
//! assert_eq!((tls.certificate.as_str(), tls.version), ("…", 12));
//!
//! let errors = service([("port", "443"), ("tls.version", "13")]).await.unwrap_err();
//! assert!(errors.of("tls.certificate").unwrap().is_absent());
//! # Ok(())
//! # }
//! ```
//!
//! # Generic structs
//!
//! A struct may have type parameters, and nested fields may depend on them. The types of fetched fields must be
//! readable and owned:
//!
//! ```
//! use component_model::{Memory, prelude::*};
//! use serde::de::DeserializeOwned;
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "store")]
//! struct Limit<T>
//! where
//!     T: DeserializeOwned + Send + 'static,
//! {
//!     value: T,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! struct Limits<T>
//! where
//!     T: DeserializeOwned + Send + 'static,
//! {
//!     #[component(nested)]
//!     soft: Limit<T>,
//!     #[component(nested)]
//!     hard: Option<Limit<T>>,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let sources = Sources::builder().source("store", Memory::new([("soft.value", "7")])).build();
//! let limits = Limits::<u8>::fetch_all_components_from(&sources).await?;
//! assert_eq!((limits.soft.value, limits.hard.is_none()), (7, true));
//! # Ok(())
//! # }
//! ```
//!
//! # A plan without a struct
//!
//! The derive describes a struct by a constant [`Plan`](crate::plan::Plan). A plan can also be created at run time, for
//! example from a file. [`Sources::bind`](crate::Sources::bind) checks it as the plan of a struct, without any I/O, and
//! fetches it into a map of [values](crate::Value):
//!
//! ```
//! use component_model::{Memory, Sources, Value, plan::{Component, Layer, Plan, Prefix}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), component_model::ComponentErrors> {
//! let sources = Sources::builder().source("store", Memory::new([("shop.port", "8080")])).build();
//!
//! let names = vec![String::from("port")];
//! let layers = [Layer { source: "store", ..Layer::NEW }];
//! let components: Vec<_> =
//!     names.iter().map(|name| Component { name, layers: &layers, ..Component::NEW }).collect();
//! let prefix = Prefix { every: "shop", of: &[] };
//! let plan = sources.bind(&Plan { name: "Described", prefix, components: &components, ..Plan::NEW })?;
//! drop(names);
//!
//! assert_eq!(plan.fetch().await?["port"], Value::text("8080"));
//! # Ok(())
//! # }
//! ```
//!
//! The binding owns what it needs of the plan, so the plan may be dropped.
//!
//! What the derive rejects is rejected here too, all of it at once: two components of one name, a `timeout` of zero, a
//! `fallback_on` without a `fallback`, policies of a nested component, an option that is given twice, and so on
//! ([`plan::mistakes`](crate::plan::mistakes)). A default that is an expression, or that of the field's type, needs the code of
//! a struct, and is rejected as well. A plan has at most 100,000 components, and 64 levels of nested plans.
