//! The keys of `#[component(..)]`, and where each is allowed.

use component_model_types::{
    built_in,
    keys::{OF_EVERY_SOURCE, OF_FIELD, OF_STRUCT},
    options::OptionSpec,
    text,
};

use crate::{input::Setting, mistakes::Mistakes};

/// The position of a setting.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Struct,
    Field,
}

/// Keys that are planned but not supported yet.
const LATER: [&str; 2] = ["stream_from", "topic"];

/// Policies of a field that the registration of a source has too.
const OF_REGISTRATION: [&str; 8] = [
    "timeout",
    "retry_attempts",
    "retry_backoff",
    "retry_max_backoff",
    "circuit_breaker",
    "ttl",
    "stale_for",
    "refresh_ahead",
];

/// Settings whose keys are known, allowed at their position, and given once.
pub(crate) struct Settings<'a>(Vec<&'a Setting>);

impl<'a> Settings<'a> {
    pub(crate) fn get(&self, key: &str) -> Option<&'a Setting> {
        self.iter().find(|setting| setting.key == key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a Setting> {
        self.0.iter().copied()
    }
}

/// Keeps the settings that are known and allowed, and reports the others. The sources of a field have options of their own.
pub(crate) fn sort<'a>(
    settings: &'a [Setting],
    place: Place,
    sources: &[String],
    mistakes: &mut Mistakes,
) -> Settings<'a> {
    let mut kept: Vec<&Setting> = Vec::new();
    for setting in settings {
        let key = &setting.key;
        if let Some(mistake) = judge(key, place, sources) {
            mistakes.push(setting.span, mistake);
        } else if kept.iter().any(|earlier| earlier.key == *key) {
            mistakes.push(setting.span, format!("`{key}` is given twice: remove one of them"));
        } else {
            kept.push(setting);
        }
    }
    Settings(kept)
}

fn judge(key: &str, place: Place, sources: &[String]) -> Option<String> {
    let (here, elsewhere, other) = match place {
        Place::Struct => (of_struct(), of_field(), "a field, not on the struct"),
        Place::Field => (of_field(), of_struct(), "the struct, not on a field"),
    };
    if here.contains(&key) {
        None
    } else if place == Place::Struct && OF_REGISTRATION.contains(&key) {
        Some(format!(
            "`{key}` belongs on a field, not on the struct; for all fields of a source, set it in the `Policies` of its \
             registration"
        ))
    } else if elsewhere.contains(&key) {
        Some(format!("`{key}` belongs on {other}"))
    } else if LATER.contains(&key) {
        Some(format!("`{key}` is not supported yet: remove it"))
    } else {
        Some(unknown(key, &here, sources))
    }
}

/// Whether a key applies to a field whatever its sources are, and so is not an option of one.
pub(super) fn is_of_every_source(key: &str) -> bool {
    OF_EVERY_SOURCE.contains(&key)
}

fn of_struct() -> Vec<&'static str> {
    OF_STRUCT.to_vec()
}

fn of_field() -> Vec<&'static str> {
    let known: Vec<_> = OF_FIELD.into_iter().chain(OF_EVERY_SOURCE).collect();
    // `prefix` is both a key of a field and an option.
    let options = built_in::options().map(OptionSpec::name).filter(|name| !known.contains(name)).collect::<Vec<_>>();
    [known, options].concat()
}

/// The key that is meant by a name which other libraries use.
fn usual_name(key: &str) -> Option<&'static str> {
    Some(match key {
        "source" | "sources" | "from" => "fetch_from",
        "default_value" => "default",
        "rename" => "key",
        "retries" | "retry" | "attempts" | "max_attempts" | "max_retries" => "retry_attempts",
        "backoff" => "retry_backoff",
        "max_backoff" => "retry_max_backoff",
        "breaker" => "circuit_breaker",
        "cache" | "cached" | "cache_ttl" | "expires" => "ttl",
        "stale_while_revalidate" | "stale_if_error" | "max_stale" => "stale_for",
        "validator" | "validation" => "validate",
        "datacenter" => "dc",
        "sql" | "select" => "query",
        "parameters" | "bind" | "args" => "params",
        "interval" | "refresh" | "refresh_interval" | "update_interval" | "poll_interval" => "ttl",
        _ => return None,
    })
}

/// The method of `Policies` for a policy that only a registration sets.
fn of_registration(key: &str) -> Option<&'static str> {
    Some(match key {
        "limit" | "concurrency" | "concurrency_limit" | "max_concurrency" | "parallel_requests" => "limit(8)",
        "hedge" => "hedge(..)",
        "retry_budget" | "budget" => "retry_budget(..)",
        "root" => "root(\"…\")",
        _ => return None,
    })
}

