//! The cache around the attempts of a call: what is asked of the source, what another fetch asks already, and what is stored.
//!
//! What always holds: a component without a `ttl` gets an answer to its own request; requests of which the cache has the
//! answer, or for which another fetch waits, do not reach the source; of a group only the rest does.

use std::{sync::Arc, time::Duration};

use component_model_types::plan::Policy;
use futures_util::future::{join, join_all};
use tokio::time::Instant;

use super::{
    mode::Mode,
    stack::{CallOutcome, Origin, RequestOutcome},
};
use crate::{
    Answer, Policies,
    bind::{Call, Identity},
    cache::{Cache, Followed, Follower, Freshness, Hit, LeadGuard, Started},
    registry::{Answers, DynAsked},
};

/// For how long `fetch_with_cache` uses a value for which nothing else is set.
const TTL: Duration = Duration::from_secs(60);

/// How old a value of a component may be: as its attributes say, the registration, or the mode, in this order. `None` if it
/// is not cached.
pub(crate) fn freshness(attributes: &Policy<'_>, registration: &Policies, mode: Mode) -> Option<Freshness> {
    let ttl = attributes.ttl.or(registration.time_to_live()).or(mode.cached.then_some(TTL));
    let stale_for = attributes.stale_for.or(registration.longest_staleness());
    let refresh_ahead = attributes.refresh_ahead.or(registration.time_to_refresh()).unwrap_or_default();
    let is_cached = ttl.is_some() || stale_for.is_some();
    is_cached.then(|| Freshness {
        ttl: ttl.unwrap_or_default(),
        stale_for: stale_for.unwrap_or_default(),
        refresh_ahead,
    })
}

/// The key of a request in the cache.
pub(crate) fn key(call: &Call, request: usize) -> Option<Identity> {
    Some((Arc::clone(&call.name), call.requests.get(request)?.query().clone()))
}

/// What the cache does for one request of an attempt.
pub(crate) struct Cached {
    pub(crate) request: usize,
    /// How old an answer may be for the most generous component; `None` if one of them wants an answer to its own request.
    pub(crate) shared: Option<Freshness>,
    /// Whether a sensitive component waits for it.
    pub(crate) sensitive: bool,
}

/// Sends an attempt with requests that are cached.
///
/// # Cancel safety
/// Dropping it drops the source's future. A fetch that waits for one of the answers asks for it itself.
pub(crate) async fn send(cache: &Cache, call: &Call, requests: &[usize], cached: &[Cached]) -> CallOutcome {
    let mut attempt = Attempt { cache, call, outcomes: vec![None; requests.len()], sending: Vec::new() };
    let followers = attempt.join(requests, cached);
    let Attempt { outcomes, sending, .. } = attempt;
    let follow = followers
        .into_iter()
        .map(|(position, cached, follower)| async move { (position, followed(call, cached, follower).await) });
    let (sent, followed) = join(send_all(cache, call, sending), join_all(follow)).await;
    let mut outcomes = outcomes;
    for (position, outcome) in sent.into_iter().chain(followed) {
        outcomes[position] = Some(outcome);
    }
    CallOutcome::Many(outcomes.into_iter().map(Option::unwrap_or_default).collect())
}

/// What an attempt does for each of its requests.
struct Attempt<'a> {
    cache: &'a Cache,
    call: &'a Call,
    outcomes: Vec<Option<RequestOutcome>>,
    sending: Vec<Sending>,
}

/// A request that goes to the source.
struct Sending {
    position: usize,
    request: usize,
    storing: Storing,
    known: Option<Hit>,
}

/// What becomes of the answer to a request.
enum Storing {
    Nothing,
    /// It is stored.
    Store(Identity, Started),
    /// It is stored, and others wait for it.
    Lead(LeadGuard),
}

impl Attempt<'_> {
    /// Joins the flights of the requests that may be shared; returns those that others lead.
    fn join<'c>(&mut self, requests: &[usize], cached: &'c [Cached]) -> Vec<(usize, &'c Cached, Follower)> {
        let now = Instant::now();
        let of = |request: &usize| cached.iter().find(|cached| cached.request == *request);
        let mut shared = Vec::new();
        for (position, request) in requests.iter().enumerate() {
            let key = key(self.call, *request);
            match (of(request), key) {
                (Some(cached @ Cached { shared: Some(freshness), .. }), Some(key)) => {
                    shared.push((position, cached, *freshness, key));
                }
                (Some(cached), Some(key)) => {
                    let started = self.cache.start().sensitive(cached.sensitive);
                    self.send(position, *request, Storing::Store(key, started), None);
                }
                _ => self.send(position, *request, Storing::Nothing, None),
            }
        }
        let joined = self.cache.join_many(shared.iter().map(|(.., key)| key));
        for (index, lead) in joined.lead {
            let (position, cached, freshness, key) = &shared[index];
            match lead.sensitive(cached.sensitive).unless_fresh(*freshness, now) {
                Ok(lead) => {
                    let known = self.cache.get(key, now).filter(|hit| hit.version().is_some());
                    self.send(*position, cached.request, Storing::Lead(lead), known);
                }
                Err(hit) => self.outcomes[*position] = Some(RequestOutcome::cached(&hit)),
            }
        }
        let follow = joined.follow.into_iter();
        follow.map(|(index, follower)| (shared[index].0, shared[index].1, follower)).collect()
    }

    fn send(&mut self, position: usize, request: usize, storing: Storing, known: Option<Hit>) {
        self.sending.push(Sending { position, request, storing, known });
    }
}

/// Sends the requests that go to the source, in one round trip.
async fn send_all(cache: &Cache, call: &Call, sending: Vec<Sending>) -> Vec<(usize, RequestOutcome)> {
    if sending.is_empty() {
        return Vec::new();
    }
    let asked = sending.iter().map(|one| DynAsked {
        query: call.requests[one.request].query(),
        known: one.known.as_ref().and_then(Hit::version),
    });
    let answers = match call.source.call(asked.collect()).await {
        Answers::One(answer) => vec![answer],
        Answers::Many(answers) => answers,
    };
    let now = Instant::now();
    let outcome = |(one, answer): (Sending, Answer)| {
        let answer = match one.storing {
            Storing::Nothing => answer,
            Storing::Store(key, started) => {
                if let Ok(reply) = &answer {
                    cache.store(&key, reply, started, now);
                }
                answer
            }
            Storing::Lead(lead) => lead.finish(&answer, one.known.as_ref(), now),
        };
        (one.position, RequestOutcome::sent_once(answer))
    };
    sending.into_iter().zip(answers).map(outcome).collect()
}

/// Waits for the answer to a request that another fetch has sent, or sends it if that one gives up.
async fn followed(call: &Call, cached: &Cached, follower: Follower) -> RequestOutcome {
    let lead = match follower.await {
        Followed::Answer(answer) => {
            call.guard.metrics.shared();
            return RequestOutcome { origin: Origin::Shared, ..RequestOutcome::sent_once(answer) };
        }
        Followed::Lead(lead) => lead.sensitive(cached.sensitive),
    };
    let asked = vec![DynAsked { query: call.requests[cached.request].query(), known: None }];
    let answer = match call.source.call(asked).await {
        Answers::One(answer) => answer,
        Answers::Many(mut answers) => {
            answers.pop().unwrap_or_else(|| Err(crate::SourceError::wrong_number_of_answers(0, 1)))
        }
    };
    RequestOutcome::sent_once(lead.finish(&answer, None, Instant::now()))
}
