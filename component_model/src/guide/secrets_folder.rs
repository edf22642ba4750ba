//! A folder of secrets: one file for each, as Kubernetes and Docker mount them.
//!
//! A file without an extension that says its format is plain text, and the whole file is the value. One line end at the end is
//! left out. So each secret is a field with the `path` of its file:
//!
//! ```
//! use component_model::{fetchers::File, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "secrets")]
//! struct Secrets {
//!     #[component(path = "/run/secrets/database_password")]
//!     database_password: SecretString,
//!     // `None` if there is no such file. One that may not be read is an error.
//!     #[component(path = "/run/secrets/signing_key")]
//!     signing_key: Option<SecretString>,
//! }
//!
//! let sources = Sources::builder().source("secrets", File::from_env()).build();
//! // Nothing is read yet: a check says what would be.
//! assert!(Secrets::check(&sources).is_ok());
//! ```
//!
//! A [`SecretString`](crate::SecretString) is never shown, by no error, log, report or `Debug`. Other types say so with `sensitive`.
//!
//! # A folder that is known at run time
//!
//! A template does not leave its place, so a value with a `/` cannot become a part of a path. Register a file for each secret instead;
//! the key is empty, since the whole file is the value:
//!
//! ```
//! use component_model::{ExposeSecret, fetchers::File, prelude::*};
//! use std::path::Path;
//!
//! #[derive(Debug, AsyncAssign)]
//! struct Secrets {
//!     #[component(fetch_from = "token_file", key = "")]
//!     token: SecretString,
//! }
//!
//! fn sources(folder: &Path) -> Sources {
//!     Sources::builder().source("token_file", File::new(folder.join("token"))).build()
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = Path::new("/run/secrets");
//! # let temporary = tempfile::tempdir()?;
//! # let folder = temporary.path();
//! # std::fs::write(folder.join("token"), "hunter2\n")?;
//! let secrets = Secrets::fetch_all_components_from(&sources(folder)).await?;
//! assert_eq!(secrets.token.expose_secret(), "hunter2");
//! assert!(!format!("{secrets:?}").contains("hunter2"));
//! # Ok(())
//! # }
//! ```
//!
//! # A variable instead of the file
//!
//! On a developer's machine a variable is handier than a mounted file. With both, the variable comes first:
//! `#[component(fetch_from = ["env", "file"], path = "/run/secrets/token")]` reads `TOKEN`, and the file if that is not set.
//! A variable is visible to whoever may look at the process, and is inherited by its children: prefer the file where you can.
//!
//! # A secret that changes
//!
//! Kubernetes replaces mounted secrets by a symbolic link, all at once, some time after the change. The next fetch reads the new
//! files; it costs a few microseconds, so fetch before each use, or with a short `ttl`. A value is read whole: never half of the
//! old and half of the new one.
