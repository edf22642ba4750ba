//! Moving from `figment` or `config`.
//!
//! Both build one tree of values from all sources, and then read a struct from it with serde. Here there is no tree: each field
//! names its sources. For variables over a file, the struct looks like this:
//!
//! ```
//! use component_model::{fetchers::{Env, File}, prelude::*};
//! use std::time::Duration;
//!
//! // figment: Figment::new().merge(Toml::file("shop.toml")).merge(Env::prefixed("SHOP_").split("_")).extract()
//! // config:  Config::builder().add_source(File::with_name("shop"))
//! //              .add_source(Environment::with_prefix("SHOP").separator("_")).build()?.try_deserialize()
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix("shop", file = ""), fetch_from = ["env", file(path = "shop.toml")])]
//! struct ShopConfig {
//!     host: String,
//!     #[component(default = 8080)]
//!     port: u16,
//!     #[component(nested)]
//!     pool: Pool,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = ["env", file(path = "shop.toml")])]
//! struct Pool {
//!     #[component(default = "2s")]
//!     timeout: Duration,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let sources = Sources::builder()
//!     .source("env", Env::of([("SHOP_HOST", "localhost"), ("SHOP_POOL_TIMEOUT", "250ms")]))
//!     .source("file", File::from_env())
//!     .build();
//! let config = ShopConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
//! assert_eq!(config.pool.timeout, Duration::from_millis(250));
//! # Ok(())
//! # }
//! ```
//!
//! # What corresponds to what
//!
//! | there | here |
//! | --- | --- |
//! | the order of `merge` or `add_source`: the last one wins | the order of `fetch_from`: the first one wins |
//! | `#[derive(Deserialize)]` on the struct | `#[derive(AsyncAssign)]`; types of fields still use serde |
//! | `#[serde(default = "..")]`, `set_default` | `default`, which is a literal or an expression, and not the name of a function |
//! | `#[serde(rename = "..")]` | `key = ".."`, for each source where it differs |
//! | `#[serde(flatten)]` | `nested, prefix = ""` |
//! | `Option<T>` | `Option<T>` |
//! | `#[serde(deny_unknown_fields)]` | `deny_unknown` on the struct |
//! | `Env::prefixed("SHOP_").split("_")`, `Environment::with_prefix("SHOP")` | `prefix = "shop"`; nested names are joined by `_` |
//! | `File::required(false)` | always so: a file that does not exist has no values; a field without any value is the error |
//! | a profile, `Config-production.toml` | another `CONFIG_FILE`, or a template: `path = "{stage}.toml"` |
//! | your own `Provider` or `Source` | your own [`Source`](crate::Source), asynchronous, or a closure |
//! | `extract()`, `try_deserialize()` | `fetch_all_components().await` |
//!
//! # What is different
//!
//! - **Text stays text.** A variable `0042` is the text `0042` for a `String` and the number 42 for a `u16`: the field's type
//!   decides, and nothing is guessed from the value. In a document, a string is a string: `port = "80"` is an error for a `u16`.
//! - **All errors at once**, each with the field, the source, its place in the file and a hint. There is no first one.
//! - **Lists are not merged.** The first source that has the list provides all of it.
//! - **Tables are not merged either**, if a field holds one (`BTreeMap<String, u32>`). A `nested` struct is: each of its fields is
//!   looked up by itself.
//! - **`Duration` reads `"250ms"`**, which serde alone does not, and a field `database_url` is `SHOP_DATABASE_URL`: `_` in a name
//!   separates nothing.
//! - It needs a tokio runtime. Read what must be there before the runtime starts (the number of its threads) in another way.
//!
//! # What has no counterpart
//!
//! - Formats other than TOML, JSON and YAML, such as INI, RON and JSON5.
//! - Nested profiles, and writing a configuration.
//! - Values of one tree at run time by their path, without a struct: [a plan without a
//!   struct](super::structure#a-plan-without-a-struct) is near to it.
