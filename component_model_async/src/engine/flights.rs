//! Single-flight: what another fetch has asked already is waited for, and not asked again.
//!
//! What always holds: whoever leads a request holds nothing that others need before it is sent, and whoever follows one holds
//! neither a permit of the limit nor one of the circuit breaker, so that leaders and followers cannot block each other.
//! Whoever leads shows in short intervals that it is still polled.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{
    Progress,
    sending::Launch,
    sent::{CallState, Phase, Sent},
};
use crate::{
    Answer,
    bind::{Call, CallId, Layer},
    cache::{Followed, Follower, Freshness, LeadGuard, RENEWAL},
    policy::{
        caching::{self, Stored, Storing},
        stack::{CallOutcome, RequestOutcome},
    },
};

/// A request that is cached, for the components that wait for it.
struct Cached {
    request: usize,
    /// How old an answer may be for all of them; `None` if one of them wants an answer to its own request.
    shared: Option<Freshness>,
    /// Whether one of them is sensitive.
    sensitive: bool,
}

impl Progress<'_, '_> {
    /// Joins the flights of the requests that the next attempt asks; returns the waits for those that others lead.
    pub(super) fn join_flights(&mut self, call: CallId, waiting: &[usize]) -> Vec<Launch> {
        let known = Arc::clone(self.calls.get(call));
        let cached = self.cached(&known, waiting);
        if cached.is_empty() {
            return Vec::new();
        }
        let Some(sent) = self.states.sent(call) else { return Vec::new() };
        let joined: HashSet<_> = sent.stored.iter().map(|stored| stored.request).collect();
        let shared: Vec<_> = cached
            .into_iter()
            .filter(|cached| sent.asks(cached.request) && !joined.contains(&cached.request))
            .filter_map(|cached| Some((caching::key(&known, cached.request)?, cached.shared?, cached)))
            .collect();
        let joined = self.run.cache.join_many(shared.iter().map(|(key, ..)| key));
        let mut answered = Vec::new();
        for (index, lead) in joined.lead {
            let (_, freshness, cached) = &shared[index];
            if !self.lead(call, cached.request, lead.sensitive(cached.sensitive), *freshness) {
                answered.push(cached.request);
            }
        }
        self.leave_out(call, answered);
        let follow = joined.follow.into_iter().map(|(index, follower)| (shared[index].2.request, follower));
        self.follow(call, &known, waiting, follow.collect())
    }

    /// Leaves requests out of the next attempt of a call.
    fn leave_out(&mut self, call: CallId, requests: Vec<usize>) {
        let all = self.calls.get(call).requests.len();
        if let Some(sent) = self.states.sent_mut(call) {
            sent.leave_out(requests, all);
        }
    }

    /// Takes the lead for a request, unless another one has answered it since the cache was asked: then it is to be left out.
    fn lead(&mut self, call: CallId, request: usize, lead: LeadGuard, freshness: Freshness) -> bool {
        let now = Instant::now();
        let key = lead.key().clone();
        let requests = self.calls.get(call).requests.len();
        let lead = lead.unless_fresh(freshness, now);
        let Some(sent) = self.states.sent_mut(call) else { return true };
        match lead {
            Ok(lead) => {
                let known = self.run.cache.get(&key, now).filter(|hit| hit.version().is_some());
                self.renewal.get_or_insert(now + RENEWAL);
                sent.stored.push(Stored { request, storing: Storing::Lead(lead, known) });
                true
            }
            Err(hit) => {
                sent.give(request, requests, RequestOutcome::cached(&hit));
                false
            }
        }
    }

    /// Shows those who follow that this fetch still runs, if it is time to.
    pub(super) fn renew_leads(&mut self) {
        let now = Instant::now();
        if self.renewal.is_none_or(|renewal| renewal > now) {
            return;
        }
        let mut leads = self.states.leads().peekable();
        self.renewal = leads.peek().map(|_| now + RENEWAL);
        leads.for_each(LeadGuard::renew);
    }

