//! What to match on, what to print, what to log.
//!
//! # All failures at once
//!
//! A fetch returns the whole struct or [`ComponentErrors`](crate::ComponentErrors): the errors of all components that
//! failed, in the order of their declaration. It can be iterated, indexed and counted like a `Vec`, and is an error
//! itself, so `?` works:
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "settings")]
//!     host: String,
//!     #[component(fetch_from = "settings", key = "app/port")]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let sources = Sources::builder().source("settings", Memory::new([("app/port", "http")])).build();
//! let errors = AppConfig::fetch_all_components_from(&sources).await.unwrap_err();
//! assert_eq!(errors.len(), 2);
//! assert!(errors.of("host").unwrap().is_absent());
//! assert!(errors.of("port").unwrap().is_malformed());
//! assert!(errors.to_string().starts_with("AppConfig: 2 of 2 components failed"));
//! # }
//! ```
//!
//! `fetch_with_resilience` returns one [`ComponentError`](crate::ComponentError) instead, which contains all of them:
//! [`errors`](crate::ComponentError::errors) returns the single ones. Each type converts into the other.
//!
//! # One error
//!
//! An error has the component (`AppConfig.port`), the type, the source, the locator in the source's own notation, the
//! attempts, the time, the causes and, if known, what to do next. It never contains the value.
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "settings", key = "app/port")]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let sources = Sources::builder().source("settings", Memory::new([("app/port", "http")])).build();
//! let errors = AppConfig::fetch_all_components_from(&sources).await.unwrap_err();
//! let error = &errors[0];
//! assert_eq!(error.component().as_deref(), Some("AppConfig.port"));
//! assert_eq!((error.source_name(), error.locator()), (Some("settings"), Some("app/port")));
//! // One line for a log, and a block of lines for a person (which is what `Debug` prints too).
//! let line = error.to_string();
//! assert!(line.starts_with("AppConfig.port: u16 from settings:app/port: malformed: expected u16"));
//! let block = format!("{error:#}");
//! assert!(block.lines().count() > 2 && block.contains("problem  malformed"));
//! # }
//! ```
//!
//! Use the predicates, not the text: [`is_absent`](crate::ComponentError::is_absent),
//! [`is_denied`](crate::ComponentError::is_denied), [`is_malformed`](crate::ComponentError::is_malformed),
//! [`is_timeout`](crate::ComponentError::is_timeout), and [`is_transient`](crate::ComponentError::is_transient), which
//! returns whether the same fetch may succeed later if nothing is changed. For more detail, match on the
//! [`kind`](crate::ComponentError::kind):
//!
//! | kind | what it means | transient |
//! | --- | --- | --- |
//! | `Absent` | no source has the value | |
//! | `Denied` | a wrong password, a missing permission | |
//! | `Malformed` | the type rejects the value, or the answer is not valid | |
//! | `Timeout` | one attempt took longer than its timeout | yes |
//! | `Deadline` | the whole fetch took longer than its deadline | yes |
//! | `Unreachable` | the connection failed, or something else than the source answers | yes |
//! | `Unavailable` | the source reports that it cannot answer now | yes |
//! | `Throttled` | the source limits the rate of requests | yes |
//! | `CircuitOpen` | the source was not asked, because it failed too often recently | yes |
//! | `TooLarge` | the answer is larger than the limit | |
//! | `Invalid` | the type accepts the value, but a [rule](super::validation) rejects it, or it cannot be inserted into a template | |
//! | `Dependency` | another component, which this one [needs](super::templates), could not be fetched; also one of a fetch within your fetcher | if that one's error is |
//! | `UnknownSource` | no source is registered under the name | |
//! | `NotSetUp` | something is missing in the environment: a variable, a file name, the file of a database | |
//! | `ShutDown` | the sources are [shut down](crate::Sources::shutdown) | |
//! | `Misconfigured` | the request cannot be made: a bad URL, a mistake in a query | |
//! | `Multiple` | several components failed | if all of them are |
//! | `Other` | anything else, such as an error of your own fetcher | |
//!
//! # Mistakes before any I/O
//!
//! Binding the plan finds names that are not registered, options that the source does not take, requests that are not
//! valid, templates that name no component, components that need each other, and two components with one derived key.
//! All of them are reported together, before anything is sent; the other components are not asked either:
//!
//! ```
//! use component_model::{ErrorKind, Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "setings")]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let sources = Sources::builder().source("settings", Memory::new([("port", "8080")])).build();
//! let errors = AppConfig::fetch_all_components_from(&sources).await.unwrap_err();
//! assert_eq!(errors[0].kind(), ErrorKind::UnknownSource);
//! assert_eq!(errors[0].hint(), Some("did you mean `settings`?"));
//! assert!(errors.report().is_none()); // the fetch never began
//! # }
//! ```
//!
//! # Reports
//!
//! `fetch_with_report` returns the struct with a [`Report`](crate::Report). For each component it has the source, the
//! locator and the exact position (`shop.toml:12:8`), the outcome (fetched, cached, stale, other source, last known good,
//! fallback, default, absent, failed), the attempts, when it began, how long it took, the age of a value that was fetched
//! earlier, and why it fell back or failed. It also has every call that was sent. The errors of a failed fetch
//! [have a report too](crate::ComponentErrors::report).
//!
//! A report is plain data: it can be stored, compared, written as JSON and read back, and it keeps no connection open.
//!
//! ```
//! use component_model::{ErrorKind, Memory, Outcome, Report, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "settings", fallback = 8080)]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sources = Sources::builder().source("settings", Memory::default()).build();
//! let fetched = AppConfig::fetch().sources(&sources).report().await?;
//! let port = fetched.report.entry("port").unwrap();
//! assert_eq!(port.outcome(), Outcome::Fallback);
//! assert_eq!(port.problem().unwrap().kind(), ErrorKind::Absent);
//!
//! println!("{}", fetched.report);               // a table, at most 100 columns wide
//! println!("{}", fetched.report.waterfall());   // when each component began and ended
//! let svg = fetched.report.to_svg();            // the same as a drawing
//! let json = serde_json::to_string(&fetched.report)?;
//! assert_eq!(serde_json::from_str::<Report>(&json)?, fetched.report);
//! # assert!(svg.starts_with("<svg") && json.contains("\"outcome\":\"fallback\""));
//! # Ok(())
//! # }
//! ```
//!
//! # Partial results
//!
//! `fetch_partial` returns the values of the components that succeeded together with the errors of the others:
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, Default, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "settings")]
//!     host: String,
//!     #[component(fetch_from = "settings")]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let sources = Sources::builder().source("settings", Memory::new([("port", "8080")])).build();
//! let partial = AppConfig::fetch().sources(&sources).partial().await;
//! assert_eq!(partial.errors().len(), 1);
//! let config = partial.or_default();
//! assert_eq!((config.host.as_str(), config.port), ("", 8080));
//! # }
//! ```
//!
//! # Progress and logs
//!
//! [`Fetch::observe`](crate::Fetch::observe) calls a function when a component begins and ends. Events through
//! `tracing` are on by default (the cargo feature `tracing`): a default emits a `debug` event, any other substitute (a
//! stale value, another source, the last known good value, a fallback) a `warn` event and a failure an `error` event,
//! each with the fields `component`, a path such as `AppConfig.pool.max`, and `problem`. A failure before any I/O emits
//! one too, and so does a struct that is not valid as a whole. The target is `component_model`, so that a filter such
//! as `warn,component_model=error` selects them. A circuit breaker that opens emits a `warn` event, and one that closes
//! an `info` event. Without a subscriber an event costs a comparison; with
//! `default-features = false, features = ["derive"]` there are none.
