//! The attempts of a call: what is sent, who stops waiting, and what is sent again after a pause.
//!
//! What always holds: the requests of components with different policies travel together. An attempt lasts as long as the
//! most patient component allows; each component leaves when its own attempts are spent, and the last one drops the call.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Progress,
    sent::{Asked, CallState, Phase},
    waiting::Wait,
};
use crate::{
    ErrorKind, SourceError, log, observed,
    policy::{
        breaker::OwnedPermit,
        caching::Cached,
        limit::LimitPermit,
        retry::Retry,
        stack::{CallOutcome, RequestOutcome},
        timeout,
    },
    span::Span,
};

/// What has to be started for a call.
pub(super) enum Launch {
    /// An attempt, with what the cache does for its requests.
    Attempt(usize, Span, Asked, Vec<Cached>, LimitPermit),
    /// Nothing: the circuit breaker is open.
    Refuse(usize, SourceError),
    /// The wait for a permit, since the limit of the source is reached.
    Queue(usize),
    /// The pause before the next attempt.
    Pause(usize, Duration),
}

impl Progress<'_, '_> {
    /// Begins an attempt of each of these calls.
    pub(super) fn launch_all(&mut self, calls: Vec<usize>) -> Vec<Launch> {
        calls.into_iter().filter_map(|call| self.launch(call)).collect()
    }

    /// Begins an attempt, or the wait for a permit, unless the circuit breaker is open.
    pub(super) fn launch(&mut self, call: usize) -> Option<Launch> {
        if let Err(error) = self.ask_breaker(call) {
            return Some(Launch::Refuse(call, error));
        }
        match self.calls.get(call).guard.limit.try_acquire() {
            Some(permit) => self.begin_attempt(call, permit),
            None => {
                self.pause_waits(call);
                Some(Launch::Queue(call))
            }
        }
    }

    /// Asks the circuit breaker of the call, if it applies to a component that waits.
    fn ask_breaker(&mut self, call: usize) -> Result<(), SourceError> {
        let known = self.calls.get(call);
        let applies = |component: &usize| self.components[*component].has_breaker(known, self.run.mode);
        if !self.waiting_for(call).iter().any(applies) {
            return Ok(());
        }
        let endpoint = known.requests.first().and_then(|request| request.endpoint()).unwrap_or_default();
        let permit = OwnedPermit::acquire(&known.guard.breaker(endpoint), Instant::now());
        let permit = permit.inspect_err(|_| known.guard.metrics.rejected())?;
        if let CallState::Sent(sent) = &mut self.states[call] {
            sent.permit = Some(permit);
        }
        Ok(())
    }

    /// Tells the circuit breaker of the end of an attempt.
    fn tell_breaker(&mut self, call: usize, failure: Option<&SourceError>) {
        let CallState::Sent(sent) = &mut self.states[call] else { return };
        let Some(permit) = sent.permit.take() else { return };
        let now = Instant::now();
        match failure {
            // Its state shows the failure.
            Some(error) if self.has_secret(call) => permit.failed(now, &error.clone().without_foreign_text()),
            Some(error) => permit.failed(now, error),
            None => permit.succeeded(now),
        }
    }

    /// The circuit breaker holds the attempt back.
    pub(super) fn refused(&mut self, call: usize, error: &SourceError) -> Vec<Launch> {
        let after = self.run.started.elapsed();
        let outcome = self.failed_attempt(call, error);
        self.attempted(call, outcome, after)
    }

    /// The same failure for all requests of the current attempt.
    fn failed_attempt(&self, call: usize, error: &SourceError) -> CallOutcome {
        let requests = self.calls.get(call).requests.len();
        let asked = if let CallState::Sent(sent) = &self.states[call] { sent.asked.count(requests) } else { requests };
        CallOutcome::failed(asked, error)
    }

