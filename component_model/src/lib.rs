//! Placeholder.

pub use component_model_types::plan;

#[cfg(feature = "async")]
pub use component_model_async::*;
#[cfg(all(feature = "async", feature = "derive"))]
pub use component_model_meta::AsyncAssign;

/// Everything that a struct with components needs.
pub mod prelude {
    #[cfg(feature = "async")]
    pub use component_model_async::{
        AsyncAssign, ComponentError, ComponentErrors, ComponentFetcher, FutureAssign, SecretString, Sources,
    };
    #[cfg(all(feature = "async", feature = "derive"))]
    pub use component_model_meta::AsyncAssign;
}

/// What generated code names; not for people.
#[doc(hidden)]
pub mod __private {
    pub use ::core::result::Result;
    pub use ::std::{boxed::Box, vec, vec::Vec};
    #[cfg(feature = "async")]
    pub use component_model_async::{
        Assignment, AsyncAssign, BoxFuture, ComponentError, ComponentErrors, Components, Fetch, Fetched, IntoComponent,
        Partial, Receive, Slot, Sources,
    };
    pub use component_model_types::{
        Shared, Unambiguous,
        plan::{Component, Key, Plan, Planned, Policy},
    };
}
