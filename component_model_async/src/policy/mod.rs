//! How a component is fetched: one file for each policy, and their order in [`stack`].
//!
//! What always holds: a policy does not depend on fields or sources, and is disabled or cheap by default.

#[cfg_attr(not(test), expect(dead_code, reason = "the stack does not retry yet"))]
pub(crate) mod backoff;
pub mod breaker;
#[cfg_attr(not(test), expect(dead_code, reason = "the stack does not retry yet"))]
pub(crate) mod budget;
pub(crate) mod deadline;
pub(crate) mod fallback;
#[cfg_attr(not(test), expect(dead_code, reason = "the stack does not limit requests yet"))]
pub(crate) mod limit;
#[cfg_attr(not(test), expect(dead_code, reason = "the stack does not retry yet"))]
pub(crate) mod random;
pub(crate) mod stack;
pub(crate) mod sync;
pub(crate) mod timeout;
pub(crate) mod window;
