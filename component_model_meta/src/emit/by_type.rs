//! Assignment by type, and the compiler's message if several fields have the assigned type.
//!
//! In that case the type has an implementation, so that inference selects it. But its marker is a generated
//! `__Marker<Via>`, which is `Unambiguous` only if another generated trait is implemented. That trait is never
//! implemented, and has the message.
//!
//! Types that are written differently may be the same. Only the compiler knows, so each of their implementations has a
//! condition, a constant that compares the types. Where it does not hold, the implementation is for a type without values
//! instead, so that no two conflict.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::WherePredicate;

use super::{
    groups::Group,
    subject::{Subject, at, written},
};
use crate::input::Field;

/// The number of fields that a message names; it counts the others.
const NAMED: usize = 6;

/// What an implementation is for.
pub(super) struct Target {
    /// The type of the field, or a type that is one only under a condition.
    pub(super) ty: TokenStream,
    pub(super) via: TokenStream,
    /// Excludes an implementation whose condition does not hold from inference.
    pub(super) bound: Option<WherePredicate>,
}

impl Target {
    fn new(group: &Group<'_>, place: usize, condition: Option<TokenStream>, via: TokenStream) -> Self {
        let choice = condition.map(|condition| (choice(group, place, &condition), condition));
        match choice {
            None => Self { ty: field_type(group), via, bound: None },
            Some((choice, condition)) => Self {
                ty: quote!(<#choice as __cm::Choice>::Type),
                via,
                bound: Some(syn::parse_quote!(__If<{ #condition }, __Via, #place>: __cm::Holds)),
            },
        }
    }
}

/// Emits the result of `assign`, for one field and one target, for each type that is distinct from all others.
///
/// `setter` is the suffix of the setters in the message, `more` is the end of the message.
pub(super) fn emit(
    subject: &Subject<'_>,
    groups: &[Group<'_>],
    (setter, more): (&str, &str),
    assign: impl Fn(usize, &Field, &Target) -> TokenStream,
) -> TokenStream {
    let mut items = emit_comparisons(groups);
    for (number, group) in groups.iter().enumerate().filter(|(_, group)| !group.vague) {
        let (index, field) = group.fields[0];
        if group.fields.len() == 1 {
            let target = Target::new(group, 2 * number, is_single(groups, number), quote!(__Via));
            items.extend(assign(index, field, &target));
        }
        // The first group of a type has the message.
        if group.fields.len() > 1 || group.aliases.iter().any(|other| *other > number) {
            let (message, marker) = emit_message(subject, group, number, (setter, more));
            let target = Target::new(group, 2 * number + 1, is_shared(groups, number), quote!(#marker<__Via>));
            items.extend([message, assign(index, field, &target)]);
        }
    }
    items
}

/// The choice between the type of a group's only field and no type; `None` if it is known to be distinct.
pub(super) fn choice_of_single(groups: &[Group<'_>], number: usize) -> Option<TokenStream> {
    is_single(groups, number).map(|condition| choice(&groups[number], 2 * number, &condition))
}

fn choice(group: &Group<'_>, place: usize, condition: &TokenStream) -> TokenStream {
    let ty = field_type(group);
    quote!(__If<{ #condition }, #ty, #place>)
}

fn field_type(group: &Group<'_>) -> TokenStream {
    let ty = group.ty();
    quote!(#ty)
}

/// Whether the type has no other name; `None` if that is known.
fn is_single(groups: &[Group<'_>], number: usize) -> Option<TokenStream> {
    let shared = format_ident!("__SHARED{number}");
    (!groups[number].aliases.is_empty()).then(|| quote!(!#shared))
}

/// Whether several fields have the type, and the group is the first of them; `None` if that is known.
fn is_shared(groups: &[Group<'_>], number: usize) -> Option<TokenStream> {
    let (shared, repeated) = (format_ident!("__SHARED{number}"), format_ident!("__REPEATED{number}"));
    let group = &groups[number];
    (!group.aliases.is_empty()).then(|| match group.fields.len() {
        1 => quote!(#shared && !#repeated),
        _ => quote!(!#repeated),
    })
}

/// Constants that compare the types that could be one under several names.
fn emit_comparisons(groups: &[Group<'_>]) -> TokenStream {
    let compared = (0..groups.len()).filter(|number| !groups[*number].aliases.is_empty());
    let constants: Vec<_> = compared.map(|number| emit_comparison(groups, number)).collect();
    let condition = (!constants.is_empty()).then(emit_condition);
    quote! { #condition #(#constants)* }
}

fn emit_comparison(groups: &[Group<'_>], number: usize) -> TokenStream {
    let (shared, repeated) = (format_ident!("__SHARED{number}"), format_ident!("__REPEATED{number}"));
    let group = &groups[number];
    let is_same = |other: &usize| {
        let (one, other) = (group.ty(), groups[*other].ty());
        quote_spanned!(at(one)=> __cm::Same::<#one, #other>::SAME)
    };
    let (earlier, later): (Vec<_>, Vec<_>) = group.aliases.iter().partition(|other| **other < number);
    let earlier = any(earlier.into_iter().map(is_same));
    let anywhere = any([quote!(#repeated)].into_iter().chain(later.into_iter().map(is_same)));
    quote! {
        #[doc = "Whether an earlier component has the same type under another name."]
        const #repeated: bool = #earlier;
        #[doc = "Whether any component has."]
        const #shared: bool = #anywhere;
    }
}

fn any(conditions: impl Iterator<Item = TokenStream>) -> TokenStream {
    conditions.reduce(|one, other| quote!(#one || #other)).unwrap_or_else(|| quote!(false))
}

/// A type of its own, since the compiler relies on implementations for it: no other crate can add one.
fn emit_condition() -> TokenStream {
    quote! {
        // The answer for different types; it is not used if all are the same.
        #[allow(unused_imports)]
        use __cm::Differ as _;
        #[doc = "A type under a condition."]
        pub struct __If<const __HOLDS: bool, __T, const __PLACE: usize>(::core::marker::PhantomData<__T>);
        #[automatically_derived]
        impl<__T, const __PLACE: usize> __cm::Holds for __If<true, __T, __PLACE> {}
        #[automatically_derived]
        impl<__T, const __PLACE: usize> __cm::Choice for __If<true, __T, __PLACE> {
            type Wanted = __T;
            type Type = __T;
            fn wanted(__value: __T) -> __T { __value }
        }
        #[automatically_derived]
        impl<__T, const __PLACE: usize> __cm::Choice for __If<false, __T, __PLACE> {
            type Wanted = __T;
            type Type = __cm::Unassignable<__PLACE>;
            fn wanted(__value: __cm::Unassignable<__PLACE>) -> __T { match __value {} }
        }
    }
}

/// The items that produce the message, and the name of the marker.
fn emit_message(
    subject: &Subject<'_>,
    group: &Group<'_>,
    number: usize,
    (setter, more): (&str, &str),
) -> (TokenStream, Ident) {
    let (bound, marker) = (format_ident!("__Shared{number}"), format_ident!("__Marker{number}"));
    let names: Vec<String> = group.fields.iter().map(|(_, field)| field.name()).collect();
    let (this, ty) = (subject.name(), written(group.fields[0].1));
    let setters: Vec<String> = names.iter().map(|name| format!("`{name}_{setter}(..)`")).collect();
    let (message, others) = match names.as_slice() {
        [name] => (
            format!(
                "`{this}` has components of type `{ty}` under several names of the type: `{name}` and at least one more"
            ),
            " or the same method of the other",
        ),
        _ => {
            let list = list(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), ", ");
            (format!("`{this}` has {} components of type `{ty}`: {list}", names.len()), "")
        }
    };
    let message = literal(&message);
    let note = literal(&format!("name the component: {}{others}{more}", self::list(&setters, " or ")));
    let items = quote! {
        #[doc = "Never implemented: it has the message."]
        #[diagnostic::on_unimplemented(message = #message, label = "which of them?", note = #note)]
        pub trait #bound {}
        #[doc = "The marker for a type that several components share."]
        pub struct #marker<__Via>(::core::marker::PhantomData<__Via>);
        #[automatically_derived]
        impl<__Via: #bound> __cm::Unambiguous for #marker<__Via> {}
    };
    (items, marker)
}

fn list(names: &[String], separator: &str) -> String {
    let shown = names[..names.len().min(NAMED)].join(separator);
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Escapes braces, which are placeholders in the compiler's messages.
fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}
