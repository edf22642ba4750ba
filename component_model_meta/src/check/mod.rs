//! Turns settings into a plan, and finds every mistake in them, each at its own span.
//!
//! What always holds: the resulting [`Plan`] is valid, so that `emit` cannot fail.

use proc_macro2::{Span, TokenTree};
use quote::ToTokens as _;
use syn::{Expr, Path, Type, parse_quote_spanned, spanned::Spanned};

use crate::{
    input::{Field, Input},
    mistakes::Mistakes,
};

mod component;
mod keys;
mod layers;
mod nested;
mod options;
mod policies;
mod prefix;
mod templates;
mod value;

pub(crate) use self::{
    layers::Layer,
    policies::{DefaultValue, FallbackOn, Policies},
    prefix::Prefix,
};

/// A struct and its components.
pub(crate) struct Plan<'a> {
    pub(crate) input: &'a Input,
    /// The crate that the generated code uses.
    pub(crate) library: Path,
    pub(crate) prefix: Prefix,
    pub(crate) deny_unknown: Vec<String>,
    pub(crate) validators: Vec<Validator>,
    pub(crate) components: Vec<Component<'a>>,
}

impl Plan<'_> {
    /// Whether any field is fetched.
    pub(crate) fn is_fetched(&self) -> bool {
        self.components.iter().any(|component| component.is_fetched() || component.nested.is_some())
    }
}

/// A field and the sources of its value.
pub(crate) struct Component<'a> {
    pub(crate) field: &'a Field,
    /// Empty for a field that is not fetched.
    pub(crate) layers: Vec<Layer>,
    pub(crate) nested: Option<Nested>,
    pub(crate) policies: Policies,
    /// Each with its position.
    pub(crate) depends_on: Vec<(String, Span)>,
    pub(crate) validators: Vec<Validator>,
    /// Whether the attribute says that the value must never be shown.
    pub(crate) sensitive: bool,
}

impl<'a> Component<'a> {
    /// A field that is not fetched.
    pub(crate) fn unfetched(field: &'a Field) -> Self {
        Self {
            field,
            layers: Vec::new(),
            nested: None,
            policies: Policies::default(),
            depends_on: Vec::new(),
            validators: Vec::new(),
            sensitive: false,
        }
    }

    /// Whether the field itself has sources.
    pub(crate) fn is_fetched(&self) -> bool {
        !self.layers.is_empty()
    }
}

/// A field whose type is a struct with components of its own.
pub(crate) struct Nested {
    /// The struct, without its `Option`.
    pub(crate) ty: Type,
    pub(crate) prefix: Option<Prefix>,
    pub(crate) optional: bool,
}

/// What validates a value.
pub(crate) enum Validator {
    Function(Box<Expr>),
    /// The rules of `garde`.
    Garde(Span),
}

/// Reports fields that cannot be moved between threads, as far as their types tell: an alias is not named `Rc`.
pub(crate) fn sendable(input: &Input) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    for field in &input.fields {
        let tokens: Vec<_> = field.ty.to_token_stream().into_iter().collect();
        if let Some(span) = tokens.windows(2).find_map(shared_in_one_thread) {
            mistakes.push(span, "a fetch may move the struct to another thread, which an `Rc` forbids: write `Arc`");
        }
    }
    mistakes.finish()
}

/// The position of an `Rc<`.
fn shared_in_one_thread(tokens: &[TokenTree]) -> Option<Span> {
    match tokens {
        [TokenTree::Ident(name), TokenTree::Punct(open)] if name == "Rc" && open.as_char() == '<' => Some(name.span()),
        _ => None,
    }
}

/// Checks all `#[component(..)]` attributes.
pub(crate) fn plan(input: &Input) -> syn::Result<Plan<'_>> {
    let mut mistakes = Mistakes::default();
    mistakes.extend(input.unreadable.clone());
    let settings = keys::sort(&input.settings, keys::Place::Struct, &[], &mut mistakes);
    let library = settings.get("crate").and_then(|setting| value::path(setting, &mut mistakes));
    let prefix = settings.get("prefix").and_then(|setting| prefix::read(setting, &mut mistakes)).unwrap_or_default();
    let deny_unknown = settings.get("deny_unknown").map(|setting| deny_unknown(setting, &mut mistakes));
    let validators = settings.get("validate").map(|setting| value::validators(setting, &mut mistakes));
    let of_struct = settings.get("fetch_from");
    let components =
        input.fields.iter().map(|field| component::check(field, of_struct, &mut mistakes)).collect::<Vec<_>>();
    templates::check(&prefix, &components, &mut mistakes);
    if mistakes.is_empty() {
        prefix::check_sources(&prefix, &components, &mut mistakes);
    }
    mistakes.finish()?;
    Ok(Plan {
        input,
        library: library.unwrap_or_else(default_library),
        prefix,
        deny_unknown: deny_unknown.unwrap_or_default(),
        validators: validators.unwrap_or_default(),
        components,
    })
}

/// The crate that the generated code most likely uses, for a struct whose attributes have mistakes.
pub(crate) fn library(input: &Input) -> Path {
    let setting = input.settings.iter().find(|setting| setting.key == "crate");
    setting.and_then(value::likely_path).unwrap_or_else(default_library)
}

/// The input with the bounds that nested structs need. Without them, a type that is not fetched would be an error in every
/// item that is generated; the compiler reports equal bounds at one position once.
pub(crate) fn with_bounds(mut input: Input) -> Input {
    let is_nested =
        |field: &&Field| field.settings.iter().any(|setting| setting.key == "nested" && nested::is_on(setting));
    let types = input.fields.iter().filter(is_nested).map(|field| nested::inner(&field.ty).0);
    let types: Vec<Type> = types.filter(|ty| nested::container(ty).is_none()).cloned().collect();
    for ty in types {
        let position = Span::call_site().located_at(ty.span());
        let bound = parse_quote_spanned!(position=> #ty: __cm::Components);
        input.generics.make_where_clause().predicates.push(bound);
    }
    input
}

/// The sources whose documents may have no unknown keys; files, if none is named.
fn deny_unknown(setting: &crate::input::Setting, mistakes: &mut Mistakes) -> Vec<String> {
    match setting.value {
        crate::input::Value::Nothing => vec![component_model_types::built_in::FILE.name.to_owned()],
        _ => value::strings(setting, mistakes).into_iter().map(|(name, _)| name).collect(),
    }
}

fn default_library() -> Path {
    syn::parse_quote!(::component_model)
}
