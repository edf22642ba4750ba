//! Builds the sources of a registry.

use std::{fmt, future::Future, sync::Arc};

use serde::Serialize;

use super::{Inner, Policies, Registration, Registry, Sources, dynamic, stand_in};
use crate::{
    BoxError, BreakerEvent, BreakerObserver, CacheSettings, ComponentFetcher, KeyQuery, Source, SourceError,
    cache::Cache, log,
};

/// Collects sources under names.
///
/// ```
/// use component_model::{Memory, Sources, SourcesBuilder};
///
/// fn with_flags(sources: SourcesBuilder) -> SourcesBuilder {
///     sources.source("flags", Memory::new([("dark_mode", "true")]))
/// }
/// assert_eq!(with_flags(Sources::builder()).build().names(), ["flags"]);
/// ```
///
/// A name that is registered again is replaced, as in a map; so are its [`policies`](Self::policies), all of them at once, and
/// not by a new registration of the source. That is how a program changes one of the sources of
/// [`from_env`](Self::from_env), and a test one of the program's:
///
/// ```
/// use component_model::{Memory, SourcesBuilder, prelude::*};
///
/// #[derive(AsyncAssign)]
/// struct AppConfig {
///     #[component(fetch_from = "api", key = "rates/tea")]
///     tea: f64,
/// }
///
/// // The sources of the program.
/// fn sources() -> SourcesBuilder {
///     SourcesBuilder::from_env()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), ComponentErrors> {
/// let fake = sources().source("api", Memory::new([("rates/tea", "2.5")])).build();
/// assert_eq!(AppConfig::fetch_all_components_from(&fake).await?.tea, 2.5);
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct SourcesBuilder {
    registry: Registry,
    breakers: Option<BreakerObserver>,
    cache: CacheSettings,
}

impl SourcesBuilder {
    /// Registers a source, built-in or your own; it replaces an earlier one of the same name.
    ///
    /// ```
    /// use component_model::{Memory, Sources};
    ///
    /// let sources = Sources::builder().source("settings", Memory::new([("port", "8080")])).build();
    /// assert_eq!(sources.names(), ["settings"]);
    /// ```
    pub fn source(self, name: impl Into<String>, source: impl Source) -> Self {
        self.entry(name, Registration::Ready(Arc::new(source)))
    }

    /// Registers a source whose setup may have failed: the failure becomes the error of the components that need it.
    ///
    /// ```
    /// use component_model::{ErrorKind, Memory, SourceError, Sources};
    ///
    /// fn from_env() -> Result<Memory, SourceError> {
    ///     Err(SourceError::new(ErrorKind::Misconfigured, "`SETTINGS` is not set"))
    /// }
    /// let sources = Sources::builder().try_source("settings", from_env()).build();
    /// assert!(sources.names().is_empty());
    /// ```
    pub fn try_source<S: Source>(self, name: impl Into<String>, source: Result<S, SourceError>) -> Self {
        match source {
            Ok(source) => self.source(name, source),
            Err(error) => self.entry(name, Registration::Unusable(dynamic::marked::<S>(error))),
        }
    }

    /// Registers a source with the same value for every request.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// let sources = Sources::builder().constant("region", "eu-west-1").build();
    /// # assert_eq!(sources.names(), ["region"]);
    /// ```
    pub fn constant(self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.source(name, stand_in::Constant::new(value))
    }

    /// Registers a closure as a source. It is called once for each distinct key with its options; `Ok(None)` means that the
    /// value is absent.
    ///
    /// ```
    /// use component_model::{KeyQuery, Sources};
    ///
    /// let sources = Sources::builder()
    ///     .closure("length", |query: KeyQuery| async move { Ok::<_, std::io::Error>(Some(query.key().len())) })
    ///     .build();
    /// # assert_eq!(sources.names(), ["length"]);
    /// ```
    pub fn closure<F, Answered, V, E>(self, name: impl Into<String>, closure: F) -> Self
    where
        F: Fn(KeyQuery) -> Answered + Send + Sync + 'static,
        Answered: Future<Output = Result<Option<V>, E>> + Send + 'static,
        V: Serialize + 'static,
        E: Into<BoxError> + 'static,
    {
        self.source(name, stand_in::Closure(closure))
    }

