//! The policies of a field: how its sources are asked, and what its value is if they do not have it.

use component_model_types::plan::{self, Policy, mistakes};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens as _;
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

/// The policies of a field.
pub(crate) struct Policies {
    /// Those that are written into the plan as they are.
    pub(crate) plain: Policy<'static>,
    pub(crate) fallback_to: Option<Layer>,
    pub(crate) default: Option<DefaultValue>,
    /// With its position.
    pub(crate) fallback: Option<(String, Span)>,
    pub(crate) fallback_on: Option<FallbackOn>,
}

impl Default for Policies {
    fn default() -> Self {
        Self { plain: Policy::NEW, fallback_to: None, default: None, fallback: None, fallback_on: None }
    }
}

/// The value if no source has one.
pub(crate) enum DefaultValue {
    OfType,
    /// With its position.
    Literal(String, Span),
    Expression(Box<Expr>),
}

/// What a fallback is used for.
pub(crate) enum FallbackOn {
    Any,
    Kinds(Vec<String>),
}

/// Reads the policies, and reports those that cannot hold. A setting whose value has a mistake counts as given.
pub(super) fn read(settings: &Settings<'_>, mistakes: &mut Mistakes) -> Policies {
    let kinds = settings.get("fallback_on").and_then(|setting| kinds(setting, mistakes));
    let plain = plain(settings, mistakes);
    check(&plain, kinds.as_deref(), settings, mistakes);
    Policies {
        plain,
        fallback_to: settings.get("fallback_to").and_then(|setting| fallback_to(setting, mistakes)),
        default: settings.get("default").and_then(|setting| default(setting, mistakes)),
        fallback: settings.get("fallback").and_then(|setting| literal(setting, mistakes)),
        fallback_on: kinds.map(fallback_on),
    }
}

fn plain(settings: &Settings<'_>, mistakes: &mut Mistakes) -> Policy<'static> {
    if let (Some(_), Some(other)) = (settings.get("ttl"), settings.get("cache_for")) {
        mistakes.push(other.span, "`cache_for` is another name of `ttl`: remove one of them");
    }
    let retry_attempts = settings.get("retry_attempts").and_then(|setting| value::number(setting, mistakes));
    let circuit_breaker = settings.get("circuit_breaker").and_then(|setting| value::switch(setting, mistakes));
    let mut duration = |name: &str| value::duration(written(name, settings)?, mistakes);
    Policy {
        timeout: duration("timeout"),
        deadline: duration("deadline"),
        retry_attempts,
        retry_backoff: duration("retry_backoff"),
        retry_max_backoff: duration("retry_max_backoff"),
        circuit_breaker,
        ttl: duration("ttl"),
        stale_for: duration("stale_for"),
        refresh_ahead: duration("refresh_ahead"),
        ..Policy::NEW
    }
}

/// The setting of a policy, whichever of its names it has.
fn written<'s>(name: &str, settings: &Settings<'s>) -> Option<&'s Setting> {
    let other = || settings.get("cache_for").filter(|_| name == "ttl");
    settings.get(name).or_else(other)
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
            Some(text) => Some(DefaultValue::Literal(text, setting.value_span())),
            // A number such as `250ms` is no expression either.
            None if matches!(value, Expr::Lit(_)) => {
                literal(setting, mistakes).map(|(text, span)| DefaultValue::Literal(text, span))
            }
            None => {
                if let Some(span) = receiver(value.to_token_stream()) {
                    let message = "a `default` has no `self`: it is evaluated before there is a struct";
                    mistakes.push(span, message);
                }
                Some(DefaultValue::Expression(Box::new(value.clone())))
            }
        },
        Value::Nothing => Some(DefaultValue::OfType),
        Value::Parts(_, span) => {
            mistakes.push(*span, "`default` takes a value: `default = …`, or stands alone for that of the type");
            None
        }
    }
}

/// Where an expression uses `self`, which would be that of the generated code. `self::` is a module.
fn receiver(tokens: TokenStream) -> Option<Span> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_module = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == ':');
        let found = match token {
            TokenTree::Ident(ident) => (ident == "self" && !is_module).then(|| ident.span()),
            TokenTree::Group(group) => receiver(group.stream()),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// A literal with its position.
fn literal(setting: &Setting, mistakes: &mut Mistakes) -> Option<(String, Span)> {
    value::literal(setting, mistakes).map(|text| (text, setting.value_span()))
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

fn check(plain: &Policy<'static>, kinds: Option<&[(String, Span)]>, settings: &Settings<'_>, mistakes: &mut Mistakes) {
    let names: Vec<_> = kinds.unwrap_or_default().iter().map(|(kind, _)| kind.as_str()).collect();
    let policy = Policy {
        default: settings.get("default").map(|_| plan::DefaultValue::OfType),
        fallback: settings.get("fallback").map(|_| ""),
        fallback_on: match kinds {
            None => plan::FallbackOn::CannotAnswer,
            Some(_) if names == [ANY] => plan::FallbackOn::Any,
            Some(_) => plan::FallbackOn::Kinds(&names),
        },
        ..*plain
    };
    for mistake in mistakes::of_policy(&policy) {
        let of_kind = mistake.position().zip(kinds).map(|(position, kinds)| kinds[position].1);
        let setting = written(mistake.setting(), settings);
        let of_setting = setting.map_or_else(Span::call_site, |setting| match mistake.setting() {
            "fallback_on" if policy.fallback.is_none() => setting.span,
            _ => setting.value_span(),
        });
        mistakes.push(of_kind.unwrap_or(of_setting), mistake);
    }
}
