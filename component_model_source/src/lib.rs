//! The contract of a source of values, for its author and for the engine of `component_model`.
//!
//! A source is a named place that values come from. Its author implements [`Source`] with plain `async fn`s: a key and
//! options become a [`Request`], a request is answered with a [`Reply`] (a [`Record`], or absence) or with a classified
//! [`SourceError`]. The type of the field reads the [`Value`]: see [`decode`].
//!
//! This crate contains the contract and nothing of the engine. A crate that provides a source needs no other; programs
//! depend on `component_model`, which re-exports all of it.

pub mod decode;
mod error;
mod fetcher;
pub mod limit;
mod source;
#[cfg(feature = "tokio")]
#[doc(hidden)]
pub mod time;
pub mod value;

pub use component_model_types::options::{OptionKind, OptionSpec};
pub use component_model_types::plan;
pub use secrecy::{ExposeSecret, SecretString};

pub use self::{
    decode::Slot,
    error::{BoxError, ErrorKind, SourceError},
    fetcher::ComponentFetcher,
    source::{
        Answer, Asked, BoxFuture, BoxStream, Change, Inserted, KeyQuery, Known, Lease, News, Opaque, Record, Reply,
        Request, RequestSpec, Source, Version, Watched,
    },
    value::Value,
};
