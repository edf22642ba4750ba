//! One attempt of a call, as its source sees it: the requests that it asks, a second attempt beside the first if that takes too
//! long, and an outcome for each request.
//!
//! The policies around it are the engine's, which knows the components that wait; `ARCHITECTURE.md` has their order.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    guard::Guard,
    hedge::{self, Hedge, Timing},
    limit::LimitPermit,
};
use crate::{
    Answer, BoxFuture, ErrorKind, Opaque, Reply, Request, SourceError, Version,
    bind::Call,
    cache::Hit,
    engine::Selection,
    registry::{Answers, DynAsked, DynSource},
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
    /// The circuit breaker has held the attempt back.
    Refused,
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

    pub(crate) fn shared(answer: Answer) -> Self {
        Self { origin: Origin::Shared, ..Self::sent_once(answer) }
    }

    pub(crate) fn cached(hit: &Hit) -> Self {
        Self { answer: Ok(hit.reply.clone()), attempts: 0, origin: Origin::Cached(hit.age) }
    }

    /// Why there is no answer. That there is no value is one.
    pub(crate) fn error(&self) -> Option<&SourceError> {
        self.answer.as_ref().err().filter(|error| error.kind() != ErrorKind::Absent)
    }

    /// Whether the source was asked, and did answer.
    pub(crate) fn is_answered(&self) -> bool {
        self.attempts > 0 && !self.answer.as_ref().is_err_and(SourceError::is_transient)
    }

    /// Whether its last attempt was not sent, since the circuit is open.
    pub(crate) fn is_refused(&self) -> bool {
        self.origin == Origin::Refused
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
    /// That the circuit breaker held back this many requests.
    pub(crate) fn refused(requests: usize, error: &SourceError) -> Self {
        let refused = RequestOutcome { origin: Origin::Refused, ..RequestOutcome::sent_once(Err(error.clone())) };
        Self::Many(vec![refused; requests])
    }

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

    /// The failure of an attempt that the source did not answer: of many requests it may answer some, as a cluster does of which
    /// one node is down, and is then not down itself.
    pub(crate) fn all_failed(&self) -> Option<&SourceError> {
        let failed = self.all().iter().all(|outcome| outcome.transient_failure().is_some());
        self.all().iter().find_map(RequestOutcome::transient_failure).filter(|_| failed)
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
        asked(call, &Selection::All, &[]).into_iter().map(|asked| call.source.fetch_immediate(asked)).collect();
    Some(CallOutcome::Many(answers?.into_iter().map(RequestOutcome::sent_once).collect()))
}

/// Sends an attempt of a call to its source, and returns its permit with the end. A request with a version that is known is
/// asked for a change from it; those are in the order of the requests.
///
/// # Cancel safety
/// Dropping it drops the source's future; nothing is left behind.
pub(crate) async fn send(
    call: Arc<Call>,
    requests: Selection,
    known: Vec<(usize, Version)>,
    permit: LimitPermit,
) -> CallOutcome {
    let ask = || call.source.call(asked(&call, &requests, &known));
    let answers = match call.guard.policies.hedging().filter(|_| !call.is_once()) {
        None => ask().await,
        Some(hedge) => hedged(&call.guard, hedge, &permit, ask).await,
    };
    match answers {
        Answers::One(answer) => CallOutcome::One(RequestOutcome::sent_once(answer)),
        Answers::Many(answers) => CallOutcome::Many(answers.into_iter().map(RequestOutcome::sent_once).collect()),
    }
}

/// Sends a request a second time if it takes too long.
async fn hedged<'c>(
    guard: &Guard,
    hedge: Hedge,
    permit: &LimitPermit,
    ask: impl Fn() -> BoxFuture<'c, Answers>,
) -> Answers {
    let delay = guard.latencies.delay(hedge);
    let first = async {
        let timing = Timing::begin(&guard.latencies, delay);
        let answers = ask().await;
        timing.end();
        answers
    };
    let Some(delay) = delay else { return first.await };
    let second = || {
        let permit = permit.another(&guard.limit)?;
        if !guard.budget.try_retry(Instant::now()) {
            return None;
        }
        guard.metrics.hedged();
        Some(async {
            let answers = ask().await;
            drop(permit);
            answers
        })
    };
    let is_good = |answers: &Answers| match answers {
        Answers::One(answer) => !is_transient(answer),
        Answers::Many(answers) => !answers.iter().any(is_transient),
    };
    hedge::hedged(first, delay, second, is_good, merged).await
}

/// Of two answers to each request the later one, unless only the earlier one is good.
fn merged(earlier: Answers, later: Answers) -> Answers {
    let better = |(earlier, later): (Answer, Answer)| match is_transient(&later) && !is_transient(&earlier) {
        true => earlier,
        false => later,
    };
    match (earlier, later) {
        (Answers::One(earlier), Answers::One(later)) => Answers::One(better((earlier, later))),
        (Answers::Many(earlier), Answers::Many(later)) if earlier.len() == later.len() => {
            Answers::Many(earlier.into_iter().zip(later).map(better).collect())
        }
        (_, later) => later,
    }
}

fn is_transient(answer: &Answer) -> bool {
    answer.as_ref().is_err_and(SourceError::is_transient)
}

/// Asks a source for one thing, or for several of a group.
///
/// # Cancel safety
/// Dropping it drops the source's future.
pub(crate) async fn ask(source: &dyn DynSource, asked: Vec<DynAsked<'_>>) -> Vec<Answer> {
    match source.call(asked).await {
        Answers::One(answer) => vec![answer],
        Answers::Many(answers) => answers,
    }
}

fn asked<'c>(call: &'c Call, requests: &Selection, known: &'c [(usize, Version)]) -> Vec<DynAsked<'c>> {
    let version = |request: usize| {
        let found = known.binary_search_by_key(&request, |(known, _)| *known).ok()?;
        known.get(found).map(|(_, version)| version)
    };
    let asked = |(position, request): (usize, &'c Request<Opaque>)| DynAsked {
        query: request.query(),
        known: if known.is_empty() { None } else { version(position) },
    };
    match requests {
        Selection::All => call.requests.iter().enumerate().map(asked).collect(),
        Selection::Some(positions) => positions
            .iter()
            .filter_map(|position| Some((*position, call.requests.get(*position)?)))
            .map(asked)
            .collect(),
    }
}
