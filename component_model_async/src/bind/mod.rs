//! Turns a plan into requests: flattens nested structs, looks up names, checks options, merges equal requests, and puts the
//! requests of a group into one call. No I/O.
//!
//! What always holds: a binding owns what it needs of its plan, all mistakes are reported together, and a layer that needs
//! other components is bound later by the same code.

mod calls;
mod layer;
mod names;
mod options;
mod tree;

use std::{collections::HashMap, sync::Arc, time::Duration};

use component_model_types::plan::{self, Plan};

pub(crate) use self::{
    calls::{Call, Calls, Identity, Position},
    layer::{BoundLayer, Late, Layer},
    tree::Optional,
};
use self::{layer::Pending, names::Names, tree::Leaf};
use crate::{
    ComponentError, ComponentErrors, ErrorKind, Opaque, Request, SourceError,
    error::About,
    policy::{fallback::Substitutes, timeout},
    registry::{Registered, Registry},
};

/// A plan whose names are resolved against one registry.
pub(crate) struct Bound {
    /// The name of the struct.
    pub(crate) name: Box<str>,
    /// In the order of their declaration, those of nested structs in the place of their field.
    pub(crate) components: Vec<BoundComponent>,
    /// The calls that are known before the fetch.
    pub(crate) calls: Vec<Arc<Call>>,
    /// The positions of their requests, which a request that is made later may equal.
    pub(crate) requests: HashMap<Identity, Position>,
    /// The nested structs that may be missing.
    pub(crate) optional: Vec<Optional>,
}

/// A component that is fetched.
pub(crate) struct BoundComponent {
    pub(crate) about: Arc<About>,
    /// The number of its slot in the stage.
    pub(crate) slot: usize,
    /// The names of its sources, in the order in which they are asked.
    pub(crate) sources: Vec<Arc<str>>,
    /// The layers that can be asked, one after another.
    pub(crate) layers: Vec<BoundLayer>,
    /// Why the source after those layers cannot be asked: the failure of that layer.
    pub(crate) refused: Option<ComponentError>,
    pub(crate) substitutes: Substitutes,
    pub(crate) sensitive: bool,
    pub(crate) validated: bool,
    /// Whether nothing looks at its value: no validation, no other component, no struct that may be missing.
    pub(crate) plain: bool,
    /// The components that wait for this one.
    pub(crate) dependants: Vec<usize>,
    /// The innermost nested struct around it that may be missing.
    pub(crate) optional: Option<usize>,
}

impl Bound {
    pub(crate) fn errors(&self, errors: Vec<ComponentError>) -> ComponentErrors {
        ComponentErrors::new(&*self.name, self.components.len(), errors)
    }
}

/// Binds all components; reports all mistakes together.
pub(crate) fn bind(plan: &Plan<'_>, sources: &Registry) -> Result<Bound, ComponentErrors> {
    let (leaves, optional) = tree::flatten(plan);
    let mut binder =
        Binder { plan, sources, names: Names::new(&leaves), calls: Calls::default(), derived: HashMap::new() };
    let (mut components, mut errors) = (Vec::new(), Vec::new());
    for leaf in &leaves {
        match binder.component(leaf) {
            Ok(component) => components.push(component),
            Err(mistakes) => errors.extend(mistakes),
        }
    }
    let mut calls = binder.calls;
    if errors.is_empty() {
        errors.extend(connect(&mut components, &mut calls.list));
    }
    if !errors.is_empty() {
        return Err(ComponentErrors::new(plan.name, leaves.len(), errors).before_any_io());
    }
    let requests = std::mem::take(&mut calls.requests);
    let calls = calls.list.into_iter().map(Arc::new).collect();
    Ok(Bound { name: plan.name.into(), components, calls, requests, optional })
}

/// The same error for every component of a plan.
pub(crate) fn refuse(plan: &Plan<'_>, error: &SourceError) -> ComponentErrors {
    let (leaves, _) = tree::flatten(plan);
    let about = |leaf: &Leaf<'_>| About::new(plan.name, &leaf.path_text(), leaf.component);
    let errors = leaves.iter().map(|leaf| ComponentError::new(error.clone()).about(&about(leaf))).collect();
    ComponentErrors::new(plan.name, leaves.len(), errors)
}

/// Tells components and calls who waits for them; an error for a cycle.
fn connect(components: &mut [BoundComponent], calls: &mut [Call]) -> Option<ComponentError> {
    let mut needs = vec![Vec::new(); components.len()];
    for (position, component) in components.iter().enumerate() {
        for layer in &component.layers {
            match layer {
                BoundLayer::Ready(layer) => calls[layer.call()].asked_by.push(position),
                BoundLayer::Late(late) => needs[position].extend(late.needs.iter().copied()),
            }
        }
    }
    if let Some(cycle) = names::cycle(&needs) {
        return Some(cyclic(components, &cycle));
    }
    for (position, needs) in needs.into_iter().enumerate() {
        for needed in needs {
            let dependants = &mut components[needed].dependants;
            if !dependants.contains(&position) {
                dependants.push(position);
            }
        }
    }
    for component in components {
        component.plain = !component.validated && component.dependants.is_empty() && component.optional.is_none();
    }
    None
}

