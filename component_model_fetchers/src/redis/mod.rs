//! The source `redis`. Its page for users is the module `component_model::fetchers::redis`.

mod address;
mod batch;
mod client;
mod cluster;
mod command;
mod config;
mod dial;
mod failure;
mod feed;
mod reader;
mod reply;
mod sentinel;
mod source;
mod version;
mod watch;
mod wire;

use component_model_source::{ErrorKind, SourceError};

#[doc(hidden)]
pub use self::reader::RedisReader;
pub use self::{
    config::RedisBuilder,
    source::{Redis, RedisQuery},
};

/// An error in the settings or in the attribute.
fn misconfigured(message: impl Into<std::borrow::Cow<'static, str>>) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, message)
}
