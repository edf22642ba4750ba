//! What to match on, what to print, what to log.
//!
//! # All failures at once
//!
//! A fetch gives all of the struct or none of it. Where it gives none, [`ComponentErrors`](crate::ComponentErrors) has
//! the error of every component that failed, in the order of their declaration. It iterates, indexes and counts as a
//! `Vec` does, and is an error itself, so `?` works:
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
//! `fetch_with_resilience` gives one [`ComponentError`](crate::ComponentError) instead, which stands for all of them;
//! its [`errors`](crate::ComponentError::errors) are the single ones. Each converts into the other.
//!
//! # One error
//!
//! It knows the component (`AppConfig.port`), the type, the source, the locator in the source's own notation, the
//! attempts, the time, the causes and, where that is known, what to do next. It never knows the value.
//!
//! ```
//! # use component_model::{Memory, prelude::*};
//! # #[derive(Debug, AsyncAssign)]
//! # struct AppConfig {
//! #     #[component(fetch_from = "settings", key = "app/port")]
//! #     port: u16,
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! # let sources = Sources::builder().source("settings", Memory::new([("app/port", "http")])).build();
//! # let errors = AppConfig::fetch_all_components_from(&sources).await.unwrap_err();
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
//! Ask the predicates, not the text: [`is_absent`](crate::ComponentError::is_absent),
//! [`is_denied`](crate::ComponentError::is_denied), [`is_malformed`](crate::ComponentError::is_malformed),
//! [`is_timeout`](crate::ComponentError::is_timeout), and [`is_transient`](crate::ComponentError::is_transient), which
//! says whether the same fetch may succeed later without anybody's doing. For more there is the
//! [`kind`](crate::ComponentError::kind):
//!
//! | kind | what it means | transient |
//! | --- | --- | --- |
//! | `Absent` | no source has the value | |
//! | `Denied` | a wrong password, a missing permission | |
//! | `Malformed` | the value is there and the type refuses it, or the answer makes no sense | |
//! | `Timeout` | one attempt took longer than its timeout | yes |
//! | `Deadline` | the whole fetch took longer than its deadline | yes |
//! | `Unreachable` | no connection | yes |
//! | `Unavailable` | the source says that it cannot serve now | yes |
//! | `TooLarge` | the answer is larger than the limit | |
//! | `UnknownSource` | no source is registered under the name | |
//! | `NotSetUp` | something is missing where the program runs: a variable, a file name | |
//! | `Misconfigured` | the request cannot be made: a bad URL, a mistake in a query | |
//! | `Multiple` | several components failed | where all of them are |
//! | `Other` | anything else, such as the error of a fetcher of your own | |
//!
//! # Mistakes before any I/O
//!
//! A name that is not registered, an option that no source takes and a request that cannot be made are found while the
//! plan is bound, all of them together, before anything is sent:
//!
//! ```
//! # use component_model::{ErrorKind, Memory, prelude::*};
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
//! `fetch_with_report` gives the struct with a [`Report`](crate::Report). For each component it has the source, the locator
//! and the exact place (`shop.toml:12:8`), the outcome (fetched, fallback, absent, failed), the attempts, when it began
//! and how long it took, and why it fell back or failed; and it has every call that was sent. The errors of a failed fetch
//! [carry one too](crate::ComponentErrors::report).
//!
//! A report is plain data: it can be kept, compared, written as JSON and read back, and it keeps no connection open.
//!
//! ```
//! # use component_model::{ErrorKind, Memory, Outcome, Report, prelude::*};
//! # #[derive(Debug, AsyncAssign)]
//! # struct AppConfig {
//! #     #[component(fetch_from = "settings", fallback = 8080)]
//! #     port: u16,
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let sources = Sources::builder().source("settings", Memory::default()).build();
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
//! # What there is all the same
//!
//! `fetch_partial` gives the values there are together with the errors of the others, for those who ask:
//!
//! ```
//! # use component_model::{Memory, prelude::*};
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
//! # let sources = Sources::builder().source("settings", Memory::new([("port", "8080")])).build();
//! let partial = AppConfig::fetch().sources(&sources).partial().await;
//! assert_eq!(partial.errors().len(), 1);
//! let config = partial.or_default();
//! assert_eq!((config.host.as_str(), config.port), ("", 8080));
//! # }
//! ```
//!
//! # Progress and logs
//!
//! [`Fetch::observe`](crate::Fetch::observe) tells a function of every component that begins and ends. With the cargo
//! feature `tracing` a fallback is a `warn` event and a failure an `error` event, each with the component and the
//! problem.
