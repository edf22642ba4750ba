//! The cache of a `Sources`, by hand.

use std::{any::TypeId, fmt};

use component_model_types::{
    plan::Planned,
    text::{list_of, nearest},
};
use serde::Serialize;

use super::Sources;
use crate::{
    ComponentError, ComponentErrors, Components, ErrorKind, SourceError,
    bind::{Bound, BoundLayer},
    error::About,
    policy::caching,
};

/// The cache of a [`Sources`], to be emptied by hand: when something was changed that its users must see at once.
///
/// ```
/// use component_model::{Sources, prelude::*};
///
/// #[derive(AsyncAssign)]
/// struct AppConfig {
///     #[component(fetch_from = "consul", ttl = "1h")]
///     port: u16,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), ComponentError> {
/// let sources = Sources::builder().constant("consul", 8080).build();
/// assert_eq!(sources.cache().invalidate::<AppConfig>("port")?, 0);
/// assert_eq!(sources.cache().invalidate_source("consul")?, 0);
/// assert_eq!(sources.cache().invalidate_all(), 0);
/// # Ok(())
/// # }
/// ```
///
/// What is being fetched at that time is not stored either.
#[derive(Clone, Copy)]
pub struct CacheHandle<'s>(&'s Sources);

/// The counts of a cache since it was created, and its size now: plain data.
///
/// ```
/// use component_model::Sources;
///
/// let state = Sources::builder().build().cache().state();
/// assert_eq!((state.entries, state.hits), (0, 0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CacheState {
    /// Values in the cache.
    pub entries: u64,
    /// About how many bytes they take.
    pub bytes: u64,
    /// How often a fresh value was found.
    pub hits: u64,
    /// How often none was found, or one that has expired.
    pub misses: u64,
    /// Values that left because there was no room.
    pub evictions: u64,
    /// How often a fetch waited for the request of another one.
    pub shared: u64,
}

impl<'s> CacheHandle<'s> {
    pub(super) fn new(sources: &'s Sources) -> Self {
        Self(sources)
    }

    /// Forgets the value of a component, by its path in the struct, such as `pool.max`; a path to a nested struct forgets all of
    /// its components. The answer that it shares with other components is theirs too. A component whose key has a template is
    /// only forgotten with its source. Returns how many values were in the cache.
    ///
    /// ```
    /// # use doc_examples::{AppConfig, sources};
    /// let sources = sources();
    /// assert_eq!(sources.cache().invalidate::<AppConfig>("port")?, 0);
    /// let errors = sources.cache().invalidate::<AppConfig>("prot").unwrap_err();
    /// assert_eq!(errors[0].hint(), Some("did you mean `port`?"));
    /// # Ok::<(), component_model::ComponentErrors>(())
    /// ```
    ///
    /// # Errors
    /// If the struct has no such component, or cannot be fetched from these sources.
    pub fn invalidate<C: Components>(&self, path: &str) -> Result<usize, ComponentErrors> {
        let bound = self.0.bind_constant(TypeId::of::<C>(), <C as Planned>::PLAN, &mut C::stage());
        let bound = bound.map_err(|mistaken| mistaken.errors)?;
        let is_meant =
            |known: &str| known == path || known.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        let meant: Vec<_> = bound.fetched().filter(|component| is_meant(&component.about.path)).collect();
        if meant.is_empty() {
            return Err(unknown(&bound, path));
        }
        let layers = meant.iter().flat_map(|component| &component.layers);
        let known = layers.filter_map(|layer| match layer {
            BoundLayer::Ready(layer) => caching::key(&bound.calls[layer.call().number()], layer.request()),
            BoundLayer::Late(late) => late.identity(),
        });
        Ok(known.map(|key| self.0.stored().invalidate(&key)).sum())
    }

    /// Forgets all values of a source, by the name under which it is registered. Returns how many were in the cache.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// let sources = Sources::builder().constant("region", "eu").build();
    /// assert_eq!(sources.cache().invalidate_source("region")?, 0);
    /// assert_eq!(sources.cache().invalidate_source("regoin").unwrap_err().hint(), Some("did you mean `region`?"));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If no source is registered under the name.
    pub fn invalidate_source(&self, name: &str) -> Result<usize, SourceError> {
        match self.0.registry().find(name) {
            Err(error) if error.kind() == ErrorKind::UnknownSource => Err(error),
            _ => Ok(self.0.stored().invalidate_source(name)),
        }
    }

    /// Forgets all values; returns how many were in the cache.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// assert_eq!(Sources::builder().build().cache().invalidate_all(), 0);
    /// ```
    #[expect(clippy::must_use_candidate, reason = "the number is additional")]
    pub fn invalidate_all(&self) -> usize {
        self.0.stored().invalidate_all()
    }

    /// Its counts and its size.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// assert_eq!(Sources::builder().build().cache().state().bytes, 0);
    /// ```
    #[must_use]
    pub fn state(&self) -> CacheState {
        let stats = self.0.stored().stats();
        CacheState {
            entries: stats.entries,
            bytes: stats.bytes,
            hits: stats.hits,
            misses: stats.misses,
            evictions: stats.evictions,
            shared: stats.followers,
        }
    }
}

/// The error for a path that leads to no component.
fn unknown(bound: &Bound, path: &str) -> ComponentErrors {
    let known: Vec<_> = bound.fetched().map(|component| &*component.about.path).collect();
    let hint = match nearest(path, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its components are {}", list_of(&known)),
    };
    let error = SourceError::new(ErrorKind::Misconfigured, format!("`{path}` is not a component of `{}`", bound.name));
    let about = About::whole(&bound.name, "");
    bound.errors(vec![ComponentError::new(error.with_hint(hint)).about(&about)])
}

impl fmt::Debug for CacheHandle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CacheHandle").field(&self.state()).finish()
    }
}