    /// Begins an attempt, and the time that its components wait for it, unless that runs already.
    pub(super) fn begin_attempt(&mut self, call: usize, permit: LimitPermit) -> Option<Launch> {
        let now = Instant::now();
        if matches!(&self.states[call], CallState::Sent(sent) if !sent.is_running()) {
            self.begin_waits(call, now);
        }
        self.leave_out_cached(call);
        let cached = self.cached_requests(call);
        let (CallState::Sent(sent), known) = (&mut self.states[call], self.calls.get(call)) else { return None };
        if sent.attempts == 0 {
            known.guard.budget.record_request(now);
        }
        sent.phase = Phase::Running;
        sent.attempts += 1;
        sent.paused_after = None;
        let requests = sent.asked.count(known.requests.len());
        let observed = sent.observed.insert(observed::Request::begin(&known.guard, requests, sent.attempts, now));
        Some(Launch::Attempt(call, observed.span().clone(), sent.asked.clone(), cached, permit))
    }

    /// Gives the answers of an attempt to the components that wait for them; returns what has to be started next.
    pub(super) fn answered(&mut self, call: usize, outcome: CallOutcome) -> Vec<Launch> {
        let after = self.run.started.elapsed();
        let mut of_source = outcome.all().iter().filter(|outcome| outcome.is_of_source()).peekable();
        let was_asked = of_source.peek().is_some();
        let error = of_source.clone().find_map(RequestOutcome::error);
        let failure = of_source.find_map(RequestOutcome::transient_failure);
        let CallState::Sent(sent) = &mut self.states[call] else { return Vec::new() };
        if was_asked {
            sent.end_attempt(error.map(SourceError::kind));
            self.tell_breaker(call, failure);
        } else {
            // The cache had the answers, or other fetches have asked.
            (sent.permit, sent.attempts) = (None, sent.attempts - 1);
            if let Some(observed) = sent.observed.take() {
                observed.end_without_request();
            }
        }
        let CallState::Sent(sent) = &self.states[call] else { return Vec::new() };
        if sent.is_ended_by(&outcome) {
            self.end_call(call, after);
            self.states[call] = CallState::Answered(Box::new(outcome));
            let needed = self.advance_all(call, after);
            return self.launch_all(needed);
        }
        for position in self.waiting_for(call) {
            self.components[position].count_attempt();
        }
        self.attempted(call, outcome, after)
    }

    /// The attempt of a call is over, and may have to be repeated.
    fn attempted(&mut self, call: usize, outcome: CallOutcome, after: Duration) -> Vec<Launch> {
        let requests = self.calls.get(call).requests.len();
        let CallState::Sent(sent) = &mut self.states[call] else { return Vec::new() };
        sent.take(outcome, requests);
        let mut launches: Vec<_> = self.retry(call).into_iter().collect();
        if launches.is_empty() {
            self.end_call(call, after);
            if let CallState::Sent(sent) = std::mem::replace(&mut self.states[call], CallState::Idle) {
                self.states[call] = CallState::Answered(Box::new(sent.into_outcome()));
            }
        }
        let needed = self.advance_all(call, after);
        let waiting = self.waiting_for(call).len();
        if let CallState::Sent(sent) = &mut self.states[call] {
            sent.waiting = waiting;
        }
        launches.extend(self.launch_all(needed));
        launches
    }

    /// Leaves out of the first attempt what the cache had for all components that were to ask for it.
    fn leave_out_cached(&mut self, call: usize) {
        let CallState::Sent(sent) = &self.states[call] else { return };
        if sent.attempts > 0 || !self.cached.iter().any(|(cached, _)| *cached == call) {
            return;
        }
        let awaited: Vec<_> =
            self.waiting_for(call).into_iter().filter_map(|position| self.requested_by(position)).collect();
        let is_left_out = |request: &usize| self.cached.contains(&(call, *request)) && !awaited.contains(request);
        let asked = (0..self.calls.get(call).requests.len()).filter(|request| !is_left_out(request)).collect();
        if let CallState::Sent(sent) = &mut self.states[call] {
            sent.asked = Asked::Some(asked);
        }
    }

    fn has_secret(&mut self, call: usize) -> bool {
        self.waiting_for(call).into_iter().any(|position| self.components[position].has_secret(self.stage))
    }

