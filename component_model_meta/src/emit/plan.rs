//! The constant plan.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::subject::{Subject, at, written};
use crate::check::{Component, Plan};

pub(super) fn emit(plan: &Plan<'_>, subject: &Subject<'_>) -> TokenStream {
    let (generics, this, bounds) = subject.input.generics.split_for_impl();
    let (name, ident) = (subject.name(), subject.ident);
    let components = plan.components.iter().map(|component| emit_component(component, &plan.prefix));
    quote! {
        // The answer for types that are not sensitive; a struct without a source does not ask.
        #[allow(unused_imports)]
        use __cm::NotSensitive as _;
        #[automatically_derived]
        #[allow(clippy::needless_update)]
        impl #generics __cm::Planned for #ident #this #bounds {
            const PLAN: &'static __cm::Plan = &__cm::Plan { name: #name, components: &[#(#components),*] };
        }
    }
}

fn emit_component(component: &Component<'_>, prefix: &str) -> TokenStream {
    let (name, ty) = (component.field.name(), written(component.field));
    if component.sources.is_empty() {
        return quote!(__cm::Component { name: #name, ty: #ty, ..__cm::Component::NEW });
    }
    let sources = &component.sources;
    let key = match &component.key {
        Some(key) => quote!(__cm::Key::Explicit(#key)),
        None => quote!(__cm::Key::derived(#prefix, #name)),
    };
    let options = component.options.iter().map(|(option, value)| quote!((#option, #value)));
    let policy = emit_policy(component);
    // Asks the compiler instead of reading the text of the type, which may be an alias.
    let field = &component.field.ty;
    let sensitive = quote_spanned!(at(field)=> __cm::Probe::<#field>::SENSITIVE);
    quote! {
        __cm::Component {
            name: #name,
            ty: #ty,
            sources: &[#(#sources),*],
            key: #key,
            options: &[#(#options),*],
            policy: #policy,
            sensitive: #sensitive,
            ..__cm::Component::NEW
        }
    }
}

fn emit_policy(component: &Component<'_>) -> TokenStream {
    let timeout = component.timeout.map(|timeout| {
        let timeout = emit_duration(timeout);
        quote!(timeout: ::core::option::Option::Some(#timeout),)
    });
    let fallback = component.fallback.as_ref().map(|text| quote!(fallback: ::core::option::Option::Some(#text),));
    quote!(__cm::Policy { #timeout #fallback ..__cm::Policy::NEW })
}

fn emit_duration(duration: Duration) -> TokenStream {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#seconds, #nanos))
}
