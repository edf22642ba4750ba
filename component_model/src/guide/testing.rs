//! How to test your own service without a server, and without shared state.
//!
//! # A scope around the test
//!
//! Code under test calls `fetch_all_components()` and does not know where its sources come from. A test runs it in a
//! scope with its own sources. A scope applies only to its task, so tests run in parallel and share nothing:
//!
//! ```
//! use component_model::{fetchers::env::Env, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct ShopConfig {
//!     #[component(fetch_from = "env")]
//!     host: String,
//!     #[component(fetch_from = "database", query = "SELECT port FROM shops LIMIT 1")]
//!     port: u16,
//! }
//!
//! /// The code under test.
//! async fn address() -> Result<String, ComponentErrors> {
//!     let config = ShopConfig::fetch_all_components().await?;
//!     Ok(format!("{}:{}", config.host, config.port))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let sources = Sources::builder()
//!     .source("env", Env::of([("HOST", "localhost")]))
//!     .constant("database", 8080)
//!     .build();
//! assert_eq!(Sources::scope(sources, address()).await.unwrap(), "localhost:8080");
//! # }
//! ```
//!
//! `fetch_from` is only a name, so a test can register any source as a replacement. A [`Memory`](crate::Memory), a constant, a
//! closure and a [`Scripted`](crate::test_util::Scripted) take the options of the built-in source whose name they have, also a
//! `url` with a sensitive value, and look at the key alone; a closure can look at the options, too. Options that the built-in
//! source does not take are an error, as they are with that source.
//!
//! A replacement has its own convention for [derived keys](super::structure#keys-by-convention): `env` asks for
//! `SHOP_POOL_MAX`, where a `Memory` or a closure asks for `shop.pool.max`.
//! [`Env::of`](crate::fetchers::env::Env::of) has the convention of `env`, and replaces the variables of the process,
//! which all tests share.
//!
//! A `Memory` or a `Scripted` in place of `file` also finds the keys that no field reads, for a struct with `deny_unknown`.
//!
//! A task that is spawned inside [`Sources::scope`](crate::Sources::scope) does not inherit the scope: it uses the
//! sources of the program, so that a test may reach a real server. Pass the sources to the task, and use
//! `fetch_all_components_from(&sources)` there.
//!
//! # A closure that reads the request
//!
//! ```
//! use component_model::{KeyQuery, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct Prices {
//!     #[component(fetch_from = "api", url = "prices/tea")]
//!     tea: f64,
//!     #[component(fetch_from = "api", url = "prices/coffee")]
//!     coffee: Option<f64>,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let api = |query: KeyQuery| async move {
//!     match query.option("url") {
//!         Some("prices/tea") => Ok(Some(2.5)),
//!         Some("prices/coffee") => Ok(None),
//!         _ => Err("no such page"),
//!     }
//! };
//! let prices = Prices::fetch_all_components_from(&Sources::builder().closure("api", api).build()).await?;
//! assert_eq!((prices.tea, prices.coffee), (2.5, None));
//! # Ok(())
//! # }
//! ```
//!
//! The key of a closure is that of the field, whatever the options are; the options are available by name, so that a closure
//! stands in for a source of mounted files (`path`) or of secrets (`secret`, `field`). A closure has one type of value; for
//! several return a `serde_json::Value`.
//!
//! ```
//! use component_model::{ExposeSecret, KeyQuery, Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct Stock {
//!     #[component(fetch_from = "file", path = "/run/secrets/token")]
//!     token: SecretString,
//!     #[component(fetch_from = "vault", mount = "database", secret = "creds/shop", field = "username")]
//!     user: SecretString,
//!     #[component(fetch_from = "vault", mount = "database", secret = "creds/shop", field = "password")]
//!     password: SecretString,
//!     #[component(fetch_from = "database", url = "postgres://{user}:{password}@db/shop", query = "SELECT count(*) FROM items")]
//!     items: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let vault = |query: KeyQuery| async move {
//!     match (query.option("secret"), query.option("field")) {
//!         (Some("creds/shop"), Some("username")) => Ok(Some("v-shop-1")),
//!         (Some("creds/shop"), Some("password")) => Ok(Some("hunter2")),
//!         _ => Err("no such secret"),
//!     }
//! };
//! let database = |query: KeyQuery| async move {
//!     Ok::<_, &str>((query.option("url") == Some("postgres://v-shop-1:hunter2@db/shop")).then_some(2))
//! };
//! let sources = Sources::builder()
//!     .source("file", Memory::new([("token", "t")]))
//!     .closure("vault", vault)
//!     .closure("database", database)
//!     .build();
//! let stock = Stock::fetch_all_components_from(&sources).await?;
//! assert_eq!((stock.token.expose_secret(), stock.items), ("t", 2));
//! # let _ = (stock.user, stock.password);
//! # Ok(())
//! # }
//! ```
//!
//! `Ok(None)` means that the value is absent. The error can be any error type, a `&str` or a `String`; to set its kind,
//! return a [`SourceError`](crate::SourceError).
//!
//! # Simulated failures
//!
//! ```
//! use component_model::{ErrorKind, KeyQuery, SourceError, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "consul", fallback = 8080)]
//!     port: u16,
//!     #[component(fetch_from = "consul")]
//!     token: SecretString,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let failing = |kind| {
//!     let fail = move |_: KeyQuery| async move { Err::<Option<String>, _>(SourceError::new(kind, "simulated")) };
//!     Sources::builder().closure("consul", fail).build()
//! };
//! let errors = AppConfig::fetch_all_components_from(&failing(ErrorKind::Unreachable)).await.unwrap_err();
//! assert_eq!(errors.len(), 1); // the port fell back
//! assert_eq!(errors.of("token").unwrap().kind(), ErrorKind::Unreachable);
//!
//! let errors = AppConfig::fetch_all_components_from(&failing(ErrorKind::Denied)).await.unwrap_err();
//! assert_eq!(errors.len(), 2); // a fallback is not used after a refusal
//! # }
//! ```
//!
//! # Answers in sequence
//!
//! With the feature `test-util`, [`test_util`](crate::test_util) has sources for tests.
//! [`Scripted`](crate::test_util::Scripted) follows a script for each key, repeats the last step, and counts what it is
//! asked. An assertion on the report says which step of the ladder answered; if it fails, it prints the report:
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
//!     .answers("host", [Script::value("localhost").version("42")])
//!     .answers("port", [Script::fails(ErrorKind::Unavailable), Script::value(8080)]);
//! let sources = Sources::builder().source("consul", consul.clone()).build();
//!
//! let report = AppConfig::fetch().sources(&sources).report().await?.report;
//! report.assert_outcome("host", Outcome::Fetched).assert_outcome("port", Outcome::Fallback);
//!
//! let report = AppConfig::fetch().sources(&sources).report().await?.report;
//! report.assert_outcome("port", Outcome::Fetched).assert_calls("consul", 2);
//! assert_eq!((consul.asked("port"), consul.calls()), (2, 4));
//! # Ok(())
//! # }
//! ```
//!
//! | a step or a setting | meaning |
//! | --- | --- |
//! | `Script::value`, `record`, `absent` | an answer; `.version("2")`, `.good_for(..)`, `.sensitive()` say more about it |
//! | `Script::fails`, `error` | a failure; `.retry_after(..)` asks to wait |
//! | `Script::hangs`, `panics` | never answers; panics |
//! | `.after(..)` | how long any of them takes |
//! | `answers`, `random` | steps in sequence; steps at random from a seed, each with a weight |
//! | `set` | replaces the steps of a key while the program runs |
//! | `grouped`, `endpoint`, `immediate`, `watchable` | how the source answers: keys together, from several servers, without I/O, with a watch |
//! | `calls`, `asked`, `asked_at`, `in_flight`, `most_in_flight`, `dropped` | what it was asked |
//! | `until` | waits for what it is asked |
//!
//! # Faults around any source
//!
//! [`Faulty`](crate::test_util::Faulty) adds faults to a source, in memory or real:
//!
//! ```
//! use component_model::{ErrorKind, Memory, prelude::*, test_util::Faulty};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "consul", fallback = 80)]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let consul = Faulty::new(Memory::new([("port", "8080")]));
//! let sources = Sources::builder().source("consul", consul.clone()).build();
//!
//! consul.fail(ErrorKind::Unreachable);
//! assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.port, 80);
//! consul.heal();
//! assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.port, 8080);
//! # Ok(())
//! # }
//! ```
//!
//! It can also hang, be slow, fail the next few times, or fail at random from a seed. It is an ordinary source that wraps
//! a source, which a [policy of your own](super::own_source#a-policy-of-your-own) is too.
//!
//! # Time
//!
//! All waiting uses tokio's clock. With the feature `test-util` of tokio, which that of this crate turns on, a test can
//! pause the clock (`start_paused = true`) and [move it](crate::test_util#time). Timeouts and deadlines then pass at
//! once, and exactly:
//!
//! ```
//! use std::time::Duration;
//! use component_model::prelude::*;
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "slow", timeout = "5s")]
//!     port: u16,
//! }
//!
//! // The clock is paused, as in a test: waiting takes no time.
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() {
//!     let slow = |_| async {
//!         tokio::time::sleep(Duration::from_secs(60)).await;
//!         Ok::<_, std::io::Error>(Some(8080))
//!     };
//!     let errors = AppConfig::fetch_all_components_from(&Sources::builder().closure("slow", slow).build()).await.unwrap_err();
//!     assert_eq!(errors[0].elapsed(), Duration::from_secs(5));
//! }
//! ```
//!
//! Pauses between attempts are random and values of the cache expire up to a tenth early: compare with bounds, or turn
//! the second off with [`CacheSettings::without_jitter`](crate::CacheSettings::without_jitter). Files, those of the
//! [local cache](super::caching#on-disk) too, and servers are not paused: their timeouts pass at once. Leave the clock
//! running in such tests.
//!
//! # The plan
//!
//! The list of the values that a service needs is a constant, so a test can check it without fetching anything:
//!
//! ```
//! use component_model::{plan::Planned, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct ShopConfig {
//!     #[component(fetch_from = "env")]
//!     host: String,
//!     #[component(fetch_from = "database", query = "SELECT port FROM shops LIMIT 1")]
//!     port: u16,
//! }
//!
//! let layers = ShopConfig::PLAN.components.iter().flat_map(|component| component.layers);
//! let needed: Vec<_> = layers.map(|layer| layer.source).collect();
//! assert_eq!(needed, ["env", "database"]);
//! ```
