//! `prefix`: a path for all sources, or one for each.

use component_model_types::{
    plan::{self, path},
    text,
};
use proc_macro2::Span;
use syn::{Expr, spanned::Spanned};

use super::{Component, value};
use crate::{
    input::{Setting, Value},
    mistakes::Mistakes,
};

/// A prefix for every source, and those of single sources.
#[derive(Default)]
pub(crate) struct Prefix {
    pub(crate) every: String,
    pub(crate) of: Vec<(String, String)>,
    span: Option<Span>,
    /// The position of each source.
    spans: Vec<Span>,
}

impl Prefix {
    pub(crate) fn is_empty(&self) -> bool {
        self.every.is_empty() && self.of.is_empty()
    }

    /// All texts of it.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.every.as_str()).chain(self.of.iter().map(|(_, text)| text.as_str()))
    }

    /// The position of the setting.
    pub(super) fn span(&self) -> Span {
        self.span.unwrap_or_else(Span::call_site)
    }
}

/// Reads `prefix = "shop"`, `prefix("shop", file = "")` and `prefix(env = "shop", file = "")`.
pub(super) fn read(setting: &Setting, mistakes: &mut Mistakes) -> Option<Prefix> {
    match &setting.value {
        Value::Parts(parts, span) if parts.is_empty() => {
            mistakes.push(*span, NEEDS_A_VALUE);
            None
        }
        Value::Parts(parts, _) => {
            let mut prefix = Prefix { span: Some(setting.span), ..Prefix::default() };
            for (index, part) in parts.iter().enumerate() {
                match part {
                    Expr::Assign(assign) => {
                        if let Some((source, text)) = value::name(&assign.left).zip(path_in(&assign.right, mistakes)) {
                            prefix.of.push((source, text));
                            prefix.spans.push(assign.left.span());
                        }
                    }
                    every if index == 0 => prefix.every = path_in(every, mistakes).unwrap_or_default(),
                    other => mistakes.push(other.span(), "the prefix of one source is written `source = \"…\"`, after that of all sources: `prefix(\"shop\", file = \"\")`"),
                }
            }
            check(&prefix, mistakes);
            Some(prefix)
        }
        Value::Is(every) => {
            path_in(every, mistakes).map(|every| Prefix { every, span: Some(setting.span), ..Prefix::default() })
        }
        Value::Nothing => {
            mistakes.push(setting.span, NEEDS_A_VALUE);
            None
        }
    }
}

const NEEDS_A_VALUE: &str = "`prefix` needs a value: `prefix = \"shop\"` or `prefix(env = \"shop\")`";

/// Reports sources that are named twice.
fn check(prefix: &Prefix, mistakes: &mut Mistakes) {
    let of: Vec<_> = prefix.of.iter().map(|(source, text)| (source.as_str(), text.as_str())).collect();
    for mistake in plan::mistakes::of_prefix(&plan::Prefix { every: &prefix.every, of: &of }) {
        let span = mistake.position().and_then(|position| prefix.spans.get(position));
        mistakes.push(span.copied().unwrap_or_else(|| prefix.span()), mistake);
    }
}

/// Reports sources from which no field is fetched. Of nested structs they are not known here.
pub(super) fn check_sources(prefix: &Prefix, components: &[Component<'_>], mistakes: &mut Mistakes) {
    if components.iter().any(|component| component.nested.is_some()) {
        return;
    }
    let known: Vec<_> =
        components.iter().flat_map(|component| &component.layers).map(|layer| layer.source.as_str()).collect();
    let unread = prefix.of.iter().zip(&prefix.spans).filter(|((source, _), _)| !known.contains(&source.as_str()));
    for ((source, _), span) in unread {
        let message = format!("no field is fetched from `{source}`");
        match text::nearest(source, known.iter().copied()) {
            Some(near) => mistakes.push(*span, format!("{message}; did you mean `{near}`?")),
            None => mistakes.push(*span, format!("{message}: remove it")),
        }
    }
}

fn path_in(value: &Expr, mistakes: &mut Mistakes) -> Option<String> {
    let Some(text) = value::text_of(value) else {
        mistakes.push(value.span(), "a prefix is a string literal, such as `\"shop\"`");
        return None;
    };
    match path::mistake(&text) {
        None => Some(text),
        Some(mistake) => {
            mistakes.push(value.span(), mistake);
            None
        }
    }
}
