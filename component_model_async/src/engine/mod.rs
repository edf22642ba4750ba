//! Runs the requests of a fetch concurrently and fills its stage.
//!
//! Calls are pending, not components: components take the answers of calls as they come, and each stops waiting at its
//! own timeout. Everything runs in the caller's task: nothing is spawned, and dropping the future drops every request.
//!
//! What always holds: a call is sent once, when the first component needs it, unless a policy repeats it, and dropped when
//! the last one stops waiting; a component's outcome depends only on its own layers.

mod admission;
mod advance;
mod calls;
mod component;
mod dependants;
mod event;
mod flights;
mod in_flight;
mod refresh;
mod retrying;
pub(crate) mod runtime;
mod sending;
mod sent;
mod stage;
mod trace;
mod waiting;

use std::{
    future::{pending, ready},
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use self::{
    calls::AllCalls,
    component::ComponentState,
    in_flight::{Before, Happened, InFlight, Next},
    refresh::Due,
    sending::Launch,
    sent::CallStates,
    trace::{CallTrace, Traces},
    waiting::{Wait, Waiting},
};
pub use self::{
    event::{Event, Observer},
    stage::{Stage, Violations},
};
pub(crate) use self::{sent::Selection, stage::validate};
use crate::{
    ComponentError, SourceError,
    bind::{Bound, CallId, Identity, Layer, RequestId},
    cache::Cache,
    observed,
    policy::{
        deadline::{self, Deadline},
        mode::Mode,
        stack,
    },
    registry::{Good, LocalValues, Registry, Tasks},
    span,
};

/// The settings of a fetch.
pub(crate) struct Run<'r> {
    pub(crate) bound: &'r Bound,
    /// The sources, for requests that are made late.
    pub(crate) sources: &'r Registry,
    pub(crate) cache: &'r Cache,
    /// Where values are fetched again in the background.
    pub(crate) tasks: &'r Tasks,
    pub(crate) deadline: Option<Deadline>,
    pub(crate) mode: Mode,
    pub(crate) observer: Option<&'r Observer>,
    /// Nothing if it is not counted as a fetch.
    pub(crate) observed: Option<&'r observed::Fetch<'r>>,
    /// Whether to create a report, which also has the places and versions of the values.
    pub(crate) detailed: bool,
    pub(crate) started: Instant,
}

impl<'r> Run<'r> {
    /// Fills the stage, and tells what happened to each component; nothing if all of them have a value and nobody asks. Also
    /// returns the values that become the last known good ones, if the struct is valid.
    ///
    /// # Cancel safety
    /// Dropping it drops every request; the stage keeps what it has, and its owner drops it.
    pub(crate) async fn fill(&self, stage: &mut dyn Stage) -> (Option<Traces>, Vec<Good>) {
        let mut progress = Progress::new(self, stage);
        let needed = progress.begin();
        if !needed.is_empty() || !progress.awaiting_stored.is_empty() {
            // Boxed, so that the future of a fetch that need not wait is small.
            Box::pin(progress.wait(needed)).await;
        }
        let good = progress.good();
        (progress.end(), good)
    }

    /// What is wrong with the values that need no waiting. Nothing is sent.
    pub(crate) fn look(&self, stage: &mut dyn Stage) -> Vec<ComponentError> {
        let mut progress = Progress::new(self, stage);
        progress.look();
        progress.components.iter().filter_map(|component| component.own_failure().cloned()).collect()
    }
}

/// What a component sees of the fetch.
pub(in crate::engine) struct Scene<'s> {
    calls: &'s AllCalls<'s>,
    run: &'s Run<'s>,
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
    states: CallStates,
    waiting: Waiting,
    /// The answers of the cache that are to be fetched again, with their calls.
    due: Vec<(CallId, Due)>,
    /// The answers that were stored, and that no component has decoded.
    unproven: Vec<Identity>,
    /// When the leads of this fetch have to be renewed.
    renewal: Option<Instant>,
    /// The requests of shared calls of which a component has taken the answer from the cache, each with its call.
    cached: Vec<RequestId>,
    /// The components that wait for their last known good values.
    awaiting_stored: Vec<usize>,
    /// The last known good values, once they were needed.
    stored: Option<LocalValues>,
    /// The calls that were answered or dropped, in this order.
    ended: Vec<CallTrace>,
    /// The components that others wait for, and that have ended since those were looked at.
    concluded: Vec<usize>,
    /// The components whose next layer can be bound, since all that it needs has ended.
    bindable: Vec<usize>,
}

