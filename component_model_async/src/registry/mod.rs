//! [`Sources`]: the sources of a fetch, by name; the sources of the task, the process and the runtime; sources in memory.

mod ambient;
mod builder;
mod default;
mod dynamic;
mod features;
mod memory;
mod names;
mod policies;
mod serialize;
mod stand_in;
mod state;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use component_model_types::plan::Plan;

pub use self::{
    ambient::AlreadyInstalled,
    builder::SourcesBuilder,
    memory::Memory,
    policies::Policies,
    state::{SourceState, SourceStatus, SourcesState},
};
pub(crate) use self::{
    dynamic::{Answers, DynAsked, DynSource, wrong_number_of_answers},
    features::not_compiled_in,
    names::{Registered, Registration, Registry},
};
use crate::{
    ComponentError, ComponentErrors, SourceError,
    bind::{self, Bound},
};

/// The sources of fetches, by name. Cheap to clone; clones share their connections.
///
/// ```
/// use component_model::{Memory, Sources};
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
    /// Plans bound against these sources. Binding is pure, and a program has a fixed number of plans, so this is
    /// bounded.
    bound: Mutex<BTreeMap<usize, Arc<Bound>>>,
    is_shut_down: AtomicBool,
}

impl Inner {
    fn bound(&self) -> MutexGuard<'_, BTreeMap<usize, Arc<Bound>>> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sources {
    /// A builder without sources.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// assert!(Sources::builder().build().names().is_empty());
    /// ```
    pub fn builder() -> SourcesBuilder {
        SourcesBuilder::default()
    }

    /// The registered names, in alphabetical order.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// let sources = Sources::builder().constant("stage", "test").constant("region", "eu-west-1").build();
    /// assert_eq!(sources.names(), ["region", "stage"]);
    /// ```
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.0.registry.names()
    }

    /// The state of every registration: its policies, and why it cannot be used if so. Plain data, which can be serialized.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// let sources = Sources::builder().constant("region", "eu-west-1").build();
    /// println!("{:?}", sources.state());
    /// ```
    #[must_use]
    pub fn state(&self) -> SourcesState {
        SourcesState::new(&self.0.registry, self.is_shut_down())
    }

    /// Closes connections and ends watches. Later fetches fail. Connections that a running fetch uses are closed when
    /// it ends; a pool of your own stays open. A source that does not close within 10 s is left open. Outside of a tokio
    /// runtime, where no time limit can be set, each source is waited for until it has closed.
    ///
    /// Without this call, they are closed when the last clone is dropped or when their runtime ends.
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let sources = sources();
    /// sources.shutdown().await;
    ///
    /// let error = Fetch::<AppConfig>::new().sources(&sources).await.unwrap_err();
    /// assert!(error[0].to_string().contains("the sources are shut down"));
    /// # }
    /// ```
    ///
    /// # Panics
    /// On a runtime without timers, if a source does not close at once.
    ///
    /// # Cancel safety
    /// Dropping the future may leave connections open; calling it again closes them.
    pub async fn shutdown(&self) {
        self.0.is_shut_down.store(true, Ordering::Release);
        self.0.bound().clear();
        dynamic::shutdown_all(self.0.registry.sources()).await;
    }

    fn is_shut_down(&self) -> bool {
        self.0.is_shut_down.load(Ordering::Acquire)
    }

    /// The plan bound against these sources, made once.
    pub(crate) fn bind(&self, plan: &'static Plan) -> Result<Arc<Bound>, ComponentErrors> {
        if self.is_shut_down() {
            return Err(shut_down(plan));
        }
        let address = std::ptr::from_ref(plan).addr();
        if let Some(bound) = self.0.bound().get(&address) {
            return Ok(Arc::clone(bound));
        }
        let bound = Arc::new(bind::bind(plan, &self.0.registry)?);
        self.0.bound().insert(address, Arc::clone(&bound));
        Ok(bound)
    }
}

fn shut_down(plan: &'static Plan) -> ComponentErrors {
    let error = SourceError::shut_down();
    let failed = plan.fetched().map(|component| ComponentError::new(error.clone()).of(plan.name, component));
    ComponentErrors::new(plan.name, plan.fetched().count(), failed.collect())
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sources").field(&self.names()).finish()
    }
}
