//! Errors and hints for a built-in source whose cargo feature is off.

use component_model_types::{built_in, text::list_of};

use crate::{ErrorKind, SourceError};

/// The cargo features that turn a built-in source on; any of them is enough.
pub(super) fn of(name: &str) -> &'static [&'static str] {
    built_in::find(name).map_or(&[], |source| source.features)
}

/// The hint for a name that is not registered and that a cargo feature would turn on.
pub(super) fn hint(name: &str) -> Option<String> {
    let features = built_in::find(name)?.features;
    let which = if features.len() == 1 { "the cargo feature" } else { "one of the cargo features" };
    Some(format!("`{name}` is built in: turn on {which} {}, or register it in `Sources`", list_of(features)))
}

/// The error for a built-in source whose feature is off.
pub(crate) fn not_compiled_in(name: &str) -> SourceError {
    let error = SourceError::new(ErrorKind::UnknownSource, format!("the source `{name}` is not compiled in"));
    match hint(name) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}
