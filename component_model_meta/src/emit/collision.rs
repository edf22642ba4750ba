//! A method name that two fields lay claim to: `port_try_set` is the fallible setter of `port` and the setter of
//! `port_try`.
//!
//! Neither gets it, since either could be meant. There is one method with this name, whose use the compiler rejects with
//! a message: its bound is a generated trait that is never implemented.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::{setter, subject::Subject};
use crate::input::Field;

/// Two fields such as `port` and `port_try`.
pub(super) struct Collision<'a> {
    subject: &'a Subject<'a>,
    short: &'a Field,
    long: &'a Field,
}

impl<'a> Collision<'a> {
    /// The collision of a field with one whose name is longer by `_try`.
    pub(super) fn find(subject: &'a Subject<'a>, short: &'a Field) -> Option<Self> {
        let name = format!("{}_try", short.name());
        let long = subject.input.fields.iter().find(|field| field.name() == name)?;
        Some(Self { subject, short, long })
    }

    pub(super) fn is_try_set_of(&self, field: &Field) -> bool {
        self.short.ident == field.ident
    }

    pub(super) fn is_set_of(&self, field: &Field) -> bool {
        self.long.ident == field.ident
    }

    /// The trait with the message, and the method.
    pub(super) fn emit(&self) -> (TokenStream, TokenStream) {
        let (short, long) = (self.short.name(), self.long.name());
        let bound = format_ident!("__Collision_{}", self.long.ident.unraw());
        let message = format!("`{}` has no `{long}_set`: it could set `{short}` or `{long}`", self.subject.name());
        let note = format!(
            "for `{short}`, convert the value and use `{short}_set(..)`; for `{long}`, use `{long}_with(..)` in a chain, \
             or `{long}_try_set(..)`"
        );
        let doc = format!("Not usable: it could set `{short}` or `{long}`.");
        let (method, vis) = (setter::name(self.long, "set"), setter::visibility(self.subject, self.long));
        let items = quote! {
            #[doc = "Never implemented: it has the message."]
            #[allow(non_camel_case_types)]
            #[diagnostic::on_unimplemented(message = #message, label = "which of them?", note = #note)]
            pub trait #bound {}
        };
        let method = quote! {
            #[doc = #doc]
            #[doc(hidden)]
            #vis fn #method<__V: #bound>(&mut self, _: __V) {}
        };
        (items, method)
    }
}
