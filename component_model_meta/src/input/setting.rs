//! One `key = value` of a `#[component(..)]` attribute.

use proc_macro2::Span;
use syn::{
    Attribute, Expr, Ident, Meta, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned,
};

use crate::mistakes::Mistakes;

/// A key with its value, as written, but not in an invisible group.
pub(crate) struct Setting {
    pub(crate) key: String,
    pub(crate) span: Span,
    pub(crate) value: Expr,
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = Ident::parse_any(input)?;
        if !input.peek(Token![=]) {
            return Err(syn::Error::new(key.span(), format!("`{key}` needs a value: `{key} = …`")));
        }
        input.parse::<Token![=]>()?;
        Ok(Self { key: key.to_string(), span: key.span(), value: visible(input.parse()?) })
    }
}

/// The expression without the invisible group in which a fragment of `macro_rules!` is, such as `$names:expr`.
fn visible(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => visible(*group.expr),
        _ => value,
    }
}

/// Reads all `#[component(..)]` attributes of one item, in order.
pub(crate) fn read(attributes: &[Attribute], mistakes: &mut Mistakes) -> Vec<Setting> {
    let mut settings = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("component")) {
        match read_one(attribute) {
            Ok(read) => settings.extend(read),
            Err(mistake) => mistakes.add(mistake),
        }
    }
    settings
}

fn read_one(attribute: &Attribute) -> syn::Result<Punctuated<Setting, Token![,]>> {
    match &attribute.meta {
        Meta::List(list) => list.parse_args_with(Punctuated::parse_terminated),
        Meta::Path(_) | Meta::NameValue(_) => {
            Err(syn::Error::new(attribute.meta.span(), "settings go in parentheses: `#[component(key = value)]`"))
        }
    }
}
