//! Which components are cached, and what the cache does with the answers of an attempt.

use std::{sync::Arc, time::Duration};

use component_model_types::plan::Policy;
use tokio::time::Instant;

use super::mode::Mode;
use crate::{
    Answer, ErrorKind, Policies, Reply, SourceError, Version,
    bind::{Call, Identity},
    cache::{Cache, Freshness, Hit, LeadGuard, Started},
};

/// For how long `fetch_with_cache` uses a value for which nothing else is set.
const TTL: Duration = Duration::from_secs(60);

/// How old a value of a component may be: as its attributes say, the registration, or the mode, in this order. `None` if it
/// is not cached: a time of zero, which only a registration can have, says that too.
pub(crate) fn freshness(attributes: &Policy<'_>, registration: &Policies, mode: Mode) -> Option<Freshness> {
    let ttl = attributes.ttl.or(registration.time_to_live()).or(mode.cached.then_some(TTL));
    let stale_for = attributes.stale_for.or(registration.longest_staleness());
    let (ttl, stale_for) = (ttl.unwrap_or_default(), stale_for.unwrap_or_default());
    if ttl.is_zero() && stale_for.is_zero() {
        return None;
    }
    let refresh_ahead = attributes.refresh_ahead.or(registration.time_to_refresh()).unwrap_or_default();
    Some(Freshness { ttl, stale_for, refresh_ahead })
}

/// The key of a request in the cache.
pub(crate) fn key(call: &Call, request: usize) -> Option<Identity> {
    Some((Arc::clone(&call.name), call.requests.get(request)?.query().clone()))
}

/// What becomes of the answer to one request of an attempt.
pub(crate) struct Stored {
    pub(crate) request: usize,
    pub(crate) storing: Storing,
}

pub(crate) enum Storing {
    /// It is stored.
    Store(Identity, Started),
    /// It is stored, and other fetches wait for it. The value whose version is sent with the request, if there is one.
    Lead(LeadGuard, Option<Hit>),
}

impl Stored {
    pub(crate) fn key(&self) -> &Identity {
        match &self.storing {
            Storing::Store(key, _) => key,
            Storing::Lead(lead, _) => lead.key(),
        }
    }

    /// The version that the source is asked for a change from.
    pub(crate) fn known(&self) -> Option<&Version> {
        if let Storing::Lead(_, known) = &self.storing { known.as_ref()?.version() } else { None }
    }

    /// Stores an answer; returns it as the components are to see it.
    pub(crate) fn store(self, cache: &Cache, answer: Answer, now: Instant) -> Answer {
        let answer = match self.storing {
            Storing::Store(key, started) => {
                if let Ok(reply) = &answer {
                    cache.store(&key, reply, started, now);
                }
                answer
            }
            Storing::Lead(lead, known) => lead.finish(&answer, known.as_ref(), now),
        };
        match answer {
            Ok(Reply::Unchanged { .. }) => Err(SourceError::new(
                ErrorKind::Unavailable,
                "the value expired while its source was asked whether it had changed",
            )),
            answer => answer,
        }
    }
}
