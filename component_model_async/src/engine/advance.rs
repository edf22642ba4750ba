//! A component's way through its layers, as far as the answers allow.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Progress, Run, Scene,
    component::{Given, Next},
    dependants,
    refresh::Due,
    sent::{CallState, Phase, Sent},
};
use crate::{
    bind::{Call, CallId, Late, Layer, RequestId},
    cache::{Freshness, Hit, Lookup},
    observed,
    policy::{
        caching,
        stack::{self, Origin, RequestOutcome},
    },
};

/// How far a component got.
enum Advanced<'r> {
    Done,
    /// It waits for a call that was sent.
    Waits,
    /// It waits for this call, which has to be sent.
    Sends(CallId),
    /// It needs its last known good value.
    Loads,
    /// It needs other components.
    Binds(&'r Late),
    /// Its request was left out of the call, since the cache had the answer for others.
    Moves(Layer, Why),
}

/// Why a component asks for its request in a call of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Nobody has asked for it.
    Alone,
    /// It came too late for a failure, after which it may be sent again.
    Repeats,
}

impl<'r> Progress<'_, 'r> {
    /// Advances a component as far as the answers allow; returns the call that must be sent for it next.
    pub(super) fn advance(&mut self, position: usize, after: Duration) -> Option<CallId> {
        match self.advance_bound(position, after) {
            Advanced::Done => None,
            Advanced::Waits => {
                self.join(position, after);
                None
            }
            Advanced::Sends(call) => {
                self.join(position, after);
                Some(call)
            }
            Advanced::Binds(late) => {
                // Not at once: others may become ready too, and travel with it.
                if dependants::ready(&self.components, late).is_some() {
                    self.bindable.push(position);
                }
                None
            }
            Advanced::Loads => {
                self.awaiting_stored.push(position);
                None
            }
            Advanced::Moves(layer, why) => {
                let failure = if why == Why::Repeats { self.outcome_of(layer) } else { None };
                let request = (layer.call(), layer.request());
                let is_usable = |(call, place): &RequestId| match &self.states[*call] {
                    CallState::Answered(outcomes) => outcomes.get(*place).is_some_and(|outcome| {
                        outcome.origin == Origin::Source && outcome.transient_failure().is_none()
                    }),
                    CallState::Idle | CallState::Sent(_) => true,
                    CallState::Dropped => false,
                };
                let moved = match self.calls.moved(request).filter(is_usable) {
                    Some(moved) => {
                        self.calls.join(moved.0, position);
                        moved
                    }
                    None => (self.calls.move_out(layer.call(), &[layer.request()], vec![position]), 0),
                };
                self.components[position].take_layer(Layer::new(moved, layer.timeout));
                let needed = self.advance(position, after);
                if let (Some(call), Some(failure)) = (needed, failure) {
                    self.repeat(call, failure);
                }
                needed
            }
        }
    }

    /// What came of the request of a layer.
    fn outcome_of(&self, layer: Layer) -> Option<RequestOutcome> {
        match &self.states[layer.call()] {
            CallState::Answered(outcomes) => outcomes.get(layer.request()),
            CallState::Sent(sent) => sent.outcome(layer.request()),
            CallState::Idle | CallState::Dropped => None,
        }
        .cloned()
    }

    /// Makes the first attempt of a call a retry of what failed in another one.
    fn repeat(&mut self, call: CallId, failure: RequestOutcome) {
        let is_alone = self.calls.get(call).requests.len() == 1;
        if let Some(sent) = self.states.sent_mut(call).filter(|sent| is_alone && sent.attempts == 0) {
            sent.attempts = failure.attempts;
            sent.give(0, 1, failure);
        }
    }

    /// Advances a component through the layers that are bound.
    fn advance_bound(&mut self, position: usize, after: Duration) -> Advanced<'r> {
        let scene = Scene { calls: &self.calls, run: self.run };
        let component = &mut self.components[position];
        let advanced = loop {
            let layer = match component.next() {
                Next::Ask(layer) => layer,
                Next::Done => break Advanced::Done,
                Next::Bind(late) => break Advanced::Binds(late),
                Next::Load => match &self.stored {
                    Some(known) => {
                        component.take_stored(&scene, self.stage, known, after);
                        continue;
                    }
                    None => break Advanced::Loads,
                },
            };
            let id = layer.call();
            let call = self.calls.get(id);
            if let Some(freshness) = component.trusted_freshness(call, self.run.mode)
                && component.waited_for().is_none()
                && let Some((hit, is_due)) = look_up(self.run, call, layer, freshness)
                && component.take(&scene, self.stage, layer, Given::cached(&hit), after)
            {
                if is_due {
                    let has_breaker = component.has_breaker(call, self.run.mode);
                    let sensitive = component.has_secret(self.stage);
                    self.due.push((id, Due { layer, hit: hit.clone(), has_breaker, sensitive }));
                }
                if hit.is_unproven()
                    && component.is_done()
                    && !component.has_failed()
                    && let Some(key) = caching::key(call, layer.request())
                {
                    self.run.cache.approve(&key);
                }
                if call.is_shared() {
                    self.cached.push((id, layer.request()));
                }
                continue;
            }
            match &self.states[id] {
                CallState::Answered(outcomes) => match outcomes.get(layer.request()) {
                    Some(outcome) if component.wants_its_own(outcome, call, self.run.mode) => {
                        break Advanced::Moves(layer, Why::Alone);
                    }
                    Some(outcome) if component.comes_late_to(outcome, call, self.run.mode) => {
                        component.count_attempt();
                        break Advanced::Moves(layer, Why::Repeats);
                    }
                    Some(outcome) if outcome.origin != Origin::Nowhere => {
                        if component.is_stored() {
                            let ended = self.ended.iter().rev().find(|ended| ended.call == id);
                            let at = ended.and_then(|ended| self.run.started.checked_add(ended.since + ended.elapsed));
                            component.was_answered(at);
                        }
                        component.take(&scene, self.stage, layer, outcome.into(), after);
                    }
                    _ => break Advanced::Moves(layer, Why::Alone),
                },
                // Whatever another fetch has asked before is not what it waits for.
                CallState::Sent(sent)
                    if sent.phase == Phase::Following
                        && component.waited_for().is_none()
                        && component.trusted_freshness(call, self.run.mode).is_none() =>
                {
                    break Advanced::Moves(layer, Why::Alone);
                }
                CallState::Sent(sent) => match sent.outcome(layer.request()) {
                    Some(outcome)
                        if !sent.asks(layer.request())
                            && outcome.is_refused()
                            && !component.has_breaker(call, self.run.mode) =>
                    {
                        break Advanced::Moves(layer, Why::Alone);
                    }
                    Some(outcome)
                        if !sent.asks(layer.request()) && component.comes_late_to(outcome, call, self.run.mode) =>
                    {
                        component.count_attempt();
                        break Advanced::Moves(layer, Why::Repeats);
                    }
                    Some(outcome)
                        if !sent.asks(layer.request()) || !component.has_attempts_left(call, self.run.mode) =>
                    {
                        component.take(&scene, self.stage, layer, outcome.into(), after);
                    }
                    None if !sent.asks(layer.request()) => break Advanced::Moves(layer, Why::Alone),
                    _ => break Advanced::Waits,
                },
                CallState::Dropped => break Advanced::Moves(layer, Why::Alone),
                CallState::Idle => {
                    if !call.is_shared()
                        && let Some(answer) = stack::fetch_immediate(call)
                    {
                        component.take(&scene, self.stage, layer, Given::at_once(&answer), after);
                    } else if call.is_shared()
                        && let Some(outcomes) = stack::fetch_all_immediate(call)
                    {
                        self.states[id] = CallState::Answered(Box::new(outcomes));
                    } else {
                        self.states[id] = CallState::Sent(Box::new(Sent::at(after)));
                        break Advanced::Sends(id);
                    }
                }
            }
        };
        // A component that was done before has been looked at.
        if matches!(advanced, Advanced::Done) && !component.dependants().is_empty() && component.take_news() {
            self.concluded.push(position);
        }
        advanced
    }

    /// Makes a component wait for the call of its layer, unless it waits already.
    fn join(&mut self, position: usize, after: Duration) {
        let component = &mut self.components[position];
        let Some(layer) = component.layer_to_ask() else { return };
        if !component.begin_to_wait() {
            return;
        }
        if let Some(sent) = self.states.sent_mut(layer.call()) {
            sent.joined += usize::from(!component.is_check());
        }
        self.wake(layer.call());
        // In a pause or a queue, its time begins with the next attempt.
        if self.states.sent(layer.call()).is_some_and(|sent| sent.is_running()) {
            self.begin_wait(position, self.run.started + after, layer.timeout);
        }
    }
}

/// The answer of the cache, if it is fresh for the component, and whether it is to be fetched again in the background.
fn look_up(run: &Run<'_>, call: &Call, layer: Layer, freshness: Freshness) -> Option<(Hit, bool)> {
    let key = caching::key(call, layer.request())?;
    let found = run.cache.lookup(&key, freshness, Instant::now());
    if run.observed.is_some_and(observed::Fetch::is_recorded) {
        call.guard.metrics.looked_up(matches!(found, Lookup::Fresh(_) | Lookup::RefreshAhead(_)));
    }
    match found {
        Lookup::Fresh(hit) => Some((hit, false)),
        Lookup::RefreshAhead(hit) => Some((hit, true)),
        Lookup::Expired | Lookup::Miss => None,
    }
}
