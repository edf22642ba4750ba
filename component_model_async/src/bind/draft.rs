//! A plan as far as it can be bound: each layer of each component, or why it cannot be asked. A fetch needs a draft without
//! mistakes; a check and a listing show all of them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use component_model_types::{
    plan::{self, DefaultValue, Plan, mistakes},
    text::nearest,
};

use super::{
    BoundComponent, BoundLayer, Calls, Identity, Late, Layer, Optional,
    layer::{Pending, derived_twice, of_option},
    names::{self, Names},
    options,
    tree::{self, Leaf, Prefixed, Tree},
    unknown::{self, Check},
};
use crate::{
    ComponentError, ComponentErrors, ErrorKind, Opaque, Policies, Request, SourceError, Stage,
    error::About,
    log,
    policy::{fallback::Substitutes, timeout},
    registry::{LOCAL_CACHE, Registered, Registry},
};

/// The components of a plan, with the mistakes of each.
pub(crate) struct Draft<'p> {
    pub(crate) name: &'p str,
    pub(crate) leaves: Vec<Leaf<'p>>,
    /// One for each leaf.
    pub(crate) components: Vec<DraftComponent>,
    pub(crate) calls: Calls,
    /// The components whose keys are derived, by request.
    pub(super) derived: HashMap<Identity, Arc<About>>,
    pub(crate) optional: Vec<Optional>,
    /// The checks for unknown keys.
    pub(super) checks: Vec<Check>,
    /// The mistakes that are not those of a leaf.
    of_plan: Vec<ComponentError>,
}

/// A component, and what is wrong with it.
pub(crate) struct DraftComponent {
    pub(crate) about: Arc<About>,
    pub(crate) substitutes: Substitutes,
    /// The components that its `depends_on` names.
    pub(crate) after: Vec<usize>,
    /// One for each layer of the plan.
    pub(crate) layers: Vec<DraftLayer>,
    /// What its `fallback_to` names.
    pub(crate) other: Option<Other>,
    /// The mistakes that are not those of a layer.
    pub(crate) mistakes: Vec<SourceError>,
}

/// What covers a source that cannot answer.
pub(crate) enum Other {
    /// Another source.
    Layer(DraftLayer),
    /// The last known good value, or why there is none.
    Stored(Result<(), SourceError>),
}

impl Other {
    pub(crate) fn layer(&self) -> Option<&DraftLayer> {
        match self {
            Self::Layer(layer) => Some(layer),
            Self::Stored(_) => None,
        }
    }

    /// Why it cannot be used, if something is missing in the environment.
    pub(crate) fn not_set_up(&self) -> Option<&SourceError> {
        match self {
            Self::Layer(DraftLayer::NotSetUp { error, .. }) => Some(error),
            Self::Stored(Err(error)) => (error.kind() == ErrorKind::NotSetUp).then_some(error),
            _ => None,
        }
    }
}

/// A layer, or why it cannot be asked.
pub(crate) enum DraftLayer {
    Bound(BoundLayer),
    /// Something is missing in the environment.
    NotSetUp {
        error: SourceError,
        /// The components that it would need.
        needs: Vec<usize>,
    },
    /// A mistake in the program.
    Mistaken(SourceError),
}

impl DraftLayer {
    /// The components whose values its request contains.
    fn inserted(&self) -> &[usize] {
        match self {
            Self::Bound(BoundLayer::Late(late)) => &late.inserted,
            _ => &[],
        }
    }
}

impl<'p> Draft<'p> {
    /// Binds all components, whatever their mistakes. Without the stage of a struct, no default can be evaluated.
    pub(crate) fn new(plan: &'p Plan<'p>, sources: &Registry, stage: Option<&mut dyn Stage>) -> Self {
        let has_code = stage.is_some();
        let Tree { leaves, optional, denying, misplaced, prefixed, too_large } = tree::flatten(plan);
        let names = Names::new(&leaves);
        let mut binder = Binder { plan, sources, names, has_code, calls: Calls::default(), derived: HashMap::new() };
        let components = leaves.iter().map(|leaf| binder.component(leaf)).collect();
        let (calls, derived) = (binder.calls, binder.derived);
        let too_large = too_large.map(|message| mistake(message, &About::whole(plan.name, "")));
        let misplaced = misplaced
            .into_iter()
            .map(|misplaced| mistake(misplaced.message, &About::new(plan.name, &misplaced.path, misplaced.component)));
        let of_plan = too_large.into_iter().chain(misplaced).collect();
        let checks = Vec::new();
        let mut draft = Self { name: plan.name, leaves, components, calls, derived, optional, checks, of_plan };
        prefixed.iter().for_each(|prefixed| draft.check_prefix(prefixed));
        for denying in &denying {
            unknown::deny(denying, &mut draft, sources);
        }
        draft.refuse_sensitive(sources, stage);
        draft
    }

