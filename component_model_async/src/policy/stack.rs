//! The order of the policies, in one place.
//!
//! From the outside in:
//!
//! 1. the [deadline](super::deadline) of the whole fetch, and that of the component,
//! 2. the [default and the fallback](super::fallback) of the component,
//! 3. the cache: a value that is fresh for the component is used without a request,
//! 4. the [retries](super::retry) with their pauses and their [budget](super::budget),
//! 5. the [circuit breaker](super::breaker) of the endpoint,
//! 6. the [limit](super::limit) on parallel attempts,
//! 7. the [timeout](super::timeout) of the attempt, which begins when the limit admits it,
//! 8. the [single-flight](super::caching) of the cache: fetches that want the same at the same time send one request,
//! 9. the source.
//!
//! The engine applies all but the last two: it knows which components wait for a request, and with which policies. Those are
//! applied here to an attempt, which may answer many components. It has an outcome for each of its requests, so that each
//! can be treated separately (one of them is repeated, another is not).

use std::{sync::Arc, time::Duration};

use super::{
    caching::{self, Cached},
    limit::LimitPermit,
};
use crate::{
    Answer, ErrorKind, Reply, SourceError,
    bind::Call,
    cache::{Cache, Hit},
    engine::Asked,
    registry::{Answers, DynAsked},
};

/// How often a request is sent if no policy repeats it.
pub(crate) const ONCE: u32 = 1;

/// The outcome of one request of a call.
#[derive(Debug, Clone)]
pub(crate) struct RequestOutcome {
    pub(crate) answer: Answer,
    /// How often the source was asked.
    pub(crate) attempts: u32,
    pub(crate) origin: Origin,
}

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The source was asked for it.
    Source,
    /// Another fetch has asked the source for it.
    Shared,
    /// It was in the cache for this long.
    Cached(Duration),
    /// Nobody was asked.
    Nowhere,
}

/// A request that was not sent.
impl Default for RequestOutcome {
    fn default() -> Self {
        Self { answer: Ok(Reply::ABSENT), attempts: 0, origin: Origin::Nowhere }
    }
}

impl RequestOutcome {
    pub(crate) fn sent_once(answer: Answer) -> Self {
        Self { answer, attempts: ONCE, origin: Origin::Source }
    }

    pub(crate) fn cached(hit: &Hit) -> Self {
        Self { answer: Ok(hit.reply.clone()), attempts: 0, origin: Origin::Cached(hit.age) }
    }

    /// Whether the source was asked.
    pub(crate) fn is_of_source(&self) -> bool {
        self.origin == Origin::Source
    }

    /// Why there is no answer. That there is no value is one.
    pub(crate) fn error(&self) -> Option<&SourceError> {
        self.answer.as_ref().err().filter(|error| error.kind() != ErrorKind::Absent)
    }

    /// The failure of the source, if another attempt may succeed. An open circuit breaker is none: to ask again is what it
    /// prevents.
    pub(crate) fn transient_failure(&self) -> Option<&SourceError> {
        let may_heal = |error: &&SourceError| error.is_transient() && error.kind() != ErrorKind::CircuitOpen;
        self.answer.as_ref().err().filter(may_heal)
    }
}

/// The outcome of a call: the outcome of each request, in their order.
pub(crate) enum CallOutcome {
    One(RequestOutcome),
    Many(Vec<RequestOutcome>),
}

impl CallOutcome {
    /// The same failure for this many requests.
    pub(crate) fn failed(requests: usize, error: &SourceError) -> Self {
        Self::Many(vec![RequestOutcome::sent_once(Err(error.clone())); requests])
    }

    pub(crate) fn get(&self, request: usize) -> Option<&RequestOutcome> {
        self.all().get(request)
    }

    pub(crate) fn all(&self) -> &[RequestOutcome] {
        match self {
            Self::One(outcome) => std::slice::from_ref(outcome),
            Self::Many(outcomes) => outcomes,
        }
    }

    pub(crate) fn into_all(self) -> Vec<RequestOutcome> {
        match self {
            Self::One(outcome) => vec![outcome],
            Self::Many(outcomes) => outcomes,
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
    let answers: Option<Vec<_>> =
        asked(call, &Asked::All).into_iter().map(|asked| call.source.fetch_immediate(asked)).collect();
    Some(CallOutcome::Many(answers?.into_iter().map(RequestOutcome::sent_once).collect()))
}

/// What an attempt holds until its end.
pub(crate) struct Permitted {
    pub(crate) cache: Cache,
    pub(crate) _limit: LimitPermit,
}

/// Sends an attempt of a call to its source, past the cache unless a request is cached.
///
/// # Cancel safety
/// Dropping it drops the source's future; nothing is left behind.
pub(crate) async fn send(call: Arc<Call>, requests: Asked, cached: Vec<Cached>, permit: Permitted) -> CallOutcome {
    if !cached.is_empty() {
        let requests = requests.positions(call.requests.len());
        return caching::send(&permit.cache, &call, &requests, &cached).await;
    }
    match call.source.call(asked(&call, &requests)).await {
        Answers::One(answer) => CallOutcome::One(RequestOutcome::sent_once(answer)),
        Answers::Many(answers) => CallOutcome::Many(answers.into_iter().map(RequestOutcome::sent_once).collect()),
    }
}

fn asked<'c>(call: &'c Call, requests: &Asked) -> Vec<DynAsked<'c>> {
    let asked = |request: &'c crate::Request<crate::Opaque>| DynAsked { query: request.query(), known: None };
    match requests {
        Asked::All => call.requests.iter().map(asked).collect(),
        Asked::Some(positions) => {
            positions.iter().filter_map(|position| call.requests.get(*position)).map(asked).collect()
        }
    }
}
