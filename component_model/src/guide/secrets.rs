//! What is redacted, and what is left to you.
//!
//! # A field that never prints
//!
//! [`SecretString`](crate::SecretString), of the crate `secrecy`, is read like any string, prints as `[REDACTED]` and
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
//!   carry a part of the value ([how that is known](super::values#what-an-error-says)).
//! - Reports: as a table, a waterfall, a drawing and JSON.
//! - The events of the feature `tracing`, and those of an observer.
//! - The `Debug` of [`Value`](crate::Value), [`Record`](crate::Record), [`Request`](crate::Request), and of every source:
//!   names of headers and parameters, never their values; a server's address, never user and password.
//! - URLs in locators: without user, password and the values of the query.
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
//! A component is sensitive if its type is one of `secrecy`'s: `SecretString`, `SecretBox<T>`, an `Option` of them,
//! also under another name. The [plan](crate::plan::Component::sensitive) says so. A type that holds such a type in its
//! parameters, and a parameter of the struct that becomes one, count as sensitive too. Of their values no error shows a
//! message that the type wrote, nor the keys of a document.
//!
//! # What is left to you
//!
//! - A plain `String` field is shown by your own `Debug`. Give it the type `SecretString`.
//! - A key, a query and a `fallback` are part of the program, and shown. Do not write a secret into an attribute: bind
//!   it as a parameter of a query of your own, or set it up in the source.
//! - The text of an error of your own fetcher, closure or source is shown as it is.
//! - Memory is wiped in the field only. On its way a value passes through the client library and a
//!   [`Value`](crate::Value), whose memory is freed and not wiped.
//! - Credentials of a source ([`bearer`](crate::fetchers::api::ApiBuilder::bearer), `DATABASE_URL`) are never shown,
//!   and are kept for as long as the source lives.
