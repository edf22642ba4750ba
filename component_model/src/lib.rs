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

pub use component_model_types::{Assign, AssignError, AssignWithType, TryAssign, assign, convert, duration, plan};

#[cfg(feature = "async")]
pub use component_model_async::*;

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
        Assignment, AsyncAssign, BoxFuture, ComponentError, ComponentErrors, Components, Fetch, Fetched, IntoComponent,
        Partial, Receive, Slot, Sources,
    };
    pub use component_model_types::{
        Assign, AssignError, IntoValue, TryAssign, TryIntoValue, Unambiguous,
        plan::{Component, Key, Plan, Planned, Policy},
    };
    pub use core::result::Result;
    pub use std::{boxed::Box, vec::Vec};
}
