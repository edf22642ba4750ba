//! The struct that code is generated for: its name, its generics, and the bounds that they ask for.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Generics, Ident, Type, WherePredicate, ext::IdentExt, parse_quote};

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

    /// The struct's generics with more parameters and bounds.
    pub(super) fn generics(&self, parameters: &[&str], bounds: Vec<WherePredicate>) -> Generics {
        let mut generics = self.input.generics.clone();
        for name in parameters {
            let name = Ident::new(name, Span::call_site());
            generics.params.push(parse_quote!(#name));
        }
        generics.make_where_clause().predicates.extend(bounds);
        generics
    }

    /// `Self: Send + 'static`, where that is not settled by the struct alone.
    pub(super) fn owned(&self) -> Vec<WherePredicate> {
        let this = &self.this;
        self.is_generic().then(|| parse_quote!(#this: ::core::marker::Send + 'static)).into_iter().collect()
    }

    /// What the generic types of fields have to be for the library to build and carry them.
    pub(super) fn carried(&self, ty: &Type) -> Vec<WherePredicate> {
        let mut bounds = self.owned();
        if self.depends(ty) {
            bounds.push(parse_quote!(#ty: ::core::marker::Send + 'static));
        }
        bounds
    }
}

/// The type of the field as its author would write it, without the spaces of a token stream.
pub(super) fn written(field: &Field) -> String {
    text::written(field.ty.to_token_stream())
}
