//! Asynchronous assignment by type and by name.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse_quote;

use super::{
    by_type,
    groups::Group,
    setter,
    subject::{Subject, at},
};
use crate::input::Field;

pub(super) fn emit(subject: &Subject<'_>, groups: &[Group<'_>]) -> TokenStream {
    let single = groups.iter().filter(|group| !group.vague && group.fields.len() == 1);
    let receive = single.map(|group| emit_receive(subject, group.fields[0].0, group.fields[0].1));
    let by_type =
        by_type::emit(subject, groups, ("fetch", ""), |index, field, via| emit_assign(subject, index, field, via));
    let setters = emit_setters(subject);
    quote! { #(#receive)* #by_type #setters }
}

fn emit_receive(subject: &Subject<'_>, index: usize, field: &Field) -> TokenStream {
    let (parameters, arguments, bounds) = subject.input.generics.split_for_impl();
    let (this, Field { ident, ty, .. }) = (subject.ident, field);
    // One type under two names is a conflict, which is then reported at the field.
    quote_spanned! {at(ty)=>
        #[automatically_derived]
        impl #parameters __cm::FieldOf<#ty> for #this #arguments #bounds {
            const FIELD: &'static __cm::Component = &<Self as __cm::Planned>::PLAN.components[#index];
            #[inline]
            fn receive(&mut self, __value: #ty) {
                self.#ident = __value;
            }
        }
    }
}

fn emit_assign(subject: &Subject<'_>, index: usize, field: &Field, via: &TokenStream) -> TokenStream {
    let ty = &field.ty;
    let component = parse_quote!(__C: __cm::IntoComponent<#ty, __Via>);
    let generics = subject.generics(&["__C", "__Via"], subject.carried(ty).into_iter().chain([component]).collect());
    let (parameters, _, bounds) = generics.split_for_impl();
    let (this, push) = (&subject.this, emit_push(index, field));
    // One type under two names is a conflict, which is then reported at the field.
    quote_spanned! {at(ty)=>
        #[automatically_derived]
        impl #parameters __cm::AsyncAssign<#ty, __C, #via> for #this #bounds {
            type Error = __cm::ComponentError;
            #[inline]
            fn attach<'__a>(__chain: __cm::Assignment<'__a, Self>, __component: __C) -> __cm::Assignment<'__a, Self>
            where
                __C: '__a,
            {
                __chain.#push
            }
        }
    }
}

fn emit_push(index: usize, Field { ident, ty, .. }: &Field) -> TokenStream {
    quote! {
        push(
            #index,
            __component,
            |__target: &mut Self, __value: #ty| __target.#ident = __value,
        )
    }
}

fn emit_setters(subject: &Subject<'_>) -> TokenStream {
    let (parameters, arguments, bounds) = subject.input.generics.split_for_impl();
    let ident = subject.ident;
    let setters = subject.input.fields.iter().enumerate().map(|(index, field)| emit_setter(subject, index, field));
    quote! {
        #[automatically_derived]
        impl #parameters #ident #arguments #bounds {
            #(#setters)*
        }
    }
}

fn emit_setter(subject: &Subject<'_>, index: usize, field: &Field) -> TokenStream {
    let (vis, ty, name) = (setter::visibility(subject, field), &field.ty, field.name());
    let method = setter::name(field, "fetch");
    let (push, carried) = (emit_push(index, field), subject.carried(ty));
    let attributes = setter::attributes(
        field,
        &format!("Assigns `{name}` from a value, a result, a future or a fetcher; nothing runs before it is awaited."),
    );
    quote! {
        #attributes
        #[inline]
        #vis fn #method<'__a, __C, __Via>(&'__a mut self, __component: __C) -> __cm::Assignment<'__a, Self>
        where
            __C: __cm::IntoComponent<#ty, __Via> + '__a,
            #carried
        {
            __cm::Assignment::new(self).#push
        }
    }
}
