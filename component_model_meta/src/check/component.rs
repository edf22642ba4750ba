//! One field: its settings, and whether they fit together.

use std::time::Duration;

use component_model_types::plan::{self, Policy, mistakes};
use proc_macro2::Span;
use syn::Expr;

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
    let timeout = settings.get("timeout").and_then(|setting| value::duration(setting, mistakes));
    let kinds = settings.get("fallback_on").and_then(|setting| kinds(setting, mistakes));
    check_policy(timeout, kinds.as_deref(), settings, mistakes);
    Component {
        timeout,
        default: settings.get("default").and_then(|setting| default(setting, mistakes)),
        fallback,
        fallback_on: kinds.map(fallback_on),
        depends_on: settings.get("depends_on").map(|setting| depends_on(setting, mistakes)).unwrap_or_default(),
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

fn depends_on(setting: &Setting, mistakes: &mut Mistakes) -> Vec<(String, Span)> {
    let names = value::strings(setting, mistakes);
    if value::is_empty_list(setting) {
        mistakes.push(setting.value_span(), "`depends_on` names no field: name one, or leave it out");
    }
    let texts: Vec<_> = names.iter().map(|(name, _)| name.as_str()).collect();
    for mistake in mistakes::of_depends_on(&texts) {
        let position = mistake.position().and_then(|position| names.get(position));
        mistakes.push(position.map_or(setting.span, |(_, span)| *span), mistake);
    }
    names
}

/// The word of `fallback_on` for all kinds.
const ANY: &str = "any";

fn fallback_on(kinds: Vec<(String, Span)>) -> FallbackOn {
    match &kinds[..] {
        [(kind, _)] if kind == ANY => FallbackOn::Any,
        _ => FallbackOn::Kinds(kinds.into_iter().map(|(kind, _)| kind).collect()),
    }
}

/// The kinds, each with its position; `None` if none of what is written is a string.
fn kinds(setting: &Setting, mistakes: &mut Mistakes) -> Option<Vec<(String, Span)>> {
    let kinds = value::strings(setting, mistakes);
    (!kinds.is_empty() || value::is_empty_list(setting)).then_some(kinds)
}

/// Reports policies that cannot hold. A setting whose value has a mistake counts as given.
fn check_policy(
    timeout: Option<Duration>,
    kinds: Option<&[(String, Span)]>,
    settings: &Settings<'_>,
    mistakes: &mut Mistakes,
) {
    let names: Vec<_> = kinds.unwrap_or_default().iter().map(|(kind, _)| kind.as_str()).collect();
    let policy = Policy {
        timeout,
        default: settings.get("default").map(|_| plan::DefaultValue::OfType),
        fallback: settings.get("fallback").map(|_| ""),
        fallback_on: match kinds {
            None => plan::FallbackOn::CannotAnswer,
            Some(_) if names == [ANY] => plan::FallbackOn::Any,
            Some(_) => plan::FallbackOn::Kinds(&names),
        },
    };
    for mistake in mistakes::of_policy(&policy) {
        let of_kind = mistake.position().zip(kinds).map(|(position, kinds)| kinds[position].1);
        let setting = settings.get(mistake.setting());
        let of_setting = setting.map_or_else(Span::call_site, |setting| match mistake.setting() {
            "fallback_on" if policy.fallback.is_none() => setting.span,
            _ => setting.value_span(),
        });
        mistakes.push(of_kind.unwrap_or(of_setting), mistake);
    }
}

fn needs_source(settings: &Settings<'_>, mistakes: &mut Mistakes) {
    for Setting { key, span, .. } in settings.iter().filter(|setting| setting.key != "prefix") {
        mistakes.push(*span, format!("`{key}` has no effect without a source: add `fetch_from = \"…\"`"));
    }
}
