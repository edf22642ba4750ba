//! Turns a plan into requests: looks up names, checks options, merges equal requests, and puts the requests of a group
//! into one call. No I/O.

mod options;

use std::{collections::HashMap, sync::Arc, time::Duration};

use component_model_types::plan::{Component, Plan};

use crate::{
    ComponentError, ComponentErrors, ErrorKind, Opaque, Request, RequestSpec, SourceError,
    policy::timeout,
    registry::{DynSource, Registered, Registry},
};

/// A plan whose names are resolved against sources: which component needs which request of which call.
pub(crate) struct Bound {
    pub(crate) plan: &'static Plan,
    pub(crate) components: Vec<BoundComponent>,
    pub(crate) calls: Vec<Call>,
}

/// A component that is fetched, and its layers, which are asked one after another.
pub(crate) struct BoundComponent {
    pub(crate) component: &'static Component,
    pub(crate) layers: Vec<Layer>,
    /// Why the source after these layers cannot be asked: the failure of that layer.
    pub(crate) refused: Option<ComponentError>,
}

/// One request of one call, and how long the component waits for an attempt of it.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) call: usize,
    pub(crate) request: usize,
    pub(crate) timeout: Duration,
}

/// The requests of one round trip: one request, or all those of a group, even if the policies of their components
/// differ.
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) source: Arc<dyn DynSource>,
    pub(crate) requests: Vec<Request<Opaque>>,
    /// The positions of the components with a layer in this call.
    pub(crate) asked_by: Vec<usize>,
}

impl Call {
    /// Whether the call has more than one request, or more than one component waits for it.
    pub(crate) fn is_shared(&self) -> bool {
        self.asked_by.len() > 1 || self.requests.len() > 1
    }
}

impl Bound {
    /// The source and the locator of a layer.
    pub(crate) fn place_of(&self, layer: &Layer) -> (&'static str, &str) {
        let call = &self.calls[layer.call];
        (call.name, call.requests[layer.request].locator())
    }
}

/// Binds all components; reports all mistakes together.
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
        Ok(Bound { plan, calls: calls.asked_by(&components), components })
    } else {
        Err(ComponentErrors::new(plan.name, plan.fetched().count(), errors).before_any_io())
    }
}

/// The layers that can be asked, one after another, and why the source after them cannot.
type Layers = (Vec<Layer>, Option<ComponentError>);

/// A mistake in the program (a name that is not registered, an option that no source takes, a key that is not valid)
/// fails the fetch even if there is a fallback. A source that is not set up, for example because its variable is not
/// set, is a failure of its layer: the layers before it are asked first, and then a `fallback` is used. If there are
/// neither, the failure is reported before any I/O.
fn layers_of(component: &'static Component, sources: &Registry, calls: &mut Calls) -> Result<Layers, ComponentError> {
    let found: Vec<_> = component.sources.iter().map(|name| (*name, sources.find(name))).collect();
    check_names(&found)?;
    options::check(component, &found)?;
    let (mut layers, mut refused) = (Vec::new(), None);
    for (name, registered) in found {
        let bound = registered.map_err(|error| Refusal::of_registration(&error)).and_then(|registered| {
            let request = registered.source.bind(&RequestSpec::new(component)).map_err(Refusal::of_request)?;
            Ok((registered, request))
        });
        match bound {
            Ok((registered, request)) if refused.is_none() => {
                layers.push(calls.add(name, registered, request, component));
            }
            // After a source that cannot be asked, a layer is bound only to find its mistakes.
            Ok(_) => {}
            Err(Refusal::Mistake(error)) => return Err(ComponentError::new(error).located(name, "")),
            Err(Refusal::NotSetUp(error)) => {
                refused.get_or_insert_with(|| ComponentError::new(error).located(name, ""));
            }
        }
    }
    match refused {
        Some(error) if layers.is_empty() && component.policy.fallback.is_none() => Err(error),
        refused => Ok((layers, refused)),
    }
}

/// Why a layer cannot be asked.
enum Refusal {
    /// A mistake in the program.
    Mistake(SourceError),
    /// Something is missing in the environment.
    NotSetUp(SourceError),
}

impl Refusal {
    /// If a registered source cannot be used, the reason is in the environment.
    fn of_registration(error: &SourceError) -> Self {
        Self::NotSetUp(error.clone())
    }

    fn of_request(error: SourceError) -> Self {
        if error.kind() == ErrorKind::NotSetUp { Self::NotSetUp(error) } else { Self::Mistake(error) }
    }
}

/// A source by its name, or why it cannot be used.
type Named<'r> = (&'static str, Result<Registered<'r>, SourceError>);

fn check_names(sources: &[Named<'_>]) -> Result<(), ComponentError> {
    let unknown = sources.iter().find_map(|(name, source)| {
        let error = source.as_ref().err().filter(|error| error.kind() == ErrorKind::UnknownSource)?;
        Some(ComponentError::new(error.clone()).located(*name, ""))
    });
    unknown.map_or(Ok(()), Err)
}

/// The calls so far, and the positions of each request and each group in them.
#[derive(Default)]
struct Calls {
    list: Vec<Call>,
    requests: HashMap<(&'static str, Opaque), (usize, usize)>,
    groups: HashMap<(&'static str, Opaque), usize>,
}

impl Calls {
    /// The calls, each with the components that need it.
    fn asked_by(mut self, components: &[BoundComponent]) -> Vec<Call> {
        for (position, component) in components.iter().enumerate() {
            component.layers.iter().for_each(|layer| self.list[layer.call].asked_by.push(position));
        }
        self.list
    }

    fn add(
        &mut self,
        name: &'static str,
        registered: Registered<'_>,
        request: Request<Opaque>,
        component: &Component,
    ) -> Layer {
        let timeout = timeout::of_attempt(component, registered.policies);
        let identity = (name, request.query().clone());
        let (call, request) = match self.requests.get(&identity) {
            Some(known) => *known,
            None => {
                let call = self.call_for(name, registered.source, &request);
                let position = self.list[call].requests.len();
                self.list[call].requests.push(request);
                self.requests.insert(identity, (call, position));
                (call, position)
            }
        };
        Layer { call, request, timeout }
    }

    fn call_for(&mut self, name: &'static str, source: &Arc<dyn DynSource>, request: &Request<Opaque>) -> usize {
        let group = request.group().map(|group| (name, group.clone()));
        if let Some(call) = group.as_ref().and_then(|group| self.groups.get(group)) {
            return *call;
        }
        let call = self.list.len();
        self.list.push(Call { name, source: Arc::clone(source), requests: Vec::new(), asked_by: Vec::new() });
        if let Some(group) = group {
            self.groups.insert(group, call);
        }
        call
    }
}
