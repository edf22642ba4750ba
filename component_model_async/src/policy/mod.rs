//! How a component is fetched: one file for each policy, and their order in [`stack`].
//!
//! What always holds: a policy does not depend on fields or sources, and is disabled or cheap by default.

pub(crate) mod deadline;
pub(crate) mod fallback;
pub(crate) mod stack;
pub(crate) mod timeout;
