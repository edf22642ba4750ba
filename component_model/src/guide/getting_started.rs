//! From an empty crate to a fetched struct.
//!
//! # A struct and its sources
//!
//! Depend on `component_model` with the features of the sources that you need, such as `["env", "file"]`, and on tokio.
//! Then name the source of each field:
//!
//! ```
//! use std::{net::IpAddr, time::Duration};
//! use component_model::prelude::*;
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop")]
//! struct ShopConfig {
//!     // The variable SHOP_HOST, read as an address.
//!     #[component(fetch_from = "env", default = "127.0.0.1")]
//!     host: IpAddr,
//!     // `timeout` in the table `[server]` of shop.toml.
//!     #[component(fetch_from = "file", path = "shop.toml", key = "server.timeout", default = "2s")]
//!     request_timeout: Duration,
//!     // `None` if the variable SHOP_TOKEN is not set.
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
//! The struct does not need `Default`: it is built from the fetched values. Only a field without a source uses the
//! `Default` of its type. [`AsyncAssign`](macro@crate::AsyncAssign) lists all attributes. The compiler reports all
//! mistakes in the attributes of a struct at once.
//!
//! Without a `key`, the key of a field is its path: the struct's `prefix` and the field's name, which each source
//! writes in its own convention. `default` is for absence: the value if there is none. `fallback` is for failures: the
//! value also if the source cannot answer. A value that is there and wrong is an error, unless
//! [`fallback_on`](super::policies#other-failures-for-the-fallback) says otherwise.
//!
//! # One struct in several sources
//!
//! `fetch_from` on the struct applies to all its fields. A field with `nested` is a struct with fields of its own, and
//! a name in braces is the value of another field:
//!
//! ```
//! use component_model::{fetchers::{env::Env, file::File}, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix("shop", file = ""), fetch_from = ["env", "file"])]
//! struct ShopConfig {
//!     // The variable SHOP_REGION, then `region` in the file.
//!     region: String,
//!     // `hosts.eu` in the file, if the region is `eu`.
//!     #[component(fetch_from = file(key = "hosts.{region}"))]
//!     host: String,
//!     #[component(nested)]
//!     pool: Pool,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = ["env", "file"])]
//! struct Pool {
//!     // The variable SHOP_POOL_MAX, then `max` in the table `[pool]` of the file.
//!     #[component(default = 10)]
//!     max: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let path = "shop.toml";
//! # let folder = tempfile::tempdir()?;
//! # let path = &folder.path().join(path);
//! std::fs::write(path, "region = 'us'\n[hosts]\neu = 'eu.example.org'\nus = 'us.example.org'\n[pool]\nmax = 20\n")?;
//! let sources = Sources::builder()
//!     .source("env", Env::of([("SHOP_REGION", "eu")]))
//!     .source("file", File::new(path))
//!     .build();
//! let config = ShopConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!((config.region.as_str(), config.host.as_str(), config.pool.max), ("eu", "eu.example.org", 20));
//! # Ok(())
//! # }
//! ```
//!
//! The guides [structure](super::structure), [templates](super::templates), [policies](super::policies) and
//! [validation](super::validation) continue from here.
//!
//! # Ways to fetch
//!
//! | call | what it returns |
//! | --- | --- |
//! | `ShopConfig::fetch_all_components()` | the struct, or the errors of all components that failed |
//! | `…::fetch_all_components_from(&sources)` | the same, from the given sources |
//! | `…::fetch_with_report()` | the struct with a [`Report`](crate::Report) of what happened |
//! | `…::fetch_partial()` | the values that were fetched, with the errors of the others |
//! | `…::fetch_with_resilience()` | the struct within 30 s, or one [`ComponentError`](crate::ComponentError) for everything |
//! | `…::fetch()` | a [`Fetch`](crate::Fetch): sources, deadline and observer of your choice, then one of the above |
//!
//! Nothing runs before it is awaited. Dropping the future, at any await, drops every request and leaves nothing behind.
//!
//! # Which sources a fetch uses
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
//! A fetch without its own sources uses those of the surrounding [`Sources::scope`](crate::Sources::scope), otherwise
//! those that the program [installed](crate::Sources::install), otherwise the default of the runtime: the built-in
//! sources, set up by the environment ([`Sources::from_env`](crate::Sources::from_env)) at the first fetch. The runtime
//! keeps them, with their connections, until it ends. A task that is spawned inside a scope does not inherit it.
//!
//! [`SourcesBuilder::from_env`](crate::SourcesBuilder::from_env) begins with the built-in sources, to which you add your
//! own.
//!
//! # A complete program
//!
//! It sets up its sources, logs to standard error, prints the report, and closes the connections. It needs the cargo
//! features `env` and `file`, and the crate `tracing-subscriber`:
//!
//! ```
//! use std::{net::IpAddr, process::ExitCode, time::Duration};
//! use component_model::{Fetched, Memory, SourcesBuilder, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop")]
//! struct ShopConfig {
//!     #[component(fetch_from = "env", fallback = "127.0.0.1")]
//!     host: IpAddr,
//!     #[component(fetch_from = "file", path = "shop.toml", key = "server.timeout", fallback = "2s")]
//!     request_timeout: Duration,
//!     #[component(fetch_from = "flags", key = "dark_mode")]
//!     dark_mode: bool,
//! }
//!
//! #[tokio::main]
//! async fn main() -> ExitCode {
//!     // Each fallback is a warning, each failure an error. Defaults are events of the level `debug`.
//!     tracing_subscriber::fmt().with_writer(std::io::stderr).init();
//!     // The built-in sources, set up by the environment, and one of your own.
//!     let sources = SourcesBuilder::from_env().source("flags", Memory::new([("dark_mode", "yes")])).build();
//!
//!     let fetched = ShopConfig::fetch().sources(&sources).deadline(Duration::from_secs(10)).report().await;
//!     let code = match fetched {
//!         Ok(Fetched { value, report, .. }) => {
//!             println!("{report}");
//!             serve(value).await;
//!             ExitCode::SUCCESS
//!         }
//!         // All components that failed, with hints; the events have the same as single lines.
//!         Err(errors) => {
//!             eprintln!("{errors}");
//!             ExitCode::FAILURE
//!         }
//!     };
//!     sources.shutdown().await;
//!     code
//! }
//!
//! async fn serve(config: ShopConfig) {
//!     println!("listening on {} with {:?} for each request", config.host, config.request_timeout);
//! #   assert!(config.dark_mode);
//! }
//! ```
//!
//! # Assignment by type
//!
//! Not every value needs a source. A field can be assigned from a value, a result, a future of a result, or a
//! [`ComponentFetcher`](crate::ComponentFetcher). The type of the value selects the field:
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
//! `#[derive(ComponentModel)]` offers the same without the asynchronous part. A struct may have both derives:
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
//! - If two fields share a type, or one value converts into the types of two fields, the type does not select one
//!   field. Use the field's own setter: `host_set`, `host_with`, `host_try_set`, or `host_fetch` for futures and
//!   fetchers. The compiler rejects the assignment by type; if fields share a type, its message lists them.
//! - Types are compared as they are written. If a struct uses one type under two names, such as `String` and an alias
//!   of it, the compiler reports a conflicting implementation.
//! - If a field's type contains a type parameter of the struct, and could become the same as another field's type, the
//!   field can be set only by name.
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
//! A setter names the field:
//!
//! ```
//! use component_model::prelude::*;
//!
//! #[derive(Default, AsyncAssign)]
//! struct AppConfig {
//!     host: String,
//!     name: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentError> {
//! let mut config = AppConfig::default();
//! config.host_fetch("localhost").await?;
//! # assert_eq!((config.host.as_str(), config.name.as_str()), ("localhost", ""));
//! # Ok(())
//! # }
//! ```
