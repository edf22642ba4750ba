//! Set the fields of a struct by type, and fetch them concurrently.
//!
//! ```
//! use component_model::prelude::*;
//!
//! #[derive(Default, ComponentModel)]
//! struct AppConfig {
//!     host: String,
//!     port: u16,
//!     timeout: std::time::Duration,
//! }
//!
//! let config = AppConfig::default().impute("localhost").impute(8080u16).timeout_with(30);
//! assert_eq!((config.host.as_str(), config.port, config.timeout.as_secs()), ("localhost", 8080, 30));
//! ```
//!
//! That was the first half: it needs no runtime and no feature.
#![cfg_attr(feature = "full", doc = "The second is [`AsyncAssign`](macro@AsyncAssign); the [`guide`] begins with it.")]

pub use component_model_types::{Assign, AssignError, AssignWithType, TryAssign, assign, convert, duration, plan};

#[cfg(feature = "async")]
pub use component_model_async::*;

// They name every source.
#[cfg(feature = "full")]
pub mod guide;

/// Compiles and runs the examples of the front page.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Assigns the fields of a struct by type and by name; implements [`Assign`] and [`TryAssign`].
///
/// Each type that exactly one field has can be assigned by type; every field `port` also gets `port_set`, `port_with`
/// and `port_try_set`. [`convert`] lists what converts into what, [`assign`] the limits.
///
/// ```
/// use component_model::prelude::*;
/// use std::net::IpAddr;
///
/// #[derive(Debug, Default, ComponentModel)]
/// struct AppConfig { host: String, name: String, port: u16 }
///
/// let mut config = AppConfig::default();
/// config.assign(8080u16);
/// config.host_set("localhost");       // two fields are `String`: name the one that is meant
/// config.port_try_set("80")?;
/// assert_eq!((config.host.as_str(), config.port), ("localhost", 80));
///
/// let error = config.port_try_set("http").unwrap_err();
/// assert_eq!(error.to_string(), "cannot assign `AppConfig.port: u16`: invalid digit found in string");
/// # Ok::<(), AssignError>(())
/// ```
///
/// A field whose type contains a parameter of the struct that could become another field's type is set by name only.
#[cfg(feature = "derive")]
pub use component_model_meta::ComponentModel;

/// Fetches the components of a struct concurrently, and assigns them by type; the trait has the same name.
///
/// ```
/// use component_model::{Memory, prelude::*};
/// use std::{net::IpAddr, time::Duration};
///
/// #[derive(Debug, AsyncAssign)]
/// #[component(prefix = "APP_")]
/// struct AppConfig {
///     #[component(fetch_from = "settings", fallback = "127.0.0.1")]
///     host: IpAddr,
///     #[component(fetch_from = ["override", "settings"], key = "app/port", timeout = "250ms")]
///     port: u16,
///     started: Option<Duration>,
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let sources = Sources::builder()
///     .source("override", Memory::new([("app/port", "8080")]))
///     .source("settings", Memory::new([("APP_name", "unused")]))
///     .build();
/// let config = AppConfig::fetch_all_components_from(&sources).await?;
/// assert_eq!((config.host.to_string().as_str(), config.port, config.started), ("127.0.0.1", 8080, None));
/// # Ok::<(), ComponentErrors>(())
/// # }).unwrap();
/// ```
///
/// # Settings
///
/// Everything that can be wrong in them is an error where it stands, all of a struct's at once.
///
/// | on the struct | value | what it is |
/// | --- | --- | --- |
/// | `prefix` | text | stands before the field's name where there is no `key` |
/// | `crate` | a path in a string | where `component_model` is, if it is re-exported |
///
/// | on a field | value | what it is |
/// | --- | --- | --- |
/// | `fetch_from` | a name or a list of names | the sources; the first that has the value gives it |
/// | `key` | text | what names the value in its source; without it the prefix and the field's name |
/// | `query`, `params` | text; a list of literals | what `database` asks |
/// | `url`, `pointer` | text | where `api` asks, and which part of the answer is the value |
/// | `path` | text | what `file` reads |
/// | `timeout` | seconds, or text such as `"250ms"`, `"1h30m"` | the longest that one attempt takes |
/// | `fallback` | text, a number or a boolean | what the field's type reads where no source gives the value |
///
/// A source that you register yourself may take every key. A field without `fetch_from` takes its `Default`.
///
/// # What it writes
///
/// The functions that fetch (`fetch_all_components`, `fetch_with_report`, …), if a field has a source; for every field
/// `port` a `port_fetch`, which takes a value, a result, a future or a fetcher; and `async_assign` for each type that
/// exactly one field has. Types count as the same if they are written the same, so one type under two names (an alias)
/// is refused by the compiler as a conflicting implementation. A field whose type contains a parameter of the struct
/// that could become another field's type is set by name only.
#[cfg(all(feature = "derive", feature = "async"))]
pub use component_model_meta::AsyncAssign;

/// Everything that a user of the derives needs.
///
/// ```
/// use component_model::prelude::*;
/// # #[derive(Default, ComponentModel)]
/// # struct AppConfig { port: u16 }
/// # assert_eq!(AppConfig::default().impute(80u16).port, 80);
/// ```
pub mod prelude {
    #[cfg(feature = "async")]
    pub use component_model_async::{
        AsyncAssign, ComponentError, ComponentErrors, ComponentFetcher, FutureAssign, SecretString, Sources,
    };
    #[cfg(all(feature = "derive", feature = "async"))]
    pub use component_model_meta::AsyncAssign;
    #[cfg(feature = "derive")]
    pub use component_model_meta::ComponentModel;
    pub use component_model_types::{Assign, AssignError, AssignWithType, TryAssign};
}

/// What the derives' code names; no part of the public API.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "async")]
    pub use component_model_async::{
        Assignment, AsyncAssign, BoxFuture, ComponentError, ComponentErrors, Components, Fetch, Fetched, FieldOf,
        IntoComponent, Partial, Slot, Sources, Stage,
        decode::{NotSensitive, Probe, replace},
    };
    pub use component_model_types::{
        Assign, AssignError, IntoValue, TryAssign, TryIntoValue, Unambiguous,
        plan::{Component, Key, Plan, Planned, Policy},
    };
    pub use core::result::Result;
    pub use std::boxed::Box;
}
