//! From a plan to requests: names are looked up, options are checked, equal requests are merged, those of one group
//! are put into one call. No I/O.

mod options;

use std::{collections::HashMap, ops::Deref, sync::Arc, time::Duration};

use component_model_types::plan::{Component, Plan};

use crate::{
    ComponentError, ComponentErrors, ErrorKind, Request, RequestSpec, SourceError,
    policy::{self, CallPolicy},
    registry::{DynSource, Registry},
};

/// A plan whose names are resolved against some sources.
pub(crate) struct Bound {
    pub(crate) outline: Arc<Outline>,
    /// The source of each call.
    pub(crate) sources: Vec<Arc<dyn DynSource>>,
}

impl Deref for Bound {
    type Target = Outline;

    fn deref(&self) -> &Outline {
        &self.outline
    }
}

/// Which component asks what of which call: plain data, which a report may keep without keeping a source alive.
pub(crate) struct Outline {
    pub(crate) plan: &'static Plan,
    pub(crate) components: Vec<BoundComponent>,
    pub(crate) calls: Vec<Call>,
}

/// A component that is fetched, and the layers that are asked for it in turn.
pub(crate) struct BoundComponent {
    pub(crate) component: &'static Component,
    pub(crate) layers: Vec<Layer>,
    /// Why the source after these layers cannot be asked: the failure of that layer, when its turn comes.
    pub(crate) refused: Option<ComponentError>,
}

/// One request of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer {
    pub(crate) call: usize,
    pub(crate) request: usize,
}

/// What travels in one round trip: one request, or all those of a group.
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) requests: Vec<Request>,
    pub(crate) policy: CallPolicy,
    /// The places of the components that have a layer in it.
    pub(crate) asked_by: Vec<usize>,
}

impl Call {
    /// Whether more than one answer, or more than one component, is waited for.
    pub(crate) fn is_shared(&self) -> bool {
        self.asked_by.len() > 1 || self.requests.len() > 1
    }
}

impl Outline {
    /// The source and the locator of a layer.
    pub(crate) fn place_of(&self, layer: Layer) -> (&'static str, &str) {
        let call = &self.calls[layer.call];
        (call.name, call.requests[layer.request].locator())
    }
}

/// Binds all components; reports all that cannot be bound together.
pub(crate) fn bind(plan: &'static Plan, sources: &Registry) -> Result<Bound, ComponentErrors> {
    let mut calls = Calls::default();
    let mut components = Vec::new();
    let mut errors = Vec::new();
    for component in plan.fetched() {
        match layers_of(component, sources, &mut calls) {
            Ok((layers, refused)) => {
                let refused = refused.map(|error| error.of(plan.name, component));
                components.push(BoundComponent { component, layers, refused });
            }
            Err(error) => errors.push(error.of(plan.name, component)),
        }
    }
    if errors.is_empty() {
        let (calls, sources) = calls.asked_by(&components);
        Ok(Bound { outline: Arc::new(Outline { plan, calls, components }), sources })
    } else {
        Err(ComponentErrors::new(plan.name, plan.fetched().count(), errors))
    }
}

/// What can be asked in turn, and why the source after that cannot.
type Layers = (Vec<Layer>, Option<ComponentError>);

/// A name that nobody registered and an option that nobody takes are mistakes, which nothing covers. A source that is
/// not set up here, such as one whose variable is not set, is a failure of its layer: those before it are asked first,
/// and a `fallback` covers it. Where neither can serve, it is known before any input.
fn layers_of(component: &'static Component, sources: &Registry, calls: &mut Calls) -> Result<Layers, ComponentError> {
    let found: Vec<_> = component.sources.iter().map(|name| (*name, sources.find(name))).collect();
    check_names(&found)?;
    options::check(component, &found)?;
    let mut layers = Vec::new();
    for (name, source) in found {
        let bound = source.and_then(|source| Ok((source, source.bind(&RequestSpec::new(component))?)));
        match bound {
            Ok((source, request)) => layers.push(calls.add(name, source, request, policy::of_call(component))),
            Err(error) => {
                let error = ComponentError::new(error).located(name, "");
                let serves = !layers.is_empty() || component.policy.fallback.is_some();
                let covered = serves && error.kind() == ErrorKind::Misconfigured;
                return if covered { Ok((layers, Some(error))) } else { Err(error) };
            }
        }
    }
    Ok((layers, None))
}

/// A source by its name, or why it cannot be had.
type Named<'r> = (&'static str, Result<&'r Arc<dyn DynSource>, SourceError>);

fn check_names(sources: &[Named<'_>]) -> Result<(), ComponentError> {
    let unknown = sources.iter().find_map(|(name, source)| {
        let error = source.as_ref().err().filter(|error| error.kind() == ErrorKind::UnknownSource)?;
        Some(ComponentError::new(error.clone()).located(*name, ""))
    });
    unknown.map_or(Ok(()), Err)
}

/// The calls made so far, and where each request and each group stands among them.
#[derive(Default)]
struct Calls {
    list: Vec<Call>,
    sources: Vec<Arc<dyn DynSource>>,
    requests: HashMap<(&'static str, Duration, Request), Layer>,
    groups: HashMap<(&'static str, Duration, String), usize>,
}

impl Calls {
    /// The calls, each with those that ask it, and their sources.
    fn asked_by(mut self, components: &[BoundComponent]) -> (Vec<Call>, Vec<Arc<dyn DynSource>>) {
        for (position, component) in components.iter().enumerate() {
            component.layers.iter().for_each(|layer| self.list[layer.call].asked_by.push(position));
        }
        (self.list, self.sources)
    }

    fn add(&mut self, name: &'static str, source: &Arc<dyn DynSource>, request: Request, policy: CallPolicy) -> Layer {
        let identity = (name, policy.timeout, request);
        if let Some(layer) = self.requests.get(&identity) {
            return *layer;
        }
        let request = identity.2.clone();
        let call = self.call_for(name, source, &request, policy);
        let layer = Layer { call, request: self.list[call].requests.len() };
        self.list[call].requests.push(request);
        self.requests.insert(identity, layer);
        layer
    }

    fn call_for(
        &mut self,
        name: &'static str,
        source: &Arc<dyn DynSource>,
        request: &Request,
        policy: CallPolicy,
    ) -> usize {
        let group = request.group().map(|group| (name, policy.timeout, group.to_owned()));
        if let Some(call) = group.as_ref().and_then(|group| self.groups.get(group)) {
            return *call;
        }
        let call = self.list.len();
        self.list.push(Call { name, requests: Vec::new(), policy, asked_by: Vec::new() });
        self.sources.push(Arc::clone(source));
        if let Some(group) = group {
            self.groups.insert(group, call);
        }
        call
    }
}