fn cyclic(components: &[BoundComponent], cycle: &[usize]) -> ComponentError {
    let path = |position: &usize| format!("`{}`", components[*position].about.path);
    let drawn = cycle.iter().map(path).collect::<Vec<_>>().join(" needs ");
    let error = SourceError::new(ErrorKind::Misconfigured, format!("components need each other: {drawn}"))
        .with_hint("break the cycle: one of them must not name another");
    ComponentError::new(error).about(&components[cycle[0]].about)
}

/// Binds one component after another.
struct Binder<'p, 'r> {
    plan: &'p Plan<'p>,
    sources: &'r Registry,
    names: Names<'p>,
    calls: Calls,
    /// The components whose keys are derived, by request.
    derived: HashMap<Identity, Arc<About>>,
}

/// A bound layer, or why it cannot be asked.
enum Bind {
    Layer(BoundLayer),
    /// Something is missing in the environment.
    NotSetUp(SourceError),
}

impl Binder<'_, '_> {
    fn component(&mut self, leaf: &Leaf<'_>) -> Result<BoundComponent, Vec<ComponentError>> {
        let component = leaf.component;
        let about = About::new(self.plan.name, &leaf.path_text(), component);
        let mut mistakes = Vec::new();
        let mut noted = |error: SourceError, source: &str| {
            mistakes.push(ComponentError::new(error).located(source, "").about(&about));
        };
        let after = self.after(leaf).unwrap_or_else(|error| {
            noted(error, "");
            Vec::new()
        });
        let substitutes = Substitutes::new(&component.policy).unwrap_or_else(|error| {
            noted(error, "");
            Substitutes::default()
        });
        let (mut layers, mut refused) = (Vec::new(), None);
        for layer in component.layers {
            match self.layer(leaf, layer, &about, &after) {
                Ok(Bind::Layer(layer)) if refused.is_none() => layers.push(layer),
                // After a source that cannot be asked, a layer is bound only to find its mistakes.
                Ok(Bind::Layer(_)) => {}
                Ok(Bind::NotSetUp(error)) => {
                    refused.get_or_insert_with(|| ComponentError::new(error).located(layer.source, "").about(&about));
                }
                Err(error) => noted(error, layer.source),
            }
        }
        if let Some(error) = &refused
            && layers.is_empty()
            && !substitutes.cover(ErrorKind::NotSetUp)
        {
            mistakes.push(error.clone());
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(BoundComponent {
            about,
            slot: leaf.slot,
            sources: component.layers.iter().map(|layer| Arc::from(layer.source)).collect(),
            layers,
            refused,
            substitutes,
            sensitive: component.sensitive,
            validated: component.validated,
            plain: false,
            dependants: Vec::new(),
            optional: leaf.optional,
        })
    }

    fn after(&self, leaf: &Leaf<'_>) -> Result<Vec<usize>, SourceError> {
        let named = leaf.component.depends_on.iter().map(|name| self.names.components(leaf, name));
        Ok(named.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// A mistake in the program (a name that is not registered, an option that the source does not take, a key that is not
    /// valid) fails the fetch even if there is a fallback. A source that is not set up, for example because its variable is
    /// not set, is a failure of its layer: the layers before it are asked first, and then a `fallback` is used. If there
    /// are neither, the failure is reported before any I/O.
    fn layer(
        &mut self,
        leaf: &Leaf<'_>,
        layer: &plan::Layer<'_>,
        about: &Arc<About>,
        after: &[usize],
    ) -> Result<Bind, SourceError> {
        let registered = match self.sources.find(layer.source) {
            Err(error) if error.kind() == ErrorKind::UnknownSource => return Err(error),
            found => found,
        };
        options::check(layer, registered.as_ref().ok())?;
        let pending = Pending::new(layer, leaf, &self.names, registered.as_ref().ok().copied())?;
        let registered = match registered {
            Ok(registered) => registered,
            Err(error) => return Ok(Bind::NotSetUp(error)),
        };
        let timeout = leaf.component.policy.timeout;
        if let Some(late) = pending.late(timeout, after) {
            return Ok(Bind::Layer(BoundLayer::Late(Box::new(late))));
        }
        let (request, is_derived) = match pending.request(registered) {
            Ok(bound) => bound,
            Err(error) if error.kind() == ErrorKind::NotSetUp => return Ok(Bind::NotSetUp(error)),
            Err(error) => return Err(error),
        };
        if is_derived {
            self.derive(layer.source, &request, about)?;
        }
        Ok(Bind::Layer(BoundLayer::Ready(self.add(layer.source, registered, request, timeout))))
    }

    fn add(
        &mut self,
        name: &str,
        registered: Registered<'_>,
        request: Request<Opaque>,
        timeout: Option<Duration>,
    ) -> Layer {
        let position = self.calls.add(&Arc::from(name), registered.source, request);
        Layer::new(position, timeout::of_attempt(timeout, registered.policies))
    }

    /// Two components must not derive the same key: one of the two would not be what its name says.
    fn derive(&mut self, source: &str, request: &Request<Opaque>, about: &Arc<About>) -> Result<(), SourceError> {
        let identity = (Arc::from(source), request.query().clone());
        match self.derived.insert(identity, Arc::clone(about)) {
            None => Ok(()),
            Some(other) => {
                let (locator, other) = (request.locator(), other.full_path());
                let message = format!("`{locator}` is the derived key of `{other}` too");
                let hint = "give one of them a `key`, or the nested structs different prefixes";
                Err(SourceError::new(ErrorKind::Misconfigured, message).with_hint(hint))
            }
        }
    }
}
