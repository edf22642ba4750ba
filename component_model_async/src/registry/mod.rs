//! [`Sources`]: the sources of a fetch, by name; the sources of the task, the process and the runtime; sources in memory.

mod ambient;
mod builder;
mod cached;
mod circuit;
mod default;
mod dynamic;
mod features;
mod local;
pub(crate) mod memory;
mod names;
mod policies;
mod serialize;
mod stand_in;
mod state;
mod tasks;

use std::{
    any::TypeId,
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use component_model_types::plan::Plan;

#[cfg(feature = "test-util")]
pub(crate) use self::serialize::to_value;
pub use self::{
    ambient::AlreadyInstalled,
    builder::SourcesBuilder,
    cached::{CacheHandle, CacheState},
    circuit::Circuit,
    memory::Memory,
    policies::{BreakerSetting, Policies},
    state::{SourceState, SourceStatus, SourcesState},
};
pub(crate) use self::{
    dynamic::{Answers, DynAsked, DynSource},
    features::not_compiled_in,
    local::{Good, LOCAL_CACHE, Local, LocalId, LocalValues},
    names::{Registered, Registration, Registry},
    tasks::Tasks,
};
use component_model_source::time::ended_within;

use crate::{
    BoundPlan, Checked, ComponentErrors, Description, SourceError, Stage,
    bind::{self, Bound, Draft, Mistaken},
    cache::Cache,
    check, describe,
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
    /// The plans of structs bound against these sources. Binding is pure, and a program has a fixed number of structs, so
    /// this is bounded.
    bound: Mutex<BTreeMap<TypeId, Arc<Bound>>>,
    is_shut_down: AtomicBool,
    cache: Cache,
    tasks: Tasks,
}

impl Inner {
    fn bound(&self) -> MutexGuard<'_, BTreeMap<TypeId, Arc<Bound>>> {
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

    /// The cache, to be emptied by hand.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// Sources::builder().build().cache().invalidate_all();
    /// ```
    #[must_use]
    pub fn cache(&self) -> CacheHandle<'_> {
        CacheHandle::new(self)
    }

    /// The circuit breakers of a name, to be opened and closed by hand.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// let sources = Sources::builder().constant("region", "eu").build();
    /// sources.circuit("region")?.force_open();
    /// assert_eq!(sources.circuit("regoin").err().and_then(|error| error.hint().map(str::to_owned)).as_deref(),
    ///     Some("did you mean `region`?"));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If no source is registered under the name, or the one that is cannot be used.
    pub fn circuit(&self, name: &str) -> Result<Circuit<'_>, SourceError> {
        self.0.registry.find(name).map(|found| Circuit::new(found.guard))
    }

    /// Closes connections, ends watches, and waits for what is being written to the local cache. Later fetches fail. Connections that a running fetch uses are closed when
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
        ended_within(dynamic::SHUTDOWN, self.0.tasks.end()).await;
        ended_within(dynamic::SHUTDOWN, self.0.registry.local.end()).await;
        self.0.cache.invalidate_all();
        dynamic::shutdown_all(self.0.registry.sources()).await;
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        self.0.is_shut_down.load(Ordering::Acquire)
    }

    /// Binds a plan that was created at run time, for example from a file. The binding lives as long as its owner keeps it.
    /// No I/O.
    ///
    /// ```
    /// use component_model::{Memory, Sources, Value, plan::{Component, Layer, Plan}};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let sources = Sources::builder().source("settings", Memory::new([("app.port", "8080")])).build();
    ///
    /// let key = String::from("app.port");
    /// let layers = [Layer { source: "settings", key: Some(&key), ..Layer::NEW }];
    /// let port = Component { name: "port", ty: "u16", layers: &layers, ..Component::NEW };
    /// let plan = sources.bind(&Plan { name: "AppConfig", components: &[port], ..Plan::NEW })?;
    ///
    /// let values = plan.fetch().await?;
    /// assert_eq!(values["port"], Value::text("8080"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// All mistakes in the plan, and the components that cannot be fetched from these sources. A default that is an
    /// expression, or that of the field's type, is one: no code can evaluate it.
    pub fn bind(&self, plan: &Plan<'_>) -> Result<BoundPlan, ComponentErrors> {
        if self.is_shut_down() {
            return Err(bind::refuse(plan, &SourceError::shut_down()));
        }
        match bind::bind(plan, &self.0.registry, None) {
            Ok(bound) => Ok(BoundPlan::new(self.clone(), bound)),
            Err(mistaken) => Err(mistaken.errors),
        }
    }

    /// Checks a plan that was created at run time, without I/O: names, options, keys, templates, cycles, and sources that are
    /// not set up. Nothing is known about the types of its components, so their literals are not checked. It accepts what
    /// [`bind`](Self::bind) does; [`Inspect::check`](crate::Inspect::check) checks a struct.
    ///
    /// ```
    /// use component_model::plan::Planned;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert!(sources().check(AppConfig::PLAN).is_ok());
    /// ```
    ///
    /// # Errors
    /// All mistakes of all components.
    pub fn check(&self, plan: &Plan<'_>) -> Result<Checked, ComponentErrors> {
        self.check_with(plan, None)
    }

    pub(crate) fn check_with(
        &self,
        plan: &Plan<'_>,
        mut stage: Option<&mut dyn Stage>,
    ) -> Result<Checked, ComponentErrors> {
        if self.is_shut_down() {
            return Err(bind::refuse(plan, &SourceError::shut_down()));
        }
        let draft = Draft::new(plan, &self.0.registry, stage.as_deref_mut().map(|stage| stage as &mut dyn Stage));
        check::check(&draft, &self.0.registry, stage)
    }

    /// Lists what a plan that was created at run time reads, without I/O.
    ///
    /// ```
    /// use component_model::plan::Planned;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(sources().describe(AppConfig::PLAN).components().len(), 2);
    /// ```
    #[must_use]
    pub fn describe(&self, plan: &Plan<'_>) -> Description {
        self.describe_with(plan, None)
    }

    pub(crate) fn describe_with(&self, plan: &Plan<'_>, mut stage: Option<&mut dyn Stage>) -> Description {
        let draft = Draft::new(plan, &self.0.registry, stage.as_deref_mut().map(|stage| stage as &mut dyn Stage));
        describe::describe(&draft, &self.0.registry, stage)
    }

    /// The constant plan of a struct bound against these sources, made once for its type: another one with an equal plan may
    /// have fields whose types are sensitive.
    pub(crate) fn bind_constant(
        &self,
        of: TypeId,
        plan: &'static Plan<'static>,
        stage: &mut dyn Stage,
    ) -> Result<Arc<Bound>, Mistaken> {
        if let Some(bound) = self.0.bound().get(&of) {
            return Ok(Arc::clone(bound));
        }
        if self.is_shut_down() {
            return Err(bind::refuse(plan, &SourceError::shut_down()).into());
        }
        let bound = Arc::new(bind::bind(plan, &self.0.registry, Some(stage))?);
        let mut all = self.0.bound();
        // After a shutdown nothing is kept; it sets this before it clears the plans.
        if !self.is_shut_down() {
            all.insert(of, Arc::clone(&bound));
        }
        Ok(bound)
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.0.registry
    }

    pub(crate) fn stored(&self) -> &Cache {
        &self.0.cache
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.0.tasks
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sources").field(&self.names()).finish()
    }
}
