//! When each component stops waiting for the call that it needs, and what ends with that.
//!
//! What always holds: an attempt lasts as long as the most patient component allows; each component leaves when its own attempts
//! are spent, and the last one drops the call.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};

use super::{
    Progress,
    sending::Launch,
    sent::{CallState, Phase, Sent},
};
use crate::{
    SourceError,
    bind::{CallId, Layer},
    policy::timeout,
};

/// Which part of its timeout is not worth a request for one that has followed another fetch. Many fetches that begin together
/// end together.
const NEARLY_OVER: u32 = 8;

/// One component that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wait {
    /// When it stops waiting.
    pub(super) until: Instant,
    pub(super) component: usize,
    /// Which of its waits this is.
    pub(super) ticket: u32,
}

impl Wait {
    /// The ticket of the wait for the component itself, which ends at its own deadline.
    pub(super) const OF_COMPONENT: u32 = u32::MAX;

    pub(super) fn is_of_component(&self) -> bool {
        self.ticket == Self::OF_COMPONENT
    }
}

/// The waits, with the one that ends first at the top. A wait that was answered stays until it reaches the top.
#[derive(Default)]
pub(super) struct Waiting(BinaryHeap<Reverse<Wait>>);

impl Waiting {
    pub(super) fn add(&mut self, wait: Wait) {
        self.0.push(Reverse(wait));
    }

    /// When the first of the current waits ends.
    pub(super) fn first_end(&mut self, goes_on: impl Fn(Wait) -> bool) -> Option<Instant> {
        while let Some(Reverse(wait)) = self.0.peek() {
            if goes_on(*wait) {
                return Some(wait.until);
            }
            self.0.pop();
        }
        None
    }

    /// The next wait that has ended by now.
    pub(super) fn pop_over(&mut self, now: Instant) -> Option<Wait> {
        self.0.peek().filter(|wait| wait.0.until <= now)?;
        self.0.pop().map(|wait| wait.0)
    }
}

impl Progress<'_, '_> {
    /// Whether the deadline that ends the wait for a call has passed, though its timer has not fired yet. What others give up
    /// at the same time is not taken for such a call, nor by one that has followed them as long, or nearly so.
    pub(super) fn is_too_late(&self, call: CallId) -> bool {
        let now = Instant::now();
        let is_over = |position: &usize| {
            let deadline = self.components[*position].deadline();
            deadline.and_then(|deadline| self.run.started.checked_add(deadline)).is_some_and(|end| end <= now)
        };
        let waiting = self.waiting_for(call);
        self.has_followed_long(call, now)
            || self.run.deadline.is_some_and(|deadline| deadline.is_over(now))
            || (!waiting.is_empty() && waiting.iter().all(is_over))
    }

    /// Whether a call follows another fetch, and hardly any of its time is left.
    fn has_followed_long(&self, call: CallId, now: Instant) -> bool {
        let Some(sent) = self.states.sent(call) else { return false };
        let is_nearly_over =
            |ends: Instant| ends.saturating_duration_since(now) <= self.longest_timeout(call) / NEARLY_OVER;
        sent.phase == Phase::Following && !sent.is_endless && sent.ends.is_some_and(is_nearly_over)
    }

    /// Begins the time of all components that wait for a call.
    pub(super) fn begin_waits(&mut self, call: CallId, since: Instant) {
        if let Some(sent) = self.states.sent_mut(call) {
            (sent.ends, sent.is_endless) = (None, false);
        }
        for position in self.waiting_for(call) {
            if let Some(layer) = self.components[position].waited_for() {
                self.begin_wait(position, since, layer.timeout);
            }
        }
    }

    /// Nobody's time runs until the next attempt begins.
    pub(super) fn pause_waits(&mut self, call: CallId) {
        if let Some(sent) = self.states.sent_mut(call) {
            (sent.phase, sent.ends, sent.is_endless, sent.permit) = (Phase::Before, None, false, None);
        }
        for position in self.waiting_for(call) {
            self.components[position].next_ticket();
        }
    }

    /// Makes a component stop waiting for its call after its timeout, and the attempt not end before.
    pub(super) fn begin_wait(&mut self, position: usize, since: Instant, timeout: Duration) {
        let until = self.prolong_wait(position, since, timeout);
        let Some(layer) = self.components[position].layer_to_ask() else { return };
        if let Some(sent) = self.states.sent_mut(layer.call()) {
            sent.prolong(until);
        }
    }

    /// Holds a call back, for which nobody has time left: the timers end their waits. Whoever joins it launches it again.
    pub(super) fn hold(&mut self, call: CallId) -> Vec<Launch> {
        let Some(sent) = self.states.sent_mut(call) else { return Vec::new() };
        let (held, wakes) = oneshot::channel();
        sent.held = Some(held);
        vec![Launch::Hold(call, wakes)]
    }

    /// Launches a call again that is held.
    pub(super) fn wake(&mut self, call: CallId) {
        if let Some(sent) = self.states.sent_mut(call)
            && let Some(held) = sent.held.take()
        {
            // Otherwise the timers have ended that, and the call went on.
            if held.send(()).is_ok() {
                sent.phase = Phase::Before;
            }
        }
    }

    /// Makes a component stop waiting for its call after its timeout; `None` if that is out of range, and only the deadline or
    /// the caller ends the wait.
    pub(super) fn prolong_wait(&mut self, position: usize, since: Instant, timeout: Duration) -> Option<Instant> {
        let ticket = self.components[position].next_ticket();
        let until = since.checked_add(timeout)?;
        self.waiting.add(Wait { until, component: position, ticket });
        Some(until)
    }

    /// The longest timeout of the components that wait for a call.
    pub(super) fn longest_timeout(&self, call: CallId) -> Duration {
        let timeouts = self.waiting_for(call).into_iter().filter_map(|position| self.components[position].waited_for());
        timeouts.map(|layer| layer.timeout).max().unwrap_or(timeout::DEFAULT)
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
                // Others wait longer: this goes on as its next attempt. They may leave before it ends.
                let until = self.prolong_wait(wait.component, now, layer.timeout);
                if let Some(sent) = self.states.sent(call).filter(|sent| !sent.is_endless) {
                    sent.keep_permits(until);
                }
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

    /// An attempt has lasted longer than any component of this fetch waits: the circuit breaker is told, and the fetches that
    /// wait longer for the same ask for themselves.
    pub(super) fn time_out(&mut self, call: CallId, error: &SourceError) {
        if let Some(sent) = self.states.sent_mut(call) {
            sent.end_attempt(Some(error.kind()));
            // What another fetch has asked may be stuck, though that one is not.
            let follows = sent.follows.take_if(|_| sent.phase == Phase::Following);
            follows.into_iter().for_each(|lead| lead.doubt());
        }
        self.tell_breaker(call, Some(error));
        self.hand_over(call);
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
        self.states[call] = CallState::Dropped;
        Some(call)
    }

    /// The components that wait for a call.
    pub(super) fn waiting_for(&self, call: CallId) -> Vec<usize> {
        self.calls.asked_by(call).filter(|component| self.waits_for(*component, call)).collect()
    }

    pub(super) fn is_awaited(&self, call: CallId) -> bool {
        self.calls.asked_by(call).any(|component| self.waits_for(component, call))
    }

    fn waits_for(&self, component: usize, call: CallId) -> bool {
        self.components[component].waited_for().is_some_and(|layer| layer.call() == call)
    }
}
