//! The source `vault`. Its page for users is the module `component_model::fetchers::vault`.

mod address;
mod client;
mod config;
mod engines;
mod leases;
mod login;
mod query;
mod reader;
mod secret;
mod session;
mod source;
mod variables;

use component_model_source::{ErrorKind, SourceError};

#[doc(hidden)]
pub use self::reader::SecretReader;
pub use self::{config::VaultBuilder, query::VaultQuery, source::Vault};

/// An error in the settings or in the attribute.
fn misconfigured(message: impl Into<std::borrow::Cow<'static, str>>) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, message)
}
