//! Fetch the fields of a struct concurrently, each from its own source.
//!
#![cfg_attr(
    all(feature = "async", any(feature = "full", not(doctest))),
    doc = r#"
```
use std::{net::IpAddr, time::Duration};
use component_model::prelude::*;

// Every field: the variable if it is set, otherwise the key in the file. A file that does not exist has no values.
#[derive(Debug, AsyncAssign)]
#[component(prefix("shop", file = ""), fetch_from = ["env", file(path = "shop.toml")])]
struct ShopConfig {
    // SHOP_HOST, then `host`, read as an address. The default is used if the value is missing, and not if it is wrong.
    #[component(default = "127.0.0.1")]
    host: IpAddr,
    #[component(default = "eu")]
    region: String,
    // In the file a key of its own, such as `limits.eu`. The fallback is also used if the file system fails.
    #[component(fetch_from = ["env", file(path = "shop.toml", key = "limits.{region}")], fallback = 100)]
    limit: u32,
    // The variable SHOP_TOKEN, otherwise a mounted file; `None` if neither exists. Never printed.
    #[component(fetch_from = ["env", "file"], path = "/run/secrets/shop_token")]
    token: Option<SecretString>,
    #[component(nested)]
    pool: Pool,
}

// SHOP_POOL_MAX, then `max` in the table `[pool]`.
#[derive(Debug, AsyncAssign)]
#[component(fetch_from = ["env", file(path = "shop.toml")])]
struct Pool {
    #[component(default = 10)]
    max: u32,
    #[component(default = "2s")]
    timeout: Duration,
}

#[tokio::main]
async fn main() -> Result<(), ComponentErrors> {
    let config = ShopConfig::fetch_all_components().await?;
    println!("{config:#?}");
    Ok(())
}
```

You get the whole struct or an error, which names every field that failed, its source and the cause. The [`guide`] begins
with [getting started](guide::getting_started); [`AsyncAssign`](macro@AsyncAssign) lists all attributes, and
[`guide::sources`] the sources: variables, files, SQL databases, HTTP APIs, Consul, etcd, NATS, Redis, Vault and your
own.

"#
)]
//! # Assignment by type
//!
//! Fields can also be set by their types, from values that you already have:
//!
//! ```
//! use component_model::prelude::*;
//!
//! #[derive(Default, ComponentModel)]
//! struct AppConfig {
//!     host: String,
//!     port: u16,
//!     timeout: std::time::Duration,
//! }
//!
//! let config = AppConfig::default().impute("localhost").impute(8080u16).timeout_with(30);
//! assert_eq!((config.host.as_str(), config.port, config.timeout.as_secs()), ("localhost", 8080, 30));
//! ```
//!
//! This part needs no runtime and no cargo feature.

pub use component_model_types::{Assign, AssignError, AssignWithType, TryAssign, assign, convert, duration, plan};

#[cfg(feature = "async")]
pub use component_model_async::*;

// Their examples use every source, and are tested with all of them.
#[cfg(all(feature = "async", any(feature = "full", not(doctest))))]
#[cfg_attr(
    not(all(feature = "full", feature = "test-util")),
    allow(rustdoc::broken_intra_doc_links, reason = "the pages of what is off")
)]
pub mod guide;

/// Compiles and runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Assigns the fields of a struct by type and by name; implements [`Assign`] and [`TryAssign`].
///
/// A field can be assigned by type if no other field has the same type. Every field `port` also gets `port_set`,
/// `port_with` and `port_try_set`, which are as visible as the field, and have its documentation, `#[deprecated]` and
/// `#[doc(hidden)]`. [`convert`] lists the conversions, [`assign`] the limits.
///
/// ```
/// use component_model::prelude::*;
/// use std::net::IpAddr;
///
/// #[derive(Debug, Default, ComponentModel)]
/// struct AppConfig { host: String, name: String, port: u16 }
///
/// let mut config = AppConfig::default();
/// config.assign(8080u16);
/// config.host_set("localhost");       // two fields are `String`: use the name of the field
/// config.port_try_set("80")?;
/// assert_eq!((config.host.as_str(), config.port), ("localhost", 80));
///
/// let error = config.port_try_set("http").unwrap_err();
/// assert_eq!(error.to_string(), "cannot assign `AppConfig.port: u16`: invalid digit found in string");
/// # Ok::<(), AssignError>(())
/// ```
///
/// If a field's type contains a type parameter of the struct, and could become the same as another field's type, the
/// field can be set only by name.
///
/// If a struct has fields `port` and `port_try`, then `port_try_set` could be a method of either. The compiler rejects its
/// use, and names the methods to use instead.
#[cfg(feature = "derive")]
pub use component_model_meta::ComponentModel;

