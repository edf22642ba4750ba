//! What happens when a source is slow, gone or empty: fallbacks, timeouts and deadlines.
//!
//! # The ladder of one component
//!
//! 1. **Fresh**: the first of its sources that has the value.
//! 2. **Fallback**: the literal of `fallback`, whatever kept the value away: absence, a failure, a timeout, the
//!    deadline.
//! 3. **Absence**: `None`, where no source has the value and the type is an `Option`.
//! 4. **Error.**
//!
//! A fallback covers, and never hides: the outcome is `Fallback` in the [report](super::errors), with the cause, and a
//! `warn` event with the feature `tracing`.
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
//! assert_eq!(outcome("connections"), Some(Outcome::Fallback)); // `many` is no number
//! assert_eq!(outcome("region"), Some(Outcome::Absent));
//! # Ok(())
//! # }
//! ```
//!
//! The literal is read by the field's type as text is, so it may be a list (`"a,b"`) or JSON. It is read before any
//! source is asked: one that does not parse is an error on every fetch, and not a surprise on the day when it is
//! needed.
//!
//! An `Option` with a fallback takes the fallback. A source that cannot be set up here, such as `database` without
//! `DATABASE_URL`, is a failure that a fallback covers. A name that is not registered, or a key that is not valid, is a
//! mistake in the program, which it does not cover.
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
//! It begins when the component begins to wait. A component with several sources has it for each of them. Components that
//! share a round trip wait each for its own time: the one with the shortest `timeout` leaves first, and the last one that
//! leaves ends the request.
//!
//! Everything that is registered under one name gets another limit by
//! [`SourcesBuilder::policies`](crate::SourcesBuilder::policies):
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
//! A component's own `timeout` goes before that of its source, and that before the 2 s.
//!
//! [`DatabaseFetcher`](crate::fetchers::database::DatabaseFetcher) and
//! [`RowFetcher`](crate::fetchers::database::RowFetcher), which no attribute stands for, end after 2 s too, or after their
//! own `timeout`.
//!
//! # The deadline of the whole fetch
//!
//! [`Fetch::deadline`](crate::Fetch::deadline) bounds all components with all their sources together. There is none
//! unless it is set, but in `fetch_with_resilience`, where it is 30 s. What is there when it passes stays; what is not
//! falls back, and fails where it cannot.
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
//! A timeout is of one attempt, a deadline of everything. An error says which of the two has passed.
//!
//! # Cancellation
//!
//! Dropping a fetch, at any await, drops every request. Nothing is assigned, and nothing is left behind but connections that
//! a source keeps for the next fetch or closes.
//!
//! # What is not there yet
//!
//! Retries, caches, circuit breakers, and fallbacks to another store. `retry_attempts`, `ttl` and their like are
//! refused by the compiler as not supported yet.