    fn requested_by(&self, position: usize) -> Option<usize> {
        self.components[position].waited_for().map(|layer| layer.request())
    }

    /// What the cache does for the requests of a call, for which components wait.
    fn cached_requests(&mut self, call: usize) -> Vec<Cached> {
        let known = Arc::clone(self.calls.get(call));
        let mut cached: Vec<Cached> = Vec::new();
        let waiting = self.waiting_for(call);
        let is_cached = |position: &usize| self.components[*position].freshness(&known, self.run.mode).is_some();
        if !waiting.iter().any(is_cached) {
            return cached;
        }
        for position in waiting {
            let component = &self.components[position];
            let Some(request) = component.waited_for().map(|layer| layer.request()) else { continue };
            let (shared, sensitive) = (component.freshness(&known, self.run.mode), component.has_secret(self.stage));
            match cached.iter_mut().find(|cached| cached.request == request) {
                Some(cached) => {
                    cached.sensitive |= sensitive;
                    cached.shared =
                        cached.shared.zip(shared).map(|(one, other)| if one.ttl > other.ttl { one } else { other });
                }
                None => cached.push(Cached { request, shared, sensitive }),
            }
        }
        cached
    }

    /// Prepares the next attempt of a call, for the components that have attempts left.
    fn retry(&mut self, call: usize) -> Option<Launch> {
        let waiting = self.waiting_for(call);
        let CallState::Sent(sent) = &self.states[call] else { return None };
        let (mut asked, mut retry, mut retry_after, mut last) = (Vec::new(), None::<Retry>, None, None);
        for position in waiting {
            let component = &self.components[position];
            let Some(layer) = component.layer_to_ask() else { continue };
            let Some(error) = sent.outcome(layer.request()).and_then(|outcome| outcome.transient_failure()) else {
                continue;
            };
            let own = component.retry(self.calls.get(call), self.run.mode);
            if component.attempts() >= own.attempts {
                continue;
            }
            asked.push(layer.request());
            retry_after = retry_after.max(error.retry_after());
            retry = Some(retry.map_or(own, |retry| retry.merged(own)));
            last = Some(error.clone());
        }
        let guard = &self.calls.get(call).guard;
        let pause = retry?.backoff.pause(sent.attempts, retry_after, guard.random.unit())?;
        let now = Instant::now();
        let is_in_time = self.run.deadline.is_none_or(|deadline| deadline.allows(now, pause));
        if !is_in_time {
            return None;
        }
        if !guard.budget.try_retry(now) {
            guard.metrics.budget_exhausted();
            log::budget_exhausted(guard.name());
            return None;
        }
        guard.metrics.retried();
        log::retry(guard.name(), sent.attempts, pause, last.as_ref().map_or(ErrorKind::Other, SourceError::kind));
        asked.sort_unstable();
        asked.dedup();
        let CallState::Sent(sent) = &mut self.states[call] else { return None };
        (sent.asked, sent.paused_after) = (Asked::Some(asked.into()), last);
        self.pause_waits(call);
        Some(Launch::Pause(call, pause))
    }

