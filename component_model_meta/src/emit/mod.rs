//! Generates the code: a constant plan, and short functions that use only `__private`.
//!
//! What always holds: all code is in one anonymous constant, every generated name begins with `__`, and every name of
//! the library or of `core` is written with its path, so that names of the user cannot conflict with them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

use self::{groups::groups, subject::Subject};
use crate::{
    check::{Component, Plan, Prefix},
    input::Input,
};

mod by_type;
mod collision;
mod fetch;
mod fetchers;
mod groups;
mod names;
mod plan;
mod setter;
mod stage;
mod subject;
#[cfg(test)]
mod tests;
mod text;
mod types;
mod values;

/// The code of `#[derive(AsyncAssign)]`.
pub(crate) fn async_assign(plan: &Plan<'_>) -> TokenStream {
    let subject = Subject::new(plan.input);
    let constant = plan::emit(plan, &subject);
    let fetched = plan.is_fetched();
    let stage = fetched.then(|| stage::emit(plan, &subject));
    let fetch = fetched.then(|| fetch::emit(&subject, stage::bounds(plan, &subject)));
    let assign = fetchers::emit(&subject, &groups(plan.input));
    in_constant(&plan.library, quote! { #constant #stage #fetch #assign })
}

/// The messages, with the code of a struct that has no values: where the struct is used, nothing is missing, so that one
/// mistake gives one message.
pub(crate) fn async_assign_stub(input: &Input, library: &Path, mistakes: &syn::Error) -> TokenStream {
    let (messages, subject) = (mistakes.to_compile_error(), Subject::new(input));
    let components = input.fields.iter().map(Component::unfetched).collect();
    let (deny_unknown, validators) = (Vec::new(), Vec::new());
    let plan =
        Plan { input, library: library.clone(), prefix: Prefix::default(), deny_unknown, validators, components };
    let (constant, assign) = (plan::emit(&plan, &subject), fetchers::emit(&subject, &groups(input)));
    let fetch = may_be_fetched(input).then(|| {
        let bounds: Vec<_> = subject.owned().into_iter().collect();
        let (stage, fetch) = (stage::emit_stub(&subject, bounds.clone()), fetch::emit(&subject, bounds));
        quote! { #stage #fetch }
    });
    let items = in_constant(library, quote! { #constant #fetch #assign });
    quote! { #messages #items }
}

/// The messages for fields that cannot be moved between threads: whatever else is generated would be an error of its own.
pub(crate) fn unsendable_stub(input: &Input, library: &Path, mistakes: &syn::Error) -> TokenStream {
    let messages = mistakes.to_compile_error();
    let fetch = may_be_fetched(input).then(|| fetch::emit_stub(&Subject::new(input)));
    let items = in_constant(library, quote! { #fetch });
    quote! { #messages #items }
}

/// Whether any field names a source, or could after the correction of its mistakes.
fn may_be_fetched(input: &Input) -> bool {
    let of_struct = input.settings.iter().any(|setting| setting.key == "fetch_from");
    of_struct || input.unreadable.is_some() || input.fields.iter().any(|field| !field.settings.is_empty())
}

/// The code of `#[derive(ComponentModel)]`.
pub(crate) fn component_model(plan: &Plan<'_>) -> TokenStream {
    in_constant(&plan.library, values::emit(&Subject::new(plan.input), &groups(plan.input)))
}

/// The messages with the code, which does not depend on the settings.
pub(crate) fn component_model_stub(input: &Input, library: &Path, mistakes: &syn::Error) -> TokenStream {
    let messages = mistakes.to_compile_error();
    let items = in_constant(library, values::emit(&Subject::new(input), &groups(input)));
    quote! { #messages #items }
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