/// What to write instead of an attribute of serde or another crate that is none here.
fn of_other_crates(key: &str, known: &[&str]) -> Option<&'static str> {
    let is_of_field = known.contains(&"nested");
    Some(match key {
        "flatten" if is_of_field => "write `nested, prefix = \"\"` for a struct whose keys have no further prefix",
        "alias" | "aliases" if is_of_field => {
            "name the source again, with the other key: `fetch_from = [\"env\", env(key = \"…\")]`"
        }
        "required" if is_of_field => {
            "a component is required unless it has a `default` or a `fallback`, or its type is an `Option`: remove it"
        }
        "optional" if is_of_field => "a value that may be missing is an `Option`: change the type of the field",
        "skip_deserializing" if is_of_field => "did you mean `skip`?",
        "with" | "deserialize_with" | "deserialize_from" if is_of_field => {
            "the field's type reads the value: write a type of your own that implements `serde::Deserialize`"
        }
        "range" | "min" | "max" | "length" | "email" | "regex" | "pattern" if is_of_field => {
            "a rule is a function: `validate = in_range`, or one of the crate `garde`: `validate = garde`"
        }
        "format" | "type" if is_of_field => "the extension of a file says its format: `path = \"shop.toml\"`",
        "table" if is_of_field => "the table belongs to the registration of `database`: `Database::table`",
        "watch" | "live" | "reload" | "stream" if is_of_field => {
            "this version fetches a value when it is asked; a source is watched with `component_model::watch`"
        }
        "rename_all" if !is_of_field => {
            "each source writes the names of fields in its own convention; write `key = \"…\"` on a field for another key"
        }
        _ => return None,
    })
}

fn unknown(key: &str, known: &[&str], sources: &[String]) -> String {
    if ["secrets", "confidential", "redact", "redacted"].contains(&key) && known.contains(&"sensitive") {
        return format!("unknown key `{key}`; did you mean `sensitive`, or the type `SecretString`?");
    }
    if let Some(name) = usual_name(key).filter(|name| known.contains(name)) {
        return format!("unknown key `{key}`; did you mean `{name}`?");
    }
    if built_in::find(key).is_some() && known.contains(&"nested") {
        return format!("`{key}` is a source: write `fetch_from = \"{key}\", key = \"…\"`");
    }
    if let Some(advice) = of_other_crates(key, known) {
        return format!("unknown key `{key}`; {advice}");
    }
    if let Some(policy) = of_registration(key) {
        return format!(
            "`{key}` belongs to the registration of a source, since all its components share it: \
             `Sources::builder().policies(\"…\", Policies::new().{policy})`"
        );
    }
    match text::nearest(key, known.iter().copied()) {
        Some(name) => format!("unknown key `{key}`; did you mean `{name}`?"),
        None if let Some(taken) = taken_by(sources) => {
            format!("unknown key `{key}`; {taken}; the documentation of `AsyncAssign` lists the keys of every field")
        }
        None if known.contains(&"key") => format!(
            "unknown key `{key}`; known keys are {}; an option of your own source goes in its parentheses: \
             `my_source({key} = …)`",
            text::list_of(known)
        ),
        None => format!("unknown key `{key}`; known keys are {}", text::list_of(known)),
    }
}

/// What the sources of a field take, if all of them are built in.
fn taken_by(sources: &[String]) -> Option<String> {
    let takes = |name: &String| {
        let options: Vec<_> = built_in::find(name)?.options.iter().map(OptionSpec::name).collect();
        Some(format!("`{name}` takes {}", text::list_of(&options)))
    };
    let all: Option<Vec<_>> = sources.iter().map(takes).collect();
    all.filter(|all| !all.is_empty()).map(|all| all.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_suggested_and_otherwise_all_are_listed() {
        assert_eq!(unknown("fallbck", &of_field(), &[]), "unknown key `fallbck`; did you mean `fallback`?");
        let secret = "unknown key `confidential`; did you mean `sensitive`, or the type `SecretString`?";
        assert_eq!(judge("confidential", Place::Field, &[]).as_deref(), Some(secret));
        let env = "`env` is a source: write `fetch_from = \"env\", key = \"…\"`";
        assert_eq!(judge("env", Place::Field, &[]).as_deref(), Some(env));
        assert!(judge("optional", Place::Field, &[]).is_some_and(|text| text.contains("is an `Option`")));
        assert!(
            judge("ttl", Place::Struct, &[]).is_some_and(|text| text.contains("the `Policies` of its registration"))
        );
        assert_eq!(unknown("source", &of_field(), &[]), "unknown key `source`; did you mean `fetch_from`?");
        assert_eq!(unknown("retries", &of_field(), &[]), "unknown key `retries`; did you mean `retry_attempts`?");
        assert!(
            unknown("limit", &of_field(), &[])
                .contains("`Sources::builder().policies(\"…\", Policies::new().limit(8))`")
        );
        assert_eq!(
            unknown("colour", &OF_STRUCT, &[]),
            "unknown key `colour`; known keys are `prefix`, `crate`, `fetch_from`, `validate` and `deny_unknown`"
        );
        let of_source = |sources: &[&str]| {
            let sources: Vec<_> = sources.iter().map(ToString::to_string).collect();
            unknown("hash", &of_field(), &sources)
        };
        assert_eq!(
            of_source(&["env", "redis"]),
            "unknown key `hash`; `env` takes `key`; `redis` takes `key`, `field` and `db`; the documentation of `AsyncAssign` lists the keys of every field"
        );
        assert!(of_source(&["redis", "own"]).contains("`my_source(hash = …)`"));
    }
}
