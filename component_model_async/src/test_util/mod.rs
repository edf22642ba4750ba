//! For tests of your own: sources that answer and fail as a test says, a clock that it moves, and assertions on reports.
//!
//! It needs the feature `test-util`, which belongs in the development dependencies:
//!
//! ```toml
//! [dev-dependencies]
//! component_model = { path = "../component_model/component_model", features = ["test-util"] }
//! tokio = { version = "1", features = ["macros", "rt"] }
//! ```
//!
//! | item | for |
//! | --- | --- |
//! | [`Scripted`] | a source whose answers are a script: values, failures, delays, versions, changes; it counts what it is asked |
//! | [`Script`] | one answer of it |
//! | [`Faulty`] | any source, with faults: it fails, hangs or is slow when the test says so |
//! | [`Report::assert_outcome`](crate::Report::assert_outcome), … | assertions whose messages contain the report |
//!
//! What always holds: nothing is global, so tests run in parallel; randomness comes from a seed; and all waiting uses
//! tokio's clock.
//!
//! # Which step of the ladder answered
//!
//! ```
//! use component_model::{ErrorKind, Outcome, prelude::*, test_util::{Script, Scripted}};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "consul")]
//!     host: String,
//!     #[component(fetch_from = "consul", fallback = 80)]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let consul = Scripted::new()
//!     .answers("host", [Script::value("localhost")])
//!     .answers("port", [Script::fails(ErrorKind::Unavailable), Script::value(8080)]);
//! let sources = Sources::builder().source("consul", consul.clone()).build();
//!
//! let report = AppConfig::fetch().sources(&sources).report().await?.report;
//! report
//!     .assert_outcome("host", Outcome::Fetched)
//!     .assert_outcome("port", Outcome::Fallback)
//!     .assert_problem("port", ErrorKind::Unavailable)
//!     .assert_calls("consul", 2);
//!
//! let report = AppConfig::fetch().sources(&sources).report().await?.report;
//! report.assert_outcome("port", Outcome::Fetched);
//! assert_eq!(consul.asked("port"), 2);
//! # Ok(())
//! # }
//! ```
//!
//! A failed assertion prints the report:
//!
//! ```text
//! the outcome of `port`: found Fallback, expected Fetched
//!
//! AppConfig: 1 fetched, 1 fallback in 1.2 ms
//!
//! component  source       outcome   attempts    time
//! ───────────────────────────────────────────────────
//! host       consul:host  fetched          1  1.1 ms
//! port       consul:port  fallback         1  1.1 ms
//!
//! port  fallback  unavailable: simulated
//! ```
//!
//! # Time
//!
//! A test moves the clock with tokio, whose feature `test-util` this one turns on. On a paused clock (`start_paused = true`
//! or [`tokio::time::pause`]) no test waits: when all tasks wait, the clock jumps to the next timer. Timeouts, delays
//! and deadlines are then exact.
//!
//! ```
//! use std::time::Duration;
//! use component_model::{ErrorKind, prelude::*, test_util::{Script, Scripted}};
//! use tokio::time::Instant;
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "consul", timeout = "5s")]
//!     port: u16,
//! }
//!
//! # /*
//! #[tokio::test(start_paused = true)]
//! # */
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! # a_silent_source_costs_its_timeout().await;
//! # }
//! async fn a_silent_source_costs_its_timeout() {
//!     let consul = Scripted::new().answers("port", [Script::hangs(), Script::value(8080).after(Duration::from_secs(1))]);
//!     let sources = Sources::builder().source("consul", consul.clone()).build();
//!     let start = Instant::now();
//!
//!     let errors = AppConfig::fetch_all_components_from(&sources).await.unwrap_err();
//!     assert_eq!((errors[0].kind(), start.elapsed()), (ErrorKind::Timeout, Duration::from_secs(5)));
//!     assert_eq!((consul.dropped(), consul.in_flight()), (1, 0));
//!
//!     assert_eq!(AppConfig::fetch_all_components_from(&sources).await.unwrap().port, 8080);
//!     assert_eq!(start.elapsed(), Duration::from_secs(6));
//!     assert_eq!(consul.asked_at("port"), [start, start + Duration::from_secs(5)]);
//! }
//! ```
//!
//! [`tokio::time::advance`] moves a paused clock by hand, such as to let a value expire. [`Scripted::until`] waits until
//! a request arrived, and so needs no pause of a guessed length:
//!
//! ```
//! use std::time::Duration;
//! use component_model::{Asked, KeyQuery, Source, test_util::{Script, Scripted}};
//!
//! // The clock is paused, as in a test: waiting takes no time.
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() {
//!     let consul = Scripted::new().answers("port", [Script::value(8080).after(Duration::from_secs(60))]);
//!     let request = tokio::spawn({
//!         let consul = consul.clone();
//!         async move { consul.fetch(Asked::new(&KeyQuery::new("port"))).await }
//!     });
//!     consul.until(|consul| consul.in_flight() == 1).await;
//!     assert!(!request.is_finished());
//!
//!     tokio::time::advance(Duration::from_secs(60)).await;
//!     assert!(request.await.unwrap().is_ok());
//! }
//! ```
//!
//! The clock pauses only in a current-thread runtime, which `#[tokio::test]` has. While it is paused, a real server
//! seems infinitely slow: its timeout passes at once.

mod assertions;
mod faulty;
mod script;
mod scripted;

pub use self::{faulty::Faulty, script::Script, scripted::Scripted};
