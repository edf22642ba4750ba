//! The attempts of a call: what is sent, who stops waiting, and what is sent again after a pause.
//!
//! What always holds: the requests of components with different policies travel together. An attempt lasts as long as the
//! most patient component allows; each component leaves when its own attempts are spent, and the last one drops the call.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};

use super::{
    Progress,
    component::ComponentState,
    sent::{Asked, CallState, Phase, Sent},
};
use crate::{
    ErrorKind, SourceError, Version,
    bind::{CallId, Layer},
    cache::Follower,
    log, observed,
    policy::{
        breaker::{BreakerStatus, OwnedPermit, Rejected},
        guard::Guard,
        limit::LimitPermit,
        retry::Retry,
        stack::{CallOutcome, RequestOutcome},
        timeout,
    },
    span::Span,
};

/// What has to be started for a call.
pub(super) enum Launch {
    /// An attempt, with its span and the versions that are known.
    Attempt(CallId, Span, Asked, Vec<(usize, Version)>, LimitPermit),
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

/// How long a request waits before it asks again whether the probe of its own fetch has ended.
const PROBING: Duration = Duration::from_millis(5);

/// A request that may be sent again.
struct Again {
    retry: Retry,
    /// For how long its answer asked to wait.
    retry_after: Option<Duration>,
    kind: ErrorKind,
}

/// What the circuit breaker says to an attempt.
enum Admission {
    Goes,
    /// Not yet.
    Waits,
    Refused(SourceError),
}

impl Progress<'_, '_> {
    /// Begins an attempt of each of these calls.
    pub(super) fn launch_all(&mut self, calls: Vec<CallId>) -> Vec<Launch> {
        calls.into_iter().flat_map(|call| self.launch(call)).collect()
    }

    /// Begins an attempt, as far as nobody else has asked for the same.
    pub(super) fn launch(&mut self, call: CallId) -> Vec<Launch> {
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
            launches.extend(self.send_or_end(call, &waiting));
        }
        launches
    }

    /// Begins an attempt, or the wait for a permit, unless the circuit breaker is open; ends a call of which nothing is left
    /// to ask, or for which nobody waits: the cache has answered, or the components have moved to a call that follows.
    pub(super) fn send_or_end(&mut self, call: CallId, waiting: &[usize]) -> Vec<Launch> {
        let asks = self.states.sent(call).is_some_and(Sent::asks_for_something);
        if !asks || !self.is_awaited(call) {
            self.states.conclude(call);
            return Vec::new();
        }
        match self.ask_breaker(call, waiting) {
            Admission::Goes => self.send_when_admitted(call),
            Admission::Waits => self.wait_for_probe(call),
            Admission::Refused(error) => vec![Launch::Refuse(call, error)],
        }
    }

    /// Whether an attempt that repeats another one is within the budget of the registration; it is then taken from that. What
    /// another fetch repeats for this one costs nothing.
    fn pays_for_retry(&self, call: CallId) -> bool {
        let is_retry = self.states.sent(call).is_some_and(|sent| sent.attempts > 0);
        !is_retry || self.calls.get(call).guard.budget.try_retry(Instant::now())
    }

    /// Ends a call with the failures of its last attempt, since the budget of retries is spent.
    fn give_up_retrying(&mut self, call: CallId) -> Vec<Launch> {
        let (known, after) = (Arc::clone(self.calls.get(call)), self.run.started.elapsed());
        if let Some(sent) = self.states.sent_mut(call) {
            sent.give_up(&spent(&known.guard), known.requests.len());
        }
        self.hand_over(call);
        self.end_call(call, after);
        self.states.conclude(call);
        let needed = self.advance_all(call, after);
        self.launch_all(needed)
    }

