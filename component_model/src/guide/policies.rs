//! What happens when a source is slow, down or empty: defaults, fallbacks, timeouts and deadlines.
//!
//! # The ladder of one component
//!
//! A component takes the first of these steps that applies:
//!
//! 1. **Fresh**: the value of the first of its sources that has it. If the value is absent, the next source is asked;
//!    after a failure it is not.
//! 2. **Default** or **fallback**: the value in the attribute, if it covers the reason.
//! 3. **Absence**: `None`, if no source has the value and the type is an `Option`.
//! 4. **Error.**
//!
//! # What a default and a fallback cover
//!
//! `default` is the value if there is none. `fallback` is the value if there is none or if nobody can tell. Neither
//! hides a value that is there and wrong: `PORT=80800` must stop a service, and not start it on its default.
//!
//! | what happened | kinds | `default` | `fallback` | `fallback_on = "any"` |
//! | --- | --- | --- | --- | --- |
//! | the value is absent | `absent` | used | used | used |
//! | the source cannot answer | `unreachable`, `unavailable`, `throttled`, `circuit_open`, `timeout`, `deadline`, `not_set_up`, `shut_down`, `other` | | used | used |
//! | the source refuses | `denied` | | | used |
//! | the value is there, but wrong | `malformed`, `invalid`, `too_large` | | | used |
//! | a mistake in the program | | | | |
//!
//! - With both, `default` is used if the value is absent, and `fallback` if the source cannot answer.
//! - A component that [needs another one](super::templates) which failed is treated as if it had failed for the same
//!   reason.
//! - A mistake in the program always fails the fetch: a name that is not registered, an option that the source does not
//!   take, a key or a URL that is not valid, a default or a fallback that the field's type does not read.
//! - A default and a fallback are [validated](super::validation) when they are used.
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
//! A default and a fallback are never hidden. The [report](super::errors) has the outcome `Default` or `Fallback` with
//! the cause, and an event is emitted through `tracing`: `warn` for a fallback, `debug` for a default.
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
//! `fallback_on` replaces the failures for which a `fallback` is used: `"any"`, or a list of the kinds in the table
//! above.
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
//! # The attempt's timeout
//!
//! An attempt may take 2 s. `timeout` on a component sets another limit, in seconds or as text with units:
//!
//! ```
//! use component_model::{ErrorKind, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "slow", timeout = "20ms", fallback = 8080)]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let sources = Sources::builder()
//!     .closure("slow", |_| async { std::future::pending::<Result<Option<u16>, std::io::Error>>().await })
//!     .build();
//! let fetched = AppConfig::fetch().sources(&sources).report().await?;
//! assert_eq!(fetched.value.port, 8080);
//! assert_eq!(fetched.report.entry("port").unwrap().problem().unwrap().kind(), ErrorKind::Timeout);
//! # Ok(())
//! # }
//! ```
//!
//! The timeout starts when the component begins to wait, and applies to each source of the component separately.
//! Components that share a round trip each have their own timeout: the one with the shortest `timeout` stops waiting
//! first, and the request is dropped when the last one stops.
//!
//! [`SourcesBuilder::policies`](crate::SourcesBuilder::policies) sets another timeout for all components that use a
//! source:
//!
//! ```
//! use component_model::{Memory, Policies, Sources};
//! use std::time::Duration;
//!
//! let sources = Sources::builder()
//!     .source("warehouse", Memory::new([("stock", "7")]))
//!     .policies("warehouse", Policies::new().timeout(Duration::from_secs(10)))
//!     .build();
//! # let _ = sources;
//! ```
//!
//! A component's own `timeout` takes precedence over that of its source, and the source's over the default of 2 s.
//!
//! [`DatabaseFetcher`](crate::fetchers::database::DatabaseFetcher) and
//! [`RowFetcher`](crate::fetchers::database::RowFetcher), which are used without attributes, end after 2 s too, or
//! after their own `timeout`.
//!
//! # The deadline of the whole fetch
//!
//! [`Fetch::deadline`](crate::Fetch::deadline) limits the time of all components with all their sources. By default
//! there is no deadline, except in `fetch_with_resilience`, where it is 30 s. When it passes, components that have a
//! value keep it. The others use their fallback, or fail if they have none; a `default` does not cover the deadline.
//!
//! ```
//! # use std::time::Duration;
//! # use component_model::{ErrorKind, prelude::*};
//! # #[derive(Debug, AsyncAssign)]
//! # struct AppConfig {
//! #     #[component(fetch_from = "slow")]
//! #     port: u16,
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! # let sources = Sources::builder()
//! #     .closure("slow", |_| async { std::future::pending::<Result<Option<u16>, std::io::Error>>().await })
//! #     .build();
//! let errors = AppConfig::fetch().sources(&sources).deadline(Duration::from_millis(20)).await.unwrap_err();
//! assert_eq!(errors[0].kind(), ErrorKind::Deadline);
//! # }
//! ```
//!
//! A timeout limits one attempt, a deadline the whole fetch. The error names which one expired.
//!
//! # Cancellation
//!
//! Dropping a fetch, at any await, drops every request. Nothing is assigned. Only connections remain, which the source
//! keeps for the next fetch or closes.
//!
//! # Not supported yet
//!
//! Retries, caches, circuit breakers, and fallbacks to another store. The compiler rejects `retry_attempts`, `ttl` and
//! similar attributes as not supported yet.
