//! The constant plan.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::{
    subject::{Subject, at, written},
    text,
};
use crate::{
    check::{Component, DefaultValue, FallbackOn, Layer, Nested, Plan, Policies, Prefix},
    input::Field,
};

pub(super) fn emit(plan: &Plan<'_>, subject: &Subject<'_>) -> TokenStream {
    let (generics, this, bounds) = subject.input.generics.split_for_impl();
    let (name, ident) = (subject.name(), subject.ident);
    let components = plan.components.iter().map(emit_component);
    let prefix = (!plan.prefix.is_empty()).then(|| {
        let prefix = emit_prefix(&plan.prefix);
        quote!(prefix: #prefix,)
    });
    let deny_unknown = (!plan.deny_unknown.is_empty()).then(|| {
        let sources = &plan.deny_unknown;
        quote!(deny_unknown: &[#(#sources),*],)
    });
    let literals = emit_literals(plan, subject);
    quote! {
        #literals
        // The answer for types that are not sensitive; a struct without a source does not ask.
        #[allow(unused_imports)]
        use __cm::NotSensitive as _;
        #[automatically_derived]
        #[allow(clippy::needless_update)]
        impl #generics __cm::Planned for #ident #this #bounds {
            const PLAN: &'static __cm::Plan<'static> =
                &__cm::Plan { name: #name, components: &[#(#components),*], #prefix #deny_unknown ..__cm::Plan::NEW };
        }
    }
}

/// Has the compiler check the literals whose type reads text in a way that is certain, each for itself. The type of a generic
/// struct's field is not known before it is used.
fn emit_literals(plan: &Plan<'_>, subject: &Subject<'_>) -> TokenStream {
    if !subject.input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let checked = plan.components.iter().flat_map(|component| {
        let Policies { default, fallback, .. } = &component.policies;
        let default = match default {
            Some(DefaultValue::Literal(text, span)) => Some(("default", text, *span)),
            _ => None,
        };
        let fallback = fallback.as_ref().map(|(text, span)| ("fallback", text, *span));
        default.into_iter().chain(fallback).map(|literal| emit_literal(component.field, literal))
    });
    let checked: TokenStream = checked.collect();
    let import = (!checked.is_empty()).then(|| {
        quote!(
            #[allow(unused_imports)]
            use __cm::AnyNotation as _;
        )
    });
    quote!(#import #checked)
}

fn emit_literal(field: &Field, (name, text, span): (&str, &String, Span)) -> TokenStream {
    let (ty, written) = (&field.ty, written(field));
    let expected = expected(&written).map(|expected| format!(": write {expected}")).unwrap_or_default();
    let mistake = format!("the `{name}` is not a valid {written}{expected}");
    quote_spanned! {Span::call_site().located_at(span)=>
        const _: () = __cm::check_literal(__cm::Probe::<#ty>::NOTATION, #text, #mistake);
    }
}

/// What a type of the language reads.
fn expected(ty: &str) -> Option<String> {
    let range = |(min, max): (i128, u128)| format!("a whole number from {min} to {max}");
    Some(match ty {
        "bool" => "`true` or `false`".to_owned(),
        "u8" => range((0, u8::MAX.into())),
        "u16" => range((0, u16::MAX.into())),
        "u32" => range((0, u32::MAX.into())),
        "u64" => range((0, u64::MAX.into())),
        "i8" => range((i8::MIN.into(), i8::MAX.unsigned_abs().into())),
        "i16" => range((i16::MIN.into(), i16::MAX.unsigned_abs().into())),
        "i32" => range((i32::MIN.into(), i32::MAX.unsigned_abs().into())),
        "i64" => range((i64::MIN.into(), i64::MAX.unsigned_abs().into())),
        _ => return None,
    })
}

fn emit_component(component: &Component<'_>) -> TokenStream {
    let (name, ty) = (component.field.name(), written(component.field));
    let docs = (!component.field.docs.is_empty()).then(|| {
        let docs = &component.field.docs;
        quote!(docs: #docs,)
    });
    if let Some(nested) = &component.nested {
        let nested = emit_nested(nested);
        return quote! {
            __cm::Component {
                name: #name, ty: #ty, #docs
                nested: ::core::option::Option::Some(#nested),
                ..__cm::Component::NEW
            }
        };
    }
    if !component.is_fetched() {
        return quote!(__cm::Component { name: #name, ty: #ty, #docs ..__cm::Component::NEW });
    }
    let layers = component.layers.iter().map(emit_layer);
    let policy = emit_policy(&component.policies);
    // Asks the compiler instead of reading the text of the type, which may be an alias.
    let field = &component.field.ty;
    let sensitive = match component.sensitive {
        true => quote!(true),
        false => quote_spanned!(at(field)=> __cm::Probe::<#field>::SENSITIVE),
    };
    let depends_on = (!component.depends_on.is_empty()).then(|| {
        let names = component.depends_on.iter().map(|(name, _)| name);
        quote!(depends_on: &[#(#names),*],)
    });
    let validated = (!component.validators.is_empty()).then(|| quote!(validated: true,));
    quote! {
        __cm::Component {
            name: #name,
            ty: #ty,
            #docs
            layers: &[#(#layers),*],
            #policy
            #depends_on
            sensitive: #sensitive,
            #validated
            ..__cm::Component::NEW
        }
    }
}

fn emit_layer(layer: &Layer) -> TokenStream {
    let source = &layer.source;
    let key = layer.key.as_ref().map(|key| quote!(key: ::core::option::Option::Some(#key),));
    let options = (!layer.options.is_empty()).then(|| {
        let options = layer.options.iter().map(|(option, value)| quote!((#option, #value)));
        quote!(options: &[#(#options),*],)
    });
    quote!(__cm::Layer { source: #source, #key #options ..__cm::Layer::NEW })
}

fn emit_nested(nested: &Nested) -> TokenStream {
    let Nested { ty, optional, prefix } = nested;
    let plan = quote_spanned!(at(ty)=> <#ty as __cm::Planned>::PLAN);
    let prefix = prefix.as_ref().map(|prefix| {
        let prefix = emit_prefix(prefix);
        quote!(prefix: ::core::option::Option::Some(#prefix),)
    });
    quote!(__cm::Nested { plan: #plan, #prefix optional: #optional, ..__cm::Nested::NEW })
}

fn emit_prefix(prefix: &Prefix) -> TokenStream {
    let every = &prefix.every;
    let of = prefix.of.iter().map(|(source, text)| quote!((#source, #text)));
    quote!(__cm::Prefix { every: #every, of: &[#(#of),*] })
}

fn emit_policy(policies: &Policies) -> Option<TokenStream> {
    let some = |name: &str, value: TokenStream| {
        let name = format_ident!("{name}");
        quote!(#name: ::core::option::Option::Some(#value),)
    };
    let durations = policies.plain.durations().into_iter();
    let durations = durations.filter_map(|(name, duration)| Some(some(name, emit_duration(duration?))));
    let attempts = policies.plain.retry_attempts.map(|attempts| some("retry_attempts", quote!(#attempts)));
    let breaker = policies.plain.circuit_breaker.map(|on| some("circuit_breaker", quote!(#on)));
    let other = policies.fallback_to.as_ref().map(|layer| some("fallback_to", emit_layer(layer)));
    let default = policies.default.as_ref().map(|default| some("default", emit_default(default)));
    let fallback = policies.fallback.as_ref().map(|(text, _)| some("fallback", quote!(#text)));
    let fallback_on = policies.fallback_on.as_ref().map(|on| match on {
        FallbackOn::Any => quote!(fallback_on: __cm::FallbackOn::Any,),
        FallbackOn::Kinds(kinds) => quote!(fallback_on: __cm::FallbackOn::Kinds(&[#(#kinds),*]),),
    });
    let others = [attempts, breaker, other, default, fallback, fallback_on].into_iter().flatten();
    let all: TokenStream = durations.chain(others).collect();
    (!all.is_empty()).then(|| quote!(policy: __cm::Policy { #all ..__cm::Policy::NEW },))
}

fn emit_default(default: &DefaultValue) -> TokenStream {
    match default {
        DefaultValue::OfType => quote!(__cm::DefaultValue::OfType),
        DefaultValue::Literal(text, _) => quote!(__cm::DefaultValue::Literal(#text)),
        DefaultValue::Expression(code) => {
            let written = text::written(code.to_token_stream());
            quote!(__cm::DefaultValue::Expression(#written))
        }
    }
}

fn emit_duration(duration: Duration) -> TokenStream {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#seconds, #nanos))
}
