//! What of a call is sent again, and when.
//!
//! What always holds: a request is sent again for the components that have attempts left; what its own answer asked to wait for
//! longer than the rest goes on in a call of its own.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use super::{
    Progress,
    admission::spent,
    sending::Launch,
    sent::{CallState, Selection, Sent},
};
use crate::{
    ErrorKind,
    bind::{CallId, Layer},
    log,
    policy::retry::Retry,
};

/// A request that may be sent again.
struct Again {
    retry: Retry,
    /// For how long its answer asked to wait.
    retry_after: Option<Duration>,
    kind: ErrorKind,
}

impl Progress<'_, '_> {
    /// Prepares the next attempt of a call, or ends it. What has to wait for another time than the rest, because its own answer
    /// said so, goes on in a call of its own.
    pub(super) fn retry(&mut self, call: CallId, after: Duration) -> Vec<Launch> {
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
                sent.asked = Selection::Some(asked);
                sent.give_up(&spent, requests);
            }
            return None;
        }
        guard.metrics.retried();
        log::retry(guard.name(), sent.attempts, pause, kind);
        let sent = self.states.sent_mut(call)?;
        (sent.asked, sent.is_paused) = (Selection::Some(asked), true);
        self.pause_waits(call);
        Some(Launch::Pause(call, pause))
    }
}
