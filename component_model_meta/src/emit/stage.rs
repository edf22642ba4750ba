//! The stage: an `Option` for each fetched component, the stage of each nested struct, and how they become the struct.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, Type, WherePredicate, ext::IdentExt, parse_quote};

use super::subject::{Subject, at};
use crate::{
    check::{Component, DefaultValue, Nested, Plan, Validator},
    input::Field,
};

pub(super) fn emit(plan: &Plan<'_>, subject: &Subject<'_>) -> TokenStream {
    let (definition, start) = emit_struct(plan, subject);
    let (slot, finish, merge) = (emit_slot(plan), emit_finish(plan), emit_merge(plan));
    let (default, validate, omit) = (emit_default(plan, subject), emit_validate(plan, subject), emit_omit(plan));
    let whole = emit_whole(plan);
    let generics = subject.generics(&[], bounds(plan, subject));
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let ident = subject.ident;
    quote! {
        #definition
        #[automatically_derived]
        impl #parameters __cm::Stage for __Stage #arguments #bounds {
            #slot
            #default
            #validate
            #omit
        }
        #[automatically_derived]
        impl #parameters __cm::Components for #ident #arguments #bounds {
            type Stage = __Stage #arguments;
            #[inline]
            fn stage() -> Self::Stage { #start }
            #finish
            #merge
            #whole
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
    let of_fields = plan.components.iter().filter(|component| component.nested.is_none());
    for component in of_fields.filter(|component| subject.depends(&component.field.ty)) {
        let ty = &component.field.ty;
        bounds.push(match component.is_fetched() {
            false => parse_quote!(#ty: ::core::default::Default),
            true => parse_quote!(::core::option::Option<#ty>: __cm::Slot),
        });
    }
    bounds
}

fn fetched<'a>(plan: &'a Plan<'_>) -> impl Iterator<Item = &'a Field> {
    of_own(plan).map(|component| component.field)
}

/// The components of the struct itself, in the order of their slots.
fn of_own<'a, 'p>(plan: &'a Plan<'p>) -> impl Iterator<Item = &'a Component<'p>> {
    plan.components.iter().filter(|component| component.is_fetched())
}

/// The nested fields.
fn nested<'a>(plan: &'a Plan<'_>) -> impl Iterator<Item = (&'a Field, &'a Nested)> {
    plan.components.iter().filter_map(|component| Some((component.field, component.nested.as_ref()?)))
}

/// Whether a nested struct that may be missing is. No field's name begins with a digit, so it is not that of another.
fn missing(ident: &Ident) -> Ident {
    format_ident!("__0{}", ident.unraw())
}

fn emit_struct(plan: &Plan<'_>, subject: &Subject<'_>) -> (TokenStream, TokenStream) {
    let (parameters, _, bounds) = subject.input.generics.split_for_impl();
    let this = &subject.this;
    let fields = fetched(plan).map(|Field { ident, ty, .. }| quote!(#ident: ::core::option::Option<#ty>,));
    let nothing = fetched(plan).map(|Field { ident, .. }| quote!(#ident: ::core::option::Option::None,));
    let stages = nested(plan).map(|(Field { ident, .. }, Nested { ty, optional, .. })| {
        let missing = missing(ident);
        let missing = optional.then(|| quote!(#missing: bool,));
        quote_spanned!(at(ty)=> #ident: <#ty as __cm::Components>::Stage, #missing)
    });
    let starts = nested(plan).map(|(Field { ident, .. }, Nested { ty, optional, .. })| {
        let missing = missing(ident);
        let missing = optional.then(|| quote!(#missing: false,));
        quote_spanned!(at(ty)=> #ident: <#ty as __cm::Components>::stage(), #missing)
    });
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
        pub struct __Stage #parameters #bounds { #(#fields)* #(#stages)* #marker }
    };
    (definition, quote!(__Stage { #(#nothing)* #(#starts)* #marked }))
}

fn emit_slot(plan: &Plan<'_>) -> TokenStream {
    // Because of the span, a type that cannot be read is an error at the field.
    let slots = fetched(plan).enumerate().map(|(index, Field { ident, ty, .. })| {
        quote_spanned!(at(ty)=> #index => ::core::option::Option::Some(&mut self.#ident),)
    });
    let rest = in_nested(
        plan,
        &quote!(::core::option::Option::None),
        |ident| quote!(__cm::Stage::slot(&mut self.#ident, __index)),
    );
    quote! {
        fn slot(&mut self, __index: usize) -> ::core::option::Option<&mut dyn __cm::Slot> {
            match __index {
                #(#slots)*
                _ => { #rest }
            }
        }
    }
}

/// The code for a slot of a nested struct: those of the struct itself come first, then those of each nested struct.
fn in_nested(plan: &Plan<'_>, none: &TokenStream, call: impl Fn(&Ident) -> TokenStream) -> TokenStream {
    let own = of_own(plan).count();
    let steps = nested(plan).map(|(Field { ident, .. }, Nested { ty, .. })| {
        let (slots, call) = (slots(ty), call(ident));
        quote! {
            if __index < #slots { return #call; }
            let __index = __index - #slots;
        }
    });
    let steps: TokenStream = steps.collect();
    if steps.is_empty() {
        return none.clone();
    }
    quote! {
        let __index = __index - #own;
        #steps
        let _ = __index;
        #none
    }
}

fn slots(ty: &Type) -> TokenStream {
    quote_spanned!(at(ty)=> const { <#ty as __cm::Planned>::PLAN.fetched() })
}

/// The defaults that are code; nothing if there are none.
fn emit_default(plan: &Plan<'_>, subject: &Subject<'_>) -> Option<TokenStream> {
    let defaults: Vec<_> = of_own(plan)
        .enumerate()
        .filter_map(|(index, component)| {
            let Field { ident, ty, .. } = component.field;
            let value = match component.policies.default.as_ref()? {
                DefaultValue::OfType => quote_spanned!(at(ty)=> ::core::default::Default::default()),
                DefaultValue::Expression(code) => {
                    let code = subject.input.own.named(code);
                    quote!(#code)
                }
                DefaultValue::Literal(..) => return None,
            };
            Some(quote! {
                #index => {
                    let __default: #ty = #value;
                    self.#ident = ::core::option::Option::Some(__default);
                    true
                }
            })
        })
        .collect();
    if defaults.is_empty() && nested(plan).next().is_none() {
        return None;
    }
    let rest = in_nested(plan, &quote!(false), |ident| quote!(__cm::Stage::default(&mut self.#ident, __index)));
    let rest = guarded(plan, &rest, &quote!(false));
    Some(quote! {
        fn default(&mut self, __index: usize) -> bool {
            match __index {
                #(#defaults)*
                _ => { #rest }
            }
        }
    })
}

/// The slots of the struct itself that have no arm of their own come before those of nested structs.
fn guarded(plan: &Plan<'_>, rest: &TokenStream, none: &TokenStream) -> TokenStream {
    let own = of_own(plan).count();
    match own == 0 || nested(plan).next().is_none() {
        true => rest.clone(),
        false => quote! {
            if __index < #own { return #none; }
            #rest
        },
    }
}

/// The validators of fields; nothing if there are none.
fn emit_validate(plan: &Plan<'_>, subject: &Subject<'_>) -> Option<TokenStream> {
    let checks: Vec<_> = of_own(plan)
        .enumerate()
        .filter(|(_, component)| !component.validators.is_empty())
        .map(|(index, component)| {
            let Field { ident, .. } = component.field;
            let checks = component
                .validators
                .iter()
                .map(|validator| emit_check(&in_own_name(validator, subject), &quote!(__value)));
            quote! {
                #index => if let ::core::option::Option::Some(__value) = &self.#ident {
                    #(#checks)*
                },
            }
        })
        .collect();
    if checks.is_empty() && nested(plan).next().is_none() {
        return None;
    }
    let rest = in_nested(plan, &quote!(), |ident| quote!(__cm::Stage::validate(&self.#ident, __index, __violations)));
    let rest = guarded(plan, &rest, &quote!());
    Some(quote! {
        fn validate(&self, __index: usize, __violations: &mut __cm::Violations) {
            match __index {
                #(#checks)*
                _ => { #rest }
            }
        }
    })
}

/// The code is not in an implementation for the struct, where `Self` is something else.
fn in_own_name(validator: &Validator, subject: &Subject<'_>) -> Validator {
    match validator {
        Validator::Function(function) => Validator::Function(subject.input.own.named(function)),
        Validator::Garde(span) => Validator::Garde(*span),
    }
}

fn emit_check(validator: &Validator, value: &TokenStream) -> TokenStream {
    match validator {
        Validator::Function(function) => quote!(__violations.check(#value, #function);),
        Validator::Garde(span) => {
            let at = Span::call_site().located_at(*span);
            // So that an error is shown there.
            let value: TokenStream = value.clone().into_iter().map(|token| respanned(token, at)).collect();
            quote_spanned!(at=> __violations.garde(#value);)
        }
    }
}

fn respanned(mut token: TokenTree, span: Span) -> TokenTree {
    token.set_span(span);
    token
}

/// The nested structs that may be missing; nothing if there are none.
fn emit_omit(plan: &Plan<'_>) -> Option<TokenStream> {
    let steps: Vec<_> = nested(plan)
        .map(|(Field { ident, .. }, Nested { ty, optional, .. })| {
            let missing = missing(ident);
            let own = optional.then(|| {
                quote! {
                    if __optional == 0 {
                        self.#missing = true;
                        return;
                    }
                    let __optional = __optional - 1;
                }
            });
            quote_spanned! {at(ty)=>
                #own
                let __within = const { <#ty as __cm::Planned>::PLAN.optional() };
                if __optional < __within {
                    return __cm::Stage::omit(&mut self.#ident, __optional);
                }
                let __optional = __optional - __within;
            }
        })
        .collect();
    (!steps.is_empty()).then(|| {
        quote! {
            fn omit(&mut self, __optional: usize) {
                #(#steps)*
                let _ = __optional;
            }
        }
    })
}

/// The validation of the whole; nothing if there is none.
fn emit_whole(plan: &Plan<'_>) -> Option<TokenStream> {
    let nested = nested(plan).map(|(field, Nested { optional, .. })| {
        let (ident, name) = (&field.ident, field.name());
        match optional {
            false => quote!(__violations.within(#name, &self.#ident);),
            true => quote! {
                if let ::core::option::Option::Some(__nested) = &self.#ident {
                    __violations.within(#name, __nested);
                }
            },
        }
    });
    let checks = plan.validators.iter().map(|validator| emit_check(validator, &quote!(self)));
    let all: TokenStream = nested.chain(checks).collect();
    (!all.is_empty()).then(|| {
        quote! {
            fn validate(&self, __violations: &mut __cm::StructViolations) { #all }
        }
    })
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
    let stages = nested(plan).map(|(Field { ident, .. }, Nested { optional, .. })| {
        let (local, missing) = (local(ident), missing(ident));
        let missing = optional.then(|| quote!(, #missing));
        quote!(#ident: #local #missing)
    });
    let fields = plan.components.iter().map(|component| {
        let Field { ident, ty, .. } = component.field;
        let local = local(ident);
        match component.is_fetched() || component.nested.is_some() {
            false => quote_spanned!(at(ty)=> #ident: <#ty as __cm::Unfetched>::unfetched()),
            true => quote!(#ident: #local),
        }
    });
    let whole = quote!(::core::option::Option::Some(Self { #(#fields),* }));
    let locals: Vec<_> = nested(plan).map(|(Field { ident, .. }, _)| local(ident)).collect();
    let finished = nested(plan).map(|(Field { ident, .. }, Nested { ty, optional, .. })| {
        let (local, missing) = (local(ident), missing(ident));
        let finish = quote_spanned!(at(ty)=> <#ty as __cm::Components>::finish(#local));
        match optional {
            false => finish,
            true => quote! {
                if #missing {
                    ::core::option::Option::Some(::core::option::Option::None)
                } else {
                    #finish.map(::core::option::Option::Some)
                }
            },
        }
    });
    let whole = match locals.is_empty() {
        true => whole,
        false => quote! {
            match (#(#finished,)*) {
                (#(::core::option::Option::Some(#locals),)*) => #whole,
                _ => ::core::option::Option::None,
            }
        },
    };
    quote! {
        fn finish(__stage: Self::Stage) -> ::core::option::Option<Self> {
            match __stage {
                __Stage { #(#taken,)* #(#stages,)* .. } => #whole,
                #[allow(unreachable_patterns)]
                _ => ::core::option::Option::None,
            }
        }
    }
}

fn emit_merge(plan: &Plan<'_>) -> TokenStream {
    let fields =
        fetched(plan).map(|Field { ident, .. }| quote!(__cm::replace(&mut __stage.#ident, &mut __target.#ident);));
    let nested = nested(plan).map(|(Field { ident, .. }, Nested { ty, optional, .. })| {
        let missing = missing(ident);
        match optional {
            false => quote_spanned!(at(ty)=> <#ty as __cm::Components>::merge(__stage.#ident, &mut __target.#ident);),
            true => quote_spanned! {at(ty)=>
                match &mut __target.#ident {
                    __nested if __stage.#missing => *__nested = ::core::option::Option::None,
                    ::core::option::Option::Some(__nested) => <#ty as __cm::Components>::merge(__stage.#ident, __nested),
                    __nested => *__nested = <#ty as __cm::Components>::finish(__stage.#ident),
                }
            },
        }
    });
    quote! {
        fn merge(mut __stage: Self::Stage, __target: &mut Self) {
            #(#fields)*
            #(#nested)*
        }
    }
}
