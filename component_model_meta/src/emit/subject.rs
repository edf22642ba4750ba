//! The struct for which code is generated: its name, its generics, and the bounds that they need.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Generics, Ident, Type, WherePredicate, ext::IdentExt, parse_quote, spanned::Spanned};

use super::{text, types};
use crate::input::{Field, Input};

/// The struct, as the emitters see it.
pub(super) struct Subject<'a> {
    pub(super) input: &'a Input,
    pub(super) ident: &'a Ident,
    /// The struct as a type: `AppConfig<'a, T>`.
    pub(super) this: TokenStream,
}

impl<'a> Subject<'a> {
    pub(super) fn new(input: &'a Input) -> Self {
        let (_, arguments, _) = input.generics.split_for_impl();
        let ident = &input.ident;
        Self { input, ident, this: quote!(#ident #arguments) }
    }

    /// The name without `r#`.
    pub(super) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    pub(super) fn is_generic(&self) -> bool {
        !self.input.generics.params.is_empty()
    }

    /// Whether the bound on this type depends on the struct's parameters, so that it has to be written down.
    pub(super) fn depends(&self, ty: &Type) -> bool {
        types::mentions(ty, &self.input.generics)
    }

    /// The struct's generics with additional parameters and bounds.
    pub(super) fn generics(&self, parameters: &[&str], bounds: Vec<WherePredicate>) -> Generics {
        let mut generics = self.input.generics.clone();
        for name in parameters {
            let name = Ident::new(name, Span::call_site());
            generics.params.push(parse_quote!(#name));
        }
        generics.make_where_clause().predicates.extend(bounds);
        generics
    }

    /// The bounds of the library on a struct that it builds, if the struct's own bounds do not imply them.
    pub(super) fn owned(&self) -> Option<WherePredicate> {
        let this = &self.this;
        self.is_generic().then(|| parse_quote!(#this: ::core::marker::Send + 'static))
    }

    /// The bounds of the library on a type that it stores, if the type's own bounds do not imply them.
    pub(super) fn carried(&self, ty: &Type) -> Option<WherePredicate> {
        self.depends(ty).then(|| parse_quote!(#ty: ::core::marker::Send + 'static))
    }
}

/// The position of the type, for generated code, which the user's lints do not check.
pub(super) fn at(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}

/// The type of the field as the user would write it, without the spaces of a token stream.
pub(super) fn written(field: &Field) -> String {
    text::written(field.ty.to_token_stream())
}