    /// Waits for requests that other fetches lead, each in a call of its own, so that the others do not wait for it.
    fn follow(
        &mut self,
        call: CallId,
        known: &Call,
        waiting: &[usize],
        followed: Vec<(usize, Follower)>,
    ) -> Vec<Launch> {
        if followed.is_empty() {
            return Vec::new();
        }
        if known.requests.len() == 1 {
            if self.states.sent(call).is_some_and(|sent| sent.phase == Phase::Before) {
                self.begin_waits(call, Instant::now());
            }
            if let Some(sent) = self.states.sent_mut(call) {
                (sent.phase, sent.is_paused) = (Phase::Following, false);
                sent.follows = followed.first().map(|(_, follower)| follower.led());
            }
            return followed.into_iter().map(|(_, follower)| Launch::Follow(call, follower)).collect();
        }
        let mut moved: HashMap<_, Vec<_>> = followed.iter().map(|(request, _)| (*request, Vec::new())).collect();
        for position in waiting {
            let layer = self.components[*position].waited_for().filter(|layer| layer.call() == call);
            if let Some(components) = layer.and_then(|layer| moved.get_mut(&layer.request())) {
                components.push(*position);
            }
        }
        if let Some(sent) = self.states.sent_mut(call) {
            let leaving: usize = moved.values().map(Vec::len).sum();
            sent.joined -= leaving.min(sent.joined);
        }
        self.leave_out(call, followed.iter().map(|(request, _)| *request).collect());
        let since = self.run.started.elapsed();
        let follow = |(request, follower): (usize, Follower)| {
            let components = moved.remove(&request).unwrap_or_default();
            let alone = self.follow_alone(call, request, components, since);
            if let Some(sent) = self.states.sent_mut(alone) {
                sent.follows = Some(follower.led());
            }
            Launch::Follow(alone, follower)
        };
        followed.into_iter().map(follow).collect()
    }

    /// Moves a request, with the components that wait for it, into a call of its own that follows.
    fn follow_alone(&mut self, call: CallId, request: usize, components: Vec<usize>, since: Duration) -> CallId {
        let own = self.calls.move_out(call, &[request], components.clone());
        let mut sent = Sent::at(since);
        (sent.joined, sent.phase) = (components.len(), Phase::Following);
        self.states[own] = CallState::Sent(Box::new(sent));
        for position in components {
            let component = &mut self.components[position];
            if let Some(layer) = component.waited_for() {
                component.take_layer(Layer::new((own, 0), layer.timeout));
            }
        }
        self.begin_waits(own, Instant::now());
        own
    }

    /// Following has ended: with the answer of the leader, or with the lead.
    pub(super) fn followed(&mut self, call: CallId, followed: Followed) -> Vec<Launch> {
        let after = self.run.started.elapsed();
        let waiting = self.waiting_for(call);
        match followed {
            Followed::Answer(answer) => self.answered_by_another(call, answer),
            Followed::Lead(lead) => {
                let known = Arc::clone(self.calls.get(call));
                let Some(cached) = self.cached(&known, &waiting).pop() else {
                    // Those who wait now want an answer to a request of their own.
                    drop(lead);
                    if let Some(sent) = self.states.sent_mut(call) {
                        sent.phase = Phase::Before;
                    }
                    return self.launch(call);
                };
                let freshness = cached.shared.unwrap_or_default();
                if !self.lead(call, cached.request, lead.sensitive(cached.sensitive), freshness) {
                    self.leave_out(call, vec![cached.request]);
                }
                let mut launches = Vec::new();
                let needed = self.advance_all(call, after);
                launches.extend(self.launch_all(needed));
                launches.extend(self.send_or_end(call));
                launches
            }
        }
    }

