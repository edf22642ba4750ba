//! What the compiler says where several fields have the type that is assigned.
//!
//! The implementation for the type exists, so that inference settles on it, but its way in is `Shared<Tag, Via>`, which
//! is `Unambiguous` only if a trait is implemented that nothing implements; that trait carries the message.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{
    groups::Group,
    subject::{Subject, written},
};

/// Fields that a message names before it counts the rest.
const NAMED: usize = 6;

/// The items that make the message, and the tag to use in `Shared<Tag, Via>`.
///
/// The setters that the message names end in `_` and the `suffix`.
pub(super) fn emit(subject: &Subject<'_>, group: &Group<'_>, number: usize, suffix: &str) -> (TokenStream, Ident) {
    let (bound, tag) = (format_ident!("__Shared{number}"), format_ident!("__Tag{number}"));
    let names: Vec<String> = group.fields.iter().map(|(_, field)| field.name()).collect();
    let ty = written(group.fields[0].1);
    let list = list(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), ", ");
    let message = literal(&format!("`{}` has {} components of type `{ty}`: {list}", subject.name(), names.len()));
    let setters: Vec<String> = names.iter().map(|name| format!("`{name}_{suffix}(..)`")).collect();
    let note = literal(&format!("name the component: {}", self::list(&setters, " or ")));
    let items = quote! {
        #[doc = "Never implemented: it carries the message."]
        #[diagnostic::on_unimplemented(message = #message, label = "which of them?", note = #note)]
        pub trait #bound {}
        #[doc = "Names the type that several components share."]
        pub struct #tag;
        #[automatically_derived]
        impl<__Via: #bound> __cm::Unambiguous for __cm::Shared<#tag, __Via> {}
    };
    (items, tag)
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