/// Fetches the components of a struct concurrently, and assigns them by type; the trait has the same name.
///
/// ```
/// use component_model::{Memory, prelude::*};
/// use std::{net::IpAddr, time::Duration};
///
/// #[derive(Debug, AsyncAssign)]
/// #[component(prefix = "app")]
/// struct AppConfig {
///     #[component(fetch_from = "settings", fallback = "127.0.0.1")]
///     host: IpAddr,
///     #[component(fetch_from = ["override", "settings"], timeout = "250ms")]
///     port: u16,
///     started: Option<Duration>,
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let sources = Sources::builder()
///     .source("override", Memory::new([("app.port", "8080")]))
///     .source("settings", Memory::new([("app.name", "unused")]))
///     .build();
/// let config = AppConfig::fetch_all_components_from(&sources).await?;
/// assert_eq!((config.host.to_string().as_str(), config.port, config.started), ("127.0.0.1", 8080, None));
/// # Ok::<(), ComponentErrors>(())
/// # }).unwrap();
/// ```
///
/// # Settings
///
/// The compiler reports all mistakes in the settings of a struct at once, each at its position.
///
/// | on the struct | value | default | meaning |
/// | --- | --- | --- | --- |
/// | `prefix` | a path, or one for each source | none | precedes the derived keys: `prefix = "shop"`, `prefix("shop", file = "")` |
/// | `fetch_from` | as on a field | none | the sources of every field that has none of its own |
/// | `validate` | a function, a list of functions, or `garde` | none | checks the struct once all fields hold a value |
/// | `deny_unknown` | none, or names of sources | such keys are ignored | a key below the prefix in the documents of `file`, or of these sources, that no field reads is an error |
/// | `crate` | a path in a string | `::component_model` | where `component_model` is, if it is re-exported |
///
/// | on a field | value | default | meaning |
/// | --- | --- | --- | --- |
/// | `fetch_from` | a name or a list of names | that of the struct | the sources; the first that has the value provides it. A source may have a key and options of its own: `["env", consul(key = "app/port")]` |
/// | `key` | text | the path of the field, in the source's convention | the name of the value in its source |
/// | `query`, `params` | text; a list of literals | the query for the key | the SQL query for `database` |
/// | `url`, `pointer` | text | those of the source | the URL for `api`, and which part of the answer is the value; the URL of another database for `database` |
/// | `path` | text | the file of the source | the file that `file` reads |
/// | `dc`, `namespace`, `token`, `consistency` | text | those of the source | where and how `consul` reads; `etcd` takes `consistency`, `vault` takes `namespace` |
/// | `field` | text | the whole value | the field of a hash of `redis`, or of a secret of `vault` |
/// | `db` | a number | the database of the source | the database of `redis` |
/// | `bucket` | text | the bucket of the source | the bucket that `nats` reads |
/// | `secret`, `mount`, `version` | text; a number | the key, that of the source, the latest | what `vault` reads |
/// | `nested` | none | the field is one component | the type's own components are fetched; it may be an `Option` of a struct |
/// | `prefix` | as on the struct | the field's name | on a nested field: replaces the field's name in the keys, `""` leaves it out. With `consul` and `etcd`: text, all keys below it |
/// | `depends_on` | a name or a list of names | what its templates name | components that must be fetched before |
/// | `validate` | a function, a list of functions, or `garde` | none | checks the value |
/// | `sensitive` | none | as the type says: a `SecretString` is | the value is never shown, whatever its type |
/// | `skip` | none | it is fetched | the field is not fetched |
///
/// The policies of a field. A duration is a number of seconds, or text such as `"250ms"` and `"1h30m"`. A number and a `bool`
/// may be text, too: `retry_attempts = "3"`. What a field does not set, the registration of its source may set
/// ([`Policies`]), and otherwise the default holds.
///
/// | policy of a field | value | default | meaning |
/// | --- | --- | --- | --- |
/// | `timeout` | a duration | 2 s | how long one attempt may take |
/// | `deadline` | a duration | none | how long the field may take with all its attempts, pauses and sources |
/// | `retry_attempts` | a number | 1; 3 in `fetch_with_resilience` | the most attempts at each source, the first included |
/// | `retry_backoff` | a duration | 100 ms | the longest pause after the first attempt; it doubles with each further one |
/// | `retry_max_backoff` | a duration | 10 s | the longest pause of all |
/// | `circuit_breaker` | `true`, also without a value; `false` | `false`; `true` in `fetch_with_resilience` | whether a source that fails too often is not called for a while |
/// | `ttl`, `cache_for` | a duration | not cached; 60 s in `fetch_with_cache` | how old a value from the cache may be; both are the same |
/// | `stale_for` | a duration | 0 | how much longer a value from the cache is used while the source cannot answer |
/// | `refresh_ahead` | a duration | 0 | how long before the end of its `ttl` a value is fetched again in the background; needs a `ttl`, here or at the registration |
/// | `fallback_to` | a source, with a key and options if need be, or `local_cache` | none | what is asked if the sources cannot answer |
/// | `default` | none, a literal, a list, or an expression | none | the value if no source has one; alone, the `Default` of the type |
/// | `fallback` | a literal or a list | none | what the field's type reads if the value is absent or the source cannot answer |
/// | `fallback_on` | `"any"`, or a list of kinds | absent, and what cannot answer | the failures for which the fallback is used |
///
/// Keys, URLs, paths and parameters may name other components in braces: `key = "app/{region}/port"`. `{{` and `}}` are
/// braces.
///
/// A `key` and options belong to one source. They are in its parentheses, or beside `fetch_from` if only one source of the
/// field takes them. A source of your own declares its options; they may be beside too if a built-in source has
/// an option of this name, such as `path`, and are in its parentheses otherwise.
///
/// A field without `fetch_from`, in a struct without it, uses the `Default` of its type.
///
/// # What it generates
///
/// - The functions that fetch (`fetch_all_components`, `fetch_with_report`, …), if any field has a source. `fetch` is one
///   of the trait [`Components`], so that a function of your own may have this name.
/// - For every field `port` a method `port_fetch`, which takes a value, a result, a future or a fetcher. It is as visible
///   as the field, and has its documentation, `#[deprecated]` and `#[doc(hidden)]`.
/// - `async_assign` for each type that exactly one field has, under whatever name. If a field's type contains a type
///   parameter of the struct, and could become the same as another field's type, the field can be set only by name. Two
///   such types that are one under two names (an alias) are a conflicting implementation.
#[cfg(all(feature = "derive", feature = "async"))]
pub use component_model_meta::AsyncAssign;

