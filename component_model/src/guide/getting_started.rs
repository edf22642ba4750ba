//! From an empty crate to a fetched struct.
//!
//! # A struct and its sources
//!
//! Depend on `component_model` with the features of the sources that you need, such as `["env", "file"]`, and on tokio.
//! Then say for each field where it comes from:
//!
//! ```
//! use std::{net::IpAddr, time::Duration};
//! use component_model::prelude::*;
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "SHOP_")]
//! struct ShopConfig {
//!     // The variable SHOP_HOST, read as an address.
//!     #[component(fetch_from = "env", fallback = "127.0.0.1")]
//!     host: IpAddr,
//!     // `timeout` in the table `[server]` of shop.toml.
//!     #[component(fetch_from = "file", path = "shop.toml", key = "server.timeout", fallback = "2s")]
//!     request_timeout: Duration,
//!     // `None` where the variable SHOP_TOKEN is not set.
//!     #[component(fetch_from = "env")]
//!     token: Option<SecretString>,
//!     // No source: the field's `Default`.
//!     visits: u64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let config = ShopConfig::fetch_all_components().await?;
//! assert_eq!(config.request_timeout, Duration::from_secs(2));
//! # assert_eq!((config.host.is_loopback(), config.token.is_none(), config.visits), (true, true, 0));
//! # Ok(())
//! # }
//! ```
//!
//! The struct needs no `Default`: it is built from what was fetched. Only a field without a source takes its own. All
//! that the attributes can say is listed at [`AsyncAssign`](macro@crate::AsyncAssign); what is wrong in them is an
//! error of the compiler, all of a struct's mistakes at once. A field without a `key` is asked for by its name, behind
//! the struct's `prefix`; a source may bring the name into its own convention, as `env` writes it in upper case.
//!
//! # Ways to fetch
//!
//! | call | what it gives |
//! | --- | --- |
//! | `ShopConfig::fetch_all_components()` | the struct, or the errors of all components that failed |
//! | `…::fetch_all_components_from(&sources)` | the same, from sources that are given and not looked up |
//! | `…::fetch_with_report()` | the struct with a [`Report`](crate::Report) of what happened |
//! | `…::fetch_partial()` | what there is, with the errors of the rest |
//! | `…::fetch_with_resilience()` | the struct within 30 s, or one [`ComponentError`](crate::ComponentError) for everything |
//! | `…::fetch()` | a [`Fetch`](crate::Fetch): sources, deadline and observer of your choice, then one of the above |
//!
//! Nothing runs before it is awaited. Dropping the future, at any await, drops every request and leaves nothing behind.
//!
//! # Which sources a name means
//!
//! ```
//! use component_model::{Memory, fetchers::{env::Env, file::File}, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct Flags {
//!     #[component(fetch_from = "flags")]
//!     dark_mode: bool,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let sources = Sources::builder()
//!     .source("env", Env::new().dotenv("service.env"))
//!     .source("file", File::new("shop.toml"))
//!     .source("flags", Memory::new([("dark_mode", "yes")]))
//!     .build();
//! assert!(Flags::fetch_all_components_from(&sources).await?.dark_mode);
//! # Ok(())
//! # }
//! ```
//!
//! A fetch that is given no sources uses those of the surrounding [`Sources::scope`](crate::Sources::scope), otherwise
//! those that the program [installed](crate::Sources::install), otherwise the default of the runtime: the built-in ones,
//! set up by the environment ([`Sources::from_env`](crate::Sources::from_env)) at the first fetch and kept for as long as
//! the runtime lives, connections included.
//!
//! # Assignment by type
//!
//! Not every value needs a source. A field can be assigned from a value, a result, a future of a result, or a
//! [`ComponentFetcher`](crate::ComponentFetcher), and its type says which field is meant:
//!
//! ```
//! use component_model::prelude::*;
//!
//! #[derive(Debug, Default, AsyncAssign)]
//! struct Address {
//!     host: String,
//!     port: u16,
//! }
//!
//! struct PortFetcher;
//!
//! impl ComponentFetcher<u16> for PortFetcher {
//!     type Error = std::io::Error;
//!
//!     async fn fetch_component(&self) -> Result<u16, Self::Error> {
//!         Ok(8080)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let mut address = Address::default();
//! address.async_assign("localhost").await?;
//! address.async_assign(PortFetcher).await?;
//! address.async_assign(async { Ok::<_, std::io::Error>(8081u16) }).await?;
//! assert_eq!((address.host.as_str(), address.port), ("localhost", 8081));
//!
//! // A chain: all of it runs concurrently, and either all of it is assigned or nothing.
//! let address = Address::default().async_assign("localhost").async_assign(PortFetcher).build().await?;
//! assert_eq!(address.port, 8080);
//! # Ok(())
//! # }
//! ```
//!
//! `#[derive(ComponentModel)]` gives the same without any of the asynchronous part; both derives may stand on one
//! struct:
//!
//! ```
//! use component_model::prelude::*;
//!
//! #[derive(Debug, Default, ComponentModel)]
//! struct Address {
//!     host: String,
//!     port: u16,
//! }
//!
//! let address = Address::default().impute("localhost").impute(8080u16);
//! let mut address = address.host_with("example.org");
//! address.port_try_set("80")?;
//! assert_eq!((address.host.as_str(), address.port), ("example.org", 80));
//! # Ok::<(), AssignError>(())
//! ```
//!
//! # Limits of assignment by type
//!
//! - An integer literal without a suffix is an `i32`: write `async_assign(8080u16)`.
//! - Where two fields share a type, or one value converts into the types of two fields, the type does not say which is
//!   meant. Use the field's own setter: `host_set`, `host_with`, `host_try_set`, or `host_fetch` for what is on its
//!   way. The compiler refuses the rest; for fields that share a type it lists them.
//! - Types are told apart as they are written. One type under two names in one struct, such as `String` and an alias of
//!   it, is refused as a conflicting implementation.
//! - A field whose type contains a parameter of the struct that could become another field's type is set by name only.
//!
//! This does not compile, and the message names `host_fetch` and `name_fetch`:
//!
//! ```compile_fail,E0277
//! use component_model::prelude::*;
//!
//! #[derive(Default, AsyncAssign)]
//! struct AppConfig {
//!     host: String,
//!     name: String,
//! }
//!
//! AppConfig::default().async_assign("localhost");
//! ```
//!
//! The setter says which one is meant:
//!
//! ```
//! # use component_model::prelude::*;
//! # #[derive(Default, AsyncAssign)]
//! # struct AppConfig { host: String, name: String }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentError> {
//! let mut config = AppConfig::default();
//! config.host_fetch("localhost").await?;
//! # assert_eq!((config.host.as_str(), config.name.as_str()), ("localhost", ""));
//! # Ok(())
//! # }
//! ```
