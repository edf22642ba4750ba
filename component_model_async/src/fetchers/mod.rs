//! The built-in sources, one folder each, and their names.

use std::borrow::Cow;

use crate::{
    ErrorKind, SourceError,
    source::{Entry, Sources, SourcesBuilder},
};

#[cfg(feature = "api")]
pub mod api;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub mod database;
#[cfg(feature = "env")]
pub mod env;
#[cfg(feature = "file")]
pub mod file;
#[cfg(any(feature = "env", feature = "file"))]
mod read;

/// The names of the built-in sources and the cargo features that turn them on.
const FEATURES: &[(&str, &str)] =
    &[("api", "api"), ("database", "sqlite`, `postgres` or `mysql"), ("env", "env"), ("file", "file")];

/// Every built-in source under its own name, set up from the environment.
pub(crate) fn built_in() -> SourcesBuilder {
    let builder = FEATURES.iter().fold(Sources::builder(), |builder, (name, _)| builder.entry(*name, off(name)));
    #[cfg(feature = "api")]
    let builder = builder.try_source("api", api::Api::from_env());
    #[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
    let builder = builder.try_source("database", database::Database::from_env());
    #[cfg(feature = "env")]
    let builder = builder.source("env", env::Env::from_env());
    #[cfg(feature = "file")]
    let builder = builder.source("file", file::File::from_env());
    builder
}

/// The hint for a name that nobody registered and that a cargo feature would turn on.
pub(crate) fn feature_hint(name: &str) -> Option<Cow<'static, str>> {
    let (_, feature) = FEATURES.iter().find(|(known, _)| *known == name)?;
    Some(format!("`{name}` is built in: turn on the cargo feature `{feature}`, or register it in `Sources`").into())
}

fn off(name: &str) -> Entry {
    let error = SourceError::new(ErrorKind::UnknownSource, format!("the source `{name}` is not compiled in"));
    Entry::Unusable(match feature_hint(name) {
        Some(hint) => error.with_hint(hint),
        None => error,
    })
}