#[cfg(all(feature = "derive", not(feature = "async")))]
#[doc(hidden)]
pub use component_model_meta::AsyncAssignIsOff as AsyncAssign;

/// Everything that a user of the derives needs.
///
/// ```
/// use component_model::prelude::*;
/// # #[derive(Default, ComponentModel)]
/// # struct AppConfig { port: u16 }
/// # assert_eq!(AppConfig::default().impute(80u16).port, 80);
/// ```
pub mod prelude {
    #[cfg(feature = "async")]
    #[doc(hidden)]
    pub use component_model_async::MaybeFetched as _;
    #[cfg(feature = "async")]
    pub use component_model_async::{
        AsyncAssign, ComponentError, ComponentErrors, ComponentFetcher, Components, ErrorKind, FutureAssign, Inspect,
        Memory, Policies, Request, SecretString, Source, SourceError, Sources, Value,
    };
    #[cfg(all(feature = "derive", feature = "async"))]
    pub use component_model_meta::AsyncAssign;
    #[cfg(all(feature = "derive", not(feature = "async")))]
    #[doc(hidden)]
    pub use component_model_meta::AsyncAssignIsOff as AsyncAssign;
    #[cfg(feature = "derive")]
    pub use component_model_meta::ComponentModel;
    pub use component_model_types::{Assign, AssignError, AssignWithType, TryAssign};
}

/// What the generated code uses; not part of the public API.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "async")]
    pub use component_model_async::{
        Assignment, AsyncAssign, BoxFuture, ComponentError, ComponentErrors, Components, Fetch, Fetched, FieldOf,
        IntoComponent, Partial, Slot, Sources, Stage, StructViolations, Violations,
        decode::{AnyNotation, NotSensitive, Probe, Unfetched, check_literal, replace},
    };
    pub use component_model_types::{
        Assign, AssignError, IntoValue, TryAssign, TryIntoValue, Unambiguous,
        alias::{Choice, Differ, Holds, Same, Unassignable},
        assign::try_set,
        plan::{Component, DefaultValue, FallbackOn, Layer, Nested, Plan, Planned, Policy, Prefix},
    };
    pub use core::result::Result;
    pub use std::boxed::Box;
}
