//! The derives of `component_model`. Depend on `component_model`, which re-exports and documents them.
//!
//! There are three stages: `input` turns tokens into data without checking them, `check` finds every mistake at once,
//! each at its own span, and `emit` generates code and cannot fail.

use proc_macro::TokenStream;
use syn::DeriveInput;

mod check;
mod emit;
mod input;
mod mistakes;

/// Assigns the components of a struct by type and by name.
///
/// Documented where it is re-exported, at `component_model::ComponentModel`.
#[proc_macro_derive(ComponentModel, attributes(component))]
pub fn component_model(item: TokenStream) -> TokenStream {
    expand(item, |input| {
        let input = input::read(input, "ComponentModel")?;
        Ok(emit::component_model(&input, &check::library(&input)?))
    })
}

/// Fetches the components of a struct concurrently, and assigns them by type.
///
/// Documented where it is re-exported, at `component_model::AsyncAssign`.
#[proc_macro_derive(AsyncAssign, attributes(component))]
pub fn async_assign(item: TokenStream) -> TokenStream {
    expand(item, |input| {
        let input = check::with_bounds(input::read(input, "AsyncAssign")?);
        match check::plan(&input) {
            Ok(plan) => Ok(emit::async_assign(&plan)),
            Err(mistakes) => Ok(emit::stub(&input, check::library(&input).ok().as_ref(), &mistakes)),
        }
    })
}

fn expand(item: TokenStream, derive: fn(&DeriveInput) -> syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    syn::parse(item).and_then(|input| derive(&input)).unwrap_or_else(|mistakes| mistakes.into_compile_error()).into()
}
