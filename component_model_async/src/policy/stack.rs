//! The order of the policies, in one place.
//!
//! From the outside in:
//!
//! 1. the [deadline](super::deadline) of the whole fetch,
//! 2. the [default and the fallback](super::fallback) of the component,
//! 3. the [timeout](super::timeout) of its attempt,
//! 4. the source.
//!
//! The engine applies the first three to each component. The last is applied here to a call, which may answer many
//! components. A call returns an outcome for each of its requests, so that a policy can treat them separately (repeat
//! one of them, take another from a cache).

use std::sync::Arc;

use crate::{
    Answer,
    bind::Call,
    registry::{Answers, DynAsked},
};

/// How often a request is sent if no policy repeats it.
pub(crate) const ONCE: u32 = 1;

/// The outcome of one request of a call.
pub(crate) struct RequestOutcome {
    pub(crate) answer: Answer,
    /// How often the source was asked.
    pub(crate) attempts: u32,
}

/// The outcome of a call: the outcome of each request, in their order.
pub(crate) enum CallOutcome {
    One(RequestOutcome),
    Many(Vec<RequestOutcome>),
}

impl CallOutcome {
    pub(crate) fn get(&self, request: usize) -> Option<&RequestOutcome> {
        match self {
            Self::One(outcome) => Some(outcome),
            Self::Many(outcomes) => outcomes.get(request),
        }
    }
}

/// The immediate answer of the source to the only request of a call: there is nothing that a policy could bound or
/// repeat.
pub(crate) fn fetch_immediate(call: &Call) -> Option<Answer> {
    match &call.requests[..] {
        [request] => call.source.fetch_immediate(DynAsked { query: request.query(), known: None }),
        _ => None,
    }
}

/// The same for a call with several requests, or for several components: all of its answers or none.
pub(crate) fn fetch_all_immediate(call: &Call) -> Option<CallOutcome> {
    let answers: Option<Vec<_>> = asked(call).map(|asked| call.source.fetch_immediate(asked)).collect();
    Some(CallOutcome::Many(answers?.into_iter().map(sent_once).collect()))
}

/// Sends a call through the policies to its source.
///
/// # Cancel safety
/// Dropping it drops the source's future; nothing is left behind.
pub(crate) async fn send(call: Arc<Call>) -> CallOutcome {
    match call.source.call(asked(&call).collect()).await {
        Answers::One(answer) => CallOutcome::One(sent_once(answer)),
        Answers::Many(answers) => CallOutcome::Many(answers.into_iter().map(sent_once).collect()),
    }
}

fn asked(call: &Call) -> impl Iterator<Item = DynAsked<'_>> {
    call.requests.iter().map(|request| DynAsked { query: request.query(), known: None })
}

fn sent_once(answer: Answer) -> RequestOutcome {
    RequestOutcome { answer, attempts: ONCE }
}
