//! `fetch_from`: the sources of a field, each with its own key and options.

use component_model_types::{
    built_in,
    options::{OptionKind, OptionSpec},
    plan,
};
use proc_macro2::Span;
use syn::{Expr, ExprCall, spanned::Spanned};

use super::{keys::Settings, options, value};
use crate::{
    input::{Setting, Value},
    mistakes::Mistakes,
};

/// The mistake of a `prefix` that neither the field nor one of its sources takes.
pub(super) const PREFIX_OF_A_FIELD: &str = "`prefix` belongs on the struct, or on a field that is `nested`; another field has \
                                            a whole key: write `key = \"…\"`";

/// One source, and what the field asks of it.
pub(crate) struct Layer {
    pub(crate) source: String,
    pub(crate) key: Option<String>,
    pub(crate) options: Vec<(String, String)>,
    /// The position of the name, and of each option.
    pub(super) span: Span,
    pub(super) spans: Vec<(String, Span)>,
}

impl Layer {
    /// What the source takes, if it is built in.
    pub(super) fn declared(&self) -> Option<&'static [OptionSpec]> {
        built_in::find(&self.source).map(|source| source.options)
    }

    pub(super) fn span_of(&self, option: &str) -> Span {
        self.spans.iter().find(|(name, _)| name == option).map_or(self.span, |(_, span)| *span)
    }

    fn options(&self) -> Vec<(&str, &str)> {
        self.options.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
    }

    fn planned<'l>(&'l self, options: &'l [(&'l str, &'l str)]) -> plan::Layer<'l> {
        plan::Layer { source: &self.source, key: self.key.as_deref(), options }
    }

    fn takes(&self, option: &str) -> bool {
        self.declared().is_some_and(|declared| declared.iter().any(|spec| spec.name() == option))
    }

    fn give(&mut self, name: &str, text: String, span: Span) {
        self.spans.push((name.to_owned(), span));
        match name {
            "key" => self.key = Some(text),
            _ => self.options.push((name.to_owned(), text)),
        }
    }
}

/// The layers of `fetch_from`, with the options that are written beside it.
pub(super) fn read(fetch_from: &Setting, settings: &Settings<'_>, mistakes: &mut Mistakes) -> Vec<Layer> {
    let mut layers = named(fetch_from, mistakes);
    for setting in options::beside(settings) {
        // Some sources take a prefix too.
        if setting.key == "prefix" && !layers.iter().any(|layer| layer.takes("prefix")) {
            mistakes.push(setting.span, PREFIX_OF_A_FIELD);
        } else {
            give(setting, &mut layers, mistakes);
        }
    }
    for layer in &layers {
        options::check(layer, mistakes);
    }
    check(&layers, mistakes);
    layers
}

/// Reports layers that are there twice.
fn check(layers: &[Layer], mistakes: &mut Mistakes) {
    let options: Vec<_> = layers.iter().map(Layer::options).collect();
    for mistake in plan::mistakes::of_layers(&planned(layers, &options)) {
        let layer = mistake.position().and_then(|position| layers.get(position));
        mistakes.push(layer.map_or_else(Span::call_site, |layer| layer.span), mistake);
    }
}

/// Reports a `fallback_to` that names a source of the component itself.
pub(super) fn check_fallback_to(layers: &[Layer], fallback_to: &Layer, mistakes: &mut Mistakes) {
    let options: Vec<_> = layers.iter().chain([fallback_to]).map(Layer::options).collect();
    let (own, other) = (planned(layers, &options), fallback_to.planned(options.last().map_or(&[], Vec::as_slice)));
    if let Some(mistake) = plan::mistakes::of_fallback_to(&own, &other) {
        mistakes.push(fallback_to.span, mistake);
    }
}

fn planned<'l>(layers: &'l [Layer], options: &'l [Vec<(&'l str, &'l str)>]) -> Vec<plan::Layer<'l>> {
    layers.iter().zip(options).map(|(layer, options)| layer.planned(options)).collect()
}

/// The names of the sources, as far as they can be read.
pub(super) fn sources(fetch_from: &Setting) -> Vec<String> {
    let mut ignored = Mistakes::default();
    named(fetch_from, &mut ignored).into_iter().map(|layer| layer.source).collect()
}

fn named(fetch_from: &Setting, mistakes: &mut Mistakes) -> Vec<Layer> {
    let Value::Is(value) = &fetch_from.value else {
        mistakes.push(fetch_from.value_span(), "`fetch_from` takes the name of a source: `fetch_from = \"env\"`");
        return Vec::new();
    };
    let value = value::ungrouped(value);
    let one = std::slice::from_ref(value);
    let all: Vec<&Expr> = match value {
        Expr::Array(list) => list.elems.iter().collect(),
        _ => one.iter().collect(),
    };
    if all.is_empty() {
        mistakes.push(value.span(), "`fetch_from` names no source: write its name, such as `\"env\"`");
    }
    all.into_iter().filter_map(|value| one_layer(value::ungrouped(value), mistakes)).collect()
}

/// One layer that is not in the list of `fetch_from`.
pub(super) fn one(value: &Expr, mistakes: &mut Mistakes) -> Option<Layer> {
    let layer = one_layer(value::ungrouped(value), mistakes)?;
    options::check(&layer, mistakes);
    Some(layer)
}

/// `"env"`, or `consul(key = "app/port")`.
fn one_layer(value: &Expr, mistakes: &mut Mistakes) -> Option<Layer> {
    match value {
        Expr::Call(call) => with_options(call, mistakes),
        _ => match value::text_of(value) {
            Some(name) => source(name, value.span(), mistakes),
            None => {
                mistakes.push(value.span(), not_a_source(value));
                None
            }
        },
    }
}

