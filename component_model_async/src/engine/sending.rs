//! The attempts of a call, from the first component that needs it to the answer.
//!
//! What always holds: the requests of components with different policies travel together. What admits an attempt is in
//! `admission`, what is sent again in `retrying`, and who stops waiting in `waiting`.

use std::{collections::HashSet, time::Duration};

use tokio::{sync::oneshot, time::Instant};

use super::{
    Progress,
    admission::Admission,
    component::ComponentState,
    sent::{CallState, Phase, Selection, Sent},
};
use crate::{
    SourceError, Version,
    bind::{CallId, Layer},
    cache::Follower,
    observed,
    policy::{
        breaker::OwnedPermit,
        limit::LimitPermit,
        stack::{CallOutcome, RequestOutcome},
        timeout,
    },
    span::Span,
};

/// What has to be started for a call.
pub(super) enum Launch {
    /// An attempt, with its span and the versions that are known.
    Attempt(CallId, Span, Selection, Vec<(usize, Version)>, LimitPermit),
    /// The wait for what another fetch has asked.
    Follow(CallId, Follower),
    /// Nothing: the circuit breaker is open.
    Refuse(CallId, SourceError),
    /// The wait for a permit, since the limit of the source is reached.
    Queue(CallId),
    /// The pause before the next attempt.
    Pause(CallId, Duration),
    /// Nothing for now: a deadline that has passed ends the wait, unless somebody joins the call.
    Hold(CallId, oneshot::Receiver<()>),
}

impl Progress<'_, '_> {
    /// Begins an attempt of each of these calls.
    pub(super) fn launch_all(&mut self, calls: Vec<CallId>) -> Vec<Launch> {
        calls.into_iter().flat_map(|call| self.launch(call)).collect()
    }

    /// Begins an attempt, as far as nobody else has asked for the same.
    pub(super) fn launch(&mut self, call: CallId) -> Vec<Launch> {
        if self.states.sent(call).is_some_and(|sent| sent.attempts > 0) {
            self.leave_out_abandoned(call);
        }
        if !self.is_guarded(call) {
            return self.send_when_admitted(call);
        }
        let waiting = self.waiting_for(call);
        self.leave_out_cached(call, &waiting);
        let mut launches = self.join_flights(call, &waiting);
        if self.states.sent(call).is_some_and(|sent| sent.has_outcomes()) {
            let after = self.run.started.elapsed();
            let needed = self.advance_all(call, after);
            launches.extend(self.launch_all(needed));
        }
        if !self.states.sent(call).is_some_and(|sent| sent.phase == Phase::Following) {
            launches.extend(self.send_or_end(call));
        }
        launches
    }

    /// Begins an attempt, or the wait for a permit, unless the circuit breaker is open; ends a call of which nothing is left
    /// to ask, or for which nobody waits: the cache has answered, or the components have moved to a call that follows.
    pub(super) fn send_or_end(&mut self, call: CallId) -> Vec<Launch> {
        let asks = self.states.sent(call).is_some_and(Sent::asks_for_something);
        if !asks || !self.is_awaited(call) {
            self.states.conclude(call);
            return Vec::new();
        }
        match self.ask_breaker(call, &self.waiting_for(call)) {
            Admission::Goes => self.send_when_admitted(call),
            held_back => self.hold_back(call, held_back),
        }
    }

