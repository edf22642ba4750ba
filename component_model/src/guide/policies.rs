//! What happens when a source is slow, down or empty: fallbacks, timeouts and deadlines.
//!
//! # The steps of one component
//!
//! 1. **Fresh**: the value of the first of its sources that has it.
//! 2. **Fallback**: the literal of `fallback`, for absence, a failure, a timeout or the deadline.
//! 3. **Absence**: `None`, if no source has the value and the type is an `Option`.
//! 4. **Error.**
//!
//! A fallback is always reported: the [report](super::errors) has the outcome `Fallback` with the cause, and the
//! feature `tracing` emits a `warn` event.
//!
//! ```
//! use std::time::Duration;
//! use component_model::{Memory, Outcome, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct Limits {
//!     #[component(fetch_from = "settings", fallback = 100)]
//!     connections: u32,
//!     #[component(fetch_from = "settings", fallback = "1m30s")]
//!     patience: Duration,
//!     #[component(fetch_from = "settings")]
//!     region: Option<String>,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let sources = Sources::builder().source("settings", Memory::new([("connections", "many")])).build();
//! let fetched = Limits::fetch().sources(&sources).report().await?;
//! assert_eq!((fetched.value.connections, fetched.value.patience.as_secs(), fetched.value.region), (100, 90, None));
//! let outcome = |field| fetched.report.entry(field).map(|entry| entry.outcome());
//! assert_eq!(outcome("connections"), Some(Outcome::Fallback)); // `many` is not a number
//! assert_eq!(outcome("region"), Some(Outcome::Absent));
//! # Ok(())
//! # }
//! ```
//!
//! The field's type reads the literal as text, so it may be a list (`"a,b"`) or JSON. It is read before any source is
//! asked: a literal that does not parse is an error on every fetch, not only when the fallback is needed.
//!
//! Which problems a fallback covers:
//!
//! | problem | is the fallback used? |
//! | --- | --- |
//! | no source has the value, even if the field is an `Option` | yes |
//! | a source fails: denied, malformed, unreachable, too large, … | yes |
//! | the timeout or the deadline passes | yes |
//! | a source is not set up, such as `database` without `DATABASE_URL` | yes |
//! | a name that is not registered | no |
//! | an option that no source takes, a key or a URL that is not valid | no |
//! | a fallback that the field's type does not read | no |
//!
//! The last three are mistakes in the program, so the fetch fails, and nothing hides them.
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
//! value keep it. The others use their fallback, or fail if they have none.
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
