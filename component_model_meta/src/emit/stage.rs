//! The stage: an `Option` for each fetched component, and how it becomes the struct.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, WherePredicate, ext::IdentExt, parse_quote};

use super::subject::{Subject, at};
use crate::{check::Plan, input::Field};

pub(super) fn emit(plan: &Plan<'_>, subject: &Subject<'_>) -> TokenStream {
    let (definition, start) = emit_struct(plan, subject);
    let (slot, finish, merge) = (emit_slot(plan), emit_finish(plan), emit_merge(plan));
    let generics = subject.generics(&[], bounds(plan, subject));
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let ident = subject.ident;
    quote! {
        #definition
        #[automatically_derived]
        impl #parameters __cm::Stage for __Stage #arguments #bounds {
            #slot
        }
        #[automatically_derived]
        impl #parameters __cm::Components for #ident #arguments #bounds {
            type Stage = __Stage #arguments;
            #[inline]
            fn stage() -> Self::Stage { #start }
            #finish
            #merge
        }
    }
}

/// A stage without slots, for a struct whose attributes have mistakes.
pub(super) fn emit_stub(subject: &Subject<'_>, bounds: Vec<WherePredicate>) -> TokenStream {
    let generics = subject.generics(&[], bounds);
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let ident = subject.ident;
    quote! {
        #[doc = "Never created."]
        pub struct __Stage;
        #[automatically_derived]
        impl __cm::Stage for __Stage {
            fn slot(&mut self, _: usize) -> ::core::option::Option<&mut dyn __cm::Slot> {
                ::core::option::Option::None
            }
        }
        #[automatically_derived]
        impl #parameters __cm::Components for #ident #arguments #bounds {
            type Stage = __Stage;
            fn stage() -> Self::Stage { __Stage }
            fn finish(_: Self::Stage) -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }
            fn merge(_: Self::Stage, _: &mut Self) {}
        }
    }
}

/// The bounds on the types of the fields, if they depend on the struct's parameters.
pub(super) fn bounds(plan: &Plan<'_>, subject: &Subject<'_>) -> Vec<WherePredicate> {
    let mut bounds: Vec<_> = subject.owned().into_iter().collect();
    for component in plan.components.iter().filter(|component| subject.depends(&component.field.ty)) {
        let ty = &component.field.ty;
        bounds.push(match component.sources.is_empty() {
            true => parse_quote!(#ty: ::core::default::Default),
            false => parse_quote!(::core::option::Option<#ty>: __cm::Slot),
        });
    }
    bounds
}

fn fetched<'a>(plan: &'a Plan<'_>) -> impl Iterator<Item = &'a Field> {
    plan.components.iter().filter(|component| !component.sources.is_empty()).map(|component| component.field)
}

fn emit_struct(plan: &Plan<'_>, subject: &Subject<'_>) -> (TokenStream, TokenStream) {
    let (parameters, _, bounds) = subject.input.generics.split_for_impl();
    let this = &subject.this;
    let fields = fetched(plan).map(|Field { ident, ty, .. }| quote!(#ident: ::core::option::Option<#ty>,));
    let nothing = fetched(plan).map(|Field { ident, .. }| quote!(#ident: ::core::option::Option::None,));
    // Not every parameter occurs in a fetched field.
    let (marker, marked) = match subject.is_generic() {
        true => (
            quote!(__marker: ::core::marker::PhantomData<fn() -> #this>,),
            quote!(__marker: ::core::marker::PhantomData,),
        ),
        false => (TokenStream::new(), TokenStream::new()),
    };
    let name = subject.name();
    let doc = format!("The values of a [`{name}`] that have been fetched so far.");
    let definition = quote! {
        #[doc = #doc]
        pub struct __Stage #parameters #bounds { #(#fields)* #marker }
    };
    (definition, quote!(__Stage { #(#nothing)* #marked }))
}

fn emit_slot(plan: &Plan<'_>) -> TokenStream {
    // Because of the span, a type that cannot be read is an error at the field.
    let slots = fetched(plan).enumerate().map(|(index, Field { ident, ty, .. })| {
        quote_spanned!(at(ty)=> #index => ::core::option::Option::Some(&mut self.#ident),)
    });
    quote! {
        fn slot(&mut self, __index: usize) -> ::core::option::Option<&mut dyn __cm::Slot> {
            match __index {
                #(#slots)*
                _ => ::core::option::Option::None,
            }
        }
    }
}

// None of the following returns early or moves a field out of a stage that is still needed: each such place would
// generate code that drops all other fields, quadratic in their number (48 s to compile 200 of them).

fn emit_finish(plan: &Plan<'_>) -> TokenStream {
    // Not the field's own name, because a pattern would match a constant with this name.
    let local = |ident: &Ident| format_ident!("__{}", ident.unraw());
    let taken = fetched(plan).map(|Field { ident, .. }| {
        let local = local(ident);
        quote!(#ident: ::core::option::Option::Some(#local))
    });
    let fields = plan.components.iter().map(|component| {
        let Field { ident, ty, .. } = component.field;
        let local = local(ident);
        match component.sources.is_empty() {
            true => quote_spanned!(at(ty)=> #ident: ::core::default::Default::default()),
            false => quote!(#ident: #local),
        }
    });
    quote! {
        fn finish(__stage: Self::Stage) -> ::core::option::Option<Self> {
            match __stage {
                __Stage { #(#taken,)* .. } => ::core::option::Option::Some(Self { #(#fields),* }),
                _ => ::core::option::Option::None,
            }
        }
    }
}

fn emit_merge(plan: &Plan<'_>) -> TokenStream {
    let fields =
        fetched(plan).map(|Field { ident, .. }| quote!(__cm::replace(&mut __stage.#ident, &mut __target.#ident);));
    quote! {
        fn merge(mut __stage: Self::Stage, __target: &mut Self) {
            #(#fields)*
        }
    }
}
