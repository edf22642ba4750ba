//! How a component is fetched: one file for each policy, and their order in [`stack`].
//!
//! What always holds: a policy does not depend on fields or sources, and is disabled or cheap by default.

pub(crate) mod backoff;
pub mod breaker;
pub(crate) mod budget;
pub(crate) mod caching;
pub(crate) mod deadline;
pub(crate) mod fallback;
pub(crate) mod guard;
pub(crate) mod hedge;
pub(crate) mod limit;
pub(crate) mod mode;
pub(crate) mod random;
pub(crate) mod retry;
pub(crate) mod stack;
pub(crate) mod sync;
pub(crate) mod timeout;
pub(crate) mod window;
