//! What all methods of a field have in common: their name, visibility and documentation.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, Visibility};

use super::subject::Subject;
use crate::input::Field;

/// The name of a field's own method: it has the position of the field, but resolves as generated code.
pub(super) fn name(field: &Field, suffix: &str) -> Ident {
    Ident::new(&format!("{}_{suffix}", field.name()), Span::call_site().located_at(field.ident.span()))
}

/// The narrower of the visibilities of the struct and the field.
pub(super) fn visibility<'a>(subject: &Subject<'a>, field: &'a Field) -> &'a Visibility {
    let (of_struct, of_field) = (&subject.input.vis, &field.vis);
    match (of_struct, of_field) {
        (Visibility::Inherited, _) | (_, Visibility::Public(_)) => of_struct,
        (Visibility::Restricted(_), Visibility::Restricted(restricted)) if restricted.path.is_ident("crate") => {
            of_struct
        }
        // Of two paths, which are not compared: where the field's is the wider one, the struct cannot be named anyway.
        _ => of_field,
    }
}

/// A sentence about the method, then what the field says about itself, and its deprecation.
pub(super) fn attributes(field: &Field, sentence: &str) -> TokenStream {
    let inherited = &field.attributes;
    let separator = (!inherited.is_empty()).then(|| quote!(#[doc = ""]));
    quote! {
        #[doc = #sentence]
        #separator
        #(#inherited)*
    }
}
