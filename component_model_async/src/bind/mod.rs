//! Turns a plan into requests: flattens nested structs, looks up names, checks options, merges equal requests, and puts the
//! requests of a group into one call. No I/O.
//!
//! What always holds: a binding owns what it needs of its plan, all mistakes are reported together, and a layer that needs
//! other components is bound later by the same code.

mod calls;
mod draft;
mod late;
mod layer;
mod names;
mod options;
mod tree;
mod unknown;

use std::{collections::HashMap, sync::Arc};

use component_model_types::plan::{Plan, Policy};

pub(crate) use self::{
    calls::{Call, CallId, Calls, Identity, RequestId},
    draft::{Draft, DraftComponent, DraftLayer, Other},
    late::{BoundLate, Late},
    layer::{BoundLayer, Layer, derived_twice},
    tree::{Leaf, Optional},
};
use crate::{
    ComponentError, ComponentErrors, SourceError, Stage, error::About, metrics::FetchMetrics,
    policy::fallback::Substitutes, registry::Registry,
};

/// A plan whose names are resolved against one registry.
pub(crate) struct Bound {
    /// The name of the struct.
    pub(crate) name: Box<str>,
    /// In the order of their declaration, those of nested structs in the place of their field; then the checks.
    pub(crate) components: Vec<BoundComponent>,
    /// The calls that are known before the fetch.
    pub(crate) calls: Vec<Arc<Call>>,
    /// Their requests, which a request that is made later may equal.
    pub(crate) requests: HashMap<Identity, RequestId>,
    /// The components whose keys are derived, by request.
    pub(crate) derived: HashMap<Identity, Arc<About>>,
    /// The nested structs that may be missing.
    pub(crate) optional: Vec<Optional>,
    pub(crate) metrics: FetchMetrics,
    /// Whether the last known good value of a component is stored.
    pub(crate) has_stored: bool,
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
    /// How many of the layers are its own; the one after them is that of its `fallback_to`.
    pub(crate) own_layers: usize,
    /// Whether its last known good value is stored.
    pub(crate) is_stored: bool,
    /// Why the source after those layers cannot be asked: the failure of that layer.
    pub(crate) refused: Option<ComponentError>,
    pub(crate) substitutes: Substitutes,
    /// The policies of its attributes.
    pub(crate) attributes: Policy<'static>,
    pub(crate) sensitive: bool,
    pub(crate) validated: bool,
    /// Whether nothing looks at its value: no validation, no other component, no struct that may be missing.
    pub(crate) plain: bool,
    /// The components that wait for this one.
    pub(crate) dependants: Vec<usize>,
    /// The innermost nested struct around it that may be missing.
    pub(crate) optional: Option<usize>,
    /// Whether it has no value, and only asks whether a document has keys that no component reads.
    pub(crate) is_check: bool,
}

impl Bound {
    pub(crate) fn errors(&self, errors: Vec<ComponentError>) -> ComponentErrors {
        ComponentErrors::new(&*self.name, self.fetched().count(), errors)
    }

    /// The same error for all components.
    pub(crate) fn refuse(&self, error: &SourceError) -> ComponentErrors {
        refused(&self.name, self.fetched().map(|component| Arc::clone(&component.about)), error)
    }

    /// A call that is known before the fetch.
    pub(crate) fn call(&self, call: CallId) -> Option<&Arc<Call>> {
        self.calls.get(call.number())
    }

    /// The components that have a value.
    pub(crate) fn fetched(&self) -> impl Iterator<Item = &BoundComponent> {
        self.components.iter().filter(|component| !component.is_check)
    }
}

/// A plan that cannot be fetched.
pub(crate) struct Mistaken {
    pub(crate) errors: ComponentErrors,
    /// The components, of which some have mistakes, unless the plan itself has one.
    pub(crate) bound: Option<Box<Bound>>,
}

impl From<ComponentErrors> for Mistaken {
    fn from(errors: ComponentErrors) -> Self {
        Self { errors, bound: None }
    }
}

/// Binds all components; reports all mistakes together. Without the stage of a struct, no default can be evaluated.
pub(crate) fn bind(plan: &Plan<'_>, sources: &Registry, stage: Option<&mut dyn Stage>) -> Result<Bound, Mistaken> {
    let draft = Draft::new(plan, sources, stage);
    draft.warn();
    let errors = draft.errors();
    if errors.is_empty() {
        return Ok(complete(draft));
    }
    let errors = draft.refused(errors);
    let is_sound = draft.of_the_whole().next().is_none();
    Err(Mistaken { errors, bound: is_sound.then(|| Box::new(complete(draft))) })
}

/// The same error for every component of a plan.
pub(crate) fn refuse(plan: &Plan<'_>, error: &SourceError) -> ComponentErrors {
    let leaves = tree::flatten(plan).leaves;
    refused(plan.name, leaves.iter().map(|leaf| About::new(plan.name, &leaf.path_text(), leaf.component)), error)
}

/// The same error for each of the components; one for the whole if there is none.
fn refused(name: &str, components: impl Iterator<Item = Arc<About>>, error: &SourceError) -> ComponentErrors {
    let error = |about: Arc<About>| ComponentError::new(error.clone()).about(&about);
    let mut errors: Vec<_> = components.map(error).collect();
    let components = errors.len();
    if errors.is_empty() {
        errors.push(error(About::whole(name, "")));
    }
    ComponentErrors::new(name, components, errors)
}

/// The binding of a plan. A component with a mistake has only the layers before it.
fn complete(draft: Draft<'_>) -> Bound {
    let Draft { name, leaves, components, mut calls, derived, optional, checks, .. } = draft;
    let components = components.into_iter().zip(&leaves).map(|(component, leaf)| component.complete(leaf));
    let mut components: Vec<_> = components.chain(checks.into_iter().map(unknown::Check::complete)).collect();
    connect(&mut components, &mut calls.list);
    let requests = std::mem::take(&mut calls.requests);
    let calls = calls.list.into_iter().map(Arc::new).collect();
    let has_stored = components.iter().any(|component| component.is_stored);
    let metrics = FetchMetrics::new(name);
    Bound { name: name.into(), components, calls, requests, derived, optional, metrics, has_stored }
}

/// Tells components and calls who waits for them.
fn connect(components: &mut [BoundComponent], calls: &mut [Call]) {
    for position in 0..components.len() {
        let mut needs = Vec::new();
        for layer in &components[position].layers {
            match layer {
                BoundLayer::Ready(layer) => calls[layer.call().number()].asked_by.push(position),
                BoundLayer::Late(late) => needs.extend(late.needs.iter().copied()),
            }
        }
        for needed in needs {
            let dependants = &mut components[needed].dependants;
            // The positions are ascending, so the same one can only be the last.
            if dependants.last() != Some(&position) {
                dependants.push(position);
            }
        }
    }
    for component in components {
        let is_covered = component.is_stored || component.layers.len() > component.own_layers;
        let is_seen = component.validated || !component.dependants.is_empty() || component.optional.is_some();
        component.plain = !is_seen && !is_covered;
    }
}
