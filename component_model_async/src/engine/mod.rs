//! Runs the requests of a fetch concurrently and fills its stage.
//!
//! What waits is a call, not a component: components take the answers of calls as they come. All of it runs in the
//! caller's task: nothing is spawned, and dropping the future drops every request. What always holds: a call is sent at
//! most once in a fetch and only when a component needs it, and a component's outcome depends on its own layers alone.

mod component;
mod event;

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use self::component::Running;
pub use self::event::{Event, Observer};
use crate::{
    bind::Bound,
    decode::Slot,
    policy::{
        deadline::{self, Deadline},
        stack::{self, Called},
    },
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
        let mut progress = Progress::new(self, slots);
        if let Err(late) = deadline::until(self.deadline, progress.run()).await {
            let after = self.started.elapsed();
            progress.components.iter_mut().for_each(|component| component.fail_unless_done(self, &late, after));
        }
        // Not collected, which would reuse the larger memory of the components.
        let mut traces = Vec::with_capacity(progress.components.len());
        traces.extend(progress.components.into_iter().filter_map(Running::into_trace));
        traces
    }
}

/// How far a fetch is.
struct Progress<'p> {
    run: &'p Run<'p>,
    components: Vec<Running<'p>>,
    calls: Vec<Progressed>,
}

/// How far a call is.
enum Progressed {
    Unsent,
    Sent,
    /// Boxed, since a call whose answer is at hand and for one component only never gets here.
    Answered(Box<Called>),
}

impl<'p> Progress<'p> {
    fn new<'s: 'p>(run: &'p Run<'p>, slots: Vec<&'s mut (dyn Slot + 's)>) -> Self {
        let components = run.bound.components.iter().zip(slots);
        Self {
            run,
            components: components.map(|(bound, slot)| Running::start(run, bound, slot)).collect(),
            calls: run.bound.calls.iter().map(|_| Progressed::Unsent).collect(),
        }
    }

    /// Until every component is done.
    async fn run(&mut self) {
        let bound = self.run.bound;
        let at_once = Duration::ZERO;
        let needed: Vec<_> =
            (0..self.components.len()).filter_map(|component| self.advance(component, at_once)).collect();
        if needed.is_empty() {
            return;
        }
        let send = |call: usize| async move { (call, stack::send(&bound.calls[call]).await) };
        let mut sent: FuturesUnordered<_> = needed.into_iter().map(send).collect();
        while let Some((call, called)) = sent.next().await {
            self.calls[call] = Progressed::Answered(Box::new(called));
            let after = self.run.started.elapsed();
            for &component in &bound.calls[call].asked_by {
                sent.extend(self.advance(component, after).map(send));
            }
        }
    }

    /// Takes a component as far as the answers go; gives the call that has to be sent for it to go on.
    fn advance(&mut self, component: usize, after: Duration) -> Option<usize> {
        let (bound, component) = (self.run.bound, &mut self.components[component]);
        while let Some(layer) = component.layer_to_ask() {
            let call = &mut self.calls[layer.call];
            match call {
                Progressed::Answered(called) => component.take(self.run, layer, called, after),
                Progressed::Sent => return None,
                Progressed::Unsent => match stack::at_hand(&bound.calls[layer.call]) {
                    Some(called) if bound.calls[layer.call].asked_by.len() == 1 => {
                        component.take(self.run, layer, &called, after);
                    }
                    Some(called) => *call = Progressed::Answered(Box::new(called)),
                    None => {
                        *call = Progressed::Sent;
                        return Some(layer.call);
                    }
                },
            }
        }
        None
    }
}
