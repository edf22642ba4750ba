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
    policy::{caching::Stored, retry::Retry},
};

/// How much longer than the first of them the requests of one call may ask to wait for all of them to wait as long.
const TOGETHER: Duration = Duration::from_secs(1);

/// A request that may be sent again.
struct Again {
    retry: Retry,
    /// For how long its answer asked to wait.
    retry_after: Option<Duration>,
    kind: ErrorKind,
}

impl Progress<'_, '_> {
    /// Prepares the next attempt of a call, or ends it. What has to wait much longer than the rest, because its own answer said
    /// so, goes on in a call of its own.
    pub(super) fn retry(&mut self, call: CallId, after: Duration) -> Vec<Launch> {
        let mut wanted = self.wanted_again(call);
        let mut launches = Vec::new();
        loop {
            let first = wanted.values().filter_map(|again| again.retry_after).min().unwrap_or_default();
            let has_none = wanted.values().any(|again| again.retry_after.is_none());
            let together = if has_none { TOGETHER } else { first.saturating_add(TOGETHER) };
            let later = wanted.extract_if(.., |_, again| again.retry_after.is_some_and(|wait| wait > together));
            let later: BTreeMap<_, _> = later.collect();
            if later.is_empty() {
                break;
            }
            let apart = self.retry_apart(call, &later.into_keys().collect::<Vec<_>>(), after);
            launches.extend(self.retry(apart, after));
        }
        let again: Vec<_> = wanted.keys().copied().collect();
        match self.retry_together(call, wanted) {
            Some(pause) => {
                launches.push(pause);
                launches.extend(self.end_unwilling(call, &again, after));
            }
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
            if component.attempts() >= own.attempts || !self.can_wait(position, sent, own, error.retry_after()) {
                continue;
            }
            let again = Again { retry: own, retry_after: error.retry_after(), kind: error.kind() };
            wanted.entry(layer.request()).and_modify(|known| known.retry = known.retry.merged(own)).or_insert(again);
        }
        wanted
    }

    /// Whether the next attempt can come in time for a component, for as long as an answer asks to wait: within its longest pause,
    /// its own deadline and that of the fetch.
    fn can_wait(&self, position: usize, sent: &Sent, retry: Retry, retry_after: Option<Duration>) -> bool {
        let Some(least) = retry.backoff.pause(sent.attempts, retry_after, 0.0) else { return false };
        let now = Instant::now();
        let own = self.components[position].deadline().and_then(|deadline| self.run.started.checked_add(deadline));
        let is_in_time = self.run.deadline.is_none_or(|deadline| deadline.allows(now, least));
        is_in_time && own.is_none_or(|ends| now.checked_add(least).is_some_and(|next| next < ends))
    }

    /// Ends the wait of the components that would have to wait longer than they can for what is sent again for others.
    fn end_unwilling(&mut self, call: CallId, again: &[usize], after: Duration) -> Vec<Launch> {
        let Some(sent) = self.states.sent(call) else { return Vec::new() };
        let unwilling = |position: &usize| {
            let component = &self.components[*position];
            let layer = component.layer_to_ask().filter(|layer| again.binary_search(&layer.request()).is_ok())?;
            let outcome = sent.outcome(layer.request())?;
            let retry_after = outcome.transient_failure()?.retry_after();
            let own = component.retry(self.calls.get(call), self.run.mode);
            (!self.can_wait(*position, sent, own, retry_after)).then(|| (*position, layer, outcome.clone()))
        };
        let unwilling: Vec<_> = self.waiting_for(call).iter().filter_map(unwilling).collect();
        let mut needed = Vec::new();
        for (position, layer, outcome) in unwilling {
            self.with(position, |component, scene, stage| {
                component.take(scene, stage, layer, (&outcome).into(), after)
            });
            needed.extend(self.advance(position, after));
        }
        needed.extend(self.settle(after));
        self.launch_all(needed)
    }

    /// Moves requests that failed into a call of their own, with the components that wait for them.
    fn retry_apart(&mut self, call: CallId, requests: &[usize], after: Duration) -> CallId {
        let is_asked = |position: &usize| {
            let layer = self.components[*position].waited_for();
            layer.is_some_and(|layer| requests.binary_search(&layer.request()).is_ok())
        };
        let waiting = self.waiting_for(call).into_iter().filter(is_asked).collect();
        self.move_apart(call, requests, waiting, after)
    }

    /// Moves some components, which wait for these requests of a call, into a call of their own; with what they lead.
    pub(super) fn move_apart(
        &mut self,
        call: CallId,
        requests: &[usize],
        components: Vec<usize>,
        after: Duration,
    ) -> CallId {
        let place = |layer: Layer| requests.binary_search(&layer.request()).ok();
        let waiting = components.into_iter();
        let waiting: Vec<_> =
            waiting.filter_map(|position| Some((position, place(self.components[position].waited_for()?)?))).collect();
        let apart = self.calls.move_out(call, requests, waiting.iter().map(|(position, _)| *position).collect());
        let mut moved = Sent::at(after);
        if let Some(sent) = self.states.sent_mut(call) {
            sent.joined -= waiting.len().min(sent.joined);
            (moved.since, moved.attempts, moved.joined) = (sent.since, sent.attempts, waiting.len());
            for stored in sent.stored.extract_if(.., |stored| requests.binary_search(&stored.request).is_ok()) {
                let request = requests.binary_search(&stored.request).unwrap_or_default();
                moved.stored.push(Stored { request, ..stored });
            }
            for (place, request) in requests.iter().enumerate() {
                moved.give(place, requests.len(), sent.outcome(*request).cloned().unwrap_or_default());
            }
        }
        self.states[apart] = CallState::Sent(Box::new(moved));
        for (position, place) in waiting {
            let component = &mut self.components[position];
            if let Some(layer) = component.waited_for() {
                component.take_layer(Layer::new((apart, place), layer.timeout));
            }
        }
        apart
    }

    /// The pause before the next attempt of some requests of a call; none if there is none.
    fn retry_together(&mut self, call: CallId, wanted: BTreeMap<usize, Again>) -> Option<Launch> {
        let sent = self.states.sent(call)?;
        let retry = wanted.values().map(|again| again.retry).reduce(Retry::merged)?;
        let retry_after = wanted.values().filter_map(|again| again.retry_after).max();
        let kind = wanted.values().next_back().map(|again| again.kind)?;
        let guard = &self.calls.get(call).guard;
        let pause = retry.backoff.pause(sent.attempts, retry_after, guard.random.unit())?;
        let now = Instant::now();
        // The longest pause of all may be too long for those who could have a shorter one.
        let least =
            wanted.values().filter_map(|again| again.retry.backoff.pause(sent.attempts, retry_after, 0.0)).min()?;
        let is_in_time = |pause: &Duration| self.run.deadline.is_none_or(|deadline| deadline.allows(now, *pause));
        let pause = Some(pause).filter(is_in_time).or_else(|| Some(least).filter(is_in_time))?;
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
