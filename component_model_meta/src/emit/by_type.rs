//! Assignment by type, and the compiler's message if several fields have the assigned type.
//!
//! In that case the type has an implementation, so that inference selects it. But its marker is a generated
//! `__Marker<Via>`, which is `Unambiguous` only if another generated trait is implemented. That trait is never
//! implemented, and has the message.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{
    groups::Group,
    subject::{Subject, written},
};
use crate::input::Field;

/// The number of fields that a message names; it counts the others.
const NAMED: usize = 6;

/// Emits the result of `assign`, for one field and one `Via`, for each type that is distinct from all others.
///
/// `setter` is the suffix of the setters in the message, `more` is the end of the message.
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
                let (message, marker) = emit_message(subject, group, number, (setter, more));
                items.extend(message);
                quote!(#marker<__Via>)
            }
        };
        items.extend(assign(index, field, &via));
    }
    items
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
    let ty = written(group.fields[0].1);
    let list = list(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), ", ");
    let message = literal(&format!("`{}` has {} components of type `{ty}`: {list}", subject.name(), names.len()));
    let setters: Vec<String> = names.iter().map(|name| format!("`{name}_{setter}(..)`")).collect();
    let note = literal(&format!("name the component: {}{more}", self::list(&setters, " or ")));
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