    /// Notes the components whose types or sources are sensitive, though no attribute says so, and that would be stored in plain
    /// text; and those whose requests contain a sensitive value, which are never stored.
    fn refuse_sensitive(&mut self, sources: &Registry, mut stage: Option<&mut dyn Stage>) {
        let mut of_type =
            |slot| stage.as_mut().and_then(|stage| stage.slot(slot)).is_some_and(|slot| slot.is_sensitive());
        let of_source =
            |layer: &plan::Layer<'_>| sources.find(layer.source).is_ok_and(|found| found.source.is_sensitive());
        let is_sensitive = |leaf: &Leaf<'_>| {
            leaf.component.sensitive || of_type(leaf.slot) || leaf.component.layers.iter().any(of_source)
        };
        let sensitive: Vec<_> = self.leaves.iter().map(is_sensitive).collect();
        for (position, component) in self.components.iter_mut().enumerate() {
            let inserted = component.layers.iter().flat_map(DraftLayer::inserted).find(|named| sensitive[**named]);
            let Some(Other::Stored(stored)) = &mut component.other else { continue };
            if stored.is_err() {
                continue;
            }
            let refusal = sources.local.refusal(sensitive[position]).map(refused);
            let never = inserted.map(|named| never_stored(&self.leaves[*named].path_text()));
            *stored = never.or(refusal).map_or(Ok(()), Err);
        }
    }

    /// Warns once if last known good values cannot be stored, since nothing is set up for them.
    pub(super) fn warn(&self) {
        let stored = |component: &'_ DraftComponent| match &component.other {
            Some(Other::Stored(Err(problem))) if problem.kind() == ErrorKind::NotSetUp => Some(problem.clone()),
            _ => None,
        };
        if let Some(problem) = self.components.iter().find_map(stored) {
            log::unusable(LOCAL_CACHE, &problem);
        }
    }

    /// Finds the sources of a prefix from which nothing is fetched.
    fn check_prefix(&mut self, prefixed: &Prefixed<'_>) {
        let about = About::whole(self.name, &prefixed.path.join("."));
        let twice = mistakes::of_prefix(&prefixed.prefix);
        let twice: Vec<_> = twice.iter().map(|twice| mistake(twice.to_string(), &about)).collect();
        let unread = prefixed.prefix.of.iter().filter_map(|(source, _)| self.is_read(source, &prefixed.path).err());
        let unread: Vec<_> = unread.map(|error| of_option("prefix", &error)).collect();
        self.of_plan.extend(twice);
        self.of_plan.extend(unread.into_iter().map(|error| ComponentError::new(error).about(&about)));
    }

    /// Whether a component below a path is fetched from a source.
    pub(super) fn is_read(&self, source: &str, path: &[&str]) -> Result<(), SourceError> {
        let within = self.leaves.iter().filter(|leaf| leaf.path.starts_with(path));
        let names: HashSet<_> = within.flat_map(|leaf| leaf.component.layers).map(|layer| layer.source).collect();
        if names.contains(source) {
            return Ok(());
        }
        let error = SourceError::new(ErrorKind::Misconfigured, format!("no component is fetched from `{source}`"));
        Err(match nearest(source, names) {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None => error,
        })
    }

    /// Notes why unknown keys cannot be found.
    pub(super) fn cannot_check(&mut self, error: ComponentError) {
        self.of_plan.push(error);
    }

    /// All mistakes.
    pub(crate) fn errors(&self) -> Vec<ComponentError> {
        let of_component = |(component, leaf): (&DraftComponent, &Leaf<'_>)| {
            component.errors(leaf).chain(component.uncovered(leaf)).collect::<Vec<_>>()
        };
        let components = self.components.iter().zip(&self.leaves);
        components.flat_map(of_component).chain(self.of_the_whole()).collect()
    }

    /// The mistakes that are not those of one component.
    pub(crate) fn of_the_whole(&self) -> impl Iterator<Item = ComponentError> {
        self.of_plan.iter().cloned().chain(self.cyclic())
    }

    /// The errors of a plan that cannot be fetched.
    pub(crate) fn refused(&self, errors: Vec<ComponentError>) -> ComponentErrors {
        ComponentErrors::new(self.name, self.leaves.len(), errors).before_any_io()
    }

    /// The error for components that need each other.
    fn cyclic(&self) -> Option<ComponentError> {
        let needs: Vec<_> = self.components.iter().map(|component| component.late_needs().collect()).collect();
        let cycle = names::cycle(&needs)?;
        let path = |position: &usize| format!("`{}`", self.components[*position].about.path);
        let drawn = cycle.iter().map(path).collect::<Vec<_>>().join(" needs ");
        let error = SourceError::new(ErrorKind::Misconfigured, format!("components need each other: {drawn}"))
            .with_hint("break the cycle: one of them must not name another");
        Some(ComponentError::new(error).about(&self.components[cycle[0]].about))
    }
}

