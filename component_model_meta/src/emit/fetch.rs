//! The functions that fetch all components.

use proc_macro2::TokenStream;
use quote::quote;
use syn::WherePredicate;

use super::subject::Subject;

/// Functions that a struct with a mistake has, so that where it is used nothing is missing.
pub(super) fn emit_stub(subject: &Subject<'_>) -> TokenStream {
    let generics = subject.generics(&[], Vec::new());
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let (ident, vis) = (subject.ident, &subject.input.vis);
    quote! {
        impl #parameters #ident #arguments #bounds {
            #vis fn fetch_all_components() -> __cm::BoxFuture<'static, __cm::Result<Self, __cm::ComponentErrors>> {
                ::core::unreachable!()
            }

            #vis fn fetch_all_components_from(
                _: &__cm::Sources,
            ) -> __cm::BoxFuture<'static, __cm::Result<Self, __cm::ComponentErrors>> {
                ::core::unreachable!()
            }
        }
    }
}

pub(super) fn emit(subject: &Subject<'_>, bounds: Vec<WherePredicate>) -> TokenStream {
    let generics = subject.generics(&[], bounds);
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let (ident, vis) = (subject.ident, &subject.input.vis);
    quote! {
        #[automatically_derived]
        impl #parameters #ident #arguments #bounds {
            /// Fetches all components concurrently from the ambient sources.
            ///
            /// # Errors
            ///
            /// All components that could not be fetched, each with its source and its cause.
            #vis fn fetch_all_components() -> __cm::BoxFuture<'static, __cm::Result<Self, __cm::ComponentErrors>> {
                __cm::Box::pin(__cm::Fetch::<Self>::new().value())
            }

            /// Fetches all components concurrently from these sources.
            ///
            /// # Errors
            ///
            /// All components that could not be fetched, each with its source and its cause.
            #vis fn fetch_all_components_from(
                __sources: &__cm::Sources,
            ) -> __cm::BoxFuture<'static, __cm::Result<Self, __cm::ComponentErrors>> {
                __cm::Box::pin(__cm::Fetch::<Self>::new().sources(__sources).value())
            }

            /// Fetches all components concurrently, and returns the values together with the errors of the others.
            #vis fn fetch_partial() -> __cm::BoxFuture<'static, __cm::Partial<Self>> {
                __cm::Box::pin(__cm::Fetch::<Self>::new().partial())
            }

            /// Fetches all components concurrently, and reports what happened to each.
            ///
            /// # Errors
            ///
            /// All components that could not be fetched, each with its source and its cause.
            #vis fn fetch_with_report(
            ) -> __cm::BoxFuture<'static, __cm::Result<__cm::Fetched<Self>, __cm::ComponentErrors>> {
                __cm::Box::pin(__cm::Fetch::<Self>::new().report())
            }

            /// Fetches all components concurrently, within a deadline for the whole fetch.
            ///
            /// # Errors
            ///
            /// One error that contains those of all components, or reports that the deadline has passed.
            #vis fn fetch_with_resilience() -> __cm::BoxFuture<'static, __cm::Result<Self, __cm::ComponentError>> {
                __cm::Box::pin(__cm::Fetch::<Self>::new().resilient().combined())
            }

            /// Fetches all components concurrently, those from the cache that are fresh there.
            ///
            /// # Errors
            ///
            /// One error that contains those of all components.
            #vis fn fetch_with_cache() -> __cm::BoxFuture<'static, __cm::Result<Self, __cm::ComponentError>> {
                __cm::Box::pin(__cm::Fetch::<Self>::new().cached().combined())
            }
        }
    }
}
