//! One field: its settings, and whether they fit together.

use component_model_types::{plan::FallbackOn as Kinds, text};

use super::{
    Component, DefaultValue, FallbackOn,
    keys::{self, Place, Settings},
    layers, nested, value,
};
use syn::Expr;

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
    if nested::flag(&settings, "skip", mistakes) {
        for setting in settings.iter().filter(|setting| setting.key != "skip") {
            let message = format!("`{}` has no effect on a field that is skipped: remove it, or `skip`", setting.key);
            mistakes.push(setting.span, message);
        }
        return unfetched;
    }
    if let Some(prefix) = settings.get("prefix") {
        let message = "`prefix` belongs on the struct, or on a field that is `nested`; another field has a whole key: \
                       write `key = \"…\"`";
        mistakes.push(prefix.span, message);
    }
    match settings.get("fetch_from").or(of_struct) {
        None => {
            // A setting with a mistake may have been meant to name the source.
            if field.readable && settings.iter().count() == field.settings.len() {
                needs_source(&settings, mistakes);
            }
            // Their values are checked all the same.
            let _ = policies(field, &settings, mistakes);
            unfetched
        }
        Some(fetch_from) => {
            let layers = layers::read(fetch_from, &settings, mistakes);
            Component { layers, ..policies(field, &settings, mistakes) }
        }
    }
}

/// How the field is fetched, apart from where.
fn policies<'a>(field: &'a Field, settings: &Settings<'_>, mistakes: &mut Mistakes) -> Component<'a> {
    let mut read = |key: &str| settings.get(key).and_then(|setting| value::literal(setting, mistakes));
    let fallback = read("fallback");
    Component {
        timeout: settings.get("timeout").and_then(|setting| value::duration(setting, mistakes)),
        default: settings.get("default").and_then(|setting| default(setting, mistakes)),
        fallback,
        fallback_on: settings.get("fallback_on").and_then(|setting| fallback_on(setting, settings, mistakes)),
        depends_on: settings.get("depends_on").map(|setting| value::strings(setting, mistakes)).unwrap_or_default(),
        validators: settings.get("validate").map(|setting| value::validators(setting, mistakes)).unwrap_or_default(),
        sensitive: nested::flag(settings, "sensitive", mistakes),
        ..Component::unfetched(field)
    }
}

/// A literal or a list is text that the type reads; anything else is code.
fn default(setting: &Setting, mistakes: &mut Mistakes) -> Option<DefaultValue> {
    match &setting.value {
        Value::Is(value) => match value::literal_text(value) {
            Some(text) => Some(DefaultValue::Literal(text)),
            // A number such as `250ms` is no expression either.
            None if matches!(value, Expr::Lit(_)) => value::literal(setting, mistakes).map(DefaultValue::Literal),
            None => Some(DefaultValue::Expression(Box::new(value.clone()))),
        },
        Value::Nothing => Some(DefaultValue::OfType),
        Value::Parts(_, span) => {
            mistakes.push(*span, "`default` takes a value: `default = …`, or stands alone for that of the type");
            None
        }
    }
}

fn fallback_on(setting: &Setting, settings: &Settings<'_>, mistakes: &mut Mistakes) -> Option<FallbackOn> {
    if settings.get("fallback").is_none() {
        mistakes.push(setting.span, "`fallback_on` has no effect without a `fallback`: add `fallback = …`");
    }
    let mut kinds = Vec::new();
    let names = value::strings(setting, mistakes);
    if value::is_empty_list(setting) {
        let message = "`fallback_on` names no failure, so the fallback is never used: name kinds such as `\"absent\"`";
        mistakes.push(setting.value_span(), message);
    }
    for (kind, span) in names {
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
    match text::nearest(kind, Kinds::KINDS.into_iter().chain(["any"])) {
        Some(near) => format!("`{kind}` is not a kind of failure; did you mean `{near}`?"),
        None => format!("`{kind}` is not a kind of failure; the kinds are `any`, {}", text::list_of(&Kinds::KINDS)),
    }
}

fn needs_source(settings: &Settings<'_>, mistakes: &mut Mistakes) {
    for Setting { key, span, .. } in settings.iter().filter(|setting| setting.key != "prefix") {
        mistakes.push(*span, format!("`{key}` has no effect without a source: add `fetch_from = \"…\"`"));
    }
}