/// The error for a value that would be stored in plain text.
fn refused(error: SourceError) -> SourceError {
    let hint = error.hint().map(str::to_owned);
    let error = SourceError::new(ErrorKind::Misconfigured, error.to_string());
    hint.into_iter().fold(error, SourceError::with_hint)
}

/// What a request contains is stored in plain text, as a part of what its value belongs to.
fn never_stored(component: &str) -> SourceError {
    let message =
        format!("`local_cache` does not store it, since its request contains `{component}`, which is sensitive");
    SourceError::new(ErrorKind::Misconfigured, message).with_hint("name another source in `fallback_to`")
}

/// A source that is not set up; any other error is a mistake.
fn not_set_up(error: SourceError, needs: Vec<usize>) -> Result<DraftLayer, SourceError> {
    match error.kind() {
        ErrorKind::NotSetUp => Ok(DraftLayer::NotSetUp { error, needs }),
        _ => Err(error),
    }
}

fn mistake(message: String, about: &Arc<About>) -> ComponentError {
    ComponentError::new(SourceError::new(ErrorKind::Misconfigured, message)).about(about)
}

impl DraftComponent {
    /// The mistakes in the program.
    pub(crate) fn errors<'d>(&'d self, leaf: &'d Leaf<'_>) -> impl Iterator<Item = ComponentError> + 'd {
        let own = self.mistakes.iter().map(|error| ("", error));
        let sources = leaf.component.layers.iter().map(|layer| layer.source);
        let layers = self.layers.iter().zip(sources).filter_map(|(layer, source)| match layer {
            DraftLayer::Mistaken(error) => Some((source, error)),
            DraftLayer::Bound(_) | DraftLayer::NotSetUp { .. } => None,
        });
        let other = match &self.other {
            Some(Other::Layer(DraftLayer::Mistaken(error))) => Some(error),
            Some(Other::Stored(Err(error))) if error.kind() != ErrorKind::NotSetUp => Some(error),
            _ => None,
        };
        let of_other = other.zip(leaf.component.policy.fallback_to).map(|(error, layer)| (layer.source, error));
        own.chain(layers).chain(of_other).map(|(source, error)| self.error(source, error))
    }

    /// The error of the first layer, if its source is not set up and nothing covers that.
    fn uncovered(&self, leaf: &Leaf<'_>) -> Option<ComponentError> {
        let [DraftLayer::NotSetUp { error, .. }, ..] = &self.layers[..] else { return None };
        (!self.covers_setup()).then(|| self.error(leaf.component.layers[0].source, error))
    }

    /// Whether another source or a substitute covers that its first source is not set up. The last known good value does not:
    /// it is that of a request, and only the source could make one.
    pub(crate) fn covers_setup(&self) -> bool {
        let other = matches!(self.other, Some(Other::Layer(DraftLayer::Bound(_))));
        other || self.substitutes.cover(ErrorKind::NotSetUp)
    }

    /// An error of a layer; of no layer if its source is empty.
    pub(crate) fn error(&self, source: &str, error: &SourceError) -> ComponentError {
        ComponentError::new(error.clone()).located(source, "").about(&self.about)
    }

    /// The components that must have ended before its layers can be asked.
    fn late_needs(&self) -> impl Iterator<Item = usize> {
        let other = self.other.iter().filter_map(Other::layer);
        let late = self.layers.iter().chain(other).filter_map(|layer| match layer {
            DraftLayer::Bound(BoundLayer::Late(late)) => Some(late),
            _ => None,
        });
        late.flat_map(|late| late.needs.iter().copied())
    }

    /// The component without its mistakes. After a source that is not set up, no layer is asked.
    pub(super) fn complete(self, leaf: &Leaf<'_>) -> BoundComponent {
        let (mut layers, mut refused) = (Vec::with_capacity(self.layers.len()), None);
        for (layer, written) in self.layers.into_iter().zip(leaf.component.layers) {
            match layer {
                DraftLayer::Bound(layer) => layers.push(layer),
                DraftLayer::NotSetUp { error, .. } | DraftLayer::Mistaken(error) => {
                    refused = Some(ComponentError::new(error).located(written.source, "").about(&self.about));
                    break;
                }
            }
        }
        let (own_layers, mut is_stored) = (layers.len(), false);
        match self.other {
            Some(Other::Layer(DraftLayer::Bound(layer))) => layers.push(layer),
            Some(Other::Stored(stored)) => is_stored = stored.is_ok(),
            _ => {}
        }
        BoundComponent {
            about: self.about,
            slot: leaf.slot,
            sources: leaf.component.layers.iter().map(|layer| Arc::from(layer.source)).collect(),
            layers,
            own_layers,
            is_stored,
            refused,
            substitutes: self.substitutes,
            attributes: leaf.component.policy.without_text(),
            sensitive: leaf.component.sensitive,
            validated: leaf.component.validated,
            plain: false,
            dependants: Vec::new(),
            optional: leaf.optional,
            is_check: false,
        }
    }
}