fn source(source: String, span: Span, mistakes: &mut Mistakes) -> Option<Layer> {
    if source.is_empty() {
        mistakes.push(span, "the name of a source is empty: write it, such as `\"env\"`");
        return None;
    }
    if let Some(instead) = written_otherwise(&source) {
        mistakes.push(span, format!("`{source}` is not the name of a source: write `{instead}`"));
        return None;
    }
    Some(Layer { source, key: None, options: Vec::new(), span, spans: Vec::new() })
}

/// How several sources, or a source with a key, are written instead of this name.
fn written_otherwise(source: &str) -> Option<String> {
    let is_known = |name: &str| built_in::find(name).is_some();
    let names: Vec<_> = source.split([',', '|']).map(str::trim).collect();
    if names.len() > 1 && names.iter().all(|name| is_known(name)) {
        let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
        return Some(format!("fetch_from = [{}]", quoted.join(", ")));
    }
    let (name, key) = source.split_once(':').filter(|(name, _)| is_known(name))?;
    Some(format!("fetch_from = {name}(key = \"{}\")", key.trim_start_matches('/')))
}

fn with_options(call: &ExprCall, mistakes: &mut Mistakes) -> Option<Layer> {
    let Some(name) = value::name(&call.func) else {
        mistakes.push(call.func.span(), "a source with options is written `consul(key = \"app/port\")`");
        return None;
    };
    let mut layer = source(name, call.func.span(), mistakes)?;
    for argument in &call.args {
        let Expr::Assign(assign) = argument else {
            let message = format!("an option of `{0}` is written `name = value`, as `{0}(key = \"…\")`", layer.source);
            mistakes.push(argument.span(), message);
            continue;
        };
        let Some(name) = value::name(&assign.left) else {
            mistakes.push(assign.left.span(), "the name of an option is a word, such as `key`");
            continue;
        };
        if layer.spans.iter().any(|(known, _)| *known == name) {
            mistakes.push(assign.left.span(), format!("`{name}` is given twice: remove one of them"));
            continue;
        }
        let kind = kind_of(&layer, &name);
        if let Some(text) = value::option(&name, &assign.right, kind, mistakes) {
            layer.give(&name, text, assign.left.span());
        } else {
            // Reported already, and not missing.
            layer.spans.push((name, assign.left.span()));
        }
    }
    Some(layer)
}

/// The kind of an option; of a source that is not built in, any literal.
fn kind_of(layer: &Layer, option: &str) -> Option<OptionKind> {
    match layer.declared() {
        Some(declared) => declared.iter().find(|spec| spec.name() == option).map(OptionSpec::kind),
        None if option == "key" => Some(OptionKind::Text),
        None => None,
    }
}

/// Gives an option that is written beside `fetch_from` to the layer that it is for.
fn give(setting: &Setting, layers: &mut [Layer], mistakes: &mut Mistakes) {
    let (name, span) = (setting.key.as_str(), setting.span);
    let Value::Is(value) = &setting.value else {
        mistakes.push(span, format!("`{name}` needs a value: `{name} = …`"));
        return;
    };
    if name == "key" && layers.len() > 1 {
        mistakes.push(span, key_of_several(layers, value));
        return;
    }
    let taking: Vec<_> = (0..layers.len()).filter(|index| layers[*index].takes(name)).collect();
    let own: Vec<_> = (0..layers.len()).filter(|index| layers[*index].declared().is_none()).collect();
    let for_layer = match (&taking[..], &own[..], layers.len()) {
        // It is taken by one, or it is the mistake of the only one.
        ([one], ..) | ([], [one], _) => *one,
        ([], [], 1) => 0,
        ([], [], 0) => return,
        ([], [], _) => {
            options::not_taken(layers, name, span, mistakes);
            return;
        }
        _ => {
            mistakes.push(span, option_of_several(layers, name, if taking.is_empty() { &own } else { &taking }));
            return;
        }
    };
    let layer = &mut layers[for_layer];
    if layer.spans.iter().any(|(known, _)| known == name) {
        mistakes.push(span, format!("`{name}` is given twice, here and in the parentheses: remove one of them"));
        return;
    }
    let kind = kind_of(layer, name);
    match value::option(name, value, kind, mistakes) {
        Some(text) => layer.give(name, text, span),
        None => layer.spans.push((name.to_owned(), span)),
    }
}

/// The last source is the likely one: those before it have keys by convention, such as the name of a variable.
fn key_of_several(layers: &[Layer], value: &Expr) -> String {
    let key = value::text_of(value).map_or_else(|| "…".to_owned(), |key| format!("{key:?}"));
    let last = layers.len() - 1;
    let written = layers.iter().enumerate().map(|(index, layer)| match index == last {
        true => format!("{}(key = {key})", layer.source),
        false => format!("{:?}", layer.source),
    });
    let written = written.collect::<Vec<_>>().join(", ");
    format!(
        "`key` is for one source, and the field has several: write it in the parentheses of its source, as \
         `fetch_from = [{written}]`"
    )
}

/// An option that more than one layer may take.
fn option_of_several(layers: &[Layer], name: &str, taking: &[usize]) -> String {
    let source = taking.first().map_or("", |index| layers[*index].source.as_str());
    format!(
        "more than one source of the field may take `{name}`: write it in the parentheses of its source, as \
         `{source}({name} = …)`"
    )
}

fn not_a_source(value: &Expr) -> String {
    match value::word(value) {
        Some(word) => format!("`fetch_from` takes a string literal: write `\"{word}\"`"),
        None => "`fetch_from` takes the name of a source, such as `\"env\"`, or a list of them".to_owned(),
    }
}
