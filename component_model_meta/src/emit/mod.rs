//! Writes the generated code: a constant plan, and glue of a line or two that names only `__private`.
//!
//! What always holds: everything stands in one anonymous constant, every name of its own begins with `__`, and every
//! name of the library or of `core` is written with its path, so that nothing of the user's is in the way.

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

/// Everything that `#[derive(AsyncAssign)]` writes.
pub(crate) fn async_assign(plan: &Plan<'_>) -> TokenStream {
    let subject = Subject::new(plan.input);
    let constant = plan::emit(plan, &subject);
    let fetched = plan.components.iter().any(|component| !component.sources.is_empty());
    let stage = fetched.then(|| stage::emit(plan, &subject));
    let fetch = fetched.then(|| fetch::emit(plan, &subject));
    let assign = fetchers::emit(&subject, &groups(plan.input));
    in_constant(&plan.library, quote! { #constant #stage #fetch #assign })
}

/// Everything that `#[derive(ComponentModel)]` writes.
pub(crate) fn component_model(input: &Input, library: &Path) -> TokenStream {
    let items = values::emit(&Subject::new(input), &groups(input));
    in_constant(library, items)
}

fn in_constant(library: &Path, items: TokenStream) -> TokenStream {
    // A struct or a field may be deprecated: who uses it is told, not who declares it.
    quote! {
        #[allow(deprecated)]
        const _: () = {
            use #library::__private as __cm;
            #items
        };
    }
}
