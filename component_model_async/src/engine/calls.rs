//! The calls of a fetch: those that are known from binding, and those that are made when the components that they need are
//! available.
//!
//! What always holds: what becomes ready together travels together, and a request that equals an earlier one of this
//! fetch is not sent again.

use std::{collections::HashMap, sync::Arc};

use crate::{
    Answer, Inserted, Opaque, Request, SourceError, Value,
    bind::{Bound, BoundLate, Call, CallId, Calls, Identity, Late, Layer, RequestId, derived_twice},
    policy::stack,
    registry::{Registered, Registry},
};

pub(super) struct AllCalls<'r> {
    bound: &'r Bound,
    late: Vec<Arc<Call>>,
    /// The requests of late calls.
    requests: HashMap<Identity, RequestId>,
    /// Where requests were moved last.
    moved: HashMap<RequestId, RequestId>,
    /// The components that joined a call after it was made.
    joined: HashMap<CallId, Vec<usize>>,
    /// The components whose keys were derived from values.
    derived: HashMap<Identity, usize>,
}

impl<'r> AllCalls<'r> {
    pub(super) fn new(bound: &'r Bound) -> Self {
        Self {
            bound,
            late: Vec::new(),
            requests: HashMap::new(),
            moved: HashMap::new(),
            joined: HashMap::new(),
            derived: HashMap::new(),
        }
    }

    fn len(&self) -> usize {
        self.bound.calls.len() + self.late.len()
    }

    /// All calls there are now.
    pub(super) fn ids(&self) -> impl Iterator<Item = CallId> + use<> {
        (0..self.len()).map(CallId::new)
    }

    pub(super) fn get(&self, call: CallId) -> &Arc<Call> {
        self.bound.call(call).unwrap_or_else(|| &self.late[call.number() - self.bound.calls.len()])
    }

    /// The components that need a call, in the order in which they came.
    pub(super) fn asked_by(&self, call: CallId) -> impl Iterator<Item = usize> {
        let joined = self.joined.get(&call).map_or(&[][..], Vec::as_slice);
        self.get(call).asked_by.iter().chain(joined).copied()
    }

    /// Makes a call of its own for some requests of a call, for some components.
    pub(super) fn move_out(&mut self, from: CallId, requests: &[usize], components: Vec<usize>) -> CallId {
        let call = self.get(from);
        let moved = Call {
            name: Arc::clone(&call.name),
            source: Arc::clone(&call.source),
            guard: Arc::clone(&call.guard),
            requests: requests.iter().filter_map(|request| call.requests.get(*request).cloned()).collect(),
            asked_by: components,
        };
        let id = CallId::new(self.len());
        self.late.push(Arc::new(moved));
        self.moved.extend(requests.iter().enumerate().map(|(place, request)| ((from, *request), (id, place))));
        id
    }

    /// Where a request was moved.
    pub(super) fn moved(&self, request: RequestId) -> Option<RequestId> {
        self.moved.get(&request).copied()
    }

    /// Adds a component to those that need a call.
    pub(super) fn join(&mut self, call: CallId, component: usize) {
        self.joined.entry(call).or_default().push(component);
    }

    /// The source and the locator of a layer.
    pub(super) fn place_of(&self, layer: Layer) -> (&str, &str) {
        let call = self.get(layer.call());
        (&call.name, call.requests[layer.request()].locator())
    }

    pub(super) fn into_late(self) -> Vec<Arc<Call>> {
        self.late
    }

    fn derive(&mut self, component: usize, name: &Arc<str>, request: &Request<Opaque>) -> Result<(), SourceError> {
        let identity = (Arc::clone(name), request.query().clone());
        let known = self.bound.derived.get(&identity);
        let late = self.derived.get(&identity).map(|other| &self.bound.components[*other].about);
        match known.or(late) {
            Some(other) => Err(derived_twice(request.locator(), &other.full_path())),
            None => {
                self.derived.insert(identity, component);
                Ok(())
            }
        }
    }

    fn find(&self, identity: &Identity) -> Option<RequestId> {
        self.bound.requests.get(identity).or_else(|| self.requests.get(identity)).copied()
    }
}

/// The requests that become ready together.
pub(super) struct Wave<'c, 'r> {
    calls: &'c mut AllCalls<'r>,
    made: Calls,
    /// The calls that were answered without I/O.
    answered: Vec<Arc<Call>>,
}

/// What a layer became.
pub(super) enum Made {
    /// It is asked.
    Asked(Layer),
    /// It was answered without I/O: its layer, with the position of its call among those.
    Answered(Layer, Answer),
}

impl<'c, 'r> Wave<'c, 'r> {
    pub(super) fn new(calls: &'c mut AllCalls<'r>) -> Self {
        let made = Calls::numbered_from(calls.len());
        Self { calls, made, answered: Vec::new() }
    }

    /// Binds a layer of a component, and asks for its answer if it is available without I/O.
    pub(super) fn bind<'v>(
        &mut self,
        component: usize,
        late: &Late,
        sources: &Registry,
        scalar_of: impl Fn(usize) -> Option<(&'v Value, bool)>,
        value_of: &dyn Fn(usize) -> Result<Inserted, SourceError>,
    ) -> Result<Made, SourceError> {
        let bound = match late.bound_last(scalar_of) {
            Some(bound) => bound,
            None => late.bind(sources, value_of)?,
        };
        let BoundLate { call, timeout, is_derived, .. } = &*bound;
        let request = bound.request();
        if *is_derived {
            self.calls.derive(component, &late.source, request)?;
        }
        // What is available without I/O is not worth the search for an equal request.
        if let Some(answer) = stack::fetch_immediate(call) {
            self.answered.push(Arc::clone(call));
            return Ok(Made::Answered(Layer::new((CallId::new(self.answered.len() - 1), 0), *timeout), answer));
        }
        let id = self.add(component, &late.source, call.registered(), request.clone());
        Ok(Made::Asked(Layer::new(id, *timeout)))
    }

    fn add(
        &mut self,
        component: usize,
        name: &Arc<str>,
        registered: Registered<'_>,
        request: Request<Opaque>,
    ) -> RequestId {
        if let Some(known) = self.calls.find(&(Arc::clone(name), request.query().clone())) {
            self.calls.joined.entry(known.0).or_default().push(component);
            return known;
        }
        let (call, request) = self.made.add(name, registered, request);
        self.made.list[call.number() - self.calls.len()].asked_by.push(component);
        (call, request)
    }

    /// Adds the calls that were made to those of the fetch; returns what tells the calls of the layers that were answered.
    pub(super) fn close(self) -> impl Fn(CallId) -> CallId + use<> {
        self.calls.requests.extend(self.made.requests);
        self.calls.late.extend(self.made.list.into_iter().map(Arc::new));
        let first = self.calls.len();
        self.calls.late.extend(self.answered);
        move |answered| CallId::new(first + answered.number())
    }
}
