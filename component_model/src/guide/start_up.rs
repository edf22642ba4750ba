//! Start-up: in stages, and while something is down.
//!
//! # In stages
//!
//! Some values are needed to get others: the password from Vault opens the database, which has the limits. No code is needed for
//! that order. A field names what it needs in braces, waits for it and for nothing else, and the rest is fetched meanwhile:
//!
//! ```
//! use component_model::{fetchers::{Database, Env}, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct ShopConfig {
//!     // First: in a service this would be `fetch_from = "vault", secret = "shop/database", field = "url"`.
//!     #[component(fetch_from = "env", key = "SHOP_DATABASE")]
//!     database: SecretString,
//!     #[component(fetch_from = "env", key = "SHOP_REGION")]
//!     region: String,
//!     // Then: connects with the one, and asks for the other.
//!     #[component(
//!         fetch_from = "database",
//!         url = "{database}",
//!         query = "SELECT upper(?)",
//!         params = ["{region}"]
//!     )]
//!     limit: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let sources = Sources::builder()
//!     .source("env", Env::of([("SHOP_DATABASE", "sqlite::memory:"), ("SHOP_REGION", "eu")]))
//!     .source("database", Database::default())
//!     .build();
//! assert_eq!(ShopConfig::fetch_all_components_from(&sources).await?.limit, "EU");
//! # Ok(())
//! # }
//! ```
//!
//! If the first fails, the second is an error too, which names it as the cause; both are in the one list. A secret may be used to
//! connect, or be a parameter of a query; it cannot become a part of a key or of a path, which are shown.
//!
//! # While a source is down
//!
//! A service that needs a store to start can start without it, if it has seen the store before:
//!
//! ```
//! use component_model::{LocalCache, prelude::*, test_util::{Script, Scripted}};
//! use std::time::Duration;
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "store")]
//! struct ShopConfig {
//!     // The last known good value on disk.
//!     #[component(fallback_to = "local_cache")]
//!     region: String,
//!     // A number that will do.
//!     #[component(fallback = 10)]
//!     limit: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let path = "/var/lib/shop/config.cache";
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("config.cache");
//! let store = Scripted::new().answers("region", [Script::value("eu")]).answers("limit", [Script::value(100)]);
//! let sources = Sources::builder().source("store", store.clone()).local_cache(LocalCache::at(path)).build();
//! // A day on which all is well.
//! let config = ShopConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.region.as_str(), config.limit), ("eu", 100));
//!
//! // Another day.
//! for key in ["region", "limit"] {
//!     store.set(key, [Script::fails(ErrorKind::Unreachable)]);
//! }
//! let fetched = ShopConfig::fetch().sources(&sources).resilient().deadline(Duration::from_secs(5)).report().await?;
//! assert_eq!((fetched.value.region.as_str(), fetched.value.limit), ("eu", 10));
//! println!("{}", fetched.report);
//! # Ok(())
//! # }
//! ```
//!
//! - [`resilient`](crate::Fetch::resilient) adds retries, circuit breakers and a deadline of 30 s; `deadline` says another one.
//!   At its end, what covers a failure is used; the file on disk may take two seconds more.
//! - The report says which values are old, how old, and why. It belongs into the log of the start.
//! - A password that is wrong, or a limit that is not a number, still stops the start, unless the last good value on disk covers
//!   it (`local_cache`, which says so in the log): see [`default_or_fallback`](super::default_or_fallback).
//!
//! # Before the start
//!
//! `ShopConfig::check(&sources)` finds mistakes without asking anything, in a test or in continuous integration:
//! [`before_the_fetch`](super::before_the_fetch).
