//! The source `consul`. Its page for users is the module `component_model::fetchers::consul`.

mod address;
mod client;
mod config;
mod keys;
mod query;
mod reader;
mod source;
mod variables;
mod watch;
mod wire;

use component_model_source::{ErrorKind, SourceError};

#[doc(hidden)]
pub use self::reader::KeyReader;
pub use self::{
    config::ConsulBuilder,
    query::{Consistency, ConsulQuery},
    source::Consul,
};

/// An error in the settings or in the attribute.
fn misconfigured(message: impl Into<std::borrow::Cow<'static, str>>) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, message)
}
