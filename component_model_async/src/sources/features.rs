//! The names of the built-in sources and the cargo features that turn them on.

use crate::{ErrorKind, SourceError};

/// The name of each built-in source and what turns it on.
pub(crate) const FEATURES: &[(&str, &str)] =
    &[("api", "api"), ("database", "sqlite`, `postgres` or `mysql"), ("env", "env"), ("file", "file")];

/// The hint for a name that nobody registered and that a cargo feature would turn on.
pub(super) fn hint(name: &str) -> Option<String> {
    let (_, feature) = FEATURES.iter().find(|(known, _)| *known == name)?;
    Some(format!("`{name}` is built in: turn on the cargo feature `{feature}`, or register it in `Sources`"))
}

/// The error for a built-in source whose feature is off.
pub(crate) fn not_compiled_in(name: &str) -> SourceError {
    let error = SourceError::new(ErrorKind::UnknownSource, format!("the source `{name}` is not compiled in"));
    match hint(name) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}