    /// Ends the waits whose timeout has passed, and the attempts for which no component waits any more; returns what has to
    /// be started because of that, and the calls whose attempt is dropped.
    pub(super) fn stop_waiting(&mut self) -> (Vec<Launch>, Vec<usize>) {
        let (now, after) = (Instant::now(), self.run.started.elapsed());
        let (mut dropped, mut over, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(wait) = self.waiting.pop_over(now) {
            let component = &self.components[wait.component];
            if !component.waits(wait.ticket) {
                continue;
            }
            if wait.is_of_component() {
                dropped.extend(self.end_at_deadline(wait.component, after));
                failed.push(wait.component);
                continue;
            }
            let Some(layer) = component.layer_to_ask() else { continue };
            let call = layer.call();
            self.components[wait.component].count_attempt();
            let is_over =
                matches!(&self.states[call], CallState::Sent(sent) if sent.ends.is_some_and(|ends| ends <= now));
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
                self.add_wait(wait.component, now, layer.timeout);
            }
            if is_over && !over.contains(&call) {
                over.push(call);
            }
        }
        let mut launches = Vec::new();
        for call in over {
            if !matches!(self.states[call], CallState::Sent(_)) {
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

    /// An attempt has lasted as long as the most patient component allows.
    fn time_out(&mut self, call: usize, error: &SourceError) {
        if let CallState::Sent(sent) = &mut self.states[call] {
            sent.end_attempt(Some(error.kind()));
        }
        self.tell_breaker(call, Some(error));
    }

    /// Ends a component whose own deadline has passed; returns the call that nobody waits for any more.
    fn end_at_deadline(&mut self, position: usize, after: Duration) -> Option<usize> {
        let component = &self.components[position];
        let error = timeout::component_deadline(component.deadline().unwrap_or_default());
        let error = self.with_last_failure(position, error);
        let call = self.components[position].waited_for().map(|layer| layer.call());
        self.fail(position, &error, after);
        self.leave(call?, after)
    }

    /// An error that ends a component, with the failure after which its next attempt was to come.
    pub(super) fn with_last_failure(&self, position: usize, error: SourceError) -> SourceError {
        let waited_for = self.components[position].waited_for();
        match waited_for.map(|layer| &self.states[layer.call()]) {
            Some(CallState::Sent(sent)) => sent.paused_after.iter().cloned().fold(error, SourceError::with_cause),
            _ => error,
        }
    }

    /// Records that a component no longer waits for a call; returns the call if that was the last one, so that it is dropped.
    fn leave(&mut self, call: usize, after: Duration) -> Option<usize> {
        let CallState::Sent(sent) = &mut self.states[call] else { return None };
        sent.waiting = sent.waiting.saturating_sub(1);
        if sent.waiting > 0 {
            return None;
        }
        self.end_call(call, after);
        self.states[call] = CallState::Idle;
        Some(call)
    }

    /// The components that wait for a call.
    fn waiting_for(&self, call: usize) -> Vec<usize> {
        let waits =
            |component: &usize| self.components[*component].waited_for().is_some_and(|layer| layer.call() == call);
        self.calls.asked_by(call).into_iter().filter(waits).collect()
    }

    /// Advances the components that need a call; returns the calls that must be sent for them next.
    fn advance_all(&mut self, call: usize, after: Duration) -> Vec<usize> {
        let components = self.calls.asked_by(call);
        let mut needed: Vec<_> = components.iter().filter_map(|component| self.advance(*component, after)).collect();
        needed.extend(self.settle(after));
        needed
    }

    fn begin_waits(&mut self, call: usize, since: Instant) {
        for position in self.waiting_for(call) {
            if let Some(layer) = self.components[position].waited_for() {
                self.add_wait(position, since, layer.timeout);
            }
        }
    }

    /// Nobody's time runs until the next attempt begins.
    fn pause_waits(&mut self, call: usize) {
        if let CallState::Sent(sent) = &mut self.states[call] {
            (sent.phase, sent.ends) = (Phase::Before, None);
        }
        for position in self.waiting_for(call) {
            self.components[position].next_ticket();
        }
    }

    /// Makes a component stop waiting for its call after its timeout.
    pub(super) fn add_wait(&mut self, position: usize, since: Instant, timeout: Duration) {
        let component = &mut self.components[position];
        let ticket = component.next_ticket();
        let Some(layer) = component.layer_to_ask() else { return };
        // The instant is out of range: then only the deadline or the caller ends the wait.
        let Some(until) = since.checked_add(timeout) else { return };
        self.waiting.add(Wait { until, component: position, ticket });
        if let CallState::Sent(sent) = &mut self.states[layer.call()] {
            sent.ends = sent.ends.max(Some(until));
        }
    }

    /// The longest timeout of the components that wait for a call.
    fn longest_timeout(&self, call: usize) -> Duration {
        let timeouts = self.waiting_for(call).into_iter().filter_map(|position| self.components[position].waited_for());
        timeouts.map(|layer| layer.timeout).max().unwrap_or(timeout::DEFAULT)
    }
}
