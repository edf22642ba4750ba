//! [`Sources`]: which name means which source.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use component_model_types::plan::Plan;
use serde::Serialize;

use super::{DynSource, Request, Source, simple};
use crate::{
    ComponentErrors, ComponentFetcher, SourceError,
    bind::{self, Bound},
    error::BoxError,
    fetchers,
};

/// The sources that a fetch asks, by name. Cheap to clone; clones share their connections.
///
/// ```
/// use component_model_async::{Memory, Sources};
///
/// let sources = Sources::builder()
///     .source("flags", Memory::new([("dark_mode", "true")]))
///     .constant("region", "eu-west-1")
///     .closure("clock", |_request| async { Ok::<_, std::io::Error>(Some(1_700_000_000)) })
///     .build();
/// assert_eq!(sources.names(), ["clock", "flags", "region"]);
/// ```
#[derive(Clone, Default)]
pub struct Sources(Arc<Inner>);

#[derive(Default)]
struct Inner {
    named: HashMap<String, Entry>,
    /// Plans bound against these sources. Binding is pure, and a program has finitely many plans, so this is bounded.
    bound: Mutex<HashMap<usize, Arc<Bound>>>,
}

/// What stands behind a name.
pub(crate) enum Entry {
    /// A source.
    Ready(Arc<dyn DynSource>),
    /// A name that is known and cannot be used, and why: a malformed setting, a cargo feature that is off.
    Unusable(SourceError),
}

impl Sources {
    /// Starts with no source at all.
    pub fn builder() -> SourcesBuilder {
        SourcesBuilder { named: HashMap::new() }
    }

    /// The built-in sources under their own names, set up by the variables that their own clients use.
    ///
    /// Reads variables and does no I/O; connections open at the first fetch. A variable that does not parse is an error
    /// only for the components that need its source. Every call makes sources, and so connections, of its own: keep
    /// what it returns, or [`install`](Self::install) it.
    #[must_use]
    pub fn from_env() -> Self {
        fetchers::built_in().build()
    }

    /// The registered names, in alphabetical order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self
            .0
            .named
            .iter()
            .filter(|(_, entry)| matches!(entry, Entry::Ready(_)))
            .map(|(name, _)| &**name)
            .collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Entry> {
        self.0.named.get(name)
    }

    /// The plan bound against these sources, made once.
    pub(crate) fn bind(&self, plan: &'static Plan) -> Result<Arc<Bound>, ComponentErrors> {
        let address = std::ptr::from_ref(plan).addr();
        if let Some(bound) = self.0.bound.lock().unwrap_or_else(PoisonError::into_inner).get(&address) {
            return Ok(Arc::clone(bound));
        }
        let bound = Arc::new(bind::bind(plan, self)?);
        self.0.bound.lock().unwrap_or_else(PoisonError::into_inner).insert(address, Arc::clone(&bound));
        Ok(bound)
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sources").field(&self.names()).finish()
    }
}

/// Collects sources under names. A name that is given twice means the last one.
#[must_use = "a builder does nothing until `build`"]
pub struct SourcesBuilder {
    named: HashMap<String, Entry>,
}

impl SourcesBuilder {
    /// A source, built-in or your own, under a name.
    pub fn source(self, name: impl Into<String>, source: impl Source) -> Self {
        self.entry(name, Entry::Ready(Arc::new(source)))
    }

    /// A source that may have failed to be set up: the failure becomes the error of the components that need it.
    pub fn try_source<S: Source>(self, name: impl Into<String>, source: Result<S, SourceError>) -> Self {
        match source {
            Ok(source) => self.source(name, source),
            Err(error) => self.entry(name, Entry::Unusable(error)),
        }
    }

    /// The same value for every request.
    ///
    /// ```
    /// # use component_model_async::Sources;
    /// let sources = Sources::builder().constant("region", "eu-west-1").build();
    /// # assert_eq!(sources.names(), ["region"]);
    /// ```
    pub fn constant(self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.source(name, simple::Constant::new(value))
    }

    /// A closure that is asked once for each distinct request; `Ok(None)` says that the value is absent.
    ///
    /// ```
    /// # use component_model_async::{Request, Sources};
    /// let sources = Sources::builder()
    ///     .closure("length", |request: Request| async move { Ok::<_, std::io::Error>(Some(request.key().len())) })
    ///     .build();
    /// # assert_eq!(sources.names(), ["length"]);
    /// ```
    pub fn closure<F, Answered, V, E>(self, name: impl Into<String>, closure: F) -> Self
    where
        F: Fn(Request) -> Answered + Send + Sync + 'static,
        Answered: Future<Output = Result<Option<V>, E>> + Send + 'static,
        V: Serialize + 'static,
        E: Into<BoxError> + 'static,
    {
        self.source(name, simple::Closure(closure))
    }

    /// A fetcher under a name: whatever component asks, it gives its one value.
    ///
    /// ```
    /// use component_model_async::{ComponentFetcher, Sources};
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
        self.source(name, simple::Fetching::new(fetcher))
    }

    /// The sources.
    #[must_use]
    pub fn build(self) -> Sources {
        Sources(Arc::new(Inner { named: self.named, bound: Mutex::default() }))
    }

    pub(crate) fn entry(mut self, name: impl Into<String>, entry: Entry) -> Self {
        self.named.insert(name.into(), entry);
        self
    }
}

impl fmt::Debug for SourcesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SourcesBuilder").field(&self.named.keys()).finish()
    }
}
