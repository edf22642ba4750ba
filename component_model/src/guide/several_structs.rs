//! Several structs: nested in one, or each fetched by itself.
//!
//! # Nested, or apart
//!
//! - Nest them if they belong to one start: all of them are fetched at the same time, equal requests are sent once, and you get
//!   everything or one list of errors. A nested struct has its keys below the name of its field ([`structure`](super::structure)).
//! - Fetch them apart if they have lives of their own: the flags of a request every second, the settings of the service once.
//!   They share the connections, the cache and the circuit breakers of the [`Sources`](crate::Sources).
//!
//! ```
//! use component_model::prelude::*;
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "shop")]
//! struct ShopConfig {
//!     #[component(nested)]
//!     pool: Pool,
//!     // `None` if no source has any of its values.
//!     #[component(nested)]
//!     tls: Option<Tls>,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "settings")]
//! struct Pool {
//!     max: u32,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "settings")]
//! struct Tls {
//!     certificate: String,
//!     #[component(default = 12)]
//!     version: u8,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let sources = Sources::builder().source("settings", Memory::new([("shop.pool.max", 10)])).build();
//! let config = ShopConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!(config.pool.max, 10);
//! assert!(config.tls.is_none());
//! # Ok(())
//! # }
//! ```
//!
//! # Two structs over one file
//!
//! Each struct reads its own part of the file, which its prefix names. With `deny_unknown`, a key below the prefix that no field
//! reads is an error, so that a misspelt one is found. What is beside the prefix belongs to others:
//!
//! ```
//! use component_model::{fetchers::File, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "server", fetch_from = "file", deny_unknown)]
//! struct Server {
//!     port: u16,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "mail", fetch_from = "file", deny_unknown)]
//! struct Mail {
//!     host: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let path = "shop.toml";
//! # let folder = tempfile::tempdir()?;
//! # let path = &folder.path().join(path);
//! std::fs::write(path, "[server]\nport = 80\n[mail]\nhost = 'localhost'\nprot = 25\n")?;
//! let sources = Sources::builder().source("file", File::new(path)).build();
//! assert_eq!(Server::fetch_all_components_from(&sources).await?.port, 80);
//! // `mail.prot` is read by nobody.
//! let errors = Mail::fetch_all_components_from(&sources).await.unwrap_err();
//! assert!(errors.to_string().contains("prot"), "{errors}");
//! # Ok(())
//! # }
//! ```
//!
//! A struct with `prefix(file = "")` and `deny_unknown` claims the whole file. If others read it too, nest them in it, give each a
//! prefix, or leave `deny_unknown` out.
//!
//! # Fetched at the same time
//!
//! Structs that are fetched apart may still be fetched together, and their errors joined into one list:
//!
//! ```
//! use component_model::prelude::*;
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "server", fetch_from = "settings")]
//! struct Server {
//!     port: u16,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(prefix = "mail", fetch_from = "settings")]
//! struct Mail {
//!     host: String,
//! }
//!
//! async fn both(sources: &Sources) -> Result<(Server, Mail), ComponentErrors> {
//!     match tokio::join!(Server::fetch_all_components_from(sources), Mail::fetch_all_components_from(sources)) {
//!         (Ok(server), Ok(mail)) => Ok((server, mail)),
//!         (server, mail) => Err(server.err().into_iter().chain(mail.err()).flatten().collect()),
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let sources = Sources::builder().source("settings", Memory::new([("server.port", "many")])).build();
//! let errors = both(&sources).await.unwrap_err();
//! assert_eq!(errors.len(), 2);
//! assert!(errors.to_string().contains("Server.port") && errors.to_string().contains("Mail.host"));
//! # }
//! ```
