//! One `key = value` of a `#[component(..)]` attribute.

use proc_macro2::Span;
use syn::{
    Attribute, Expr, Ident, Meta, Token,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned,
    token,
};

use crate::mistakes::Mistakes;

/// A key with its value, as written.
pub(crate) struct Setting {
    pub(crate) key: String,
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// What follows a key.
pub(crate) enum Value {
    /// Nothing.
    Nothing,
    /// `= value`.
    Is(Expr),
    /// `(value, key = value)`.
    Parts(Punctuated<Expr, Token![,]>, Span),
}

impl Setting {
    /// The position of the value, or of the key if there is none.
    pub(crate) fn value_span(&self) -> Span {
        match &self.value {
            Value::Nothing => self.span,
            Value::Is(value) => value.span(),
            Value::Parts(_, span) => *span,
        }
    }
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = Ident::parse_any(input)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Is(input.parse()?)
        } else if input.peek(token::Paren) {
            let content;
            let parentheses = parenthesized!(content in input);
            Value::Parts(Punctuated::parse_terminated(&content)?, parentheses.span.join())
        } else {
            Value::Nothing
        };
        Ok(Self { key: key.to_string(), span: key.span(), value })
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
