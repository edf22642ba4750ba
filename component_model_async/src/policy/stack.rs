//! The order of the policies, in one place.
//!
//! From the outside in:
//!
//! 1. the [deadline](super::deadline) of the whole fetch,
//! 2. the [fallback](super::fallback) of the component,
//! 3. the [timeout](super::timeout) of the attempt,
//! 4. the source.
//!
//! The first two hold for a component, with all its layers, and are applied by the engine; the others for a call, which
//! may serve many components, and are applied here.

use tokio::runtime::Handle;

use super::timeout;
use crate::{ErrorKind, SourceError, bind::Call, source::Answers};

/// What came of a call.
pub(crate) struct Called {
    /// An answer to each request, or why there is none to any.
    pub(crate) answers: Result<Answers, SourceError>,
    /// How often the source was asked.
    pub(crate) attempts: u32,
}

/// What the source of a call knows without waiting: there is nothing that a policy could bound or repeat.
pub(crate) fn at_hand(call: &Call) -> Option<Called> {
    let answers = call.source.at_hand(&call.requests)?;
    Some(Called { answers: Ok(answers), attempts: 1 })
}

/// Sends a call through the policies to its source.
///
/// # Cancel safety
/// Dropping it drops the source's future; nothing is left behind.
pub(crate) async fn send(call: &Call) -> Called {
    if Handle::try_current().is_err() {
        let error = SourceError::new(ErrorKind::Misconfigured, "the fetch runs outside of a tokio runtime")
            .with_hint("await it within `#[tokio::main]`, `#[tokio::test]` or `Runtime::block_on`");
        return Called { answers: Err(error), attempts: 0 };
    }
    let answers = timeout::attempt(call.policy.timeout, call.source.call(&call.requests)).await;
    Called { answers, attempts: 1 }
}
