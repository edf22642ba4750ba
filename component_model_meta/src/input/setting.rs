//! One `key = value` of a `#[component(..)]` attribute.

use proc_macro2::{Span, TokenTree};
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

/// A key with its value, as written, but not in an invisible group.
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
        if !input.peek(Ident::peek_any) {
            return Err(input.error("a setting is `key = value`"));
        }
        let key = Ident::parse_any(input)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Is(visible(input.parse()?))
        } else if input.peek(token::Paren) {
            let content;
            let parentheses = parenthesized!(content in input);
            Value::Parts(Punctuated::parse_terminated(&content)?, parentheses.span.join())
        } else if input.is_empty() || input.peek(Token![,]) {
            Value::Nothing
        } else {
            return Err(syn::Error::new(key.span(), format!("`{key}` needs a value: `{key} = …`")));
        };
        Ok(Self { key: key.to_string(), span: key.span(), value })
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
        if let Err(mistake) = read_one(attribute, &mut settings) {
            mistakes.add(mistake);
        }
    }
    settings
}

fn read_one(attribute: &Attribute, settings: &mut Vec<Setting>) -> syn::Result<()> {
    match &attribute.meta {
        Meta::List(list) => {
            let mut own = Mistakes::default();
            let read = list.parse_args_with(|input: ParseStream<'_>| read_list(input, settings, &mut own));
            match own.finish() {
                Ok(()) => read,
                // What is left of a setting that cannot be read is no further mistake.
                Err(found) => Err(found),
            }
        }
        Meta::Path(_) | Meta::NameValue(_) => {
            Err(syn::Error::new(attribute.meta.span(), "settings go in parentheses: `#[component(key = value)]`"))
        }
    }
}

/// Reads the settings between commas; one that cannot be read does not hide the others.
fn read_list(input: ParseStream<'_>, settings: &mut Vec<Setting>, mistakes: &mut Mistakes) -> syn::Result<()> {
    while !input.is_empty() {
        match input.parse() {
            Ok(setting) => settings.push(setting),
            Err(mistake) => {
                mistakes.add(mistake);
                skip_to_comma(input)?;
            }
        }
        if !input.is_empty() && !input.peek(Token![,]) {
            mistakes.add(input.error("expected `,`"));
            skip_to_comma(input)?;
        }
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(())
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
