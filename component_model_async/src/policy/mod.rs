//! How a component is fetched: one file a policy, their order in [`stack`].
//!
//! What always holds: a policy knows no field and no source, and each is off or cheap where nobody asks for it.

pub(crate) mod deadline;
pub(crate) mod fallback;
pub(crate) mod stack;
pub(crate) mod timeout;

use std::time::Duration;

use component_model_types::plan::Component;

/// The policies of a call; calls that differ in them are never merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallPolicy {
    /// The longest that one attempt may take.
    pub(crate) timeout: Duration,
}

/// The policies of the calls that a component makes: its own, otherwise the defaults.
pub(crate) fn of_call(component: &Component) -> CallPolicy {
    CallPolicy { timeout: component.policy.timeout.unwrap_or(timeout::DEFAULT) }
}
