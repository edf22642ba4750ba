//! Generates the code: a constant plan, and short functions that use only `__private`.
//!
//! What always holds: all code is in one anonymous constant, every generated name begins with `__`, and every name of
//! the library or of `core` is written with its path, so that names of the user cannot conflict with them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

use self::{groups::groups, subject::Subject};
use crate::{check::Plan, input::Input};

mod by_type;
mod fetch;
mod fetchers;
mod groups;
mod plan;
mod stage;
mod subject;
mod text;
mod types;
mod values;

/// The code of `#[derive(AsyncAssign)]`.
pub(crate) fn async_assign(plan: &Plan<'_>) -> TokenStream {
    let subject = Subject::new(plan.input);
    let constant = plan::emit(plan, &subject);
    let fetched = plan.components.iter().any(|component| !component.sources.is_empty());
    let stage = fetched.then(|| stage::emit(plan, &subject));
    let fetch = fetched.then(|| fetch::emit(plan, &subject));
    let assign = fetchers::emit(&subject, &groups(plan.input));
    in_constant(&plan.library, quote! { #constant #stage #fetch #assign })
}

/// The code of `#[derive(ComponentModel)]`.
pub(crate) fn component_model(input: &Input, library: &Path) -> TokenStream {
    let items = values::emit(&Subject::new(input), &groups(input));
    in_constant(library, items)
}

fn in_constant(library: &Path, items: TokenStream) -> TokenStream {
    // A struct or a field may be deprecated: the warning is for its users, not for its declaration.
    quote! {
        #[allow(deprecated)]
        const _: () = {
            use #library::__private as __cm;
            #items
        };
    }
}
