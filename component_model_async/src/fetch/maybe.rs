//! What a struct that cannot be fetched answers: what is missing, instead of "no function found".

use crate::{BoxFuture, ComponentError, ComponentErrors, Components, Sources};

/// The functions that the derive generates, for every type: a type without them gets the compiler's message of
/// [`Components`]. Those of the derive take precedence.
#[doc(hidden)]
pub trait MaybeFetched: Sized {
    #[must_use]
    fn fetch_all_components() -> BoxFuture<'static, Result<Self, ComponentErrors>>
    where
        Self: Components,
    {
        Box::pin(Self::fetch().value())
    }

    #[must_use]
    fn fetch_all_components_from(sources: &Sources) -> BoxFuture<'static, Result<Self, ComponentErrors>>
    where
        Self: Components,
    {
        Box::pin(Self::fetch().sources(sources).value())
    }

    #[must_use]
    fn fetch_with_resilience() -> BoxFuture<'static, Result<Self, ComponentError>>
    where
        Self: Components,
    {
        Box::pin(Self::fetch().resilient().combined())
    }

    #[must_use]
    fn fetch_with_cache() -> BoxFuture<'static, Result<Self, ComponentError>>
    where
        Self: Components,
    {
        Box::pin(Self::fetch().cached().combined())
    }
}

impl<T> MaybeFetched for T {}
