//! Runs the requests of a fetch concurrently and fills its stage.
//!
//! Calls are pending, not components: components take the answers of calls as they come, and each stops waiting at its
//! own timeout. Everything runs in the caller's task: nothing is spawned, and dropping the future drops every request.
//!
//! What always holds: a call is sent once, when the first component needs it, and dropped when the last one stops
//! waiting; a component's outcome depends only on its own layers.

mod component;
mod event;
mod in_flight;
pub(crate) mod runtime;
mod stage;
mod trace;
mod waiting;

use std::{future::Future, time::Duration};

use tokio::time::Instant;

use self::{
    component::ComponentState,
    in_flight::{InFlight, Next},
    stage::NoSlot,
    trace::{CallTrace, Traces},
    waiting::{Wait, Waiting},
};
pub use self::{
    event::{Event, Observer},
    stage::Stage,
};
use crate::{
    Reply, SourceError,
    bind::Bound,
    policy::{
        deadline::{self, Deadline},
        stack::{self, CallOutcome},
    },
};

/// The settings of a fetch.
pub(crate) struct Run<'r> {
    pub(crate) bound: &'r Bound,
    pub(crate) deadline: Option<Deadline>,
    pub(crate) observer: Option<&'r Observer>,
    /// Whether to create a report, which also has the places and versions of the values.
    pub(crate) detailed: bool,
    pub(crate) started: Instant,
}

impl<'r> Run<'r> {
    /// Fills the stage, and tells what happened to each component; nothing if all of them have a value and nobody asks.
    ///
    /// # Cancel safety
    /// Dropping it drops every request; the stage keeps what it has, and its owner drops it.
    pub(crate) async fn fill(&self, stage: &mut dyn Stage) -> Option<Traces<'r>> {
        let mut progress = Progress::new(self, stage);
        let needed = progress.begin();
        if !needed.is_empty() {
            progress.wait(needed).await;
        }
        progress.end()
    }
}

/// How far a fetch is.
struct Progress<'p, 'r> {
    run: &'p Run<'r>,
    stage: &'p mut dyn Stage,
    components: Vec<ComponentState<'r>>,
    calls: Vec<CallState>,
    waiting: Waiting,
    /// The calls that were answered or dropped, in this order.
    ended: Vec<CallTrace>,
}

/// The state of a call.
enum CallState {
    /// Not sent, or dropped because no component waits for it.
    Idle,
    /// Boxed, and so is the next: most calls to a source that is available at once get to neither.
    Sent(Box<Sent>),
    Answered(Box<CallOutcome>),
}

/// A call that was sent.
#[derive(Default)]
struct Sent {
    /// When, from the beginning of the fetch.
    since: Duration,
    /// How many components wait for it, and how many ever did.
    waiting: usize,
    joined: usize,
}

impl<'p, 'r> Progress<'p, 'r> {
    fn new(run: &'p Run<'r>, stage: &'p mut dyn Stage) -> Self {
        Self {
            run,
            stage,
            components: run.bound.components.iter().map(ComponentState::new).collect(),
            calls: run.bound.calls.iter().map(|_| CallState::Idle).collect(),
            waiting: Waiting::default(),
            ended: Vec::new(),
        }
    }

    /// Advances every component as far as possible without waiting; returns the calls that must be sent for the others.
    fn begin(&mut self) -> Vec<usize> {
        let mut needed = Vec::new();
        if self.run.observer.is_some() {
            self.run.bound.components.iter().for_each(|component| component::announce(self.run, component));
        }
        for (position, component) in self.components.iter_mut().enumerate() {
            if component.has_to_start() {
                component.start(self.run, self.stage.slot(position).unwrap_or(&mut NoSlot));
            }
        }
        for component in 0..self.components.len() {
            needed.extend(self.advance(component, Duration::ZERO));
        }
        needed
    }

    /// Sends the calls, and further calls that depend on their answers, until every component is done.
    async fn wait(&mut self, needed: Vec<usize>) {
        let waited = match runtime::required() {
            Ok(()) => deadline::until(self.run.deadline, self.drive(needed)).await,
            Err(missing) => Err(missing),
        };
        let Err(error) = waited else { return };
        let after = self.run.started.elapsed();
        for component in 0..self.components.len() {
            self.fail(component, &error, after);
        }
    }

    async fn drive(&mut self, needed: Vec<usize>) {
        let bound = self.run.bound;
        let send = |call: usize| stack::send(&bound.calls[call]);
        let mut in_flight = InFlight::new();
        needed.into_iter().for_each(|call| in_flight.send(call, send(call)));
        while !in_flight.is_empty() {
            let components = &self.components;
            let end = self.waiting.first_end(|wait| components[wait.component].waits_for(wait.layer));
            match in_flight.next(end).await {
                Next::Answered(call, outcomes) => {
                    self.answered(call, outcomes).into_iter().for_each(|call| in_flight.send(call, send(call)));
                }
                Next::TimeIsUp => self.stop_waiting(&mut in_flight),
            }
        }
    }

