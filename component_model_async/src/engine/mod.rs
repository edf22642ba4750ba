//! Runs the requests of a fetch concurrently and fills its stage.
//!
//! Calls are pending, not components: components take the answers of calls as they come, and each stops waiting at its
//! own timeout. Everything runs in the caller's task: nothing is spawned, and dropping the future drops every request.
//!
//! What always holds: a call is sent once, when the first component needs it, and dropped when the last one stops
//! waiting; a component's outcome depends only on its own layers.

mod calls;
mod component;
mod event;
mod in_flight;
pub(crate) mod runtime;
mod stage;
mod trace;
mod waiting;

use std::{cell::Cell, future::Future, sync::Arc, time::Duration};

use tokio::time::Instant;

pub(crate) use self::stage::validate;
use self::{
    calls::{AllCalls, Wave},
    component::{ComponentState, Next as Step},
    in_flight::{InFlight, Next},
    trace::{CallTrace, Traces},
    waiting::{Wait, Waiting},
};
pub use self::{
    event::{Event, Observer},
    stage::{Stage, Violations},
};
use crate::{
    Inserted, Reply, SourceError,
    bind::{Bound, Late, Layer},
    policy::{
        deadline::{self, Deadline},
        stack::{self, CallOutcome},
    },
    registry::Registry,
};

/// The settings of a fetch.
pub(crate) struct Run<'r> {
    pub(crate) bound: &'r Bound,
    /// The sources, for requests that are made late.
    pub(crate) sources: &'r Registry,
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
    pub(crate) async fn fill(&self, stage: &mut dyn Stage) -> Option<Traces> {
        let mut progress = Progress::new(self, stage);
        let needed = progress.begin();
        if !needed.is_empty() {
            progress.wait(needed).await;
        }
        progress.end()
    }
}

/// What a component sees of the fetch.
pub(in crate::engine) struct Scene<'s> {
    calls: &'s AllCalls<'s>,
    observer: Option<&'s Observer>,
    detailed: bool,
}

impl Scene<'_> {
    /// The source and the locator of a layer.
    fn place_of(&self, layer: Layer) -> (&str, &str) {
        self.calls.place_of(layer)
    }
}

