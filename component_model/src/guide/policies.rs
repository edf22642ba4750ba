//! What happens when a source is slow, down or empty: the order of the steps and of the policies, defaults and fallbacks.
//!
//! [`resilience`](super::resilience) has timeouts, deadlines, retries, circuit breakers and limits,
//! [`caching`](super::caching) the cache and the last known good values on disk.
//!
//! # The ladder of one component
//!
//! A component takes the first of these steps that applies:
//!
//! 1. **Cached**: a value that is not older than its `ttl`. No request is sent.
//! 2. **Fresh**: the value of the first of its sources that has it. If the value is absent, the next source is asked;
//!    after a failure it is not.
//! 3. **Stale**: a value from the cache that is older, but by no more than `stale_for`.
//! 4. **`fallback_to`**: another source, or the last known good value on disk.
//! 5. **`fallback`** or **`default`**: the value in the attribute.
//! 6. **Absence**: `None`, if no source has the value and the type is an `Option`.
//! 7. **Error.**
//!
//! Which substitute is used depends on what happened:
//!
//! | what happened | kinds | `default` | `fallback` | stale, `fallback_to` a source | `fallback_to = "local_cache"` |
//! | --- | --- | --- | --- | --- | --- |
//! | the value is absent | `absent` | used | used | | |
//! | the source cannot answer | `unreachable`, `unavailable`, `throttled`, `circuit_open`, `timeout`, `deadline`, `not_set_up`, `shut_down`, `other` | | used | used | used |
//! | the source refuses | `denied` | | | | |
//! | the value is there, but wrong | `malformed`, `invalid`, `too_large` | | | | used |
//! | a mistake in the program | | | | | |
//!
//! - `default` is the value if there is none. `fallback` is the value if there is none, or if that is unknown. Neither hides
//!   a value that is there and wrong: `PORT=80800` must stop a service, and not start it on its default.
//!   [`fallback_on`](#other-failures-for-the-fallback) replaces the column of the `fallback`.
//! - With both, `default` is used if the value is absent, and `fallback` if the source cannot answer.
//! - The local cache stores the answer to a request. If the source is not set up, there is no request, and nothing to
//!   look for.
//! - If a step has no value either, the next one is tried. The error, if nothing helps, is that of the first failure.
//! - A component that [needs another one](super::templates) which failed is treated as if it had failed for the same
//!   reason.
//! - A mistake in the program always fails the fetch: a name that is not registered, an option that the source does not
//!   take, a key or a URL that is not valid, a default or a fallback that the field's type does not read.
//! - Every value is [validated](super::validation), wherever it comes from.
//! - A substitute is never hidden. The [report](super::errors) has the outcome `Stale`, `OtherSource`,
//!   `LastKnownGood`, `Fallback` or `Default` with the cause, and an event is emitted through `tracing`: `debug` for a
//!   default, `warn` for all others.
//!
//! ```
//! use component_model::{Memory, Outcome, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "settings")]
//! struct Limits {
//!     #[component(default = 100)]
//!     connections: u32,
//!     #[component(fallback = "1m30s")]
//!     patience: std::time::Duration,
//!     region: Option<String>,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let empty = Sources::builder().source("settings", Memory::default()).build();
//! let fetched = Limits::fetch().sources(&empty).report().await?;
//! assert_eq!((fetched.value.connections, fetched.value.patience.as_secs(), fetched.value.region), (100, 90, None));
//! let outcome = |field| fetched.report.entry(field).map(|entry| entry.outcome());
//! assert_eq!(outcome("connections"), Some(Outcome::Default));
//! assert_eq!(outcome("patience"), Some(Outcome::Fallback));
//! assert_eq!(outcome("region"), Some(Outcome::Absent));
//!
//! let down = |_| async { Err::<Option<String>, _>("the disk is on fire") };
//! let errors = Limits::fetch_all_components_from(&Sources::builder().closure("settings", down).build()).await.unwrap_err();
//! assert!(errors.of("connections").is_some() && errors.of("region").is_some());
//! assert!(errors.of("patience").is_none(), "the fallback is used");
//!
//! let wrong = Sources::builder().source("settings", Memory::new([("connections", "many"), ("patience", "long")])).build();
//! let errors = Limits::fetch_all_components_from(&wrong).await.unwrap_err();
//! assert!(errors.len() == 2 && errors.iter().all(ComponentError::is_malformed));
//! # Ok(())
//! # }
//! ```
//!
//! # Which policy holds
//!
//! The first of these that is set applies: the attribute of the component; the call, such as `.deadline(..)`; the
//! registration of the source ([`SourcesBuilder::policies`](crate::SourcesBuilder::policies)); the mode of the fetch;
//! the built-in default. [`describe`](super::before_the_fetch) shows the policies of each component, and where they are
//! set.
//!
//! | attribute | registration | default | meaning |
//! | --- | --- | --- | --- |
//! | `timeout` | `timeout` | 2 s | the longest that one attempt may take |
//! | `deadline` | | none | the longest for the component, with all attempts, pauses and sources |
//! | `retry_attempts` | `retry_attempts` | 1; `fetch_with_resilience` 3 | the most attempts, the first included |
//! | `retry_backoff` | `retry_backoff` | 100 ms | the longest pause after the first attempt |
//! | `retry_max_backoff` | `retry_max_backoff` | 10 s, or `retry_backoff` if that is longer | the longest pause of all |
//! | `circuit_breaker` | `circuit_breaker` | off; `fetch_with_resilience` on | stops calling a source that fails too often |
//! | `ttl`, `cache_for` | `ttl` | not cached; `fetch_with_cache` 60 s | how old a cached value may be |
//! | `stale_for` | `stale_for` | 0 | how much older while the source cannot answer |
//! | `refresh_ahead` | `refresh_ahead` | 0 | how long before its end a cached value is fetched again |
//! | `fallback_to` | | none | what is asked if the sources cannot answer |
//! | `fallback`, `fallback_on` | | none | the value for absence and for failures |
//! | `default` | | none | the value for absence |
//!
//! Only a registration sets the [retry budget](super::resilience#the-budget), the figures of the circuit breaker, the
//! limit on parallel requests, and the root of derived keys.
//!
//! ```
//! use component_model::{Memory, Policies, PolicyOrigin, PolicyValue, prelude::*};
//! use std::time::Duration;
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "warehouse")]
//! struct Stock {
//!     tea: u32,
//!     #[component(timeout = "500ms", retry_attempts = 5)]
//!     coffee: u32,
//! }
//!
//! let policies = Policies::new().timeout(Duration::from_secs(10)).retry_attempts(2);
//! let sources = Sources::builder().source("warehouse", Memory::default()).policies("warehouse", policies).build();
//!
//! let description = Stock::describe(&sources);
//! let of = |field: &str| &description.component(field).unwrap().layers()[0];
//! assert_eq!((of("tea").timeout().as_secs(), of("tea").timeout_from()), (10, PolicyOrigin::Registration));
//! assert_eq!((of("coffee").timeout().as_millis(), of("coffee").timeout_from()), (500, PolicyOrigin::Component));
//! assert_eq!(of("tea").policy("retry_attempts").unwrap().value(), PolicyValue::Count(2));
//! assert_eq!(of("coffee").policy("retry_attempts").unwrap().value(), PolicyValue::Count(5));
//! assert_eq!(of("tea").policy("circuit_breaker").unwrap().origin(), PolicyOrigin::BuiltIn);
//! ```
//!
//! # Modes
//!
//! | function | adds, unless something else is set |
//! | --- | --- |
//! | `fetch_all_components()` | nothing: one attempt of 2 s at each source, no breaker, no cache |
//! | `fetch_with_resilience()` | a deadline of 30 s for the whole fetch, 3 attempts, circuit breakers |
//! | `fetch_with_cache()` | a `ttl` of 60 s for every component |
//!
//! What an attribute or a registration sets applies in every mode: a written `ttl` also in `fetch_all_components`, and
//! a component with `retry_attempts = 1` is not retried in a resilient fetch. The last two functions return one
//! [`ComponentError`](crate::ComponentError), which contains those of all components. The methods of
//! [`Fetch`](crate::Fetch) combine as you like:
//!
//! ```
//! use component_model::prelude::*;
//! use std::time::Duration;
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "consul")]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentError> {
//! let sources = Sources::builder().constant("consul", 8080).build();
//! let fetch = AppConfig::fetch().sources(&sources).resilient().cached().deadline(Duration::from_secs(5));
//! let config: AppConfig = fetch.combined().await?;
//! assert_eq!(config.port, 8080);
//! # Ok(())
//! # }
//! ```
//!
//! # The order of the policies
//!
//! From the outside in: the deadline of the whole fetch and that of the component; the steps of the ladder; the cache;
//! retries; single-flight; the circuit breaker; the limit on parallel requests; the timeout of the attempt, which begins when the
//! limit lets it through; hedging; the source. So:
//!
//! - each attempt has its own timeout, and asks the circuit breaker again;
//! - a cached value needs neither a permit nor a closed circuit;
//! - a request that waits for its turn does not use up its timeout, only its deadline;
//! - stale values and fallbacks come after all attempts.
//!
//! A value that is available without I/O (a variable, a value in memory) is taken at once: there is nothing that a policy
//! could bound, repeat or cache. `retry_attempts` on a component that is fetched from `env` alone has no effect, and
//! [`check`](super::before_the_fetch#a-check) notes that. This is not an error, since a test may register a
//! [`Memory`](crate::Memory) in place of a server.
//!
//! # Another source
//!
//! `fallback_to` names a source that is asked if those of the component cannot answer. It may have a key and options of
//! its own, in its parentheses. It is asked only when it is needed, with the timeouts and the retries of the component.
//!
//! ```
//! use component_model::{ErrorKind, Memory, Outcome, prelude::*, test_util::{Script, Scripted}};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "consul", fallback_to = backup(key = "ports/shop"), fallback = 8080)]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let sources = Sources::builder()
//!     .source("consul", Scripted::new().answers("port", [Script::fails(ErrorKind::Unreachable)]))
//!     .source("backup", Memory::new([("ports/shop", "9090")]))
//!     .build();
//! let fetched = AppConfig::fetch().sources(&sources).report().await?;
//! assert_eq!(fetched.value.port, 9090);
//! let entry = fetched.report.entry("port").unwrap();
//! assert_eq!((entry.outcome(), entry.source()), (Outcome::OtherSource, "backup"));
//! assert_eq!(entry.problem().unwrap().kind(), ErrorKind::Unreachable);
//! # Ok(())
//! # }
//! ```
//!
//! This is not a second layer: `fetch_from = ["consul", "backup"]` asks the backup if Consul has no such key, and not if
//! Consul is down. `fallback_to` asks it if Consul is down, and not if there is no such key. It cannot be the source of the
//! component itself, which would not answer a second time either: that is an error. Once the deadline has passed,
//! nothing is waited for any longer: only a source in memory and the [local cache](super::caching#on-disk) still answer.
//! If the other source fails too, the error and the report name it after the failure of the first: `tried backup:ports/shop:
//! denied: …`.
//!
//! # What can be a default
//!
//! | written | value |
//! | --- | --- |
//! | `default` | the `Default` of the type |
//! | `default = 8080`, `default = "1m30s"`, `default = ["a", "b"]` | a literal or a list, which the field's type reads like text from a source |
//! | `default = Limits::strict()` | any other expression of the field's type; it is evaluated when it is used |
//!
//! A string is always text for the type, and never the name of a function. `fallback` takes literals and lists only.
//!
//! Literals are read before any source is asked: one that the type does not read is an error on every fetch, not only
//! when it is needed.
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, PartialEq, serde::Deserialize)]
//! struct Level(u8);
//!
//! impl Level {
//!     fn highest() -> Self {
//!         Self(9)
//!     }
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "settings")]
//! struct AppConfig {
//!     #[component(default)]
//!     name: String,
//!     #[component(default = ["card", "invoice"])]
//!     methods: Vec<String>,
//!     #[component(default = Level::highest())]
//!     level: Level,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let empty = Sources::builder().source("settings", Memory::default()).build();
//! let config = AppConfig::fetch_all_components_from(&empty).await?;
//! assert_eq!((config.name.as_str(), config.methods.len(), config.level), ("", 2, Level(9)));
//! # Ok(())
//! # }
//! ```
//!
//! # Other failures for the fallback
//!
//! A `default` is for absence, a `fallback` is for failures. `fallback_on` replaces the failures for which a `fallback`
//! is used: `"any"`, or a list of the kinds in the [table above](#the-ladder-of-one-component). A `default` has no such
//! setting.
//!
//! ```
//! use component_model::{ErrorKind, KeyQuery, SourceError, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     // The port is not important enough to stop the service.
//!     #[component(fetch_from = "consul", fallback = 8080, fallback_on = "any")]
//!     port: u16,
//!     // Not for absence: the region must be set.
//!     #[component(fetch_from = "consul", fallback = "eu", fallback_on = ["denied", "unreachable", "timeout"])]
//!     region: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let denied = |_: KeyQuery| async { Err::<Option<String>, _>(SourceError::new(ErrorKind::Denied, "the token has expired")) };
//! let config = AppConfig::fetch_all_components_from(&Sources::builder().closure("consul", denied).build()).await?;
//! assert_eq!((config.port, config.region.as_str()), (8080, "eu"));
//! # Ok(())
//! # }
//! ```
//!
//! # Cancellation
//!
//! Dropping a fetch, at any await, drops every request. Nothing is assigned. Only connections remain, which the source
//! keeps for the next fetch or closes. A permit of the limit, or that of a circuit breaker's probe, is returned. If other
//! fetches waited for a request that was dropped, one of them sends it again.
