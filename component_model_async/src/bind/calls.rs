//! The calls of a fetch: equal requests are merged, and the requests of a group travel together. Those of different
//! endpoints do not, since each endpoint has its own circuit breaker.

use std::{collections::HashMap, sync::Arc};

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

/// The position of a request: its call, and its position in the call.
pub(crate) type Position = (usize, usize);

/// The calls so far.
#[derive(Default)]
pub(crate) struct Calls {
    /// The position of the first of them.
    first: usize,
    pub(crate) list: Vec<Call>,
    pub(crate) requests: HashMap<Identity, Position>,
    /// The call for a group and an endpoint.
    groups: HashMap<(Identity, Option<Box<str>>), usize>,
}

impl Calls {
    /// No calls yet, numbered from a position.
    pub(crate) fn numbered_from(first: usize) -> Self {
        Self { first, ..Self::default() }
    }

    /// The position of a request, which is added unless there is an equal one.
    pub(crate) fn add(&mut self, name: &Arc<str>, registered: Registered<'_>, request: Request<Opaque>) -> Position {
        let identity = (Arc::clone(name), request.query().clone());
        if let Some(known) = self.requests.get(&identity) {
            return *known;
        }
        let call = self.call_for(name, registered, &request);
        let requests = &mut self.list[call].requests;
        requests.push(request);
        let position = (self.first + call, requests.len() - 1);
        self.requests.insert(identity, position);
        position
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
