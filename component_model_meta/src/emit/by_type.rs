//! Assignment by type, and what the compiler says where several fields have the type that is assigned.
//!
//! There the implementation for the type exists, so that inference settles on it, but its way in is a `__Way<Via>` of
//! the derive's, which is `Unambiguous` only where a trait is implemented that nothing implements; that trait carries
//! the message.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{
    groups::Group,
    subject::{Subject, written},
};
use crate::input::Field;

/// Fields that a message names before it counts the rest.
const NAMED: usize = 6;

/// Emits for each type that can be told apart what `assign` writes for one field and one `Via`.
///
/// `setter` ends the names of the setters that the message points to, `more` ends the message.
pub(super) fn emit(
    subject: &Subject<'_>,
    groups: &[Group<'_>],
    (setter, more): (&str, &str),
    assign: impl Fn(usize, &Field, &TokenStream) -> TokenStream,
) -> TokenStream {
    let mut items = TokenStream::new();
    for (number, group) in groups.iter().enumerate().filter(|(_, group)| !group.vague) {
        let (index, field) = group.fields[0];
        let via = match group.fields.len() {
            1 => quote!(__Via),
            _ => {
                let (message, way) = emit_message(subject, group, number, (setter, more));
                items.extend(message);
                quote!(#way<__Via>)
            }
        };
        items.extend(assign(index, field, &via));
    }
    items
}

/// The items that make the message, and the name of the way.
fn emit_message(
    subject: &Subject<'_>,
    group: &Group<'_>,
    number: usize,
    (setter, more): (&str, &str),
) -> (TokenStream, Ident) {
    let (bound, way) = (format_ident!("__Shared{number}"), format_ident!("__Way{number}"));
    let names: Vec<String> = group.fields.iter().map(|(_, field)| field.name()).collect();
    let ty = written(group.fields[0].1);
    let list = list(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), ", ");
    let message = literal(&format!("`{}` has {} components of type `{ty}`: {list}", subject.name(), names.len()));
    let setters: Vec<String> = names.iter().map(|name| format!("`{name}_{setter}(..)`")).collect();
    let note = literal(&format!("name the component: {}{more}", self::list(&setters, " or ")));
    let items = quote! {
        #[doc = "Never implemented: it carries the message."]
        #[diagnostic::on_unimplemented(message = #message, label = "which of them?", note = #note)]
        pub trait #bound {}
        #[doc = "The way to a type that several components share."]
        pub struct #way<__Via>(::core::marker::PhantomData<__Via>);
        #[automatically_derived]
        impl<__Via: #bound> __cm::Unambiguous for #way<__Via> {}
    };
    (items, way)
}

fn list(names: &[String], separator: &str) -> String {
    let shown = names[..names.len().min(NAMED)].join(separator);
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Braces are placeholders in the compiler's messages.
fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}
