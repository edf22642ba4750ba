//! What the engine notes about each component, and how a report is built from it.

use std::{borrow::Cow, time::Duration};

use super::{
    Outcome, Report,
    build::{CallData, ComponentData},
};
use crate::{
    ComponentError, ErrorKind, Record, Request,
    bind::{BoundComponent, Layer, Outline},
    decode,
};

/// What the engine notes about a component.
#[derive(Clone)]
pub(crate) struct Trace {
    pub(crate) outcome: Outcome,
    pub(crate) layer: Option<Layer>,
    pub(crate) attempts: u32,
    pub(crate) offset: Duration,
    pub(crate) elapsed: Duration,
    pub(crate) problem: Option<ComponentError>,
    /// When each layer before the last one answered that it does not have the value.
    pub(crate) passed: Vec<Duration>,
    /// The record that was decoded: it knows where the value is. Kept until the report is built.
    pub(crate) record: Option<Record>,
}

impl Trace {
    /// Nothing has happened yet.
    pub(crate) const PENDING: Self = Self {
        outcome: Outcome::Failed,
        layer: None,
        attempts: 0,
        offset: Duration::ZERO,
        elapsed: Duration::ZERO,
        problem: None,
        passed: Vec::new(),
        record: None,
    };

    /// The error of a component that has no value.
    pub(crate) fn failure(&self) -> Option<ComponentError> {
        self.problem.clone().filter(|_| self.outcome == Outcome::Failed)
    }

    /// The report of a fetch.
    pub(crate) fn report(traces: &[Self], outline: &Outline, total: Duration) -> Report {
        let components = outline.components.iter().zip(traces).map(|(bound, trace)| trace.component(bound, outline));
        Report::build(outline.plan.name, total, components, calls(outline, traces))
    }

    fn component<'d>(&'d self, bound: &'d BoundComponent, outline: &'d Outline) -> ComponentData<'d> {
        let (source, locator) = match self.layer {
            Some(layer) => outline.place_of(layer),
            None => (self.unasked_source(bound), ""),
        };
        ComponentData {
            name: bound.component.name,
            ty: bound.component.ty,
            source,
            locator,
            place: self.place(locator),
            outcome: self.outcome,
            call: self.layer.map(|layer| layer.call),
            attempts: self.attempts,
            offset: self.offset,
            elapsed: self.elapsed,
            problem: self.problem.as_ref(),
            ..ComponentData::NEW
        }
    }

    /// The source that cannot be asked, otherwise the first one.
    fn unasked_source(&self, bound: &BoundComponent) -> &'static str {
        let failed = self.problem.as_ref().and_then(ComponentError::source_name);
        let sources = bound.component.sources;
        let first = sources.first().copied().unwrap_or_default();
        sources.iter().copied().find(|name| failed == Some(*name)).unwrap_or(first)
    }

    /// Where exactly the value is, or what is wrong with it; a place that is only the locator says nothing new.
    fn place(&self, locator: &str) -> Option<Cow<'_, str>> {
        let value = self.record.as_ref().and_then(|record| record.place(&decode::Path::default())).map(Cow::Owned);
        let failure = || self.problem.as_ref().and_then(ComponentError::locator).map(Cow::Borrowed);
        value.or_else(failure).filter(|place| self.layer.is_some() && place != locator)
    }

    /// How many layers were asked, and the component waited for their answers.
    fn asked(&self) -> usize {
        let waited = self.problem.as_ref().is_some_and(|problem| problem.kind() == ErrorKind::Deadline);
        if self.attempts > 0 || waited { self.passed.len() + 1 } else { 0 }
    }

    /// When a layer was asked, and when it answered.
    fn time_of(&self, position: usize) -> (Duration, Duration) {
        let begin = position.checked_sub(1).and_then(|before| self.passed.get(before));
        (begin.copied().unwrap_or(self.offset), self.passed.get(position).copied().unwrap_or(self.elapsed))
    }
}

/// The calls with their times, which the components know: a call begins when the first component needs it and ends when
/// the first one has its answer.
fn calls<'d>(outline: &'d Outline, traces: &[Trace]) -> Vec<CallData<'d>> {
    let mut times: Vec<Option<(Duration, Duration, usize)>> = vec![None; outline.calls.len()];
    for (bound, trace) in outline.components.iter().zip(traces) {
        for (position, layer) in bound.layers.iter().enumerate().take(trace.asked()) {
            let (begin, end) = trace.time_of(position);
            let (first, answered, components) = times[layer.call].unwrap_or((begin, end, 0));
            times[layer.call] = Some((first.min(begin), answered.min(end), components + 1));
        }
    }
    let data = |(call, time): (&'d crate::bind::Call, Option<(Duration, Duration, usize)>)| {
        let (offset, end, components) = time.unwrap_or_default();
        CallData {
            source: call.name,
            locators: call.requests.iter().map(Request::locator).collect(),
            offset,
            elapsed: end.saturating_sub(offset),
            attempts: u32::from(time.is_some()),
            components,
        }
    };
    outline.calls.iter().zip(times).map(data).collect()
}