/// How far a fetch is.
struct Progress<'p, 'r> {
    run: &'p Run<'r>,
    stage: &'p mut dyn Stage,
    components: Vec<ComponentState<'r>>,
    calls: AllCalls<'r>,
    states: Vec<CallState>,
    waiting: Waiting,
    /// The calls that were answered or dropped, in this order.
    ended: Vec<CallTrace>,
    /// The components that others wait for, and that have ended since those were looked at.
    concluded: Vec<usize>,
    /// The components whose next layer can be bound, since all that it needs has ended.
    bindable: Vec<usize>,
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
            calls: AllCalls::new(run.bound),
            states: run.bound.calls.iter().map(|_| CallState::Idle).collect(),
            waiting: Waiting::default(),
            ended: Vec::new(),
            concluded: Vec::new(),
            bindable: Vec::new(),
        }
    }

    /// Does something to a component, with what it sees of the fetch, and remembers its end for those that wait for it.
    fn with<T>(
        &mut self,
        position: usize,
        act: impl FnOnce(&mut ComponentState<'r>, &Scene<'_>, &mut dyn Stage) -> T,
    ) -> T {
        let scene = Scene { calls: &self.calls, observer: self.run.observer, detailed: self.run.detailed };
        let component = &mut self.components[position];
        let done = act(component, &scene, self.stage);
        if !component.dependants().is_empty() && component.take_news() {
            self.concluded.push(position);
        }
        done
    }

    /// Advances every component as far as possible without waiting; returns the calls that must be sent for the others.
    fn begin(&mut self) -> Vec<usize> {
        if self.run.observer.is_some() {
            let scene = Scene { calls: &self.calls, observer: self.run.observer, detailed: self.run.detailed };
            self.run.bound.fetched().for_each(|component| component::announce(&scene, component));
        }
        for position in 0..self.components.len() {
            if self.components[position].has_to_start() {
                self.with(position, |component, scene, stage| component.start(scene, stage));
            }
        }
        let mut needed = Vec::new();
        for component in 0..self.components.len() {
            needed.extend(self.advance(component, Duration::ZERO));
        }
        needed.extend(self.settle(Duration::ZERO));
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
        let calls = |progress: &Self, needed: Vec<usize>| -> Vec<_> {
            needed.into_iter().map(|call| (call, stack::send(Arc::clone(progress.calls.get(call))))).collect()
        };
        let mut in_flight = InFlight::new();
        in_flight.send_all(calls(self, needed));
        while !in_flight.is_empty() {
            let components = &self.components;
            let end = self.waiting.first_end(|wait| components[wait.component].waits_for(wait.layer));
            let needed = match in_flight.next(end).await {
                Next::Answered(call, outcomes) => self.answered(call, outcomes),
                Next::TimeIsUp => self.stop_waiting(&mut in_flight),
            };
            in_flight.send_all(calls(self, needed));
        }
    }

    /// Gives the answers of a call to the components that wait for it; returns the calls that must be sent for them
    /// next.
    fn answered(&mut self, call: usize, outcomes: CallOutcome) -> Vec<usize> {
        let after = self.run.started.elapsed();
        self.end_call(call, after);
        self.states[call] = CallState::Answered(Box::new(outcomes));
        let components = self.calls.asked_by(call);
        let mut needed: Vec<_> = components.iter().filter_map(|component| self.advance(*component, after)).collect();
        needed.extend(self.settle(after));
        needed
    }

    /// Ends the waits whose timeout has passed, and the calls for which no component waits any more; returns the calls
    /// that must be sent because of that.
    fn stop_waiting<F: Future>(&mut self, in_flight: &mut InFlight<F>) -> Vec<usize> {
        let (now, after) = (Instant::now(), self.run.started.elapsed());
        let mut left = Vec::new();
        while let Some(wait) = self.waiting.pop_over(now) {
            let component = &self.components[wait.component];
            let Some(layer) = component.layer_to_ask().filter(|_| component.waits_for(wait.layer)) else { continue };
            let error = crate::policy::timeout::exceeded(layer.timeout);
            self.fail(wait.component, &error, after);
            if self.leave(layer.call()) {
                self.end_call(layer.call(), after);
                self.states[layer.call()] = CallState::Idle;
                left.push(layer.call());
            }
        }
        in_flight.abandon(left);
        self.settle(after)
    }

    /// Goes on with the components whose next layer can be bound now; returns the calls that must be sent for them.
    /// All requests that become ready together are made before the first is sent.
    fn settle(&mut self, after: Duration) -> Vec<usize> {
        let mut needed = Vec::new();
        while !(self.concluded.is_empty() && self.bindable.is_empty()) {
            let mut next = std::mem::take(&mut self.bindable);
            for position in std::mem::take(&mut self.concluded) {
                next.extend(self.components[position].dependants());
            }
            next.sort_unstable();
            next.dedup();
            self.bind(&next, after);
            for component in next {
                needed.extend(self.advance(component, after));
            }
        }
        needed
    }

    /// Binds the next layer of each of these components whose needs are met.
    fn bind(&mut self, components: &[usize], after: Duration) {
        let (mut bound, mut secrets) = (Vec::new(), Vec::new());
        let mut wave = Wave::new(&mut self.calls);
        for &position in components {
            let Step::Bind(late) = self.components[position].next() else { continue };
            let Some(ready) = ready(&self.components, late) else { continue };
            let secret = Cell::new(false);
            let layer = ready.and_then(|()| {
                let failure = Cell::new(None);
                let value_of = |needed: usize| {
                    let inserted = value_of(&self.components, needed, &failure)?;
                    secret.set(secret.get() || inserted.is_sensitive());
                    Ok(inserted)
                };
                wave.bind(position, late, self.run.sources, &value_of).map_err(|error| match failure.take() {
                    Some(failure) => Unbound::Dependency(failure),
                    None => Unbound::Mistake(error),
                })
            });
            bound.push((position, layer));
            if secret.get() {
                secrets.push(position);
            }
        }
        wave.close();
        secrets.into_iter().for_each(|position| self.components[position].receive_secret());
        self.states.resize_with(self.calls.len(), || CallState::Idle);
        for (position, layer) in bound {
            self.with(position, |component, scene, stage| match layer {
                Ok((layer, answer)) => {
                    component.take_layer(layer);
                    if let Some(answer) = answer {
                        component.take(scene, stage, layer, answer.as_ref(), stack::ONCE, after);
                    }
                }
                Err(Unbound::Dependency((error, kind))) => component.fail_dependency(scene, stage, error, kind, after),
                Err(Unbound::Mistake(error)) => component.fail_to_bind(scene, stage, error, after),
            });
        }
    }

    /// Advances a component as far as the answers allow; returns the call that must be sent for it next.
    fn advance(&mut self, position: usize, after: Duration) -> Option<usize> {
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
                if ready(&self.components, late).is_some() {
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
                Step::Ask(layer) => layer,
                Step::Done => break Advanced::Done,
                Step::Bind(late) => break Advanced::Binds(late),
            };
            let number = layer.call();
            let (call, state) = (self.calls.get(number), &mut self.states[number]);
            match state {
                CallState::Answered(outcomes) => {
                    let (answer, attempts) = answer_to(outcomes, layer.request());
                    component.take(&scene, self.stage, layer, answer, attempts, after);
                }
                CallState::Sent(_) => break Advanced::Waits,
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
                        *state = CallState::Sent(Box::new(Sent { since: after, ..Sent::default() }));
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
        let Some(waits_for) = component.begin_to_wait() else { return };
        if let CallState::Sent(sent) = &mut self.states[layer.call()] {
            sent.waiting += 1;
            sent.joined += usize::from(!component.is_check());
        }
        // The instant is out of range: then only the deadline or the caller ends the wait.
        if let Some(until) = (self.run.started + after).checked_add(layer.timeout) {
            self.waiting.add(Wait { until, component: position, layer: waits_for });
        }
    }

    /// Records that a component no longer waits for a call; returns whether it was the last.
    fn leave(&mut self, call: usize) -> bool {
        let CallState::Sent(sent) = &mut self.states[call] else { return false };
        sent.waiting = sent.waiting.saturating_sub(1);
        sent.waiting == 0
    }

    /// Ends a component with an error, unless it has ended.
    fn fail(&mut self, position: usize, error: &SourceError, after: Duration) {
        self.with(position, |component, scene, stage| component.fail_unless_done(scene, stage, error, after));
    }

    fn end_call(&mut self, call: usize, after: Duration) {
        if let CallState::Sent(sent) = &self.states[call] {
            let elapsed = after.saturating_sub(sent.since);
            self.ended.push(CallTrace { call, since: sent.since, elapsed, components: sent.joined });
        }
    }

    /// Leaves out the nested structs that are missing: those for which no source has a value, and no failure hides one.
    fn decide(&mut self) {
        let optional = &self.run.bound.optional;
        if optional.is_empty() {
            return;
        }
        let mut missing = vec![true; optional.len()];
        for component in &self.components {
            let mut required = component.requires();
            while let Some(structure) = required {
                missing[structure] = false;
                required = optional[structure].within;
            }
        }
        // A struct within a missing one is missing as well.
        for (structure, _) in missing.iter().enumerate().filter(|(_, missing)| **missing) {
            self.stage.omit(structure);
        }
        let scene = Scene { calls: &self.calls, observer: self.run.observer, detailed: self.run.detailed };
        for component in &mut self.components {
            component.decide(&scene, self.stage, |structure| missing[structure]);
        }
    }

    /// Removes what failed components left in their slots.
    fn clear(&mut self) {
        for component in self.components.iter().filter(|component| component.has_failed()) {
            component.clear(self.stage);
        }
    }

    fn end(mut self) -> Option<Traces> {
        self.decide();
        self.clear();
        if !self.run.detailed && !self.components.iter().any(ComponentState::has_failed) {
            return None;
        }
        let after = self.run.started.elapsed();
        (0..self.calls.len()).for_each(|call| self.end_call(call, after));
        self.ended.sort_by_key(|ended| (ended.since, ended.call));
        let components = self.components.into_iter().map(ComponentState::into_trace).collect();
        Some(Traces { components, calls: self.ended, late: self.calls.into_late() })
    }
}

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

