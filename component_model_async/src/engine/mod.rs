//! Runs the requests of a fetch concurrently and fills its stage.
//!
//! What waits is a call, not a component: components take the answers of calls as they come. All of it runs in the
//! caller's task: nothing is spawned, and dropping the future drops every request. What always holds: a call is sent at
//! most once in a fetch and only when a component needs it, and a component's outcome depends on its own layers alone.

mod component;
mod event;
pub(crate) mod runtime;

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use self::component::ComponentState;
pub use self::event::{Event, Observer};
use crate::{
    Record, SourceError,
    bind::{Bound, Layer},
    decode::Slot,
    policy::{
        deadline::{self, Deadline},
        stack::{self, CallOutcome},
    },
    registry::Answers,
    report::Trace,
};

/// What a fetch runs under.
pub(crate) struct Run<'r> {
    pub(crate) bound: &'r Bound,
    pub(crate) deadline: Option<Deadline>,
    pub(crate) observer: Option<&'r Observer>,
    pub(crate) started: Instant,
}

impl<'r> Run<'r> {
    pub(crate) fn new(bound: &'r Bound, deadline: Option<Deadline>, observer: Option<&'r Observer>) -> Self {
        Self { bound, deadline, observer, started: Instant::now() }
    }

    /// Fills the slots, each with its component's value, and tells what happened to each.
    ///
    /// # Cancel safety
    /// Dropping it drops every request; the slots keep what they have, and their owner drops them.
    pub(crate) async fn fill(&self, slots: Vec<&mut dyn Slot>) -> Vec<Trace> {
        let mut traces: Vec<_> = self.bound.components.iter().map(|_| Trace::PENDING).collect();
        let mut progress = Progress::new(self, slots, &mut traces);
        let needed = progress.begin();
        if !needed.is_empty() {
            progress.wait(needed).await;
        }
        traces
    }
}

/// How far a fetch is.
struct Progress<'p> {
    run: &'p Run<'p>,
    components: Vec<ComponentState<'p>>,
    calls: Vec<CallState>,
}

/// How far a call is.
enum CallState {
    Unsent,
    Sent,
    /// Boxed, since a call for one component whose answer is available at once never gets here.
    Answered(Box<CallOutcome>),
}

impl<'p> Progress<'p> {
    fn new<'s: 'p>(run: &'p Run<'p>, slots: Vec<&'s mut (dyn Slot + 's)>, traces: &'p mut [Trace]) -> Self {
        let components = run.bound.components.iter().zip(slots).zip(traces);
        Self {
            run,
            components: components.map(|((bound, slot), trace)| ComponentState::new(bound, slot, trace)).collect(),
            calls: run.bound.calls.iter().map(|_| CallState::Unsent).collect(),
        }
    }

    /// Takes every component as far as it goes without waiting; the calls that have to be sent for the others.
    fn begin(&mut self) -> Vec<usize> {
        let mut needed = Vec::new();
        self.components.iter_mut().for_each(|component| component.start(self.run));
        for component in 0..self.components.len() {
            needed.extend(self.advance(component, Duration::ZERO));
        }
        needed
    }

    /// Sends the calls, and those that their answers make necessary, until every component is done.
    async fn wait(&mut self, needed: Vec<usize>) {
        let waited = match runtime::required() {
            Ok(()) => deadline::until(self.run.deadline, self.send(needed)).await,
            Err(missing) => Err(missing),
        };
        let Err(error) = waited else { return };
        let after = self.run.started.elapsed();
        self.components.iter_mut().for_each(|component| component.fail_unless_done(self.run, &error, after));
    }

    async fn send(&mut self, needed: Vec<usize>) {
        let bound = self.run.bound;
        let send = |call: usize| async move { (call, stack::send(&*bound.sources[call], &bound.calls[call]).await) };
        let mut sent: FuturesUnordered<_> = needed.into_iter().map(send).collect();
        while let Some((call, called)) = sent.next().await {
            self.calls[call] = CallState::Answered(Box::new(called));
            let after = self.run.started.elapsed();
            for &component in &bound.calls[call].asked_by {
                sent.extend(self.advance(component, after).map(send));
            }
        }
    }

    /// Takes a component as far as the answers go; gives the call that has to be sent for it to go on.
    fn advance(&mut self, component: usize, after: Duration) -> Option<usize> {
        let (run, component) = (self.run, &mut self.components[component]);
        while let Some(layer) = component.layer_to_ask() {
            let (source, call) = (&*run.bound.sources[layer.call], &run.bound.calls[layer.call]);
            let progressed = &mut self.calls[layer.call];
            match progressed {
                CallState::Answered(called) => {
                    component.take(run, layer, answer_to(&called.answers, layer), called.attempts, after);
                }
                CallState::Sent => return None,
                CallState::Unsent
                    if call.asked_by.len() == 1
                        && let Some(answer) = stack::fetch_immediate(source, call) =>
                {
                    component.take(run, layer, answer.as_ref().map(Option::as_ref), 1, after);
                }
                CallState::Unsent
                    if call.is_shared()
                        && let Some(called) = stack::fetch_all_immediate(source, call) =>
                {
                    *progressed = CallState::Answered(Box::new(called));
                }
                CallState::Unsent => {
                    *progressed = CallState::Sent;
                    return Some(layer.call);
                }
            }
        }
        None
    }
}

/// What the source of a layer answered, or why the call of that layer failed.
fn answer_to(answers: &Result<Answers, SourceError>, layer: Layer) -> Result<Option<&Record>, &SourceError> {
    answers.as_ref()?.get(layer.request).map_or(Ok(None), |answer| answer.as_ref().map(Option::as_ref))
}
