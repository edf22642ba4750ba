//! Asynchronous assignment by type and by name.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse_quote;

use super::{
    by_type::{self, Target},
    groups::Group,
    setter,
    subject::{Subject, at},
};
use crate::input::Field;

pub(super) fn emit(subject: &Subject<'_>, groups: &[Group<'_>]) -> TokenStream {
    let single = groups.iter().enumerate().filter(|(_, group)| !group.vague && group.fields.len() == 1);
    let receive = single.map(|(number, group)| {
        emit_receive(subject, group.fields[0].0, group.fields[0].1, by_type::choice_of_single(groups, number))
    });
    let by_type = by_type::emit(subject, groups, ("fetch", ""), |index, field, target| {
        emit_assign(subject, index, field, target)
    });
    let setters = emit_setters(subject);
    quote! { #(#receive)* #by_type #setters }
}

fn emit_receive(subject: &Subject<'_>, index: usize, field: &Field, choice: Option<TokenStream>) -> TokenStream {
    let (parameters, arguments, bounds) = subject.input.generics.split_for_impl();
    let (this, Field { ident, ty, .. }) = (subject.ident, field);
    let (target, value) = match choice {
        Some(choice) => (quote!(<#choice as __cm::Choice>::Type), quote!(<#choice as __cm::Choice>::wanted(__value))),
        None => (quote!(#ty), quote!(__value)),
    };
    quote_spanned! {at(ty)=>
        #[automatically_derived]
        impl #parameters __cm::FieldOf<#target> for #this #arguments #bounds {
            const FIELD: &'static __cm::Component<'static> = &<Self as __cm::Planned>::PLAN.components[#index];
            #[inline]
            fn receive(&mut self, __value: #target) {
                self.#ident = #value;
            }
        }
    }
}

fn emit_assign(subject: &Subject<'_>, index: usize, field: &Field, target: &Target) -> TokenStream {
    let ty = &field.ty;
    let component = parse_quote!(__C: __cm::IntoComponent<#ty, __Via>);
    let bounds = subject.carried(ty).into_iter().chain(target.bound.clone()).chain([component]);
    let generics = subject.generics(&["__C", "__Via"], bounds.collect());
    let (parameters, _, bounds) = generics.split_for_impl();
    let (this, push, Target { ty: target, via, .. }) = (&subject.this, emit_push(index, field), target);
    quote_spanned! {at(ty)=>
        #[automatically_derived]
        impl #parameters __cm::AsyncAssign<#target, __C, #via> for #this #bounds {
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