    /// Whether a component that waits for a call is cached, or has a circuit breaker.
    fn is_guarded(&self, call: CallId) -> bool {
        let (known, mode) = (self.calls.get(call), self.run.mode);
        let is_guarded = |component: &ComponentState<'_>| {
            component.has_breaker(known, mode) || component.freshness(known, mode).is_some()
        };
        self.calls.asked_by(call).any(|position| is_guarded(&self.components[position]))
    }

    /// Begins an attempt, and the time that its components wait for it, unless that runs already. A retry is charged to the
    /// budget only here, where nothing holds it back any more.
    pub(super) fn begin_attempt(&mut self, call: CallId, mut permit: LimitPermit) -> Vec<Launch> {
        if !self.pays_for_retry(call) {
            return self.give_up_retrying(call);
        }
        let now = Instant::now();
        if self.states.sent(call).is_some_and(|sent| sent.phase != Phase::Running) {
            self.begin_waits(call, now);
        }
        if self.is_guarded(call) {
            let waiting = self.waiting_for(call);
            self.begin_to_store(call, &waiting);
        }
        let (Some(sent), asked) = (self.states.sent_mut(call), self.calls.get(call)) else { return Vec::new() };
        let known = sent.stored.iter().filter_map(|stored| Some((stored.request, stored.known()?.clone())));
        let mut known: Vec<_> = known.collect();
        known.sort_unstable_by_key(|(request, _)| *request);
        if sent.attempts == 0 {
            asked.guard.budget.record_request(now);
        }
        (sent.phase, sent.began) = (Phase::Running, Some(now));
        let ends = sent.ends.filter(|_| !sent.is_endless).and_then(|ends| ends.checked_add(timeout::GRACE));
        if let (Some(held), Some(ends)) = (&sent.permit, ends) {
            held.lasts_until(ends);
        }
        let is_probe = sent.permit.as_ref().is_some_and(OwnedPermit::is_probe);
        if is_probe {
            permit.for_one_request();
        }
        if let Some(ends) = ends {
            let is_hedged = asked.guard.policies.hedging().is_some() && !is_probe;
            permit.lasts_until(&asked.guard.limit, ends, is_hedged);
        }
        sent.loan = permit.loan();
        sent.attempts += 1;
        sent.sends += 1;
        sent.is_paused = false;
        let requests = sent.asked.count(asked.requests.len());
        let observed = sent.observed.insert(observed::Request::begin(&asked.guard, requests, sent.attempts, now));
        vec![Launch::Attempt(call, observed.span().clone(), sent.asked.clone(), known, permit)]
    }

    /// Gives the answers of an attempt to the components that wait for them; returns what has to be started next.
    pub(super) fn answered(&mut self, call: CallId, outcome: CallOutcome) -> Vec<Launch> {
        let after = self.run.started.elapsed();
        let error = outcome.all().iter().find_map(RequestOutcome::error).map(SourceError::kind);
        if let Some(sent) = self.states.sent_mut(call) {
            sent.end_attempt(error);
        }
        let outcome = self.store(call, outcome);
        self.tell_breaker(call, outcome.all_failed());
        let Some(sent) = self.states.sent(call) else { return Vec::new() };
        let launches = if sent.is_ended_by(&outcome) {
            self.end_call(call, after);
            self.states[call] = CallState::Answered(Box::new(outcome));
            let needed = self.advance_all(call, after);
            self.launch_all(needed)
        } else {
            for position in self.waiting_for(call) {
                self.components[position].count_attempt();
            }
            self.attempted(call, outcome, after)
        };
        self.approve();
        launches
    }

    /// The attempt of a call is over, and may have to be repeated.
    pub(super) fn attempted(&mut self, call: CallId, outcome: CallOutcome, after: Duration) -> Vec<Launch> {
        let requests = self.calls.get(call).requests.len();
        let Some(sent) = self.states.sent_mut(call) else { return Vec::new() };
        sent.take(outcome, requests);
        let mut launches = self.retry(call, after);
        let needed = self.advance_all(call, after);
        launches.extend(self.launch_all(needed));
        launches
    }

    /// Leaves out of a further attempt what nobody waits for any more.
    pub(super) fn leave_out_abandoned(&mut self, call: CallId) {
        let waiting = self.waiting_for(call);
        let requests = self.calls.get(call).requests.len();
        let requested = |position: &usize| self.components[*position].waited_for().map(Layer::request);
        let awaited: HashSet<_> = waiting.iter().filter_map(requested).collect();
        if let Some(sent) = self.states.sent_mut(call) {
            sent.leave_out((0..requests).filter(|request| !awaited.contains(request)).collect(), requests);
        }
    }

    /// Leaves out of the first attempt what the cache had for all components that were to ask for it.
    fn leave_out_cached(&mut self, call: CallId, waiting: &[usize]) {
        let Some(sent) = self.states.sent(call) else { return };
        if sent.attempts > 0 || !self.cached.iter().any(|(cached, _)| *cached == call) {
            return;
        }
        let requested = |position: &usize| self.components[*position].waited_for().map(Layer::request);
        let awaited: HashSet<_> = waiting.iter().filter_map(requested).collect();
        let cached: HashSet<_> =
            self.cached.iter().filter(|(cached, _)| *cached == call).map(|(_, cached)| *cached).collect();
        let is_asked = |request: &usize| !cached.contains(request) || awaited.contains(request);
        let asked = (0..self.calls.get(call).requests.len()).filter(is_asked).collect();
        if let Some(sent) = self.states.sent_mut(call) {
            sent.asked = Selection::Some(asked);
        }
    }

    /// Advances the components that need a call; returns the calls that must be sent for them next.
    pub(super) fn advance_all(&mut self, call: CallId, after: Duration) -> Vec<CallId> {
        let components: Vec<_> = self.calls.asked_by(call).collect();
        let mut needed: Vec<_> = components.iter().filter_map(|component| self.advance(*component, after)).collect();
        needed.extend(self.settle(after));
        needed
    }
}
