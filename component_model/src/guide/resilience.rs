//! Timeouts, deadlines, retries, circuit breakers, limits: how often a source is called, and how long a fetch waits.
//!
//! The [ladder](super::policies) says what happens if a source still has no answer.
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
//! The timeout starts when the request is sent, and applies to each attempt at each source of the component separately.
//!
//! [`DatabaseFetcher`](crate::fetchers::database::DatabaseFetcher) and
//! [`RowFetcher`](crate::fetchers::database::RowFetcher), which are used without attributes, end after 2 s too, or
//! after their own `timeout`.
//!
//! # Deadlines
//!
//! A timeout limits one attempt, a deadline everything: all attempts, pauses and sources. `deadline` on a component
//! limits that component, [`Fetch::deadline`](crate::Fetch::deadline) the whole fetch. By default there is none, except
//! in `fetch_with_resilience`, where it is 30 s. When it passes, components that have a value keep it. The others use a
//! stale value, the local cache or a fallback, or fail; a `default` is not used then. The error names which deadline
//! expired.
//!
//! ```
//! use component_model::{ErrorKind, prelude::*};
//! use std::time::Duration;
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "slow", deadline = "20ms", retry_attempts = 100)]
//!     port: u16,
//!     #[component(fetch_from = "slow")]
//!     region: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let sources = Sources::builder()
//!     .closure("slow", |_| async { std::future::pending::<Result<Option<u16>, std::io::Error>>().await })
//!     .build();
//! let errors = AppConfig::fetch().sources(&sources).deadline(Duration::from_millis(40)).await.unwrap_err();
//! assert!(errors.iter().all(|error| error.kind() == ErrorKind::Deadline));
//! assert!(errors.of("port").unwrap().to_string().contains("no value within its deadline of 20 ms"));
//! assert!(errors.of("region").unwrap().to_string().contains("the fetch did not end within 40 ms"));
//! # }
//! ```
//!
//! # Retries
//!
//! `retry_attempts` is the most attempts at each source, the first included. Only temporary failures are retried:
//! `unreachable`, `unavailable`, `throttled`, `timeout`. What is absent, denied, malformed or misconfigured is not, and
//! neither is an open circuit. An error of your own source says otherwise with
//! [`SourceError::with_transience`](crate::SourceError::with_transience). What a source marks as not repeatable
//! ([`Request::once`](crate::Request::once)), such as a query that does not read, is sent once, whatever
//! `retry_attempts` says.
//!
//! ```
//! use component_model::{ErrorKind, prelude::*, test_util::{Script, Scripted}};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "consul", retry_attempts = 3, retry_backoff = "50ms")]
//!     port: u16,
//! }
//!
//! // The clock is paused, as in a test: waiting takes no time.
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() -> Result<(), ComponentErrors> {
//!     let failing = Script::fails(ErrorKind::Unavailable);
//!     let consul = Scripted::new().answers("port", [failing.clone(), failing, Script::value(8080)]);
//!     let sources = Sources::builder().source("consul", consul).build();
//!     let fetched = AppConfig::fetch().sources(&sources).report().await?;
//!     assert_eq!(fetched.value.port, 8080);
//!     fetched.report.assert_attempts("port", 3);
//!     Ok(())
//! }
//! ```
//!
//! The pause before the next attempt is random, between zero and a bound ("full jitter"): `retry_backoff` after the first
//! attempt, twice that after the second, and so on up to `retry_max_backoff`. Unless that is set, it is 10 s, or
//! `retry_backoff` if that is longer. If the source asks for a longer pause
//! (`Retry-After`), it gets it. If that is longer than `retry_max_backoff`, or lies beyond a deadline, there is no further
//! attempt.
//!
//! ## The budget
//!
//! If a source is down, 3 attempts for each request are 3 times the load, at the worst time. So the retries of a registration
//! have a common budget: a fifth of its requests within the last 10 s, but always 10. When it is spent, a failure is not
//! attempted again, and its error says so: "not tried again: the budget of retries of `consul` is spent".
//! [`RetryBudget::percent`](crate::RetryBudget::percent) takes 0 to 100, and
//! [`RetryBudget::unlimited`](crate::RetryBudget::unlimited) allows every retry.
//!
//! ```
//! use component_model::{Memory, Policies, RetryBudget, Sources};
//!
//! let policies = Policies::new().retry_attempts(3).retry_budget(RetryBudget::new().percent(10).floor(5));
//! let sources = Sources::builder().source("consul", Memory::default()).policies("consul", policies).build();
//! # let _ = sources;
//! ```
//!
//! # Merged requests
//!
//! Components that ask for the same, or whose requests travel together, share a round trip even if their policies
//! differ. An attempt lasts as long as the most patient of them allows. Each component leaves when its own timeouts and
//! attempts are spent: with `timeout = "1s", retry_attempts = 2` after 2 s, even if the others still wait for the first
//! attempt. When the last one leaves, the request is dropped. Within a group, only the requests that failed are sent
//! again.
//!
//! ```
//! use component_model::{prelude::*, test_util::{Script, Scripted}};
//! use std::time::Duration;
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "consul", key = "port", timeout = "1s", fallback = 80)]
//!     hurried: u16,
//!     #[component(fetch_from = "consul", key = "port", timeout = "5s")]
//!     patient: u16,
//! }
//!
//! // The clock is paused, as in a test: waiting takes no time.
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() -> Result<(), ComponentErrors> {
//!     let consul = Scripted::new().answers("port", [Script::value(8080).after(Duration::from_secs(3))]);
//!     let sources = Sources::builder().source("consul", consul.clone()).build();
//!     let config = AppConfig::fetch_all_components_from(&sources).await?;
//!     assert_eq!((config.hurried, config.patient, consul.calls()), (80, 8080, 1));
//!     Ok(())
//! }
//! ```
//!
//! # Circuit breakers
//!
//! A circuit breaker stops calling an endpoint that fails too often: components fail at once with `circuit_open`, instead of
//! after a timeout, and the source has time to recover. There is one for each endpoint of a registration, which all fetches
//! share. `circuit_breaker` on a component, and the mode of the fetch, only say whether it applies; its figures belong to the
//! registration:
//!
//! | [`CircuitBreaker`](crate::CircuitBreaker) | default | |
//! | --- | --- | --- |
//! | `window` | 60 s | how far back calls are counted |
//! | `minimum_calls` | 5 | stays closed below this number |
//! | `failure_rate` | 0.5 | opens at this share of failures |
//! | `open_for` | 5 s | how long no request is sent, less up to 20 % at random; it doubles each time the probe fails |
//! | `longest_open` | 5 min | longest open time |
//! | `slow_call` | none | a call that takes longer counts as failed |
//!
//! It counts temporary failures only: a denied request is an answer, and so is a group of which a part was answered. After
//! its time, exactly one request is let through; the others of the same fetch wait for it, within their timeouts. If that
//! succeeds, the circuit is closed, otherwise it is open again. If it has no outcome within its timeout, because nobody
//! polls its fetch, the next request takes its place.
//!
//! ```
//! use component_model::{BreakerStatus, CircuitBreaker, ErrorKind, Policies, prelude::*, test_util::{Script, Scripted}};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "consul", circuit_breaker = true, fallback = 8080)]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let consul = Scripted::new().answers("port", [Script::fails(ErrorKind::Unavailable)]);
//! let sources = Sources::builder()
//!     .source("consul", consul.clone())
//!     .policies("consul", Policies::new().circuit_breaker(CircuitBreaker::new().minimum_calls(2)))
//!     .observe_breakers(|event| println!("{} is now {:?}", event.source, event.to))
//!     .build();
//! for _ in 0..10 {
//!     assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.port, 8080);
//! }
//! assert_eq!(consul.calls(), 2);
//! let state = sources.state();
//! let (_endpoint, breaker) = state.source("consul").unwrap().breakers().next().unwrap();
//! assert_eq!(breaker.status(), BreakerStatus::Open);
//! # Ok(())
//! # }
//! ```
//!
//! [`Sources::circuit`](crate::Sources::circuit) opens the circuit of a source by hand, for example before maintenance, and
//! closes it again.
//!
//! # Parallel requests
//!
//! At most 16 requests to a registration run at once, of all fetches together. The others wait in their order, and
//! their timeouts begin when they are sent. A database has no such limit: its requests wait for a connection of its
//! pool, and their timeouts run meanwhile. [`Policies::limit`](crate::Policies::limit) sets another number.
//! [`Sources::state`](crate::Sources::state) says how many requests run and how many wait.
//!
//! # Hedged requests
//!
//! Most answers come quickly, a few take ten times as long. A registration can send a request a second time if its
//! answer takes longer than most, and takes the first good answer; for a group, it merges the good values:
//!
//! ```
//! use component_model::{Hedge, Memory, Policies, Sources};
//! use std::time::Duration;
//!
//! let sources = Sources::builder()
//!     .source("consul", Memory::default())
//!     .policies("consul", Policies::new().hedge(Hedge::at_percentile(95)))
//!     .source("vault", Memory::default())
//!     .policies("vault", Policies::new().hedge(Hedge::after(Duration::from_millis(50))))
//!     .build();
//! # let _ = sources;
//! ```
//!
//! A percentile is 1 to 99. A fixed delay is less than the timeout of the registration, which is 2 s unless
//! [`Policies::timeout`](crate::Policies::timeout) sets another: after it, a second request would be useless. Other
//! figures make the source unusable, and the error says what is wrong.
//!
//! The second request needs a permit of the limit, and counts as a retry for the budget, so that a source that is slow
//! because of its load does not get twice as much. The request that is not needed is dropped. What a source marks as
//! [not repeatable](crate::Request::once), such as a query that does not read, is sent once. Hedging is off unless it
//! is set, since a dynamic secret, which Vault creates for each request, would be created twice.
//!
//! # In tests
//!
//! With the feature `test-util`, [`Scripted`](crate::test_util::Scripted) is a source that fails, hangs and recovers as its
//! script says, and [`Faulty`](crate::test_util::Faulty) adds faults to any source. With a paused clock
//! (`#[tokio::test(start_paused = true)]`) pauses and timeouts take no time; `retry_backoff`, deadlines and breakers use
//! that clock too. [`testing`](super::testing) has more.