    /// Gives the answers of a call to the components that wait for it; returns the calls that must be sent for them
    /// next.
    fn answered(&mut self, call: usize, outcomes: CallOutcome) -> Vec<usize> {
        let after = self.run.started.elapsed();
        self.end_call(call, after);
        self.calls[call] = CallState::Answered(Box::new(outcomes));
        let run = self.run;
        run.bound.calls[call].asked_by.iter().filter_map(|component| self.advance(*component, after)).collect()
    }

    /// Ends the waits whose timeout has passed, and the calls for which no component waits any more.
    fn stop_waiting<F: Future>(&mut self, in_flight: &mut InFlight<F>) {
        let (now, after) = (Instant::now(), self.run.started.elapsed());
        while let Some(wait) = self.waiting.pop_over(now) {
            let component = &self.components[wait.component];
            let Some(layer) = component.layer_to_ask().filter(|_| component.waits_for(wait.layer)) else { continue };
            let error = crate::policy::timeout::exceeded(layer.timeout);
            self.fail(wait.component, &error, after);
            if self.leave(layer.call) {
                self.end_call(layer.call, after);
                self.calls[layer.call] = CallState::Idle;
                in_flight.abandon(layer.call);
            }
        }
    }

    /// Advances a component as far as the answers allow; returns the call that must be sent for it next.
    fn advance(&mut self, position: usize, after: Duration) -> Option<usize> {
        let run = self.run;
        let slot = self.stage.slot(position);
        let mut no_slot = NoSlot;
        let (slot, component) = (slot.unwrap_or(&mut no_slot), &mut self.components[position]);
        let to_send = loop {
            let layer = component.layer_to_ask()?;
            let call = &run.bound.calls[layer.call];
            let state = &mut self.calls[layer.call];
            match state {
                CallState::Answered(outcomes) => {
                    let (answer, attempts) = answer_to(outcomes, layer.request);
                    component.take(run, slot, layer, answer, attempts, after);
                }
                CallState::Sent(_) => break None,
                CallState::Idle
                    if call.asked_by.len() == 1
                        && let Some(answer) = stack::fetch_immediate(call) =>
                {
                    component.take(run, slot, layer, answer.as_ref(), stack::ONCE, after);
                }
                CallState::Idle
                    if call.is_shared()
                        && let Some(outcomes) = stack::fetch_all_immediate(call) =>
                {
                    *state = CallState::Answered(Box::new(outcomes));
                }
                CallState::Idle => {
                    *state = CallState::Sent(Box::new(Sent { since: after, ..Sent::default() }));
                    break Some(layer.call);
                }
            }
        };
        self.join(position, after);
        to_send
    }

    /// Makes a component wait for the call of its layer, unless it waits already.
    fn join(&mut self, position: usize, after: Duration) {
        let component = &mut self.components[position];
        let Some(layer) = component.layer_to_ask() else { return };
        let Some(waits_for) = component.begin_to_wait() else { return };
        if let CallState::Sent(sent) = &mut self.calls[layer.call] {
            sent.waiting += 1;
            sent.joined += 1;
        }
        // The instant is out of range: then only the deadline or the caller ends the wait.
        if let Some(until) = (self.run.started + after).checked_add(layer.timeout) {
            self.waiting.add(Wait { until, component: position, layer: waits_for });
        }
    }

    /// Records that a component no longer waits for a call; returns whether it was the last.
    fn leave(&mut self, call: usize) -> bool {
        let CallState::Sent(sent) = &mut self.calls[call] else { return false };
        sent.waiting = sent.waiting.saturating_sub(1);
        sent.waiting == 0
    }

    /// Ends a component with an error, unless it has ended.
    fn fail(&mut self, position: usize, error: &SourceError, after: Duration) {
        let mut no_slot = NoSlot;
        let slot = self.stage.slot(position).unwrap_or(&mut no_slot);
        self.components[position].fail_unless_done(self.run, slot, error, after);
    }

    fn end_call(&mut self, call: usize, after: Duration) {
        if let CallState::Sent(sent) = &self.calls[call] {
            let elapsed = after.saturating_sub(sent.since);
            self.ended.push(CallTrace { call, since: sent.since, elapsed, components: sent.joined });
        }
    }

    fn end(mut self) -> Option<Traces<'r>> {
        if !self.run.detailed && !self.components.iter().any(ComponentState::has_failed) {
            return None;
        }
        let after = self.run.started.elapsed();
        (0..self.calls.len()).for_each(|call| self.end_call(call, after));
        self.ended.sort_by_key(|ended| (ended.since, ended.call));
        let components = self.components.into_iter().map(ComponentState::into_trace).collect();
        Some(Traces { components, calls: self.ended })
    }
}

/// The source's answer to a request, and how often it was asked.
fn answer_to(outcomes: &CallOutcome, request: usize) -> (Result<&Reply, &SourceError>, u32) {
    match outcomes.get(request) {
        Some(outcome) => (outcome.answer.as_ref(), outcome.attempts),
        None => (Ok(&Reply::ABSENT), stack::ONCE),
    }
}
