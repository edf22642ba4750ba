//! The source `nats`. Its page for users is the module `component_model::fetchers::nats`.

mod address;
mod client;
mod config;
mod dial;
mod events;
mod failure;
mod link;
mod login;
mod query;
mod reader;
mod reply;
mod source;
mod time;
mod variables;
mod watch;

use component_model_source::{ErrorKind, SourceError};

#[doc(hidden)]
pub use self::reader::EntryReader;
pub use self::{config::NatsBuilder, query::NatsQuery, source::Nats};

/// An error in the settings or in the attribute.
fn misconfigured(message: impl Into<std::borrow::Cow<'static, str>>) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, message)
}
