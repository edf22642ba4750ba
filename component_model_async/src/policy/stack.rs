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

use super::timeout;
use crate::{
    Answer, SourceError,
    bind::Call,
    registry::{Answers, DynSource},
};

/// What came of a call.
pub(crate) struct CallOutcome {
    /// An answer to each request, or why there is none to any.
    pub(crate) answers: Result<Answers, SourceError>,
    /// How often the source was asked.
    pub(crate) attempts: u32,
}

/// What the source knows without waiting of the only request of a call: there is nothing that a policy could bound or
/// repeat.
pub(crate) fn fetch_immediate(source: &dyn DynSource, call: &Call) -> Option<Answer> {
    match &call.requests[..] {
        [request] => source.fetch_immediate(request),
        _ => None,
    }
}

/// The same of a call with several requests, or for several components: all of its answers or none.
pub(crate) fn fetch_all_immediate(source: &dyn DynSource, call: &Call) -> Option<CallOutcome> {
    let answers: Option<Vec<_>> = call.requests.iter().map(|request| source.fetch_immediate(request)).collect();
    Some(CallOutcome { answers: Ok(Answers::Many(answers?)), attempts: 1 })
}

/// Sends a call through the policies to its source.
///
/// # Cancel safety
/// Dropping it drops the source's future; nothing is left behind.
pub(crate) async fn send(source: &dyn DynSource, call: &Call) -> CallOutcome {
    let answers = timeout::attempt(call.policy.timeout, source.call(&call.requests)).await;
    CallOutcome { answers, attempts: 1 }
}
