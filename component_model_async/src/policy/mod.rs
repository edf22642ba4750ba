//! How a component is fetched: one file a policy, their order in [`stack`].
//!
//! What always holds: a policy knows no field and no source, and each is off or cheap unless it is asked for.

pub(crate) mod deadline;
pub(crate) mod fallback;
pub(crate) mod stack;
pub(crate) mod timeout;
