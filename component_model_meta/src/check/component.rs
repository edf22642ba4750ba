//! One field: its settings, and whether they fit together.

use component_model_types::{plan::FallbackOn as Kinds, text};

use super::{
    Component, DefaultValue, FallbackOn,
    keys::{self, Place, Settings},
    layers, nested, value,
};
use crate::{
    input::{Field, Setting, Value},
    mistakes::Mistakes,
};

/// Checks one field; the result does not contain settings with mistakes. `of_struct` is the struct's own `fetch_from`.
pub(super) fn check<'a>(field: &'a Field, of_struct: Option<&Setting>, mistakes: &mut Mistakes) -> Component<'a> {
    let settings = keys::sort(&field.settings, Place::Field, mistakes);
    let unfetched = Component::unfetched(field);
    if nested::flag(&settings, "nested", mistakes) {
        return Component { nested: Some(nested::read(field, &settings, mistakes)), ..unfetched };
    }
    if let Some(prefix) = settings.get("prefix") {
        let message = "`prefix` belongs on the struct, or on a field that is `nested`; a field has a `key`";
        mistakes.push(prefix.span, message);
    }
    if nested::flag(&settings, "skip", mistakes) {
        for setting in settings.iter().filter(|setting| setting.key != "skip") {
            mistakes.push(setting.span, format!("`{}` has no effect on a field that is skipped", setting.key));
        }
        return unfetched;
    }
    match settings.get("fetch_from").or(of_struct) {
        None => {
            needs_source(&settings, mistakes);
            unfetched
        }
        Some(fetch_from) => fetched(field, fetch_from, &settings, mistakes),
    }
}

fn fetched<'a>(
    field: &'a Field,
    fetch_from: &Setting,
    settings: &Settings<'_>,
    mistakes: &mut Mistakes,
) -> Component<'a> {
    let mut read = |key: &str| settings.get(key).and_then(|setting| value::literal(setting, mistakes));
    let fallback = read("fallback");
    Component {
        layers: layers::read(fetch_from, settings, mistakes),
        timeout: settings.get("timeout").and_then(|setting| value::duration(setting, mistakes)),
        default: settings.get("default").map(default),
        fallback,
        fallback_on: settings.get("fallback_on").and_then(|setting| fallback_on(setting, settings, mistakes)),
        depends_on: settings.get("depends_on").map(|setting| names(setting, mistakes)).unwrap_or_default(),
        validators: settings.get("validate").map(|setting| value::validators(setting, mistakes)).unwrap_or_default(),
        sensitive: nested::flag(settings, "sensitive", mistakes),
        ..Component::unfetched(field)
    }
}

/// A literal or a list is text that the type reads; anything else is code.
fn default(setting: &Setting) -> DefaultValue {
    match &setting.value {
        Value::Is(value) => match value::literal_text(value) {
            Some(text) => DefaultValue::Literal(text),
            None => DefaultValue::Expression(Box::new(value.clone())),
        },
        Value::Nothing | Value::Parts(..) => DefaultValue::OfType,
    }
}

fn fallback_on(setting: &Setting, settings: &Settings<'_>, mistakes: &mut Mistakes) -> Option<FallbackOn> {
    if settings.get("fallback").is_none() {
        mistakes.push(setting.span, "`fallback_on` has no effect without a `fallback`");
    }
    let mut kinds = Vec::new();
    for (kind, span) in value::strings(setting, mistakes) {
        if kind == "any" {
            return Some(FallbackOn::Any);
        }
        match Kinds::KINDS.contains(&kind.as_str()) {
            true => kinds.push(kind),
            false => mistakes.push(span, unknown_kind(&kind)),
        }
    }
    Some(FallbackOn::Kinds(kinds))
}

fn unknown_kind(kind: &str) -> String {
    match text::nearest(kind, Kinds::KINDS) {
        Some(near) => format!("`{kind}` is not a kind of failure; did you mean `{near}`?"),
        None => format!("`{kind}` is not a kind of failure; the kinds are `any`, {}", text::list_of(&Kinds::KINDS)),
    }
}

fn names(setting: &Setting, mistakes: &mut Mistakes) -> Vec<String> {
    value::strings(setting, mistakes).into_iter().map(|(name, _)| name).collect()
}

fn needs_source(settings: &Settings<'_>, mistakes: &mut Mistakes) {
    for Setting { key, span, .. } in settings.iter() {
        mistakes.push(*span, format!("`{key}` has no effect without a source: add `fetch_from = \"…\"`"));
    }
}
