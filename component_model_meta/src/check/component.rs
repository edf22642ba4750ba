//! One field: its settings, and whether they fit together.

use component_model_types::built_in;
use syn::spanned::Spanned;

use super::{
    Component,
    keys::{self, Place, Settings},
    options, value,
};
use crate::{
    input::{Field, Setting},
    mistakes::Mistakes,
};

/// Checks one field; the result does not contain settings with mistakes.
pub(super) fn check<'a>(field: &'a Field, mistakes: &mut Mistakes) -> Component<'a> {
    let settings = keys::sort(&field.settings, Place::Field, mistakes);
    let sources = match settings.get("fetch_from") {
        None => {
            // A setting with a mistake may have been meant to name the source.
            if field.readable && settings.iter().count() == field.settings.len() {
                needs_source(&settings, mistakes);
            }
            Vec::new()
        }
        Some(fetch_from) => {
            let sources = fetch_from_names(fetch_from, mistakes);
            options::check(&settings, fetch_from, &sources, mistakes);
            key_of_a_variable(&settings, &sources, mistakes);
            sources
        }
    };
    fetched(field, &settings, sources, mistakes)
}

fn fetched<'a>(
    field: &'a Field,
    settings: &Settings<'_>,
    sources: Vec<String>,
    mistakes: &mut Mistakes,
) -> Component<'a> {
    let mut options = options::given(settings, mistakes);
    let key = options.iter().position(|(name, _)| *name == "key").map(|position| options.remove(position).1);
    let timeout = settings.get("timeout").and_then(|setting| value::duration(setting, mistakes));
    let fallback = settings.get("fallback").and_then(|setting| value::scalar(setting, mistakes));
    Component { field, sources, key, options, timeout, fallback }
}

fn needs_source(settings: &Settings<'_>, mistakes: &mut Mistakes) {
    for Setting { key, span, .. } in settings.iter() {
        mistakes.push(*span, format!("`{key}` has no effect without a source: add `fetch_from = \"…\"`"));
    }
}

/// A path in a document is not the name of a variable: if `env` is one of several sources, it would never have the value.
fn key_of_a_variable(settings: &Settings<'_>, sources: &[String], mistakes: &mut Mistakes) {
    let Some(setting) = settings.get("key") else { return };
    let Some(key) = value::text(setting).filter(|key| key.contains(['.', '/', '['])) else { return };
    if sources.len() > 1 && sources.iter().any(|source| source == built_in::ENV.name) {
        let message = "cannot be the name of a variable; one `key` is used by all sources of the field";
        mistakes.push(setting.value.span(), format!("`{key}` {message}"));
    }
}

fn fetch_from_names(setting: &Setting, mistakes: &mut Mistakes) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, span) in value::strings(setting, mistakes) {
        if name.is_empty() {
            mistakes.push(span, "the name of a source is empty");
        } else if names.contains(&name) {
            mistakes.push(span, format!("the source `{name}` is named twice"));
        } else {
            names.push(name);
        }
    }
    names
}