/// Why a layer cannot be bound.
enum Unbound {
    /// A component that it needs has no value that can be inserted.
    Dependency(Failed),
    Mistake(SourceError),
}

type Failed = (SourceError, crate::ErrorKind);

/// Whether the components that a layer needs have ended, and none has failed; `None` if it has to wait.
fn ready(components: &[ComponentState<'_>], late: &Late) -> Option<Result<(), Unbound>> {
    let mut failed = None;
    for &needed in &late.needs {
        if !components[needed].is_done() {
            return None;
        }
        failed = failed.or_else(|| components[needed].failure());
    }
    Some(failed.map_or(Ok(()), |failed| Err(Unbound::Dependency(failed))))
}

/// The value of a component for a template; why there is none is put into `failure`.
fn value_of(
    components: &[ComponentState<'_>],
    needed: usize,
    failure: &Cell<Option<Failed>>,
) -> Result<Inserted, SourceError> {
    components[needed].inserted().map_err(|failed| {
        let error = failed.0.clone();
        failure.set(Some(failed));
        error
    })
}

/// The source's answer to a request, and how often it was asked.
fn answer_to(outcomes: &CallOutcome, request: usize) -> (Result<&Reply, &SourceError>, u32) {
    match outcomes.get(request) {
        Some(outcome) => (outcome.answer.as_ref(), outcome.attempts),
        None => (Ok(&Reply::ABSENT), stack::ONCE),
    }
}
