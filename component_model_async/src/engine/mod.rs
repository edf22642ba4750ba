//! Runs the requests of a fetch concurrently and fills its stage.
//!
//! All components run in the caller's task: nothing is spawned, and dropping the future drops every request. What always
//! holds: a call is sent at most once in a fetch and only when a component needs it, and a component's outcome depends
//! on its own layers alone.

mod component;
mod event;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::{sync::OnceCell, time::Instant};

pub use self::event::{Event, Observer};
use crate::{
    bind::{Bound, Call, Layer},
    decode::Slot,
    policy::{
        deadline::Deadline,
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
    calls: Vec<OnceCell<Called>>,
}

impl<'r> Run<'r> {
    pub(crate) fn new(bound: &'r Bound, deadline: Option<Deadline>, observer: Option<&'r Observer>) -> Self {
        let calls = bound.calls.iter().map(|_| OnceCell::new()).collect();
        Self { bound, deadline, observer, started: Instant::now(), calls }
    }

    /// Fills the slots, each with its component's value, and tells what happened to each.
    ///
    /// # Cancel safety
    /// Dropping it drops every request; the slots keep what they have, and their owner drops them.
    pub(crate) async fn fill(&self, slots: Vec<&mut dyn Slot>) -> Vec<Trace> {
        let mut running: FuturesUnordered<_> = self
            .bound
            .components
            .iter()
            .zip(slots)
            .enumerate()
            .map(|(position, (bound, slot))| async move { (position, component::fetch(self, bound, slot).await) })
            .collect();
        let mut traces: Vec<Option<Trace>> = Vec::new();
        traces.resize_with(running.len(), || None);
        while let Some((position, trace)) = running.next().await {
            traces[position] = Some(trace);
        }
        traces.into_iter().flatten().collect()
    }

    /// What came of the call that a layer belongs to; the first component that needs it sends it.
    async fn called(&self, layer: Layer) -> &Called {
        let call: &Call = &self.bound.calls[layer.call];
        self.calls[layer.call].get_or_init(|| stack::send(call)).await
    }
}