/// Binds one component after another.
struct Binder<'r> {
    plan: &'r Plan<'r>,
    sources: &'r Registry,
    names: Names<'r>,
    /// Whether there is code that can evaluate a default.
    has_code: bool,
    calls: Calls,
    /// The components whose keys are derived, by request.
    derived: HashMap<Identity, Arc<About>>,
}

impl Binder<'_> {
    fn component(&mut self, leaf: &Leaf<'_>) -> DraftComponent {
        let component = leaf.component;
        let about = About::new(self.plan.name, &leaf.path_text(), component);
        let own = mistakes::of_component(component);
        let own = own.iter().map(|mistake| SourceError::new(ErrorKind::Misconfigured, mistake.to_string()));
        let own = own.chain(self.not_evaluated(component)).chain(self.never_refreshed(component));
        let mut mistakes: Vec<_> = own.collect();
        let after = self.after(leaf).unwrap_or_else(|error| {
            mistakes.push(error);
            Vec::new()
        });
        let substitutes = Substitutes::new(&component.policy);
        let layer = |layer| self.layer(leaf, layer, &about, &after).unwrap_or_else(DraftLayer::Mistaken);
        let layers = component.layers.iter().map(layer).collect();
        let other = component.policy.fallback_to.as_ref().map(|layer| self.other(leaf, layer, &about, &after));
        DraftComponent { about, substitutes, after, layers, other, mistakes }
    }

    /// What covers a source that cannot answer. A user's own source may have the name of the local cache, if there is none.
    fn other(&mut self, leaf: &Leaf<'_>, layer: &plan::Layer<'_>, about: &Arc<About>, after: &[usize]) -> Other {
        let is_own = layer.source == LOCAL_CACHE && self.sources.find(LOCAL_CACHE).is_ok();
        if is_own && self.sources.local.is_given() {
            let message = "a source of your own is named `local_cache`, and a local cache is set up as well";
            let error = SourceError::new(ErrorKind::Misconfigured, message);
            return Other::Stored(Err(error.with_hint("register the source under another name")));
        }
        let is_local = layer.source == LOCAL_CACHE && !is_own;
        if !is_local {
            return Other::Layer(self.layer(leaf, layer, about, after).unwrap_or_else(DraftLayer::Mistaken));
        }
        let local = &self.sources.local;
        let problem = match layer.key.is_some() || !layer.options.is_empty() {
            true => Some(SourceError::new(ErrorKind::Misconfigured, "the local cache takes neither a key nor options")),
            false => local.problem().or_else(|| local.refusal(leaf.component.sensitive).map(refused)),
        };
        Other::Stored(problem.map_or(Ok(()), Err))
    }

    /// The error for a `refresh_ahead` of a component that is not cached. A source that cannot be used may cache.
    fn never_refreshed(&self, component: &plan::Component<'_>) -> Option<SourceError> {
        let policy = &component.policy;
        let is_cached = |policies: &Policies| policies.time_to_live().is_some_and(|ttl| !ttl.is_zero());
        let may_cache = |layer: &plan::Layer<'_>| {
            self.sources.find(layer.source).map_or(true, |registered| registered.policies.is_some_and(is_cached))
        };
        let shorter = |layer: &&plan::Layer<'_>| {
            let of_registration = self.sources.find(layer.source).ok().and_then(|registered| registered.policies);
            policy.refresh_ahead > of_registration.and_then(Policies::time_to_live).or(policy.refresh_ahead)
        };
        if policy.ttl.is_none()
            && let Some(layer) = component.layers.iter().find(shorter)
        {
            let message = format!("`refresh_ahead` is longer than the `ttl` of the registration of `{}`", layer.source);
            let error = SourceError::new(ErrorKind::Misconfigured, message);
            return Some(error.with_hint("a value is refreshed within the last half of its `ttl`"));
        }
        if policy.refresh_ahead.is_none() || policy.ttl.is_some() || component.layers.iter().any(may_cache) {
            return None;
        }
        let message = "`refresh_ahead` has no effect without a `ttl`";
        let hint = "add `ttl = …` to the component, or `Policies::ttl` to the registration of its source";
        Some(SourceError::new(ErrorKind::Misconfigured, message).with_hint(hint))
    }

    /// The error for a default that only the code of a struct can evaluate.
    fn not_evaluated(&self, component: &plan::Component<'_>) -> Option<SourceError> {
        let what = match component.policy.default {
            Some(_) if self.has_code => return None,
            None | Some(DefaultValue::Literal(_)) => return None,
            Some(DefaultValue::OfType) => "that of the field's type",
            Some(_) => "an expression",
        };
        let message = format!("the `default` is {what}, and a plan without its struct cannot evaluate it");
        let error = SourceError::new(ErrorKind::Misconfigured, message);
        Some(error.with_hint("write a literal, or fetch the struct"))
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
    ) -> Result<DraftLayer, SourceError> {
        let registered = match self.sources.find(layer.source) {
            Err(error) if error.kind() == ErrorKind::UnknownSource => return Err(error),
            found => found,
        };
        options::check(layer, registered.as_ref().ok())?;
        let pending = Pending::new(layer, leaf, &self.names, registered.as_ref().ok().copied())?;
        let (needs, timeout) = (pending.needs(after), leaf.component.policy.timeout);
        let registered = match registered {
            Ok(registered) => registered,
            Err(error) => return Ok(DraftLayer::NotSetUp { error, needs }),
        };
        if !pending.is_known() {
            let late = pending.late(timeout, needs);
            return match late.certain_error(registered) {
                None => Ok(DraftLayer::Bound(BoundLayer::Late(Box::new(late)))),
                Some(error) => not_set_up(error, late.needs),
            };
        }
        let (request, is_derived) = match pending.request(registered) {
            Ok(bound) => bound,
            Err(error) => return not_set_up(error, needs),
        };
        if is_derived {
            self.derive(layer.source, &request, about)?;
        }
        Ok(DraftLayer::Bound(match needs.is_empty() {
            true => BoundLayer::Ready(self.add(layer.source, registered, request, timeout)),
            false => BoundLayer::Late(Box::new(Late { known: Some(request), ..pending.late(timeout, needs) })),
        }))
    }

    fn add(
        &mut self,
        name: &str,
        registered: Registered<'_>,
        request: Request<Opaque>,
        timeout: Option<Duration>,
    ) -> Layer {
        let position = self.calls.add(&Arc::from(name), registered, request);
        Layer::new(position, timeout::of_attempt(timeout, registered.policies))
    }

    /// Two components must not derive the same key: one of the two would not be what its name says.
    fn derive(&mut self, source: &str, request: &Request<Opaque>, about: &Arc<About>) -> Result<(), SourceError> {
        let identity = (Arc::from(source), request.query().clone());
        match self.derived.insert(identity, Arc::clone(about)) {
            None => Ok(()),
            Some(other) => Err(derived_twice(request.locator(), &other.full_path())),
        }
    }
}
