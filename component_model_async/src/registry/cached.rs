//! The cache of a `Sources`, by hand.

use std::fmt;

use component_model_types::plan::Planned;
use serde::Serialize;

use super::Sources;
use crate::{Components, bind::BoundLayer, policy::caching};

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
/// let sources = Sources::builder().constant("consul", 8080).build();
/// sources.cache().invalidate::<AppConfig>("port");
/// sources.cache().invalidate_source("consul");
/// sources.cache().invalidate_all();
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
    /// only forgotten with its source.
    ///
    /// ```
    /// use component_model::Sources;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// sources().cache().invalidate::<AppConfig>("port");
    /// ```
    pub fn invalidate<C: Components>(&self, path: &str) {
        let Ok(bound) = self.0.bind_constant(<C as Planned>::PLAN) else { return };
        let is_meant =
            |known: &str| known == path || known.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        for component in bound.fetched().filter(|component| is_meant(&component.about.path)) {
            for layer in &component.layers {
                let BoundLayer::Ready(layer) = layer else { continue };
                if let Some(key) = caching::key(&bound.calls[layer.call()], layer.request()) {
                    self.0.stored().invalidate(&key);
                }
            }
        }
    }

    /// Forgets all values of a source, by the name under which it is registered.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// Sources::builder().constant("region", "eu").build().cache().invalidate_source("region");
    /// ```
    pub fn invalidate_source(&self, name: &str) {
        self.0.stored().invalidate_source(name);
    }

    /// Forgets all values.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// Sources::builder().build().cache().invalidate_all();
    /// ```
    pub fn invalidate_all(&self) {
        self.0.stored().invalidate_all();
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

impl fmt::Debug for CacheHandle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CacheHandle").field(&self.state()).finish()
    }
}
