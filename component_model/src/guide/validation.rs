//! Validation: rules that a type alone cannot express.
//!
//! # Rules of a field
//!
//! `validate` is the path of a function that takes a reference to the value and returns a `Result`. The error is
//! anything that converts into a boxed error: a `&str`, a `String`, an error type of yours. A list of functions checks
//! several rules, and a closure is possible too. The value has the type of the field: the function of an `Option<u8>` takes
//! `&Option<u8>`:
//!
//! ```
//! use component_model::{ErrorKind, Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "settings")]
//! struct Pool {
//!     #[component(validate = positive)]
//!     min: u32,
//!     #[component(validate = [positive, even], default = 8)]
//!     max: u32,
//!     #[component(validate = |name: &String| if name.is_empty() { Err("is empty") } else { Ok(()) })]
//!     name: String,
//! }
//!
//! fn positive(number: &u32) -> Result<(), &'static str> {
//!     if *number > 0 { Ok(()) } else { Err("must be positive") }
//! }
//!
//! fn even(number: &u32) -> Result<(), String> {
//!     if number % 2 == 0 { Ok(()) } else { Err("must be even".to_owned()) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let settings = Memory::new([("min", "0"), ("max", "3"), ("name", "")]);
//! let errors = Pool::fetch_all_components_from(&Sources::builder().source("settings", settings).build());
//! let errors = errors.await.unwrap_err();
//! assert_eq!(errors.len(), 3);
//! assert!(errors.iter().all(|error| error.kind() == ErrorKind::Invalid));
//! assert!(errors.of("min").unwrap().to_string().contains("invalid: must be positive"));
//! # }
//! ```
//!
//! A value is validated after the field's type has read it. All violations of a value, and all components that are not
//! valid, are reported together, with the source and the position of the value. Nothing is assigned.
//!
//! A `default` and a `fallback` are validated too, when they are used. A value that is there but not valid is never
//! replaced by them, unless [`fallback_on`](super::policies#other-failures-for-the-fallback) names the kind `invalid`.
//! An `Option` that is `None` because the value is absent is not validated.
//!
//! # Rules of the whole struct
//!
//! `validate` on the struct checks rules between fields. It runs after the fetch, once all fields have a value, and its
//! error names the struct and not a field. For a nested struct, it names the field:
//!
//! ```
//! use component_model::{Memory, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(nested)]
//!     pool: Pool,
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! #[component(fetch_from = "settings", validate = ordered)]
//! struct Pool {
//!     min: u32,
//!     max: u32,
//! }
//!
//! fn ordered(pool: &Pool) -> Result<(), &'static str> {
//!     if pool.min <= pool.max { Ok(()) } else { Err("`min` is above `max`") }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let settings = Memory::new([("pool.min", "4"), ("pool.max", "2")]);
//! let errors = AppConfig::fetch_all_components_from(&Sources::builder().source("settings", settings).build());
//! let errors = errors.await.unwrap_err();
//! assert_eq!(errors[0].to_string(), "AppConfig.pool: invalid: `min` is above `max`");
//! # }
//! ```
//!
//! [Partial results](super::errors#partial-results) are not validated as a whole, except by
//! [`complete`](crate::Partial::complete).
//!
//! # The rules of `garde`
//!
//! With the cargo feature `garde`, `validate = garde` applies the rules that a type declares with the crate
//! [`garde`](https://docs.rs/garde): on the struct those of the struct, on a field those of the field's type. `garde` is a
//! dependency of your own too, since its derive needs it by name, with its feature `derive` and those of the rules that
//! you use:
//!
//! ```toml
//! component_model = { path = "../component_model/component_model", features = ["garde"] }
//! garde = { version = "0.23", features = ["derive"] }
//! ```
//!
//! Each broken rule of a struct is an error at its own path. Those of a field's type are one error of the field:
//!
//! ```
//! use component_model::{Memory, prelude::*};
//! use garde::Validate;
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(nested)]
//!     pool: Pool,
//! }
//!
//! #[derive(Debug, AsyncAssign, Validate)]
//! #[component(fetch_from = "settings", validate = garde)]
//! struct Pool {
//!     #[garde(range(min = 1))]
//!     max: u32,
//!     #[garde(ascii, length(min = 3))]
//!     name: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let settings = Memory::new([("pool.max", "0"), ("pool.name", "a")]);
//! let errors = AppConfig::fetch_all_components_from(&Sources::builder().source("settings", settings).build());
//! let shown: Vec<_> = errors.await.unwrap_err().iter().map(ToString::to_string).collect();
//! assert_eq!(
//!     shown,
//!     [
//!         "AppConfig.pool.max: u32: invalid: lower than 1",
//!         "AppConfig.pool.name: String: invalid: length is lower than 3",
//!     ]
//! );
//! # }
//! ```
//!
//! The context of the rules is its `Default`. `validate = [garde, ordered]` applies both.
//!
//! # What an error shows
//!
//! The text of your error is shown unchanged, so it should say what the rule is and not repeat the value. For a
//! sensitive component (a [`SecretString`](crate::SecretString), or `sensitive` in its attribute) the text is replaced
//! by "the value is not valid", also that of a `garde` rule of the struct for such a field. The text of your function for the
//! whole struct is always shown: do not put a secret into it.
//!
//! # A type instead of a rule
//!
//! A rule that many fields share is better in a type: `NonZeroU32`, `SocketAddr`, or a type of your own with
//! `#[serde(try_from = "…")]` ([example](super::values#what-an-error-shows)). Then no value of the type can break it.
