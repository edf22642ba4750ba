//! `deny_unknown`: one more request for each document, which asks whether it has keys that no component reads. It travels in
//! the call of the document's other requests.

use std::sync::Arc;

use component_model_types::plan::{self, path, template};

use super::{
    BoundComponent, BoundLayer, Draft, DraftLayer, Layer, Other,
    layer::of_option,
    tree::{Denying, Step},
};
use crate::{
    ComponentError, ErrorKind, Opaque, RequestSpec, SourceError,
    error::About,
    policy::{fallback::Substitutes, timeout},
    registry::{Registered, Registry},
};

/// A request that asks for unknown keys.
pub(crate) struct Check {
    about: Arc<About>,
    source: Arc<str>,
    layer: Layer,
}

impl Check {
    /// A component without a value.
    pub(super) fn complete(self) -> BoundComponent {
        BoundComponent {
            about: self.about,
            // No stage has it.
            slot: usize::MAX,
            sources: vec![self.source],
            layers: vec![BoundLayer::Ready(self.layer)],
            refused: None,
            own_layers: 1,
            is_stored: false,
            attributes: plan::Policy::NEW,
            substitutes: Substitutes::default(),
            sensitive: false,
            validated: false,
            plain: false,
            dependants: Vec::new(),
            optional: None,
            is_check: true,
        }
    }
}

/// Adds the checks of a struct, or why they cannot be made.
pub(super) fn deny(denying: &Denying<'_>, draft: &mut Draft<'_>, sources: &Registry) {
    let about = About::whole(draft.name, &denying.path.join("."));
    for source in &denying.sources {
        if let Err(error) = deny_in(source, denying, &about, draft, sources) {
            let error = of_option("deny_unknown", &error);
            draft.cannot_check(ComponentError::new(error).located(*source, "").about(&about));
        }
    }
}

fn deny_in(
    source: &str,
    denying: &Denying<'_>,
    about: &Arc<About>,
    draft: &mut Draft<'_>,
    sources: &Registry,
) -> Result<(), SourceError> {
    draft.is_read(source, &denying.path).map_err(|error| match error.hint() {
        Some(_) => error,
        None => error.with_hint(format!("remove `deny_unknown`, or fetch a field from `{source}`")),
    })?;
    // The layers say why it cannot be asked.
    let Ok(registered) = sources.find(source) else { return Ok(()) };
    let path = prefix(source, denying, registered)?;
    let path: Vec<_> = path.iter().map(String::as_str).collect();
    let layer = plan::Layer { source, ..plan::Layer::NEW };
    for group in groups(source, draft, sources)? {
        let spec = RequestSpec::new(&layer, &path).declaring(registered.source.options());
        let read: Vec<_> = group.queries.iter().collect();
        let request = registered.source.deny_unknown(&read, &spec).map_err(|error| match error.hint() {
            Some(_) => error,
            None => {
                error.with_hint("it is for sources with documents, such as `file`; a test registers a `Memory` instead")
            }
        })?;
        let Some(request) = request else { continue };
        let source: Arc<str> = source.into();
        let (call, request) = draft.calls.add(&source, registered, request);
        let layer = Layer::new((call, request), timeout::of_attempt(None, registered.policies));
        draft.checks.push(Check { about: Arc::clone(about), source, layer });
    }
    Ok(())
}

/// What precedes the derived keys of the struct's components: the root of the registration and the prefixes.
fn prefix(source: &str, denying: &Denying<'_>, registered: Registered<'_>) -> Result<Vec<String>, SourceError> {
    let root = registered.policies.map_or("", |policies| policies.root_path());
    let steps = denying.prefixes.iter().flat_map(|step| match step {
        Step::Name(name) => vec![*name],
        Step::Prefix(prefix, _) => path::segments(prefix.of_source(source)).collect(),
    });
    let segments: Vec<_> = path::segments(root).chain(steps).map(str::to_owned).collect();
    match segments.iter().all(|segment| template::is_plain(segment)) {
        true => Ok(segments),
        false => Err(not_known("the prefix of the struct")),
    }
}

/// The requests for one document; those of no group are for one, which is all that the source has.
struct Group {
    identity: Option<Opaque>,
    queries: Vec<Opaque>,
}

/// The requests of all components to a source, by document.
fn groups(source: &str, draft: &Draft<'_>, sources: &Registry) -> Result<Vec<Group>, SourceError> {
    let mut groups: Vec<Group> = Vec::new();
    for (component, leaf) in draft.components.iter().zip(&draft.leaves) {
        let layers = component.layers.iter().zip(leaf.component.layers);
        let other = component.other.as_ref().and_then(Other::layer).zip(leaf.component.policy.fallback_to.as_ref());
        for (layer, _) in layers.chain(other).filter(|(_, written)| written.source == source) {
            let DraftLayer::Bound(layer) = layer else { continue };
            let Some((identity, query)) = query(layer, draft, sources) else {
                return Err(not_known(&format!("the key of `{}`", leaf.path_text())));
            };
            match groups.iter_mut().find(|group| group.identity == identity) {
                Some(group) => group.queries.push(query),
                None => groups.push(Group { identity, queries: vec![query] }),
            }
        }
    }
    Ok(groups)
}

/// The group and the query of a layer, if they are known before the fetch.
fn query(layer: &BoundLayer, draft: &Draft<'_>, sources: &Registry) -> Option<(Option<Opaque>, Opaque)> {
    let late;
    let request = match layer {
        BoundLayer::Ready(layer) => draft.calls.request(*layer),
        // It may only have to wait, for the components of its `depends_on`.
        BoundLayer::Late(layer) => {
            late = layer.bind(sources, &|_| Err(not_known("a template"))).ok()?;
            late.request()
        }
    };
    Some((request.group().cloned(), request.query().clone()))
}

fn not_known(what: &str) -> SourceError {
    let message = format!("{what} is not known before the fetch, so it cannot tell which keys no field reads");
    SourceError::new(ErrorKind::Misconfigured, message)
        .with_hint("remove `deny_unknown`, or the template; a map-typed field reads everything below its key")
}
