//! When each component stops waiting for the call that it needs.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use tokio::{sync::oneshot, time::Instant};

use super::{Progress, sending::Launch, sent::Phase};
use crate::{bind::CallId, policy::timeout};

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
            sent.phase = Phase::Before;
            // It is waited for in this task.
            let _ = held.send(());
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
}