    /// Registers a fetcher as a source with the same value for every component.
    ///
    /// An error of the fetcher that is a [`SourceError`] keeps its kind. If it names components, because the fetcher fetches
    /// a struct of its own, it is the cause of a failure of kind [`Dependency`](crate::ErrorKind::Dependency), and never an
    /// absence.
    ///
    /// ```
    /// use component_model::{ComponentFetcher, Sources};
    ///
    /// struct Answer;
    /// impl ComponentFetcher<i32> for Answer {
    ///     type Error = std::io::Error;
    ///     async fn fetch_component(&self) -> Result<i32, Self::Error> {
    ///         Ok(42)
    ///     }
    /// }
    /// let sources = Sources::builder().fetcher::<i32, _>("mock_db", Answer).build();
    /// # assert_eq!(sources.names(), ["mock_db"]);
    /// ```
    pub fn fetcher<T, F>(self, name: impl Into<String>, fetcher: F) -> Self
    where
        T: Serialize + Send + 'static,
        F: ComponentFetcher<T> + Sync + 'static,
    {
        self.source(name, stand_in::Fetching::new(fetcher))
    }

    /// Sets the policies of a name, which may be registered before or after this call. They replace all that an earlier call
    /// set.
    ///
    /// If the name is never registered, or a policy is not valid, such as a timeout of zero, the name is unusable:
    /// [`Sources::state`] and the errors of components that use it show why, [`build`](Self::build) emits a warning with
    /// the feature `tracing`, and the notes of [`check`](crate::Inspect::check) list the names that are never registered.
    ///
    /// Components that use other names are fetched as usual. If this name is misspelt, the source that was meant has the default
    /// policies.
    ///
    /// ```
    /// use component_model::{Policies, SourcesBuilder};
    /// use std::time::Duration;
    ///
    /// let slow = Policies::new().timeout(Duration::from_secs(10));
    /// let sources = SourcesBuilder::from_env().policies("api", slow).build();
    /// # let _ = sources;
    /// ```
    pub fn policies(mut self, name: impl Into<String>, policies: Policies) -> Self {
        self.registry.set_policies(name.into(), policies);
        self
    }

    /// Sets how many values are cached, for components with a `ttl` and for `fetch_with_cache`.
    ///
    /// ```
    /// use component_model::{CacheSettings, Sources};
    ///
    /// let sources = Sources::builder().constant("region", "eu").cache(CacheSettings::new().entries(100)).build();
    /// ```
    pub fn cache(self, settings: CacheSettings) -> Self {
        Self { cache: settings, ..self }
    }

    /// For fetches that were given no sources.
    pub(crate) fn by_default(mut self) -> Self {
        self.registry.is_default = true;
        self
    }

    /// Stores the last known good values of components with `fallback_to = "local_cache"`, and uses them while their
    /// sources cannot answer.
    ///
    /// ```
    /// use component_model::{LocalCache, Sources};
    ///
    /// let sources = Sources::builder().constant("region", "eu").local_cache(LocalCache::at("config.cache")).build();
    /// ```
    #[cfg(feature = "local-cache")]
    pub fn local_cache(mut self, cache: crate::LocalCache) -> Self {
        self.registry.local = super::Local::new(cache);
        self
    }

    /// The local cache of the environment. If it cannot be used, the components that name it fail with the reason.
    #[cfg(feature = "local-cache")]
    pub(crate) fn local_cache_from_env(mut self) -> Self {
        self.registry.local = super::Local::of_setup(crate::LocalCache::from_env());
        self
    }

    /// Calls a function with every change of a circuit breaker. It runs in the task whose request caused the change: it must
    /// not block.
    ///
    /// ```
    /// use component_model::{Memory, Sources};
    ///
    /// let sources = Sources::builder()
    ///     .source("consul", Memory::default())
    ///     .observe_breakers(|event| println!("{}: {:?}", event.source, event.to))
    ///     .build();
    /// ```
    pub fn observe_breakers(self, observer: impl Fn(&BreakerEvent) + Send + Sync + 'static) -> Self {
        Self { breakers: Some(BreakerObserver::new(observer)), ..self }
    }

    /// Builds the sources.
    ///
    /// A name that is empty or has white space at an end is unusable, as is one with [`policies`](Self::policies) that are
    /// not valid.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// let sources = Sources::builder().constant("region", "eu-west-1").build();
    /// let shared = sources.clone();
    /// assert_eq!(shared.names(), ["region"]);
    /// ```
    #[must_use]
    pub fn build(mut self) -> Sources {
        let observer = self.breakers.take();
        self.registry.check(&BreakerObserver::new(move |event| {
            log::breaker(event);
            if let Some(observer) = &observer {
                observer.tell(event);
            }
        }));
        Sources(Arc::new(Inner { registry: self.registry, cache: Cache::new(self.cache), ..Inner::default() }))
    }

    pub(crate) fn entry(mut self, name: impl Into<String>, entry: Registration) -> Self {
        self.registry.insert(name.into(), entry);
        self
    }
}

impl fmt::Debug for SourcesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SourcesBuilder").field(&self.registry.names()).finish()
    }
}
