//! The calls of a fetch: equal requests are merged, and the requests of a group travel together. Those of different
//! endpoints do not, since each endpoint has its own circuit breaker.

use std::{collections::HashMap, sync::Arc};

use super::Layer;
use crate::{
    Opaque, Request,
    policy::guard::Guard,
    registry::{DynSource, Registered},
};

/// The requests of one round trip: one request, or all those of a group at an endpoint, even if the policies of their
/// components differ.
pub(crate) struct Call {
    pub(crate) name: Arc<str>,
    pub(crate) source: Arc<dyn DynSource>,
    /// What protects the source, and is shared by all fetches.
    pub(crate) guard: Arc<Guard>,
    pub(crate) requests: Vec<Request<Opaque>>,
    /// The positions of the components with a layer in this call.
    pub(crate) asked_by: Vec<usize>,
}

impl Call {
    fn new(name: &Arc<str>, registered: Registered<'_>) -> Self {
        Self {
            name: Arc::clone(name),
            source: Arc::clone(registered.source),
            guard: Arc::clone(registered.guard),
            requests: Vec::new(),
            asked_by: Vec::new(),
        }
    }

    /// Whether a fetch sends it at most once.
    pub(crate) fn is_once(&self) -> bool {
        self.requests.iter().any(Request::is_once)
    }

    /// A call for one request that no other joins.
    pub(super) fn alone(name: &Arc<str>, registered: Registered<'_>, request: Request<Opaque>) -> Self {
        Self { requests: vec![request], ..Self::new(name, registered) }
    }

    /// The registration of its source.
    pub(crate) fn registered(&self) -> Registered<'_> {
        Registered { source: &self.source, policies: Some(&self.guard.policies), guard: &self.guard }
    }

    /// Whether the call has more than one request, or more than one component waits for it.
    pub(crate) fn is_shared(&self) -> bool {
        self.asked_by.len() > 1 || self.requests.len() > 1
    }
}

/// What tells a request or a group from all others: the registered name, and what the source compares.
pub(crate) type Identity = (Arc<str>, Opaque);

/// A call of a fetch, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
// Small, since every component copies its layers.
pub(crate) struct CallId(u32);

impl CallId {
    /// None of them.
    pub(crate) const NONE: Self = Self(u32::MAX);

    pub(crate) fn new(number: usize) -> Self {
        Self(u32::try_from(number).unwrap_or(u32::MAX))
    }

    pub(crate) fn number(self) -> usize {
        self.0 as usize
    }
}

/// A request: its call, and its position in the call.
pub(crate) type RequestId = (CallId, usize);

/// The calls so far.
#[derive(Default)]
pub(crate) struct Calls {
    /// The number of the first of them.
    first: usize,
    pub(crate) list: Vec<Call>,
    pub(crate) requests: HashMap<Identity, RequestId>,
    /// The call for a group and an endpoint.
    groups: HashMap<(Identity, Option<Box<str>>), usize>,
}

impl Calls {
    /// No calls yet; their numbers begin with this one.
    pub(crate) fn numbered_from(first: usize) -> Self {
        Self { first, ..Self::default() }
    }

    /// The request of a layer, of calls that are numbered from zero.
    pub(crate) fn request(&self, layer: Layer) -> &Request<Opaque> {
        &self.list[layer.call().number()].requests[layer.request()]
    }

    /// A request, which is added unless there is an equal one.
    pub(crate) fn add(&mut self, name: &Arc<str>, registered: Registered<'_>, request: Request<Opaque>) -> RequestId {
        let identity = (Arc::clone(name), request.query().clone());
        if let Some(known) = self.requests.get(&identity) {
            return *known;
        }
        let call = self.call_for(name, registered, &request);
        let requests = &mut self.list[call].requests;
        requests.push(request);
        let added = (CallId::new(self.first + call), requests.len() - 1);
        self.requests.insert(identity, added);
        added
    }

    fn call_for(&mut self, name: &Arc<str>, registered: Registered<'_>, request: &Request<Opaque>) -> usize {
        let endpoint = request.endpoint().map(Box::from);
        let group = request.group().map(|group| ((Arc::clone(name), group.clone()), endpoint));
        if let Some(call) = group.as_ref().and_then(|group| self.groups.get(group)) {
            return *call;
        }
        let call = self.list.len();
        self.list.push(Call::new(name, registered));
        if let Some(group) = group {
            self.groups.insert(group, call);
        }
        call
    }
}