    fn answered_by_another(&mut self, call: CallId, answer: Answer) -> Vec<Launch> {
        self.calls.get(call).guard.metrics.shared();
        if let Some(sent) = self.states.sent_mut(call) {
            sent.attempts += 1;
        }
        for position in self.waiting_for(call) {
            self.components[position].count_attempt();
        }
        let after = self.run.started.elapsed();
        self.attempted(call, CallOutcome::One(RequestOutcome::shared(answer)), after)
    }

    /// Notes, for the answers of an attempt that begins, what the cache does with those that nobody leads.
    pub(super) fn begin_to_store(&mut self, call: CallId, waiting: &[usize]) {
        let known = Arc::clone(self.calls.get(call));
        let cached = self.cached(&known, waiting);
        let Some(sent) = self.states.sent_mut(call) else { return };
        let joined: HashSet<_> = sent.stored.iter().map(|stored| stored.request).collect();
        for cached in cached {
            let is_new = !joined.contains(&cached.request) && sent.asks(cached.request);
            if let Some(key) = caching::key(&known, cached.request).filter(|_| is_new) {
                let started = self.run.cache.start().sensitive(cached.sensitive);
                sent.stored.push(Stored { request: cached.request, storing: Storing::Store(key, started) });
            }
        }
    }

    /// Stores the answers of an attempt, and gives them to the fetches that wait for them.
    pub(super) fn store(&mut self, call: CallId, outcome: CallOutcome) -> CallOutcome {
        let Some(sent) = self.states.sent_mut(call) else { return outcome };
        if sent.stored.is_empty() {
            return outcome;
        }
        let mut stored: HashMap<_, _> =
            std::mem::take(&mut sent.stored).into_iter().map(|stored| (stored.request, stored)).collect();
        let requests = sent.asked.clone().positions(self.calls.get(call).requests.len());
        let now = Instant::now();
        let (cache, unproven) = (self.run.cache, &mut self.unproven);
        let stored = |(request, outcome): (usize, RequestOutcome)| match stored.remove(&request) {
            Some(stored) => {
                let key = stored.key().clone();
                let outcome = RequestOutcome::sent_once(stored.store(cache, outcome.answer, now));
                if cache.is_unproven(&key) {
                    unproven.push(key);
                }
                outcome
            }
            None => outcome,
        };
        CallOutcome::Many(requests.into_iter().zip(outcome.into_all()).map(stored).collect())
    }

    /// Tells the cache that what it has stored is right, unless a component has found it wrong.
    pub(super) fn approve(&mut self) {
        for key in self.unproven.drain(..) {
            self.run.cache.approve(&key);
        }
    }

    /// Leaves what this fetch leads to the fetches that wait longer.
    pub(super) fn hand_over(&mut self, call: CallId) {
        if let Some(sent) = self.states.sent_mut(call) {
            sent.stored.clear();
        }
    }

    /// The requests of a call that are cached, for the components that wait for them.
    fn cached(&mut self, call: &Call, waiting: &[usize]) -> Vec<Cached> {
        let mut all: Vec<Cached> = Vec::new();
        let is_cached = |position: &usize| self.components[*position].freshness(call, self.run.mode).is_some();
        if !waiting.iter().any(is_cached) {
            return all;
        }
        // The position in `all` of each request.
        let mut known = HashMap::new();
        for position in waiting {
            let component = &self.components[*position];
            let Some(request) = component.waited_for().map(Layer::request) else { continue };
            let shared = component.trusted_freshness(call, self.run.mode);
            let sensitive = component.has_secret(self.stage);
            let next = all.len();
            match all.get_mut(*known.entry(request).or_insert(next)) {
                Some(cached) => {
                    cached.sensitive |= sensitive;
                    let stricter = |(one, other): (Freshness, Freshness)| if one.ttl < other.ttl { one } else { other };
                    cached.shared = cached.shared.zip(shared).map(stricter);
                }
                None => all.push(Cached { request, shared, sensitive }),
            }
        }
        all
    }
}
