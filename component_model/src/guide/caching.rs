//! Values that were fetched before: in memory, for speed; on disk, for a start while everything is down.
//!
//! # In memory
//!
//! `ttl` says how old a value may be to be used without a request. `cache_for` is the same. It holds in every fetch;
//! `fetch_with_cache` caches the other components for 60 s.
//!
//! ```
//! use component_model::{Outcome, prelude::*, test_util::{Script, Scripted}};
//! use std::time::Duration;
//!
//! #[derive(Debug, AsyncAssign)]
//! struct Prices {
//!     #[component(fetch_from = "api", ttl = "1m", stale_for = "1h")]
//!     tea: f64,
//! }
//!
//! // The clock is paused, as in a test: waiting takes no time.
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() -> Result<(), ComponentErrors> {
//!     let api = Scripted::new().answers("tea", [Script::value(2.5), Script::fails(component_model::ErrorKind::Unreachable)]);
//!     let sources = Sources::builder().source("api", api.clone()).build();
//!     let fetch = || Prices::fetch().sources(&sources).report();
//!
//!     fetch().await?.report.assert_outcome("tea", Outcome::Fetched);
//!     fetch().await?.report.assert_outcome("tea", Outcome::Cached);
//!     assert_eq!(api.calls(), 1);
//!
//!     // After its minute the value is asked for again. The source is down, so it is used for another hour.
//!     tokio::time::sleep(Duration::from_secs(60)).await;
//!     let fetched = fetch().await?;
//!     assert_eq!(fetched.value.tea, 2.5);
//!     fetched.report.assert_outcome("tea", Outcome::Stale);
//!     Ok(())
//! }
//! ```
//!
//! - **Each reader judges by its own `ttl`.** The cache belongs to the [`Sources`](crate::Sources), and what it stores are
//!   the answers of the sources, by request. Two structs that ask for the same share the answer; if one allows 10 s and the
//!   other an hour, the first asks again after 10 s, and the second uses what the first got. A component without a `ttl`
//!   always gets an answer to a request of its own, which the others may use.
//! - **Single-flight.** If a thousand tasks want the same at the same time, one request is sent, and all get its
//!   answer. If the task that sent it is cancelled, or is alive but not polled for a second, another one takes over.
//!   Retries are not shared: each fetch attempts a failed request again for itself, within the
//!   [budget](super::resilience#the-budget).
//! - **Errors are not cached**, and every reader decodes and validates for itself: a `u8` that cannot read `8080`
//!   fails, while the `u16` beside it has its value.
//! - **The source's lifetime applies.** A shorter lifetime (`Cache-Control`) or the end of a lease ends a value
//!   earlier. An expired value that has a version (`ETag`) is asked for with it, and `304 Not Modified` makes it fresh
//!   again.
//! - **A value of `fallback_to` is cached too**, under the component's `ttl`, as the answer of that source. The sources of the
//!   component are still asked on each fetch: as soon as one of them answers, its value is used.
//! - **A registration can turn it off.** [`Policies::ttl`](crate::Policies::ttl) of zero caches nothing of a source,
//!   not even in `fetch_with_cache`; a `ttl` of a component takes precedence. In an attribute, zero is a mistake.
//! - **Absence is remembered for 5 s**, or for the `ttl` if that is shorter, and is never stale.
//! - **Up to a tenth of the time is left out at random**, so that what was stored together does not expire together.
//!   [`CacheSettings::without_jitter`](crate::CacheSettings::without_jitter) turns that off for tests.
//! - **It is bounded**: at most 10,000 values and about 64 MiB, unless [`CacheSettings`](crate::CacheSettings) says
//!   otherwise. The least used are evicted first.
//!
//! ## Stale values
//!
//! `stale_for` is how much longer a value is used while its source cannot answer. It is not used for a value that is
//! absent, denied or wrong. A wrong value does not displace the last good one: as soon as the source cannot answer,
//! that one is used again for the rest of its time. Alone, without a `ttl`, each fetch asks the source, and an earlier
//! answer is used only if that fails.
//! Of several sources that is the stale value of the one that cannot answer, and not of those after it: where `a` is
//! down, `["a", "b"]` does not use a value of `b`, since `a` could have another one by now.
//!
//! ## Refresh ahead
//!
//! Without it, the fetch that finds an expired value waits for the new one. With `refresh_ahead = "10s"` a value that is read
//! within the last 10 s of its `ttl` is returned at once, and fetched again in the background, by one task. That task belongs
//! to the `Sources` and ends with it. A value that nobody reads is not refreshed. Those of one group that are due together are
//! fetched in one request. `refresh_ahead` is limited to half of the `ttl`.
//! The component, or the registration of its source, needs a `ttl`: without one, `refresh_ahead` on a component is an error,
//! and [`check`](super::before_the_fetch#a-check) notes one on a registration.
//!
//! ```
//! use component_model::{prelude::*, test_util::{Script, Scripted}};
//! use std::time::Duration;
//! use tokio::time::sleep;
//!
//! #[derive(Debug, AsyncAssign)]
//! struct Prices {
//!     #[component(fetch_from = "api", ttl = "60s", refresh_ahead = "10s")]
//!     tea: f64,
//! }
//!
//! // The clock is paused, as in a test: waiting takes no time.
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() -> Result<(), ComponentErrors> {
//!     let api = Scripted::new().answers("tea", [Script::value(2.5), Script::value(2.75).after(Duration::from_secs(1))]);
//!     let settings = component_model::CacheSettings::new().without_jitter();
//!     let sources = Sources::builder().source("api", api).cache(settings).build();
//!     assert_eq!(Prices::fetch_all_components_from(&sources).await?.tea, 2.5);
//!     sleep(Duration::from_secs(50)).await;
//!     assert_eq!(Prices::fetch_all_components_from(&sources).await?.tea, 2.5); // and begins to refresh it
//!     sleep(Duration::from_secs(2)).await;
//!     assert_eq!(Prices::fetch_all_components_from(&sources).await?.tea, 2.75);
//!     Ok(())
//! }
//! ```
//!
//! ## Forgetting
//!
//! [`Sources::cache`](crate::Sources::cache) forgets values that were changed elsewhere: of a component, of a source, or all.
//! What is being fetched at that moment is not stored either. Each returns how many values there were; a component or a source
//! that does not exist is an error with the nearest name. Its counts are in
//! [`CacheHandle::state`](crate::CacheHandle::state).
//!
//! ```
//! use component_model::prelude::*;
//!
//! #[derive(Debug, AsyncAssign)]
//! struct Prices {
//!     #[component(fetch_from = "api", ttl = "1h")]
//!     tea: f64,
//! }
//!
//! # fn main() -> Result<(), ComponentError> {
//! let sources = Sources::builder().constant("api", 2.5).build();
//! sources.cache().invalidate::<Prices>("tea")?;
//! sources.cache().invalidate_source("api")?;
//! sources.cache().invalidate_all();
//! # Ok(())
//! # }
//! ```
//!
//! # On disk
//!
//! With the feature `local-cache`, `fallback_to = "local_cache"` keeps the last known good value of a component in a file. A
//! service that starts while Consul or the database is down starts with the values of yesterday, and says so.
//!
//! ```
//! use component_model::{ErrorKind, LocalCache, Outcome, prelude::*, test_util::{Script, Scripted}};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "consul", fallback_to = "local_cache")]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let path = "config.cache";
//! # let folder = tempfile::tempdir()?;
//! # let path = &folder.path().join(path);
//! let sources = |answer| {
//!     let consul = Scripted::new().answers("port", [answer]);
//!     Sources::builder().source("consul", consul).local_cache(LocalCache::at(path)).build()
//! };
//! AppConfig::fetch_all_components_from(&sources(Script::value(8080))).await?;
//!
//! let down = sources(Script::fails(ErrorKind::Unreachable));
//! let fetched = AppConfig::fetch().sources(&down).report().await?;
//! assert_eq!(fetched.value.port, 8080);
//! fetched.report.assert_outcome("port", Outcome::LastKnownGood);
//! assert!(fetched.report.entry("port").unwrap().age().is_some());
//! # Ok(())
//! # }
//! ```
//!
//! - **What is stored**: the answer of the source for a component that names `local_cache`, also that it has no value,
//!   if the whole fetch succeeded and the whole struct is valid. Other components are not stored, and neither is a value with a lease,
//!   which ends with it. A component whose request contains a sensitive value, such as a `url` with a password, cannot
//!   be stored, which [`check`](super::before_the_fetch) reports. The fetch waits until the file is written, but for at
//!   most 250 ms, not beyond its deadline, and not for a file that is being written for another fetch. The writing goes
//!   on without it, and [`Sources::shutdown`](crate::Sources::shutdown) waits for it.
//! - **When it is used**: if the source cannot answer, and also if the value is there and wrong: a bad push to Consul does not
//!   stop a restart. A warning and the report say so. It is not used if the value is absent or denied. It is used even after
//!   the deadline, since a file does not depend on the network; reading it takes at most 2 s.
//! - **Whose value it is**: that of the component, its source, its key and the rest of its query. After a change of the
//!   key, or with another region in a template, the old value is not used. A source that is not set up, for example
//!   because its variable is missing, has no key to look for, so no stored value is used.
//! - **Why it did not help**: the error says it after `tried local_cache`: nothing is stored, the file or the entry cannot
//!   be used (another user's, another key, damage, too old), or the type no longer reads the stored value. To see for what
//!   something is stored, compare the locators of the [report's calls](crate::Report::calls) with those in the file, which
//!   are in plain text.
//! - **How old it may be**: any age, unless [`LocalCache::max_age`](crate::LocalCache::max_age) says otherwise. An entry
//!   that was not fetched for 90 days is removed.
//! - **Secrets**: a sensitive component needs a key, [`LocalCache::encrypted_with`](crate::LocalCache::encrypted_with). Without
//!   one, its fetch fails before anything is asked. With a key everything is encrypted, and changes to the file are
//!   detected; without one, only damage is. The module [`local_cache`](crate::local_cache) has the details.
//!
//! It is not set up by default, because a library should not choose where to write. A builder takes one, and the
//! [default sources](crate::Sources::from_env) take that of the environment:
//!
//! | variable | |
//! | --- | --- |
//! | `LOCAL_CACHE` | the file, such as `/var/lib/shop/config.cache` |
//! | `LOCAL_CACHE_KEY` | the key: what `openssl rand -hex 32`, or `openssl rand -base64 32`, writes |
//!
//! Without a file, `fallback_to = "local_cache"` has no effect; a warning says so when a struct is fetched the first
//! time, and [`check`](super::before_the_fetch) lists it. With a key that is malformed, components that name
//! `local_cache` fail before anything is asked. A source registered as `local_cache` replaces it; to have both is an
//! error.
