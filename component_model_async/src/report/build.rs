//! Builds a report from the data of the engine after a fetch.
//!
//! What always holds: the report owns everything in it. It is built once, after the fetch, and strings are created only
//! here.

use std::{borrow::Cow, sync::Arc, time::Duration};

use super::{CallReport, ComponentReport, Contents, Outcome, Problem, Report};
use crate::{
    ComponentError, SourceError,
    error::{hint_text, message_text},
};

/// The data of a component. Unknown data stays as in [`NEW`](Self::NEW).
#[derive(Debug, Clone)]
pub(crate) struct ComponentData<'d> {
    pub(crate) name: &'d str,
    pub(crate) ty: &'d str,
    pub(crate) source: &'d str,
    pub(crate) locator: &'d str,
    pub(crate) place: Option<Cow<'d, str>>,
    pub(crate) version: Option<&'d str>,
    pub(crate) age: Option<Duration>,
    pub(crate) outcome: Outcome,
    /// The position among the calls that are passed with it, including calls that were not sent.
    pub(crate) call: Option<usize>,
    pub(crate) attempts: u32,
    /// Measured from the beginning of the fetch.
    pub(crate) offset: Duration,
    pub(crate) elapsed: Duration,
    pub(crate) problem: Option<&'d ComponentError>,
}

impl ComponentData<'_> {
    /// Nothing is known yet.
    pub(crate) const NEW: Self = Self {
        name: "",
        ty: "",
        source: "",
        locator: "",
        place: None,
        version: None,
        age: None,
        outcome: Outcome::Failed,
        call: None,
        attempts: 0,
        offset: Duration::ZERO,
        elapsed: Duration::ZERO,
        problem: None,
    };
}

/// What is known about a call.
#[derive(Debug, Clone)]
pub(crate) struct CallData<'d> {
    pub(crate) source: &'d str,
    /// One for each of its requests.
    pub(crate) locators: Vec<&'d str>,
    /// Measured from the beginning of the fetch.
    pub(crate) offset: Duration,
    pub(crate) elapsed: Duration,
    /// 0 for a call that was not sent: the report omits it.
    pub(crate) attempts: u32,
    /// How many components waited for it.
    pub(crate) components: usize,
}

#[cfg(test)]
impl CallData<'_> {
    /// Nothing is known yet.
    pub(crate) const NEW: Self = Self {
        source: "",
        locators: Vec::new(),
        offset: Duration::ZERO,
        elapsed: Duration::ZERO,
        attempts: 0,
        components: 0,
    };
}

impl Report {
    /// The report of a fetch: its components in the order of their declaration, and all calls of its plan.
    pub(crate) fn build<'d>(
        name: &str,
        total: Duration,
        components: impl IntoIterator<Item = ComponentData<'d>>,
        calls: impl IntoIterator<Item = CallData<'d>>,
    ) -> Self {
        let (positions, calls) = sent(calls);
        let position_of = |call: usize| positions.get(call).copied().flatten();
        let component = |data: ComponentData<'d>| {
            let call = data.call.and_then(position_of);
            ComponentReport { call, ..data.into() }
        };
        let components = components.into_iter().map(component).collect();
        Self(Arc::new(Contents { name: name.into(), total: total.into(), components, calls }))
    }
}

/// The calls that were sent, and the position of each call among them.
fn sent<'d>(calls: impl IntoIterator<Item = CallData<'d>>) -> (Vec<Option<usize>>, Vec<CallReport>) {
    let (mut positions, mut kept) = (Vec::new(), Vec::new());
    for call in calls {
        let is_sent = call.attempts > 0;
        positions.push(is_sent.then_some(kept.len()));
        if is_sent {
            kept.push(call.into());
        }
    }
    (positions, kept)
}

impl From<ComponentData<'_>> for ComponentReport {
    fn from(data: ComponentData<'_>) -> Self {
        Self {
            component: data.name.into(),
            ty: data.ty.into(),
            source: data.source.into(),
            locator: data.locator.into(),
            place: data.place.map(|place| place.into()),
            version: data.version.map(Box::from),
            age: data.age.map(Into::into),
            outcome: data.outcome,
            call: data.call,
            attempts: data.attempts,
            offset: data.offset.into(),
            elapsed: data.elapsed.into(),
            problem: data.problem.map(Problem::from),
        }
    }
}

impl From<CallData<'_>> for CallReport {
    fn from(data: CallData<'_>) -> Self {
        Self {
            source: data.source.into(),
            locators: data.locators.into_iter().map(Box::from).collect(),
            offset: data.offset.into(),
            elapsed: data.elapsed.into(),
            attempts: data.attempts,
            components: data.components,
        }
    }
}

impl From<&ComponentError> for Problem {
    fn from(error: &ComponentError) -> Self {
        Self { kind: error.kind(), message: message_text(error).into(), hint: hint_text(error).map(Box::from) }
    }
}

impl From<&SourceError> for Problem {
    fn from(error: &SourceError) -> Self {
        Self::from(&ComponentError::new(error.clone()))
    }
}
