//! Runs the requests of a fetch concurrently and fills its stage.
//!
//! What waits is a call, not a component: components take the answers of calls as they come. All of it runs in the
//! caller's task: nothing is spawned, and dropping the future drops every request. What always holds: a call is sent at
//! most once in a fetch and only when a component needs it, and a component's outcome depends on its own layers alone.

mod component;
mod event;

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
    pub(crate) async fn fill<'p>(&'p self, slots: Vec<&'p mut dyn Slot>) -> Vec<Trace> {
        let mut progress = Progress::new(self, slots);
        if let Err(late) = deadline::until(self.deadline, progress.run()).await {
            progress.components.iter_mut().for_each(|component| component.fail_unless_done(self, &late));
        }
        progress.components.into_iter().filter_map(Running::into_trace).collect()
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
    Answered(Called),
}

impl<'p> Progress<'p> {
    fn new(run: &'p Run<'p>, slots: Vec<&'p mut dyn Slot>) -> Self {
        let (components, begun) = (run.bound.components.iter().zip(slots), Instant::now());
        Self {
            run,
            components: components.map(|(bound, slot)| Running::start(run, begun, bound, slot)).collect(),
            calls: run.bound.calls.iter().map(|_| Progressed::Unsent).collect(),
        }
    }

    /// Until every component is done.
    async fn run(&mut self) {
        let bound = self.run.bound;
        let send = |call: usize| async move { (call, stack::send(&bound.calls[call]).await) };
        let mut sent: FuturesUnordered<_> =
            (0..self.components.len()).filter_map(|component| self.advance(component)).map(send).collect();
        while let Some((call, called)) = sent.next().await {
            self.calls[call] = Progressed::Answered(called);
            for &component in &bound.calls[call].asked_by {
                sent.extend(self.advance(component).map(send));
            }
        }
    }

    /// Takes a component as far as the answers go; gives the call that has to be sent for it to go on.
    fn advance(&mut self, component: usize) -> Option<usize> {
        let component = &mut self.components[component];
        while let Some(layer) = component.layer_to_ask() {
            let call = &mut self.calls[layer.call];
            match call {
                Progressed::Answered(called) => component.take(self.run, layer, called),
                Progressed::Sent => return None,
                Progressed::Unsent => {
                    *call = Progressed::Sent;
                    return Some(layer.call);
                }
            }
        }
        None
    }
}
