//! A component's way through its layers, as far as the answers allow.

use std::time::Duration;

use super::{
    Progress, Scene,
    component::Next,
    dependants,
    sent::{CallState, Sent, answer_to},
};
use crate::{bind::Late, policy::stack};

/// How far a component got.
enum Advanced<'r> {
    Done,
    /// It waits for a call that was sent.
    Waits,
    /// It waits for this call, which has to be sent.
    Sends(usize),
    /// It needs other components.
    Binds(&'r Late),
}

impl<'r> Progress<'_, 'r> {
    /// Advances a component as far as the answers allow; returns the call that must be sent for it next.
    pub(super) fn advance(&mut self, position: usize, after: Duration) -> Option<usize> {
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
        }
    }

    /// Advances a component through the layers that are bound.
    fn advance_bound(&mut self, position: usize, after: Duration) -> Advanced<'r> {
        let scene = Scene { calls: &self.calls, observer: self.run.observer, detailed: self.run.detailed };
        let component = &mut self.components[position];
        let advanced = loop {
            let layer = match component.next() {
                Next::Ask(layer) => layer,
                Next::Done => break Advanced::Done,
                Next::Bind(late) => break Advanced::Binds(late),
            };
            let number = layer.call();
            let (call, state) = (self.calls.get(number), &mut self.states[number]);
            match state {
                CallState::Answered(outcomes) => {
                    let (answer, attempts) = answer_to(outcomes, layer.request());
                    component.take(&scene, self.stage, layer, answer, attempts, after);
                }
                CallState::Sent(sent) => match sent.outcome(layer.request()) {
                    Some(outcome)
                        if !sent.asks(layer.request()) || !component.has_attempts_left(call, self.run.mode) =>
                    {
                        let outcome = outcome.clone();
                        component.take(&scene, self.stage, layer, outcome.answer.as_ref(), outcome.attempts, after);
                    }
                    _ => break Advanced::Waits,
                },
                CallState::Idle => {
                    if !call.is_shared()
                        && let Some(answer) = stack::fetch_immediate(call)
                    {
                        component.take(&scene, self.stage, layer, answer.as_ref(), stack::ONCE, after);
                    } else if call.is_shared()
                        && let Some(outcomes) = stack::fetch_all_immediate(call)
                    {
                        *state = CallState::Answered(Box::new(outcomes));
                    } else {
                        *state = CallState::Sent(Box::new(Sent::at(after)));
                        break Advanced::Sends(number);
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
        if let CallState::Sent(sent) = &mut self.states[layer.call()] {
            sent.waiting += 1;
            sent.joined += usize::from(!component.is_check());
        }
        // In a pause or a queue, its time begins with the next attempt.
        if matches!(&self.states[layer.call()], CallState::Sent(sent) if sent.is_running()) {
            self.add_wait(position, self.run.started + after, layer.timeout);
        }
    }
}
