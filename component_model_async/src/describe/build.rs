//! Builds a description from a plan, as far as it can be bound.

use component_model_types::plan::{FallbackOn, Layer};

use super::{
    ComponentDescription, Description, LayerDescription, PolicyOrigin, SubstituteDescription, policy, written::written,
};
use crate::{
    Policies, Problem, Slot, SourceError, Stage,
    bind::{BoundLayer, Draft, DraftComponent, DraftLayer, Leaf, Other},
    policy::timeout,
    registry::Registry,
};

/// Describes a plan. Without the stage of its struct, nothing is known about the types of its components.
pub(crate) fn describe(draft: &Draft<'_>, sources: &Registry, mut stage: Option<&mut dyn Stage>) -> Description {
    let mut components = Vec::with_capacity(draft.components.len());
    for (component, leaf) in draft.components.iter().zip(&draft.leaves) {
        let slot = match &mut stage {
            Some(stage) => stage.slot(leaf.slot),
            None => None,
        };
        components.push(Build { draft, sources }.component(component, leaf, of_type(leaf, slot)));
    }
    let problems = draft.of_the_whole().map(|error| Problem::from(&error)).collect();
    Description { name: draft.name.into(), components, problems }
}

/// What the slot of a component knows about its type.
struct OfType {
    sensitive: bool,
    optional: bool,
}

fn of_type(leaf: &Leaf<'_>, slot: Option<&mut dyn Slot>) -> OfType {
    let (is_sensitive, optional) = slot.map_or((false, false), |slot| (slot.is_sensitive(), slot.accept_absence()));
    OfType { sensitive: leaf.component.sensitive || is_sensitive, optional }
}

#[derive(Clone, Copy)]
struct Build<'d> {
    draft: &'d Draft<'d>,
    sources: &'d Registry,
}

impl Build<'_> {
    fn component(self, component: &DraftComponent, leaf: &Leaf<'_>, found: OfType) -> ComponentDescription {
        let (written, policy) = (leaf.component, leaf.component.policy);
        let layers = component.layers.iter().zip(written.layers);
        let default = policy.default.map(|default| SubstituteDescription::of_default(default, found.sensitive));
        let fallback = policy.fallback.map(|text| SubstituteDescription::of_fallback(text, found.sensitive));
        ComponentDescription {
            component: component.about.path.clone(),
            ty: written.ty.into(),
            docs: written.docs.trim().into(),
            layers: layers.map(|(layer, written)| self.layer(layer, written, leaf)).collect(),
            deadline: policy.deadline.map(Into::into),
            fallback_to: self.fallback_to(component, leaf),
            default,
            fallback,
            fallback_on: fallback_on(policy.fallback_on),
            sensitive: found.sensitive,
            optional: found.optional,
            optional_struct: self.optional_struct(leaf),
            validated: written.validated,
            depends_on: self.depends_on(component),
            problems: component.mistakes.iter().map(Problem::from).collect(),
        }
    }

    fn optional_struct(self, leaf: &Leaf<'_>) -> Option<Box<str>> {
        let optional = self.draft.optional.get(leaf.optional?)?;
        Some(leaf.path.get(..optional.depth)?.join(".").into())
    }

    fn depends_on(self, component: &DraftComponent) -> Vec<Box<str>> {
        let of_layer = |layer: &DraftLayer| match layer {
            DraftLayer::Bound(BoundLayer::Late(late)) => late.needs.clone(),
            DraftLayer::NotSetUp { needs, .. } => needs.clone(),
            DraftLayer::Bound(BoundLayer::Ready(_)) | DraftLayer::Mistaken(_) => Vec::new(),
        };
        let layers = component.layers.iter().chain(component.other.as_ref().and_then(Other::layer));
        let mut needs: Vec<_> = layers.flat_map(of_layer).chain(component.after.clone()).collect();
        needs.sort_unstable();
        needs.dedup();
        needs.into_iter().map(|position| self.draft.components[position].about.path.clone()).collect()
    }

    fn fallback_to(self, component: &DraftComponent, leaf: &Leaf<'_>) -> Option<LayerDescription> {
        let written = leaf.component.policy.fallback_to.as_ref()?;
        Some(match component.other.as_ref()? {
            Other::Layer(layer) => self.layer(layer, written, leaf),
            Other::Stored(stored) => LayerDescription {
                source: written.source.into(),
                locator: self.sources.local.locator().into(),
                timeout: timeout::DEFAULT.into(),
                timeout_from: PolicyOrigin::BuiltIn,
                policies: Vec::new(),
                problem: stored.as_ref().err().map(Problem::from),
            },
        })
    }

    fn layer(self, layer: &DraftLayer, written: &Layer<'_>, leaf: &Leaf<'_>) -> LayerDescription {
        let registered = self.sources.find(written.source).ok();
        let policies = registered.and_then(|registered| registered.policies);
        let limit = registered.and_then(|registered| registered.source.limit());
        let attributes = &leaf.component.policy;
        let is_registered = policies.and_then(Policies::attempt_timeout).is_some();
        LayerDescription {
            source: written.source.into(),
            locator: self.locator(layer, written, leaf).into(),
            timeout: timeout::of_attempt(attributes.timeout, policies).into(),
            timeout_from: PolicyOrigin::new(attributes.timeout.is_some(), is_registered),
            policies: policy::of_layer(attributes, policies.unwrap_or(&Policies::default()), limit),
            problem: problem(layer).map(Problem::from),
        }
    }

    fn locator(self, layer: &DraftLayer, as_written: &Layer<'_>, leaf: &Leaf<'_>) -> String {
        let bound = match layer {
            DraftLayer::Bound(BoundLayer::Ready(layer)) => Some(self.draft.calls.request(*layer).locator().to_owned()),
            DraftLayer::Bound(BoundLayer::Late(late)) => late.locator(self.sources).ok(),
            DraftLayer::NotSetUp { .. } | DraftLayer::Mistaken(_) => None,
        };
        bound.unwrap_or_else(|| written(as_written, leaf))
    }
}

fn problem(layer: &DraftLayer) -> Option<&SourceError> {
    match layer {
        DraftLayer::NotSetUp { error, .. } | DraftLayer::Mistaken(error) => Some(error),
        DraftLayer::Bound(_) => None,
    }
}

fn fallback_on(on: FallbackOn<'_>) -> Option<Vec<Box<str>>> {
    match on {
        FallbackOn::Any => Some(vec!["any".into()]),
        FallbackOn::Kinds(kinds) => Some(kinds.iter().map(|kind| (*kind).into()).collect()),
        _ => None,
    }
}