    /// Whether a component that waits for a call is cached, or has a circuit breaker.
    fn is_guarded(&self, call: CallId) -> bool {
        let (known, mode) = (self.calls.get(call), self.run.mode);
        let is_guarded = |component: &ComponentState<'_>| {
            component.has_breaker(known, mode) || component.freshness(known, mode).is_some()
        };
        self.calls.asked_by(call).any(|position| is_guarded(&self.components[position]))
    }

    fn send_when_admitted(&mut self, call: CallId) -> Vec<Launch> {
        match self.calls.get(call).guard.limit.try_acquire() {
            Some(permit) => self.begin_attempt(call, permit),
            None => {
                self.pause_waits(call);
                vec![Launch::Queue(call)]
            }
        }
    }

    /// The limit admits a call that waited for it; the circuit breaker may have opened meanwhile.
    pub(super) fn admitted(&mut self, call: CallId, permit: LimitPermit) -> Vec<Launch> {
        let waiting = self.waiting_for(call);
        match self.ask_breaker(call, &waiting) {
            Admission::Goes => self.begin_attempt(call, permit),
            Admission::Waits => self.wait_for_probe(call),
            Admission::Refused(error) => vec![Launch::Refuse(call, error)],
        }
    }

    /// Asks the circuit breaker of the call, if it applies to a component that waits.
    fn ask_breaker(&mut self, call: CallId, waiting: &[usize]) -> Admission {
        let known = self.calls.get(call);
        let applies = |component: &usize| self.components[*component].has_breaker(known, self.run.mode);
        if !waiting.iter().any(applies) {
            return Admission::Goes;
        }
        let endpoint = known.requests.first().and_then(|request| request.endpoint()).unwrap_or_default();
        let breaker = known.guard.breaker(endpoint);
        match OwnedPermit::acquire(&breaker, Instant::now()) {
            Ok(permit) => {
                if let Some(sent) = self.states.sent_mut(call) {
                    sent.permit = Some(permit);
                }
                Admission::Goes
            }
            Err(Rejected { status: BreakerStatus::HalfOpen, .. }) if self.states.has_probe(&breaker) => {
                Admission::Waits
            }
            Err(rejected) => {
                known.guard.metrics.rejected();
                Admission::Refused(rejected.into())
            }
        }
    }

    /// Another request of this fetch is the probe, which tells whether this one may be sent.
    fn wait_for_probe(&mut self, call: CallId) -> Vec<Launch> {
        self.pause_waits(call);
        vec![Launch::Pause(call, PROBING)]
    }

    /// Tells the circuit breaker of the end of an attempt.
    fn tell_breaker(&mut self, call: CallId, failure: Option<&SourceError>) {
        let Some(sent) = self.states.sent_mut(call) else { return };
        let Some(permit) = sent.permit.take() else { return };
        let now = Instant::now();
        match failure {
            // Its state shows the failure.
            Some(error) if self.has_secret(call) => permit.failed(now, &error.clone().without_foreign_text()),
            Some(error) => permit.failed(now, error),
            None => permit.succeeded(now),
        }
    }

    /// An attempt has lasted longer than any component of this fetch waits: the circuit breaker is told, and the fetches that
    /// wait longer for the same ask for themselves.
    fn time_out(&mut self, call: CallId, error: &SourceError) {
        if let Some(sent) = self.states.sent_mut(call) {
            sent.end_attempt(Some(error.kind()));
            // What another fetch has asked may be stuck, though that one is not.
            sent.follows.take_if(|_| sent.phase == Phase::Following).into_iter().for_each(|lead| lead.doubt());
        }
        self.tell_breaker(call, Some(error));
        self.hand_over(call);
    }

    /// Tells the circuit breaker of an attempt that a deadline ends. It is the source's failure if it had half of its timeout;
    /// otherwise nothing is known of it.
    pub(super) fn blame(&mut self, call: CallId, error: &SourceError) {
        let Some(sent) = self.states.sent(call) else { return };
        let Some(began) = sent.began.filter(|_| sent.phase == Phase::Running && sent.permit.is_some()) else { return };
        let had = Instant::now().saturating_duration_since(began);
        if had >= self.longest_timeout(call) / 2 {
            self.tell_breaker(call, Some(error));
        }
    }

    /// The circuit breaker holds the attempt back.
    pub(super) fn refused(&mut self, call: CallId, error: &SourceError) -> Vec<Launch> {
        let after = self.run.started.elapsed();
        let outcome = self.failed_attempt(call, error);
        self.attempted(call, outcome, after)
    }

    /// The same failure for all requests of the current attempt.
    fn failed_attempt(&self, call: CallId, error: &SourceError) -> CallOutcome {
        let requests = self.calls.get(call).requests.len();
        let asked = if let Some(sent) = self.states.sent(call) { sent.asked.count(requests) } else { requests };
        CallOutcome::failed(asked, error)
    }

    /// Begins an attempt, and the time that its components wait for it, unless that runs already. A retry is charged to the
    /// budget only here, where nothing holds it back any more.
    fn begin_attempt(&mut self, call: CallId, mut permit: LimitPermit) -> Vec<Launch> {
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
        if let Some(ends) = ends {
            permit.lasts_until(&asked.guard.limit, ends);
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
        let has_answered = self.states.sent(call).is_some_and(Sent::has_answers);
        self.tell_breaker(call, outcome.all_failed().filter(|_| !has_answered));
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
            sent.asked = Asked::Some(asked);
        }
    }

    /// Whether a component with a secret is in a call, even if it waits no longer: the failure may be that of its request.
    fn has_secret(&mut self, call: CallId) -> bool {
        let components: Vec<_> = self.calls.asked_by(call).collect();
        components.into_iter().any(|position| self.components[position].has_secret(self.stage))
    }

    /// Prepares the next attempt of a call, or ends it. What has to wait for another time than the rest, because its own answer
    /// said so, goes on in a call of its own.
    fn retry(&mut self, call: CallId, after: Duration) -> Vec<Launch> {
        let wanted = self.wanted_again(call);
        let first = wanted.values().map(|again| again.retry_after).min().flatten();
        let (now, later): (BTreeMap<_, _>, BTreeMap<_, _>) =
            wanted.into_iter().partition(|(_, again)| again.retry_after == first);
        let mut launches = Vec::new();
        for request in later.into_keys() {
            let apart = self.retry_apart(call, request, after);
            launches.extend(self.retry(apart, after));
        }
        match self.retry_together(call, now) {
            Some(pause) => launches.push(pause),
            None => {
                self.end_call(call, after);
                self.states.conclude(call);
            }
        }
        launches
    }

    /// The requests of a call that failed and may be sent again, for the components that have attempts left.
    fn wanted_again(&self, call: CallId) -> BTreeMap<usize, Again> {
        let mut wanted: BTreeMap<usize, Again> = BTreeMap::new();
        let Some(sent) = self.states.sent(call) else { return wanted };
        for position in self.waiting_for(call) {
            let component = &self.components[position];
            let Some(layer) = component.layer_to_ask() else { continue };
            let Some(error) = sent.outcome(layer.request()).and_then(|outcome| outcome.transient_failure()) else {
                continue;
            };
            let own = component.retry(self.calls.get(call), self.run.mode);
            if component.attempts() >= own.attempts {
                continue;
            }
            let again = Again { retry: own, retry_after: error.retry_after(), kind: error.kind() };
            wanted.entry(layer.request()).and_modify(|known| known.retry = known.retry.merged(own)).or_insert(again);
        }
        wanted
    }

    /// Moves a request that failed into a call of its own, with the components that wait for it.
    fn retry_apart(&mut self, call: CallId, request: usize, after: Duration) -> CallId {
        let components: Vec<_> = self
            .waiting_for(call)
            .into_iter()
            .filter(|position| self.components[*position].waited_for().is_some_and(|layer| layer.request() == request))
            .collect();
        let apart = self.calls.move_out(call, request, components.clone());
        let mut moved = Sent::at(after);
        if let Some(sent) = self.states.sent_mut(call) {
            sent.joined -= components.len().min(sent.joined);
            (moved.since, moved.attempts, moved.joined) = (sent.since, sent.attempts, components.len());
            moved.give(0, 1, sent.outcome(request).cloned().unwrap_or_default());
        }
        self.states[apart] = CallState::Sent(Box::new(moved));
        for position in components {
            let component = &mut self.components[position];
            if let Some(layer) = component.waited_for() {
                component.take_layer(Layer::new((apart, 0), layer.timeout));
            }
        }
        apart
    }

    /// The pause before the next attempt of some requests of a call; none if there is none.
    fn retry_together(&mut self, call: CallId, wanted: BTreeMap<usize, Again>) -> Option<Launch> {
        let sent = self.states.sent(call)?;
        let retry = wanted.values().map(|again| again.retry).reduce(Retry::merged)?;
        let (retry_after, kind) = wanted.values().next_back().map(|again| (again.retry_after, again.kind))?;
        let guard = &self.calls.get(call).guard;
        let pause = retry.backoff.pause(sent.attempts, retry_after, guard.random.unit())?;
        let now = Instant::now();
        let is_in_time = self.run.deadline.is_none_or(|deadline| deadline.allows(now, pause));
        if !is_in_time {
            return None;
        }
        let asked = wanted.into_keys().collect();
        if !guard.budget.has_room(now) {
            let (spent, requests) = (spent(guard), self.calls.get(call).requests.len());
            if let Some(sent) = self.states.sent_mut(call) {
                sent.asked = Asked::Some(asked);
                sent.give_up(&spent, requests);
            }
            return None;
        }
        guard.metrics.retried();
        log::retry(guard.name(), sent.attempts, pause, kind);
        let sent = self.states.sent_mut(call)?;
        (sent.asked, sent.is_paused) = (Asked::Some(asked), true);
        self.pause_waits(call);
        Some(Launch::Pause(call, pause))
    }

    /// Ends the waits whose timeout has passed, and the attempts for which no component waits any more; returns what has to
    /// be started because of that, and the calls whose attempt is dropped.
    pub(super) fn stop_waiting(&mut self) -> (Vec<Launch>, Vec<CallId>) {
        let (now, after) = (Instant::now(), self.run.started.elapsed());
        let (mut dropped, mut over, mut failed) = (Vec::new(), BTreeMap::new(), Vec::new());
        while let Some(wait) = self.waiting.pop_over(now) {
            let component = &self.components[wait.component];
            if !component.waits(wait.ticket) {
                continue;
            }
            if wait.is_of_component() {
                dropped.extend(self.end_at_deadline(wait.component, after));
                continue;
            }
            let Some(layer) = component.layer_to_ask() else { continue };
            let call = layer.call();
            self.components[wait.component].count_attempt();
            let ended = self.states.sent(call).filter(|sent| sent.is_over(now)).map(Sent::attempt);
            let is_over = ended.is_some() || over.contains_key(&call);
            if !self.components[wait.component].has_attempts_left(self.calls.get(call), self.run.mode) {
                let error = timeout::exceeded(layer.timeout);
                self.fail(wait.component, &error, after);
                if is_over {
                    self.time_out(call, &error);
                }
                dropped.extend(self.leave(call, after));
                failed.push(wait.component);
            } else if !is_over {
                // Others wait longer: this goes on as its next attempt.
                self.prolong_wait(wait.component, now, layer.timeout);
            }
            if let Some(ended) = ended {
                over.entry(call).or_insert(ended);
            }
        }
        let mut launches = Vec::new();
        for (call, ended) in over {
            // It may have been answered, or begun again, meanwhile. Whoever has joined it ends with it.
            if self.states.sent(call).map(Sent::attempt) != Some(ended) {
                continue;
            }
            dropped.push(call);
            let error = timeout::exceeded(self.longest_timeout(call));
            self.time_out(call, &error);
            let outcome = self.failed_attempt(call, &error);
            launches.extend(self.attempted(call, outcome, after));
        }
        // Something else may cover the failure.
        let mut needed: Vec<_> = failed.into_iter().filter_map(|component| self.advance(component, after)).collect();
        needed.extend(self.settle(after));
        launches.extend(self.launch_all(needed));
        (launches, dropped)
    }

    /// Ends a component whose own deadline has passed; returns the calls that nobody waits for any more. What covers the
    /// failure and needs no waiting is still used, and so is the last known good value.
    fn end_at_deadline(&mut self, position: usize, after: Duration) -> Vec<CallId> {
        let error = timeout::component_deadline(self.components[position].deadline().unwrap_or_default());
        let error = self.with_last_failure(position, error);
        let call = self.components[position].waited_for().map(Layer::call);
        if let Some(call) = call {
            self.blame(call, &error);
        }
        self.fail(position, &error, after);
        let mut dropped: Vec<_> = call.and_then(|call| self.leave(call, after)).into_iter().collect();
        self.advance(position, after);
        let component = &self.components[position];
        if !component.is_done() && !component.is_loading() {
            let call = component.waited_for().map(Layer::call);
            self.fail(position, &error, after);
            dropped.extend(call.and_then(|call| self.leave(call, after)));
        }
        dropped
    }

    /// An error that ends a component, with the failure after which its next attempt was to come.
    pub(super) fn with_last_failure(&self, position: usize, error: SourceError) -> SourceError {
        let failure = self.components[position].waited_for().and_then(|layer| {
            let sent = self.states.sent(layer.call()).filter(|sent| sent.is_paused)?;
            sent.outcome(layer.request())?.transient_failure().cloned()
        });
        failure.into_iter().fold(error, SourceError::with_cause)
    }

    /// Records that a component no longer waits for a call; returns the call if that was the last one, so that it is dropped.
    fn leave(&mut self, call: CallId, after: Duration) -> Option<CallId> {
        if self.states.sent(call).is_none() || self.is_awaited(call) {
            return None;
        }
        self.end_call(call, after);
        self.states[call] = CallState::Idle;
        Some(call)
    }

    /// The components that wait for a call.
    pub(super) fn waiting_for(&self, call: CallId) -> Vec<usize> {
        self.calls.asked_by(call).filter(|component| self.waits_for(*component, call)).collect()
    }

    fn is_awaited(&self, call: CallId) -> bool {
        self.calls.asked_by(call).any(|component| self.waits_for(component, call))
    }

    fn waits_for(&self, component: usize, call: CallId) -> bool {
        self.components[component].waited_for().is_some_and(|layer| layer.call() == call)
    }

    /// Advances the components that need a call; returns the calls that must be sent for them next.
    pub(super) fn advance_all(&mut self, call: CallId, after: Duration) -> Vec<CallId> {
        let components: Vec<_> = self.calls.asked_by(call).collect();
        let mut needed: Vec<_> = components.iter().filter_map(|component| self.advance(*component, after)).collect();
        needed.extend(self.settle(after));
        needed
    }
}

/// Why an attempt is not repeated, which is counted and logged.
fn spent(guard: &Guard) -> String {
    guard.metrics.budget_exhausted();
    log::budget_exhausted(guard.name());
    format!("the budget of retries of `{}` is spent", guard.name())
}
