//! The policies of a field: how its sources are asked, and what its value is if they do not have it.

use std::time::Duration;

use component_model_types::{plan::FallbackOn as Kinds, text};
use syn::Expr;

use super::{
    keys::Settings,
    layers::{self, Layer},
    value,
};
use crate::{
    input::{Setting, Value},
    mistakes::Mistakes,
};

/// The policies that are durations, by their names in the plan.
const DURATIONS: [&str; 7] =
    ["timeout", "deadline", "retry_backoff", "retry_max_backoff", "ttl", "stale_for", "refresh_ahead"];
/// Pairs of durations of which the first must not be longer than the second.
const ORDERED: [(&str, &str); 2] = [("retry_backoff", "retry_max_backoff"), ("refresh_ahead", "ttl")];

/// The policies of a field; those that are not set have no part in the plan.
#[derive(Default)]
pub(crate) struct Policies {
    /// Each with its name in the plan.
    pub(crate) durations: Vec<(&'static str, Duration)>,
    pub(crate) retry_attempts: Option<u32>,
    pub(crate) circuit_breaker: Option<bool>,
    pub(crate) fallback_to: Option<Layer>,
    pub(crate) default: Option<DefaultValue>,
    pub(crate) fallback: Option<String>,
    pub(crate) fallback_on: Option<FallbackOn>,
}

/// The value if no source has one.
pub(crate) enum DefaultValue {
    OfType,
    Literal(String),
    Expression(Box<Expr>),
}

/// What a fallback is used for.
pub(crate) enum FallbackOn {
    Any,
    Kinds(Vec<String>),
}

/// Reads the policies.
pub(super) fn read(settings: &Settings<'_>, mistakes: &mut Mistakes) -> Policies {
    Policies {
        durations: durations(settings, mistakes),
        retry_attempts: settings.get("retry_attempts").and_then(|setting| attempts(setting, mistakes)),
        circuit_breaker: settings.get("circuit_breaker").and_then(|setting| value::switch(setting, mistakes)),
        fallback_to: settings.get("fallback_to").and_then(|setting| fallback_to(setting, mistakes)),
        default: settings.get("default").and_then(|setting| default(setting, mistakes)),
        fallback: settings.get("fallback").and_then(|setting| value::literal(setting, mistakes)),
        fallback_on: settings.get("fallback_on").and_then(|setting| fallback_on(setting, settings, mistakes)),
    }
}

fn durations(settings: &Settings<'_>, mistakes: &mut Mistakes) -> Vec<(&'static str, Duration)> {
    let written = |name: &str| match (name, settings.get(name)) {
        ("ttl", None) => settings.get("cache_for"),
        (_, setting) => setting,
    };
    if let (Some(_), Some(other)) = (settings.get("ttl"), settings.get("cache_for")) {
        mistakes.push(other.span, "`cache_for` is another name of `ttl`: remove one of them");
    }
    let mut read = |name: &'static str| Some((name, value::duration(written(name)?, mistakes)?));
    let durations: Vec<_> = DURATIONS.into_iter().filter_map(&mut read).collect();
    let of = |name: &str| durations.iter().find(|(known, _)| *known == name).map(|(_, duration)| *duration);
    for (short, long) in ORDERED {
        if let (Some(first), Some(second), Some(setting)) = (of(short), of(long), written(short))
            && first > second
        {
            mistakes.push(setting.value_span(), format!("`{short}` is longer than `{long}`"));
        }
    }
    durations
}

fn attempts(setting: &Setting, mistakes: &mut Mistakes) -> Option<u32> {
    let attempts = value::number(setting, mistakes)?;
    if attempts == 0 {
        let message = "`retry_attempts` counts the first attempt too, so it is at least 1, which retries nothing";
        mistakes.push(setting.value_span(), message);
        return None;
    }
    Some(attempts)
}

fn fallback_to(setting: &Setting, mistakes: &mut Mistakes) -> Option<Layer> {
    match &setting.value {
        Value::Is(value) if !matches!(value, Expr::Array(_)) => layers::one(value, mistakes),
        _ => {
            let message = "`fallback_to` takes one source: `fallback_to = \"local_cache\"`, or another one with its \
                           options, as `fallback_to = env(key = \"PORT\")`";
            mistakes.push(setting.value_span(), message);
            None
        }
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
