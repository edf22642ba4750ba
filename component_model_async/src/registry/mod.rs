//! [`Sources`]: the sources that a fetch asks, by name; those of the task and of the process; the ones without a server.

mod ambient;
mod builder;
mod default;
mod dynamic;
mod features;
mod memory;
mod names;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use component_model_types::plan::Plan;

pub use self::{ambient::AlreadyInstalled, builder::SourcesBuilder, memory::Memory};
pub(crate) use self::{
    dynamic::{Answers, DynSource},
    features::not_compiled_in,
    names::{Registration, Registry},
};
use crate::{
    ComponentErrors,
    bind::{self, Bound},
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
    registry: Registry,
    /// Plans bound against these sources. Binding is pure, and a program has finitely many plans, so this is bounded.
    bound: Mutex<BTreeMap<usize, Arc<Bound>>>,
}

impl Sources {
    /// Starts with no source at all.
    ///
    /// ```
    /// use component_model_async::Sources;
    ///
    /// assert!(Sources::builder().build().names().is_empty());
    /// ```
    pub fn builder() -> SourcesBuilder {
        SourcesBuilder::default()
    }

    /// The registered names, in alphabetical order.
    ///
    /// ```
    /// use component_model_async::Sources;
    ///
    /// let sources = Sources::builder().constant("stage", "test").constant("region", "eu-west-1").build();
    /// assert_eq!(sources.names(), ["region", "stage"]);
    /// ```
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.0.registry.names()
    }

    /// The plan bound against these sources, made once.
    pub(crate) fn bind(&self, plan: &'static Plan) -> Result<Arc<Bound>, ComponentErrors> {
        let address = std::ptr::from_ref(plan).addr();
        if let Some(bound) = self.0.bound.lock().unwrap_or_else(PoisonError::into_inner).get(&address) {
            return Ok(Arc::clone(bound));
        }
        let bound = Arc::new(bind::bind(plan, &self.0.registry)?);
        self.0.bound.lock().unwrap_or_else(PoisonError::into_inner).insert(address, Arc::clone(&bound));
        Ok(bound)
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sources").field(&self.names()).finish()
    }
}
