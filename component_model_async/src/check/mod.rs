//! Checks a plan: everything about a fetch that can be known without I/O.

mod notes;

use std::fmt;

use crate::{
    ComponentError, ComponentErrors, SourceError, Stage,
    bind::{Draft, DraftComponent, DraftLayer, Leaf, Other},
    engine::validate,
    policy::fallback,
    registry::Registry,
    text::{counted, layout::one_line},
};

/// A plan without mistakes; from [`Inspect::check`](crate::Inspect::check).
///
/// It lists the layers whose source is not set up, the source of a `fallback_to` included. Such a layer is no error as long as
/// a layer before it may have the value, or a `fallback_to` or a `fallback` covers it.
///
/// ```
/// use component_model::prelude::*;
/// # use doc_examples::{AppConfig, sources};
///
/// let checked = AppConfig::check(&sources())?;
/// assert_eq!(checked.to_string(), "AppConfig: 2 components can be fetched");
/// # Ok::<(), ComponentErrors>(())
/// ```
#[derive(Debug, Clone)]
pub struct Checked {
    name: Box<str>,
    components: usize,
    not_set_up: Vec<ComponentError>,
    notes: Vec<String>,
}

impl Checked {
    /// The number of components, including those of nested structs.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(AppConfig::check(&sources())?.components(), 2);
    /// # Ok::<(), ComponentErrors>(())
    /// ```
    #[must_use]
    pub fn components(&self) -> usize {
        self.components
    }

    /// The layers that cannot be asked here, as errors that name the component, the source and the reason.
    ///
    /// ```
    /// use component_model::{ErrorKind, Memory, SourceError, prelude::*};
    ///
    /// #[derive(AsyncAssign)]
    /// struct AppConfig {
    ///     #[component(fetch_from = ["settings", "vault"])]
    ///     port: u16,
    /// }
    ///
    /// let vault: Result<Memory, _> = Err(SourceError::new(ErrorKind::NotSetUp, "`VAULT_ADDR` is not set"));
    /// let sources = Sources::builder().source("settings", Memory::default()).try_source("vault", vault).build();
    /// let checked = AppConfig::check(&sources)?;
    /// assert_eq!(checked.not_set_up()[0].source_name(), Some("vault"));
    /// # Ok::<(), ComponentErrors>(())
    /// ```
    #[must_use]
    pub fn not_set_up(&self) -> &[ComponentError] {
        &self.not_set_up
    }

    /// Settings that have no effect with these sources, a line for each. They are no errors: other sources, such as those of a
    /// test, may be registered under the same names.
    ///
    /// - Policies of a component all of whose sources answer without I/O, such as `env` or a [`Memory`](crate::Memory): there
    ///   is nothing to wait for, to repeat or to cache.
    /// - Policies of a name that is not registered: a misspelling, as a rule.
    /// - A `retry_backoff` without `retry_attempts`, a `refresh_ahead` of more than half of the `ttl`, and a `slow_call` that
    ///   is not shorter than the timeout.
    /// - A `refresh_ahead` of a registration from which no component with a `ttl` is fetched.
    ///
    /// ```
    /// use component_model::{Memory, prelude::*};
    ///
    /// #[derive(AsyncAssign)]
    /// struct AppConfig {
    ///     #[component(fetch_from = "settings", retry_attempts = 3)]
    ///     port: u16,
    /// }
    ///
    /// let checked = AppConfig::check(&Sources::builder().source("settings", Memory::default()).build())?;
    /// let note = "AppConfig.port: `retry_attempts` has no effect: `settings` answers without I/O";
    /// assert_eq!(checked.notes(), [note]);
    /// # Ok::<(), ComponentErrors>(())
    /// ```
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// `AppConfig: 2 components can be fetched`, and a line for each layer whose source is not set up, and for each note.
impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} can be fetched", one_line(&self.name), counted(self.components, "component"))?;
        self.not_set_up.iter().try_for_each(|error| write!(f, "\n{error}"))?;
        self.notes.iter().try_for_each(|note| write!(f, "\nnote: {}", one_line(note)))
    }
}

/// Checks a plan. Without the stage of its struct, nothing is known about the types of its components.
pub(crate) fn check(
    draft: &Draft<'_>,
    sources: &Registry,
    mut stage: Option<&mut dyn Stage>,
) -> Result<Checked, ComponentErrors> {
    let (mut errors, mut not_set_up) = (Vec::new(), Vec::new());
    for (component, leaf) in draft.components.iter().zip(&draft.leaves) {
        errors.extend(component.errors(leaf));
        if let Some(stage) = stage.as_deref_mut() {
            errors.extend(literals(component, leaf, stage));
        }
        let (fatal, listed) = missing(component, leaf);
        errors.extend(fatal);
        not_set_up.extend(listed);
    }
    errors.extend(draft.of_the_whole());
    match errors.is_empty() {
        true => Ok(Checked {
            name: draft.name.into(),
            components: draft.leaves.len(),
            not_set_up,
            notes: notes::of(draft, sources),
        }),
        false => Err(draft.refused(errors)),
    }
}

/// The literals that the type of the component does not read, or that are not valid.
fn literals(component: &DraftComponent, leaf: &Leaf<'_>, stage: &mut dyn Stage) -> Vec<ComponentError> {
    let literals = component.substitutes.literals();
    let errors = literals.filter_map(|(name, text)| literal(component, leaf, stage, name, text).err());
    errors.map(|error| component.error("", &error)).collect()
}

fn literal(
    component: &DraftComponent,
    leaf: &Leaf<'_>,
    stage: &mut dyn Stage,
    name: &str,
    text: &str,
) -> Result<(), SourceError> {
    let Some(slot) = stage.slot(leaf.slot) else { return Ok(()) };
    let sensitive = leaf.component.sensitive || slot.is_sensitive();
    fallback::decode(name, text, &component.about, sensitive, slot)?;
    match leaf.component.validated {
        true => validate(stage, leaf.slot, sensitive).map_err(|error| fallback::not_valid(name, &error)),
        false => Ok(()),
    }
}

/// The layers whose source is not set up, the one of `fallback_to` included: an error for the first layer of a component that
/// nothing covers, the others.
fn missing(component: &DraftComponent, leaf: &Leaf<'_>) -> (Option<ComponentError>, Vec<ComponentError>) {
    let layers = component.layers.iter().zip(leaf.component.layers.iter().map(|layer| layer.source));
    let missing = |(position, (layer, source)): (usize, (&DraftLayer, &str))| match layer {
        DraftLayer::NotSetUp { error, .. } => Some((position, component.error(source, error))),
        DraftLayer::Bound(_) | DraftLayer::Mistaken(_) => None,
    };
    let mut missing: Vec<_> = layers.enumerate().filter_map(missing).collect();
    let is_fatal = |(position, _): &(usize, ComponentError)| *position == 0;
    let fatal = missing.first().is_some_and(is_fatal) && !component.covers_setup();
    let fatal = fatal.then(|| missing.remove(0).1);
    let other = component.other.as_ref().and_then(Other::not_set_up).zip(leaf.component.policy.fallback_to);
    let other = other.map(|(error, layer)| component.error(layer.source, error));
    (fatal, missing.into_iter().map(|(_, error)| error).chain(other).collect())
}