impl<'p, 'r> Progress<'p, 'r> {
    fn new(run: &'p Run<'r>, stage: &'p mut dyn Stage) -> Self {
        Self {
            run,
            stage,
            components: run.bound.components.iter().map(ComponentState::new).collect(),
            calls: AllCalls::new(run.bound),
            states: CallStates::default(),
            waiting: Waiting::default(),
            due: Vec::new(),
            unproven: Vec::new(),
            renewal: None,
            cached: Vec::new(),
            awaiting_stored: Vec::new(),
            stored: None,
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
        let scene = Scene { calls: &self.calls, run: self.run };
        let component = &mut self.components[position];
        let done = act(component, &scene, self.stage);
        if !component.dependants().is_empty() && component.take_news() {
            self.concluded.push(position);
        }
        done
    }

    /// Advances every component as far as possible without waiting; returns the calls that must be sent for the others.
    fn begin(&mut self) -> Vec<CallId> {
        if self.run.observer.is_some() {
            let scene = Scene { calls: &self.calls, run: self.run };
            self.run.bound.fetched().for_each(|component| component::announce(&scene, component));
        }
        let needed = self.look();
        self.refresh();
        needed
    }

    /// Answers what needs no waiting; returns the calls that must be sent for the rest.
    fn look(&mut self) -> Vec<CallId> {
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

    /// Makes the components that wait end at their own deadlines.
    fn add_deadlines(&mut self) {
        for (position, component) in self.components.iter().enumerate() {
            let deadline = component.deadline().filter(|_| !component.is_done());
            if let Some(until) = deadline.and_then(|deadline| self.run.started.checked_add(deadline)) {
                self.waiting.add(Wait { until, component: position, ticket: Wait::OF_COMPONENT });
            }
        }
    }

    /// Sends the calls, and further calls that depend on their answers, until every component is done.
    async fn wait(&mut self, needed: Vec<CallId>) {
        self.add_deadlines();
        let runtime = runtime::required();
        let waited = match &runtime {
            Ok(()) => deadline::until(self.run.deadline, self.drive(needed)).await,
            Err(missing) => Err(missing.clone()),
        };
        let Err(error) = waited else { return };
        let after = self.run.started.elapsed();
        self.calls.ids().for_each(|call| self.blame(call, &error));
        self.states.hand_over();
        let late: Vec<_> =
            (0..self.components.len()).filter(|component| !self.components[*component].is_loading()).collect();
        for component in late {
            let error = self.with_last_failure(component, error.clone());
            self.fail(component, &error, after);
            // What covers the failure and needs no waiting is still used.
            if self.advance(component, after).is_some() {
                self.fail(component, &error, after);
            }
        }
        // A local file is read nevertheless: that is what it is for.
        if !self.awaiting_stored.is_empty() && runtime.is_ok() {
            let stored = self.run.sources.local.load().await;
            self.take_stored(stored);
        }
        // Those that would have waited for others.
        for component in 0..self.components.len() {
            self.fail(component, &error, after);
        }
    }

    /// Gives the last known good values to the components that wait for them; returns the calls that must be sent next.
    fn take_stored(&mut self, stored: LocalValues) -> Vec<CallId> {
        let after = self.run.started.elapsed();
        self.stored = Some(stored);
        let waiting = std::mem::take(&mut self.awaiting_stored);
        let mut needed: Vec<_> = waiting.into_iter().filter_map(|component| self.advance(component, after)).collect();
        needed.extend(self.settle(after));
        needed
    }

    /// The values that become the last known good ones.
    fn good(&mut self) -> Vec<Good> {
        if !self.run.bound.has_stored {
            return Vec::new();
        }
        let scene = Scene { calls: &self.calls, run: self.run };
        self.components.iter_mut().filter_map(|component| component.good(&scene, self.stage)).collect()
    }

    async fn drive(&mut self, needed: Vec<CallId>) {
        let mut in_flight = InFlight::new();
        let mut launches = self.launch_all(needed);
        let mut loading = false;
        loop {
            if !self.awaiting_stored.is_empty() && !loading {
                loading = true;
                let local = self.run.sources.local.clone();
                in_flight.load(Box::pin(async move { Before::Loaded(local.load().await) }));
            }
            for launch in launches {
                match launch {
                    Launch::Attempt(call, span, asked, known, permit) => {
                        let sent = stack::send(Arc::clone(self.calls.get(call)), asked, known, permit);
                        in_flight.send(call, span::within(&span, sent));
                    }
                    Launch::Follow(call, follower) => {
                        in_flight.wait(call, Box::pin(async move { Before::Followed(follower.await) }));
                    }
                    Launch::Refuse(call, error) => in_flight.wait(call, Box::pin(ready(Before::Refused(error)))),
                    Launch::Queue(call) => {
                        let limit = Arc::clone(&self.calls.get(call).guard.limit);
                        in_flight.wait(call, Box::pin(async { Before::Admitted(limit.acquire().await) }));
                    }
                    Launch::Pause(call, pause) => in_flight.wait(
                        call,
                        Box::pin(async move {
                            sleep(pause).await;
                            Before::Paused
                        }),
                    ),
                    Launch::Hold(call, wakes) => in_flight.wait(
                        call,
                        Box::pin(async {
                            match wakes.await {
                                Ok(()) => Before::Paused,
                                Err(_) => pending().await,
                            }
                        }),
                    ),
                }
            }
            self.refresh();
            if in_flight.is_empty() {
                return;
            }
            let components = &self.components;
            let end = self.waiting.first_end(|wait| components[wait.component].waits(wait.ticket));
            let end = end.into_iter().chain(self.renewal).min();
            launches = match in_flight.next(end).await {
                Next::Call(call, Happened::Answered(outcome)) => self.answered(call, outcome),
                Next::Call(call, Happened::Before(before)) if before.leads_to_attempt() && self.is_too_late(call) => {
                    self.hold(call)
                }
                Next::Call(call, Happened::Before(Before::Admitted(permit))) => self.admitted(call, permit),
                Next::Call(_, Happened::Before(Before::Loaded(stored))) => {
                    let needed = self.take_stored(stored);
                    self.launch_all(needed)
                }
                Next::Call(call, Happened::Before(Before::Refused(error))) => self.refused(call, &error),
                Next::Call(call, Happened::Before(Before::Followed(followed))) => self.followed(call, followed),
                Next::Call(call, Happened::Before(Before::Paused)) => self.launch(call),
                Next::TimeIsUp => {
                    self.renew_leads();
                    let (launches, dropped) = self.stop_waiting();
                    in_flight.abandon(dropped);
                    launches
                }
            };
        }
    }

    /// Ends a component with an error, unless it has ended.
    fn fail(&mut self, position: usize, error: &SourceError, after: Duration) {
        let sent = self.components[position].waited_for().and_then(|layer| self.states.sent(layer.call()));
        let attempts = sent.map_or(0, |sent| sent.attempts);
        self.with(position, |component, scene, stage| component.fail_unless_done(scene, stage, error, attempts, after));
    }

    fn end_call(&mut self, call: CallId, after: Duration) {
        if let Some(sent) = self.states.sent(call) {
            let elapsed = after.saturating_sub(sent.since);
            self.ended.push(CallTrace {
                call,
                since: sent.since,
                elapsed,
                attempts: sent.sends,
                components: sent.joined,
            });
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
        let scene = Scene { calls: &self.calls, run: self.run };
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
        let fetched = self.components.iter().filter(|component| !component.is_check());
        if let Some(observed) = self.run.observed {
            observed.components(fetched.map(ComponentState::outcome));
        }
        if self.components.iter().any(ComponentState::has_failed) {
            self.clear();
        } else if !self.run.detailed {
            return None;
        }
        let after = self.run.started.elapsed();
        self.calls.ids().for_each(|call| self.end_call(call, after));
        self.ended.sort_by_key(|ended| (ended.since, ended.call));
        let components = self.components.into_iter().map(ComponentState::into_trace).collect();
        Some(Traces { components, calls: self.ended, late: self.calls.into_late() })
    }
}
