//! What the engine records during a fetch; a report is created from it on request.

use std::{borrow::Cow, collections::HashMap, sync::Arc, time::Duration};

use crate::{
    ComponentError, Report, Request,
    bind::{Bound, BoundComponent, Call, CallId, Layer},
    report::{
        Outcome,
        build::{CallData, ComponentData},
    },
};

/// What happened to the components, in the order of the plan, and to the calls that were sent.
pub(crate) struct Traces {
    pub(crate) components: Vec<Trace>,
    pub(crate) calls: Vec<CallTrace>,
    /// The calls that are not in the binding.
    pub(crate) late: Vec<Arc<Call>>,
}

impl Traces {
    /// The errors of the components that have no value.
    ///
    /// A check that failed for the reason of a component, such as a document that does not parse, adds nothing.
    pub(crate) fn failures(&self, bound: &Bound) -> Vec<ComponentError> {
        let (fetched, checks) = self.components.split_at(bound.fetched().count());
        let mut failures: Vec<_> = fetched.iter().filter_map(Trace::failure).cloned().collect();
        let told = failures.len();
        for failure in checks.iter().filter_map(Trace::failure) {
            if !failures[..told].iter().any(|known| known.has_reason_of(failure)) {
                failures.push(failure.clone());
            }
        }
        failures
    }

    /// The report of the fetch, which contains no references to the plan and the sources.
    pub(crate) fn report(&self, bound: &Bound, total: Duration) -> Report {
        let last: HashMap<_, _> = self.calls.iter().enumerate().map(|(position, call)| (call.call, position)).collect();
        let components = bound.fetched().zip(&self.components);
        let components = components.map(|(component, trace)| self.component(component, trace, bound, &last));
        Report::build(
            &bound.name,
            total,
            components,
            self.calls.iter().map(|call| call.data(self.call(call.call, bound))),
        )
    }

    fn call<'t>(&'t self, call: CallId, bound: &'t Bound) -> &'t Call {
        bound.call(call).unwrap_or_else(|| &self.late[call.number() - bound.calls.len()])
    }

    /// `last` has the position of the last trace of each call.
    fn component<'d>(
        &'d self,
        component: &'d BoundComponent,
        trace: &'d Trace,
        bound: &'d Bound,
        last: &HashMap<CallId, usize>,
    ) -> ComponentData<'d> {
        let (source, locator) = match trace.layer {
            Some(layer) => {
                let call = self.call(layer.call(), bound);
                (&*call.name, call.requests[layer.request()].locator())
            }
            None => (trace.unasked_source(component), ""),
        };
        let call = trace.layer.and_then(|layer| last.get(&layer.call()).copied());
        ComponentData {
            name: &component.about.path,
            ty: &component.about.ty,
            source,
            locator,
            place: trace.place(locator),
            version: trace.detail.as_ref().and_then(|detail| detail.version.as_deref()),
            age: trace.detail.as_ref().and_then(|detail| detail.age),
            outcome: trace.outcome,
            call,
            attempts: trace.attempts,
            elapsed: trace.elapsed,
            problem: trace.problem.as_ref(),
            ..ComponentData::NEW
        }
    }
}

/// What happened to a component.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(crate) outcome: Outcome,
    pub(crate) layer: Option<Layer>,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    pub(crate) problem: Option<ComponentError>,
    /// Recorded only for a report.
    pub(crate) detail: Option<Box<Detail>>,
}

/// Further data about a value for a report.
#[derive(Debug, Clone)]
pub(crate) struct Detail {
    /// The exact place: `shop.toml:12:8`.
    pub(crate) place: Option<String>,
    pub(crate) version: Option<String>,
    /// How long ago its source sent or confirmed it, if that was before the fetch.
    pub(crate) age: Option<Duration>,
}

impl Trace {
    /// Nothing has happened yet.
    pub(crate) const PENDING: Self = Self {
        outcome: Outcome::Failed,
        layer: None,
        attempts: 0,
        elapsed: Duration::ZERO,
        problem: None,
        detail: None,
    };

    /// The error of a component that has no value.
    pub(crate) fn failure(&self) -> Option<&ComponentError> {
        self.problem.as_ref().filter(|_| self.outcome == Outcome::Failed)
    }

    /// The source that cannot be asked, or else the first one.
    fn unasked_source<'b>(&self, bound: &'b BoundComponent) -> &'b str {
        let failed = self.problem.as_ref().and_then(ComponentError::source_name);
        let mut sources = bound.sources.iter().map(|name| &**name);
        let first = sources.clone().next().unwrap_or_default();
        sources.find(|name| failed == Some(*name)).unwrap_or(first)
    }

    /// The exact place of the value, or of the mistake in it; `None` if the place is only the locator.
    fn place(&self, locator: &str) -> Option<Cow<'_, str>> {
        let value = self.detail.as_ref().and_then(|detail| detail.place.as_deref());
        // The failure that another source covers is elsewhere.
        let problem = self.problem.as_ref().filter(|_| self.outcome != Outcome::OtherSource);
        let failure = || problem.and_then(ComponentError::locator);
        value.or_else(failure).filter(|place| self.layer.is_some() && *place != locator).map(Cow::Borrowed)
    }
}

/// What happened to a call that was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallTrace {
    /// Its position among the calls of the plan.
    pub(crate) call: CallId,
    /// When it was sent, from the beginning of the fetch.
    pub(crate) since: Duration,
    pub(crate) elapsed: Duration,
    pub(crate) attempts: u32,
    /// How many components waited for it.
    pub(crate) components: usize,
}

impl CallTrace {
    fn data<'d>(&self, call: &'d Call) -> CallData<'d> {
        CallData {
            source: &call.name,
            locators: call.requests.iter().map(Request::locator).collect(),
            offset: self.since,
            elapsed: self.elapsed,
            attempts: self.attempts,
            components: self.components,
        }
    }
}
