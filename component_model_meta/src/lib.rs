//! The derives of `component_model`. Depend on `component_model`, which re-exports and documents them.
//!
//! There are three stages: `input` turns tokens into data without checking them, `check` finds every mistake at once,
//! each at its own span, and `emit` generates code and cannot fail.

use proc_macro::TokenStream;

use self::input::Input;

mod check;
mod emit;
mod input;
mod mistakes;

/// Assigns the components of a struct by type and by name.
///
/// Documented where it is re-exported, at `component_model::ComponentModel`.
#[proc_macro_derive(ComponentModel, attributes(component))]
pub fn component_model(item: TokenStream) -> TokenStream {
    expand(item, |input| match check::plan(&input) {
        Ok(plan) => emit::component_model(&plan),
        Err(mistakes) => emit::component_model_stub(&input, &check::library(&input), &mistakes),
    })
}

/// Fetches the components of a struct concurrently, and assigns them by type.
///
/// Documented where it is re-exported, at `component_model::AsyncAssign`.
#[proc_macro_derive(AsyncAssign, attributes(component))]
pub fn async_assign(item: TokenStream) -> TokenStream {
    expand(item, |input| {
        if let Err(mistakes) = check::sendable(&input) {
            return emit::unsendable_stub(&input, &check::library(&input), &mistakes);
        }
        let input = check::with_bounds(input);
        match check::plan(&input) {
            Ok(plan) => emit::async_assign(&plan),
            Err(mistakes) => emit::async_assign_stub(&input, &check::library(&input), &mistakes),
        }
    })
}

/// What `AsyncAssign` is where the feature `async` of `component_model` is off: a message that says so.
#[proc_macro_derive(AsyncAssignIsOff, attributes(component))]
pub fn async_assign_is_off(_: TokenStream) -> TokenStream {
    let message = "`AsyncAssign` needs a feature of `component_model`: that of a source, such as `env`, or `async`";
    syn::Error::new(proc_macro2::Span::call_site(), message).into_compile_error().into()
}

/// Both derives check all settings, since neither knows whether the other is there. If it is, they report each mistake in
/// the same words at the same place, and the compiler prints equal messages once.
fn expand(item: TokenStream, derive: fn(Input) -> proc_macro2::TokenStream) -> TokenStream {
    let input = syn::parse(item).and_then(|item| input::read(&item));
    input.map_or_else(syn::Error::into_compile_error, derive).into()
}
