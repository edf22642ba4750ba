//! A default or a fallback: what each of them covers, and what neither hides.
//!
//! A value may be missing for four reasons, and they call for different answers:
//!
//! | what happened | `default` | `fallback` | an `Option` | otherwise |
//! | --- | --- | --- | --- | --- |
//! | no source has the value | **used** | **used**, unless there is a `default` too | `None` | an error |
//! | a source cannot answer: it is down, too slow, overloaded | an error | **used** | an error | an error |
//! | a source refuses access | an error | an error | an error | an error |
//! | there is a value, and it is wrong | an error | an error | an error | an error |
//!
//! - A **default** is what the service uses if nobody says otherwise. It is part of the program, such as the port 8080.
//! - A **fallback** is what the service can live with while something is broken, such as no discounts while the price service
//!   is down.
//! - Neither hides a value that is there and wrong. Whoever writes `PORT=80800` means a port, and not the default; a service that
//!   starts on 8080 nevertheless is searched for longer than one that does not start.
//!
//! ```
//! use component_model::{prelude::*, test_util::{Script, Scripted}};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "settings")]
//! struct ShopConfig {
//!     #[component(default = 8080)]
//!     port: u16,
//!     #[component(fallback = 0.0)]
//!     discount: f64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! // Nobody has the port, and the discount cannot be read.
//! let settings = Scripted::new().answers("discount", [Script::fails(ErrorKind::Unreachable)]);
//! let sources = Sources::builder().source("settings", settings.clone()).build();
//! let config = ShopConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.port, config.discount), (8080, 0.0));
//!
//! // The port cannot be read: whether somebody has set it is not known. It is set, and wrong.
//! for (script, kind) in [
//!     (Script::fails(ErrorKind::Unreachable), ErrorKind::Unreachable),
//!     (Script::value("80800"), ErrorKind::Malformed),
//! ] {
//!     settings.set("port", [script]);
//!     let errors = ShopConfig::fetch_all_components_from(&sources).await.unwrap_err();
//!     assert_eq!(errors.of("port").unwrap().kind(), kind);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What a fallback covers is not hidden either: the report, the log and the metrics have the cause.
//!
//! # Both
//!
//! With both, the `default` is for a value that nobody has, and the `fallback` for a source that cannot answer:
//!
//! ```
//! use component_model::{prelude::*, test_util::{Script, Scripted}};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct ShopConfig {
//!     // As many as usual; while the settings cannot be read, only a few.
//!     #[component(fetch_from = "settings", default = 100, fallback = 10)]
//!     requests: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let settings = Scripted::new().answers("requests", [Script::absent(), Script::fails(ErrorKind::Timeout)]);
//! let sources = Sources::builder().source("settings", settings).build();
//! assert_eq!(ShopConfig::fetch_all_components_from(&sources).await?.requests, 100);
//! assert_eq!(ShopConfig::fetch_all_components_from(&sources).await?.requests, 10);
//! # Ok(())
//! # }
//! ```
//!
//! # Other failures
//!
//! `fallback_on` says for which failures the fallback is used, instead of those of the table: `"any"`, or a list of the kinds of
//! [`ErrorKind`](crate::ErrorKind) in lower case. For a value that is only decoration, and must never stop a service:
//!
//! ```
//! use component_model::prelude::*;
//!
//! #[derive(Debug, AsyncAssign)]
//! struct ShopConfig {
//!     #[component(fetch_from = "settings", fallback = "green", fallback_on = "any")]
//!     colour: String,
//!     #[component(fetch_from = "settings", fallback = 3, fallback_on = ["absent", "malformed"])]
//!     columns: u8,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let sources = Sources::builder().source("settings", Memory::new([("columns", "many")])).build();
//! let config = ShopConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.colour.as_str(), config.columns), ("green", 3));
//! # Ok(())
//! # }
//! ```
//!
//! # Better than a literal
//!
//! Before the literal, an older value may do: one of the cache (`stale_for`), of another source (`fallback_to`), or the last one
//! on disk (`fallback_to = "local_cache"`). The order in which they are tried is
//! [the ladder](super::policies#the-ladder-of-one-component); [`caching`](super::caching) has examples.
