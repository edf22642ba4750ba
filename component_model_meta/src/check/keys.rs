//! The keys of `#[component(..)]`: which there are, and where each belongs.

use component_model_types::text;

use crate::{input::Setting, mistakes::Mistakes};

/// Where a setting stands.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Struct,
    Field,
}

/// What a source is asked for; which source takes which is in `sources`.
pub(crate) const OPTIONS: [&str; 5] = ["query", "params", "url", "pointer", "path"];
const OF_STRUCT: [&str; 2] = ["prefix", "crate"];
const OF_FIELD: [&str; 9] = ["fetch_from", "key", "query", "params", "url", "pointer", "path", "timeout", "fallback"];
/// Keys of the design that are still to come.
const LATER: [&str; 11] = [
    "retry_attempts",
    "circuit_breaker",
    "ttl",
    "cache_for",
    "stale_for",
    "fallback_to",
    "stream_from",
    "topic",
    "secret",
    "field",
    "validate",
];

/// Settings whose keys are known, in their place, and given once.
pub(crate) struct Settings<'a>(Vec<&'a Setting>);

impl<'a> Settings<'a> {
    pub(crate) fn get(&self, key: &str) -> Option<&'a Setting> {
        self.iter().find(|setting| setting.key == key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a Setting> {
        self.0.iter().copied()
    }
}

/// Keeps what is known and in its place, and reports the rest.
pub(crate) fn sort<'a>(settings: &'a [Setting], place: Place, mistakes: &mut Mistakes) -> Settings<'a> {
    let mut kept: Vec<&Setting> = Vec::new();
    for setting in settings {
        let key = &setting.key;
        if let Some(mistake) = judge(key, place) {
            mistakes.push(setting.span, mistake);
        } else if kept.iter().any(|earlier| earlier.key == *key) {
            mistakes.push(setting.span, format!("`{key}` is given twice"));
        } else {
            kept.push(setting);
        }
    }
    Settings(kept)
}

fn judge(key: &str, place: Place) -> Option<String> {
    let (here, elsewhere, other) = match place {
        Place::Struct => (&OF_STRUCT[..], &OF_FIELD[..], "a field, not on the struct"),
        Place::Field => (&OF_FIELD[..], &OF_STRUCT[..], "the struct, not on a field"),
    };
    if here.contains(&key) {
        None
    } else if elsewhere.contains(&key) {
        Some(format!("`{key}` belongs on {other}"))
    } else if LATER.contains(&key) {
        Some(format!("`{key}` is not supported yet"))
    } else {
        Some(unknown(key, here))
    }
}

fn unknown(key: &str, known: &[&str]) -> String {
    match text::nearest(key, known.iter().copied()) {
        Some(name) => format!("unknown key `{key}`; did you mean `{name}`?"),
        None => format!("unknown key `{key}`; known are {}", quoted(known)),
    }
}

/// The names as a list in a message.
pub(crate) fn quoted(names: &[impl std::fmt::Display]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_suggested_and_otherwise_all_are_listed() {
        assert_eq!(unknown("fallbck", &OF_FIELD), "unknown key `fallbck`; did you mean `fallback`?");
        assert_eq!(unknown("colour", &OF_STRUCT), "unknown key `colour`; known are `prefix`, `crate`");
    }

    #[test]
    fn every_option_is_a_key_of_a_field() {
        assert!(OPTIONS.iter().all(|option| OF_FIELD.contains(option)));
    }
}
