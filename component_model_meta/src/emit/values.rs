//! Assignment by type and by name of available values.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{
    by_type::{self, Target},
    collision::Collision,
    groups::Group,
    setter,
    subject::{Subject, at, written},
};
use crate::input::Field;

/// The end of the message about a shared type, after the names of the setters.
const MORE: &str = "; likewise `_with` in a chain, and `_try_set` for a value that may not fit";

pub(super) fn emit(subject: &Subject<'_>, groups: &[Group<'_>]) -> TokenStream {
    let by_type = by_type::emit(subject, groups, ("set", MORE), |_, field, target| {
        let (assign, try_assign) = (emit_assign(subject, field, target), emit_try_assign(subject, field, target));
        quote! { #assign #try_assign }
    });
    let setters = emit_setters(subject);
    quote! { #by_type #setters }
}

fn emit_assign(subject: &Subject<'_>, field: &Field, target: &Target) -> TokenStream {
    let Field { ident, ty, .. } = field;
    let bound = syn::parse_quote!(__V: __cm::IntoValue<#ty, __Via>);
    let generics = subject.generics(&["__V", "__Via"], target.bound.iter().cloned().chain([bound]).collect());
    let (parameters, _, bounds) = generics.split_for_impl();
    let (this, Target { ty: target, via, .. }) = (&subject.this, target);
    quote_spanned! {at(ty)=>
        #[automatically_derived]
        impl #parameters __cm::Assign<#target, __V, #via> for #this #bounds {
            #[inline]
            fn assign(&mut self, __component: __V) {
                self.#ident = __cm::IntoValue::into_value(__component);
            }
        }
    }
}

fn emit_try_assign(subject: &Subject<'_>, field: &Field, target: &Target) -> TokenStream {
    let ty = &field.ty;
    let bound = syn::parse_quote!(__V: __cm::TryIntoValue<#ty, __Via>);
    let generics = subject.generics(&["__V", "__Via"], target.bound.iter().cloned().chain([bound]).collect());
    let (parameters, _, bounds) = generics.split_for_impl();
    let (this, call) = (&subject.this, emit_call(subject, field));
    let Target { ty: target, via, .. } = target;
    quote_spanned! {at(ty)=>
        #[automatically_derived]
        impl #parameters __cm::TryAssign<#target, __V, #via> for #this #bounds {
            #[inline]
            fn try_assign(&mut self, __component: __V) -> __cm::Result<(), __cm::AssignError> {
                #call
            }
        }
    }
}

fn emit_setters(subject: &Subject<'_>) -> TokenStream {
    let (parameters, arguments, bounds) = subject.input.generics.split_for_impl();
    let ident = subject.ident;
    let fields = &subject.input.fields;
    let collisions: Vec<_> = fields.iter().filter_map(|field| Collision::find(subject, field)).collect();
    let (messages, methods): (Vec<_>, Vec<_>) = collisions.iter().map(Collision::emit).unzip();
    let setters = fields.iter().map(|field| {
        let set = (!collisions.iter().any(|collision| collision.is_set_of(field))).then(|| emit_set(subject, field));
        let try_set =
            (!collisions.iter().any(|collision| collision.is_try_set_of(field))).then(|| emit_try_set(subject, field));
        let with = emit_with(subject, field);
        quote! { #set #with #try_set }
    });
    quote! {
        #(#messages)*
        #[automatically_derived]
        impl #parameters #ident #arguments #bounds {
            #(#setters)*
            #(#methods)*
        }
    }
}

fn emit_set(subject: &Subject<'_>, field: &Field) -> TokenStream {
    let (vis, name, Field { ident, ty, .. }) = (setter::visibility(subject, field), field.name(), field);
    let (method, attributes) = (setter::name(field, "set"), setter::attributes(field, &format!("Sets `{name}`.")));
    quote! {
        #attributes
        #[inline]
        #vis fn #method<__V, __Via>(&mut self, __component: __V)
        where
            __V: __cm::IntoValue<#ty, __Via>,
        {
            self.#ident = __cm::IntoValue::into_value(__component);
        }
    }
}

fn emit_with(subject: &Subject<'_>, field: &Field) -> TokenStream {
    let (vis, name, Field { ident, ty, .. }) = (setter::visibility(subject, field), field.name(), field);
    let method = setter::name(field, "with");
    let attributes = setter::attributes(field, &format!("Sets `{name}` and returns the struct, for chains."));
    quote! {
        #attributes
        #[must_use]
        #[inline]
        #vis fn #method<__V, __Via>(mut self, __component: __V) -> Self
        where
            __V: __cm::IntoValue<#ty, __Via>,
        {
            self.#ident = __cm::IntoValue::into_value(__component);
            self
        }
    }
}

fn emit_try_set(subject: &Subject<'_>, field: &Field) -> TokenStream {
    let (vis, name, ty) = (setter::visibility(subject, field), field.name(), &field.ty);
    let (method, call) = (setter::name(field, "try_set"), emit_call(subject, field));
    let attributes = setter::attributes(field, &format!("Sets `{name}` from a value that may not fit."));
    quote! {
        #attributes
        ///
        /// # Errors
        ///
        /// If the value does not fit; the struct is then unchanged.
        #[inline]
        #vis fn #method<__V, __Via>(&mut self, __component: __V) -> __cm::Result<(), __cm::AssignError>
        where
            __V: __cm::TryIntoValue<#ty, __Via>,
        {
            #call
        }
    }
}

/// Sets the field, or returns the error that names it.
fn emit_call(subject: &Subject<'_>, field: &Field) -> TokenStream {
    let (ident, component, expected) = (&field.ident, format!("{}.{}", subject.name(), field.name()), written(field));
    quote!(__cm::try_set(&mut self.#ident, __component, #component, #expected))
}
