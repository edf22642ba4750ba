//! The source `api`. Its page for users is the module `component_model::fetchers::api`.

mod client;
mod close;
mod config;
mod freshness;
mod media;
mod page;
mod pointer;
mod reader;
mod source;
mod target;

use component_model_source::{ErrorKind, SourceError};

#[doc(hidden)]
pub use self::reader::UrlReader;
pub use self::{
    config::ApiBuilder,
    source::{Api, ApiQuery},
};

/// An error in the settings or in the attribute.
fn misconfigured(message: impl Into<std::borrow::Cow<'static, str>>) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, message)
}
