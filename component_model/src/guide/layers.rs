//! Variables over a file over a store: one field, several sources.
//!
//! The list of sources is the order of precedence. The first source that has the value provides it:
//!
//! ```
//! use component_model::{fetchers::{Env, File}, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix("shop", file = ""), fetch_from = ["env", "file", "store"])]
//! struct ShopConfig {
//!     // SHOP_REGION, then `region` in the file, then `shop.region` in the store.
//!     region: String,
//!     #[component(default = 8080)]
//!     port: u16,
//!     limit: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let path = "shop.toml";
//! # let folder = tempfile::tempdir()?;
//! # let path = &folder.path().join(path);
//! std::fs::write(path, "region = 'eu'\nport = 80\n")?;
//! let sources = Sources::builder()
//!     .source("env", Env::of([("SHOP_PORT", "8443")]))
//!     .source("file", File::new(path))
//!     // In a service Consul, etcd, Redis or a database; the field does not change.
//!     .source("store", Memory::new([("shop.region", "us"), ("shop.limit", "100")]))
//!     .build();
//! let fetched = ShopConfig::fetch().sources(&sources).report().await?;
//! let config = fetched.value;
//! assert_eq!((config.region.as_str(), config.port, config.limit), ("eu", 8443, 100));
//! // The report says where each value came from.
//! assert_eq!(fetched.report.entry("region").unwrap().source(), "file");
//! # Ok(())
//! # }
//! ```
//!
//! Each source has its own key for a field, by its [convention](super::structure#keys-by-convention). A source with another key is
//! written with it: `fetch_from = ["env", file(key = "server.port"), "store"]`.
//!
//! # What is absent, and what has failed
//!
//! Only absence goes on to the next source: a variable that is not set, a key that is not there, a file that does not exist. A
//! source that cannot answer ends the search with an error, since nobody knows what it would have said. A value that is wrong
//! ends it too. So an empty variable, `SHOP_PORT=`, is an error and not a default: unset it.
//!
//! If another source may answer while one is down, say so: `fetch_from = "store", fallback_to = "file"`. What else covers a source
//! that is down is in [`policies`](super::policies).
//!
//! # What is asked
//!
//! All fields begin at the same time, each at its first source. The store is asked only for what neither the variables nor the file
//! have, in one request for all of these. If no source has a value, the error lists all of them, with what to do at each:
//!
//! ```
//! use component_model::{fetchers::Env, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop", fetch_from = ["env", "store"])]
//! struct ShopConfig {
//!     region: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let env = Env::of([("SHOP_REGOIN", "eu")]);
//! let sources = Sources::builder().source("env", env).source("store", Memory::default()).build();
//! let errors = ShopConfig::fetch_all_components_from(&sources).await.unwrap_err();
//! let hint = errors.of("region").unwrap().hint().unwrap();
//! assert!(hint.starts_with("set the variable `SHOP_REGION` (there is `SHOP_REGOIN`)"));
//! # }
//! ```
