//! What is redacted, and what you have to protect yourself.
//!
//! # A field that never prints
//!
//! [`SecretString`](crate::SecretString), from the crate `secrecy`, is read like any string, prints as `[REDACTED]` and
//! is wiped from memory when it is dropped:
//!
//! ```
//! use component_model::{ExposeSecret, Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "vault", key = "app/api-key")]
//!     api_key: SecretString,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let sources = Sources::builder().source("vault", Memory::new([("app/api-key", "hunter2")])).build();
//! let config = AppConfig::fetch_all_components_from(&sources).await?;
//! assert!(!format!("{config:?}").contains("hunter2"));
//! assert_eq!(config.api_key.expose_secret(), "hunter2");
//! # Ok(())
//! # }
//! ```
//!
//! # What never shows a value, secret or not
//!
//! - Errors: the component, the source, the key and what was expected. A type's own message is shown only if it cannot
//!   contain a part of the value ([the rule](super::values#what-an-error-shows)).
//! - Reports: as a table, a waterfall, a drawing and JSON.
//! - The events through `tracing`, and those of an observer.
//! - The `Debug` of [`Value`](crate::Value), [`Record`](crate::Record), [`Request`](crate::Request), and of every
//!   source: the names of headers and parameters, never their values; a server's address, never the user name and
//!   password.
//! - URLs in locators: without user name, password and the values of the query.
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "settings")]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let sources = Sources::builder().source("settings", Memory::new([("port", "hunter2")])).build();
//! let errors = AppConfig::fetch_all_components_from(&sources).await.unwrap_err();
//! assert!(!format!("{errors} {errors:?}").contains("hunter2"));
//! # }
//! ```
//!
//! # Sensitive components
//!
//! A component is sensitive if its type is from `secrecy`: `SecretString`, `SecretBox<T>`, an `Option` of them, or an
//! alias. The [plan](crate::plan::Component::sensitive) records it. A type with such a type among its type parameters,
//! and a type parameter of the struct that is such a type, are sensitive too. `sensitive` in the attribute marks any
//! other type, such as your own type around a secret. A source may mark a value
//! ([`Record::sensitive`](crate::Record::sensitive)).
//!
//! For their values, errors show neither the type's own message nor the text of a [validation](super::validation) nor
//! the keys of a document. A sensitive value cannot be inserted into a key, a URL or a path, which are shown. It can be
//! bound as a parameter of a query, or be used to connect ([templates](super::templates#what-may-be-inserted)). For an
//! error of your own source, fetcher, closure or future they show the kind and the place, and neither the message nor
//! the cause or the hint:
//!
//! ```
//! use component_model::{KeyQuery, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "vault", key = "app/api-key")]
//!     api_key: SecretString,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let broken = |_: KeyQuery| async { Err::<Option<String>, _>("hunter2 is not base64") };
//! let sources = Sources::builder().closure("vault", broken).build();
//! let errors = AppConfig::fetch_all_components_from(&sources).await.unwrap_err();
//! assert!(!format!("{errors}").contains("hunter2"));
//! assert_eq!(errors[0].locator(), Some("app/api-key"));
//! # }
//! ```
//!
//! The [cache](super::caching) keeps sensitive values in memory, where they are wiped when the last holder drops them. The
//! [local cache](super::caching#on-disk) stores them only if it has a key to encrypt them with; otherwise a sensitive component
//! with `fallback_to = "local_cache"` fails before anything is asked.
//!
//! # What you have to protect yourself
//!
//! - A plain `String` field is shown by your own `Debug`, with `sensitive` too. Give it the type `SecretString`.
//! - A key, a query, a `default` and a `fallback` are part of the program, and shown. Do not write a secret into an
//!   attribute: bind it as a parameter of your own query, or configure it in the source.
//! - sqlx logs the text of PostgreSQL's warnings and notices (`RAISE WARNING`), which a function may fill with values. A
//!   source from a URL turns them off, except for `RAISE INFO` and for a function that sets `client_min_messages` itself: filter
//!   the target `sqlx::postgres::notice` out of your log. For a pool of your own, set `client_min_messages` to `error` in its
//!   [options](crate::fetchers::database#what-always-holds).
//! - The text of an error of your own fetcher, closure or source is shown unchanged, unless the component is sensitive.
//! - Only the memory of the field is wiped. Before that, a value passes through the client library and a
//!   [`Value`](crate::Value), whose memory is freed but not wiped.
//! - The key of the local cache must not be stored beside its file. The locators in the file are readable.
//! - Credentials of a source ([`bearer`](crate::fetchers::api::ApiBuilder::bearer), `DATABASE_URL`) are never shown,
//!   and are kept for as long as the source lives. The `url` of a component of `database` is not shown either, nor is a value
//!   that is inserted into it; the source keeps the last 16 of them.
