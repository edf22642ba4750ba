//! [`Fetch`]: one fetch of a struct.

mod maybe;
mod result;
mod values;

use std::{any::TypeId, future::ready, marker::PhantomData, sync::Arc, time::Duration};

use component_model_types::plan::{Plan, Planned};
use tokio::time::Instant;

use self::result::unfinished;
pub use self::{
    maybe::MaybeFetched,
    result::{Fetched, Partial, StructViolations},
    values::BoundPlan,
};
use crate::{
    BoxFuture, ComponentError, ComponentErrors, Report, Sources,
    bind::{Bound, Mistaken},
    engine::{Event, Observer, Run, Stage},
    log, metrics, observed,
    policy::{
        deadline::{self, Deadline},
        mode::Mode,
    },
    registry::{Good, Local},
    report::Outcome,
    span,
};

/// A struct that can be fetched: it has a plan, and a stage that holds its values until all are present. Implemented by
/// `#[derive(AsyncAssign)]`.
///
/// ```
/// use component_model::{Components, Stage, Value};
/// # use doc_examples::AppConfig;
///
/// let mut stage = AppConfig::stage();
/// for (index, text) in ["localhost", "8080"].into_iter().enumerate() {
///     stage.slot(index).unwrap().decode(&Value::text(text))?;
/// }
/// let config = AppConfig::finish(stage).unwrap();
/// assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
/// # Ok::<(), component_model::decode::DecodeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be fetched: no field has `fetch_from`, or `#[derive(AsyncAssign)]` is missing",
    label = "is not fetched from anywhere",
    note = "only a struct with the derive can be fetched or `nested`; a nested one may be in an `Option`, but not in a list"
)]
pub trait Components: Planned + Sized + Send + 'static {
    /// The slots of the fetched components.
    type Stage: Stage;

    /// Creates a fetch of all components, which can be configured before it runs.
    ///
    /// A function of the struct itself with this name takes precedence; [`Fetch::new`] is the same.
    ///
    /// ```
    /// use component_model::Components;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let config = AppConfig::fetch().sources(&sources()).await?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// Like every fetch, on a tokio runtime without timers or I/O, if it needs them; see [`Fetch`].
    fn fetch() -> Fetch<Self> {
        Fetch::new()
    }

    /// An empty stage.
    ///
    /// ```
    /// use component_model::Components;
    /// # use doc_examples::AppConfig;
    ///
    /// assert!(AppConfig::finish(AppConfig::stage()).is_none(), "no value is present");
    /// ```
    fn stage() -> Self::Stage;

    /// The struct, if the stage is full.
    ///
    /// ```
    /// use component_model::{Components, Stage, Value};
    /// # use doc_examples::AppConfig;
    ///
    /// let mut stage = AppConfig::stage();
    /// stage.slot(0).unwrap().decode(&Value::text("localhost"))?;
    /// stage.slot(1).unwrap().decode(&Value::text("8080"))?;
    /// assert_eq!(AppConfig::finish(stage).unwrap().port, 8080);
    /// # Ok::<(), component_model::decode::DecodeError>(())
    /// ```
    fn finish(stage: Self::Stage) -> Option<Self>;

    /// Validates the struct as a whole, and those that are nested in it: after a fetch, once all fields hold a value, and
    /// before a live value is replaced.
    ///
    /// ```
    /// use component_model::{Components, StructViolations};
    /// # use doc_examples::AppConfig;
    ///
    /// let mut violations = StructViolations::default();
    /// AppConfig::default().validate(&mut violations);
    /// assert!(violations.is_empty());
    /// ```
    fn validate(&self, _violations: &mut StructViolations) {}

    /// Replaces the fields whose values are in the stage.
    ///
    /// ```
    /// use component_model::{Components, Stage, Value};
    /// # use doc_examples::AppConfig;
    ///
    /// let mut config = AppConfig { host: "localhost".to_owned(), port: 80 };
    /// let mut stage = AppConfig::stage();
    /// stage.slot(1).unwrap().decode(&Value::text("8080"))?;
    /// AppConfig::merge(stage, &mut config);
    /// assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
    /// # Ok::<(), component_model::decode::DecodeError>(())
    /// ```
    fn merge(stage: Self::Stage, target: &mut Self);
}

/// One fetch of a struct: its sources, its deadline and its observer. Nothing runs before it is awaited.
///
/// ```
/// use component_model::{Event, Fetch};
/// use std::time::Duration;
/// # use doc_examples::{AppConfig, sources};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), component_model::ComponentErrors> {
/// let config: AppConfig = Fetch::new()
///     .sources(&sources())
///     .deadline(Duration::from_secs(5))
///     .observe(|event| if let Event::Finished { component, .. } = event { println!("{component} is done") })
///     .await?;
/// assert_eq!(config.port, 8080);
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// On a tokio runtime without timers, if a component has to wait, and on one without I/O, if a source connects: tokio's
/// message names what to enable (`enable_time`, `enable_io`, or `enable_all`), and tokio offers no check for it. Outside of
/// a runtime, a fetch that has to wait is an error. Values that are available without I/O (variables, values in memory) need
/// no runtime.
///
/// If a source of your own panics, the panic goes through the fetch.
///
/// # Cancel safety
/// Dropping the future drops all requests; nothing is assigned and nothing is left behind.
#[derive(Debug)]
#[must_use = "a fetch does nothing until it is awaited"]
pub struct Fetch<C> {
    sources: Option<Sources>,
    deadline: Option<Duration>,
    observer: Option<Observer>,
    mode: Mode,
    fetched: PhantomData<fn() -> C>,
}

impl<C: Components> Fetch<C> {
    /// A fetch from the [current](Sources::current) sources, without a deadline.
    ///
    /// ```
    /// use component_model::{Fetch, Sources};
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let fetch = Fetch::<AppConfig>::new();
    /// let config = Sources::scope(sources(), fetch.value()).await?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new() -> Self {
        Self { sources: None, deadline: None, observer: None, mode: Mode::default(), fetched: PhantomData }
    }

    /// Fetches from these sources.
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let config: AppConfig = Fetch::new().sources(&sources()).await?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    pub fn sources(mut self, sources: &Sources) -> Self {
        self.sources = Some(sources.clone());
        self
    }

    /// Limits the time of the whole fetch: of all components with all their layers.
    ///
    /// ```
    /// use component_model::{Fetch, Sources};
    /// use std::time::Duration;
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let slow = |_| std::future::pending::<Result<Option<u16>, std::io::Error>>();
    /// let sources = Sources::builder().closure("settings", slow).build();
    /// let fetch = Fetch::<AppConfig>::new().sources(&sources).deadline(Duration::from_millis(10));
    /// assert!(fetch.await.unwrap_err()[0].is_timeout());
    /// # }
    /// ```
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Calls a function with every event of the fetch. It runs in the task of the fetch and must not block.
    ///
    /// ```
    /// use component_model::{Event, Fetch};
    /// use std::sync::{Arc, atomic::{AtomicUsize, Ordering}};
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let done = Arc::new(AtomicUsize::new(0));
    /// let counter = Arc::clone(&done);
    /// let fetch = Fetch::<AppConfig>::new().sources(&sources()).observe(move |event| {
    ///     if let Event::Finished { .. } = event {
    ///         counter.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// });
    /// fetch.await?;
    /// assert_eq!(done.load(Ordering::Relaxed), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn observe(mut self, observer: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Observer::new(observer));
        self
    }

    /// Fetches the struct, with all components or not at all.
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let config = Fetch::<AppConfig>::new().sources(&sources()).value().await?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The errors of all components that failed.
    pub async fn value(self) -> Result<C, ComponentErrors> {
        let mut stage = C::stage();
        let Filled { errors, good, .. } = self.fill(&mut stage, false).await;
        let complete = result::complete(stage, errors);
        let Some(storing) = good.storing(complete.is_ok()) else { return complete };
        // Boxed, so that it is not a part of the future.
        let complete = Box::new(complete);
        storing.await;
        *complete
    }

    /// Fetches the struct with the report of the fetch.
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let fetched = Fetch::<AppConfig>::new().sources(&sources()).report().await?;
    /// println!("{}", fetched.report);
    /// assert_eq!(fetched.value.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The errors of all components that failed; they contain the report.
    pub async fn report(self) -> Result<Fetched<C>, ComponentErrors> {
        let mut stage = C::stage();
        let Filled { errors, report, good } = self.fill(&mut stage, true).await;
        let complete = Box::new(result::complete(stage, errors));
        if let Some(storing) = good.storing(complete.is_ok()) {
            storing.await;
        }
        let value = (*complete)?;
        report.map(|report| Fetched { value, report }).ok_or_else(|| unfinished(C::PLAN))
    }

    /// Turns on what helps against sources that fail for a while: 3 attempts, circuit breakers, and a deadline of 30 s, unless
    /// an attribute, this fetch or the registration of a source says otherwise.
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let config = Fetch::<AppConfig>::new().sources(&sources()).resilient().await?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    pub fn resilient(mut self) -> Self {
        self.deadline.get_or_insert(deadline::RESILIENT);
        self.mode.resilient = true;
        self
    }

    /// Uses values from the cache for 60 s, unless the `ttl` of a component or of a registration says otherwise. What is not
    /// there, or has expired, is fetched and stored.
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let config = Fetch::<AppConfig>::new().sources(&sources()).resilient().cached().await?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    pub fn cached(mut self) -> Self {
        self.mode.cached = true;
        self
    }

    /// Fetches the struct, with one error in place of several.
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentError> {
    /// let config = Fetch::<AppConfig>::new().sources(&sources()).combined().await?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// One error, which combines those of all components that failed.
    pub async fn combined(self) -> Result<C, ComponentError> {
        self.value().await.map_err(ComponentError::from)
    }

    /// Fetches what is available: partial results, and the errors of the other components.
    ///
    /// ```
    /// use component_model::Fetch;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let partial = Fetch::<AppConfig>::new().sources(&sources()).partial().await;
    /// assert!(partial.errors().is_empty());
    /// # }
    /// ```
    pub async fn partial(self) -> Partial<C> {
        let mut stage = C::stage();
        let Filled { errors, report, .. } = self.fill(&mut stage, true).await;
        Partial { stage, errors, report }
    }

    /// The given sources, or the current ones.
    pub(crate) fn its_sources(&self) -> Sources {
        self.sources.clone().unwrap_or_else(Sources::current)
    }

    /// Fills a stage that the caller keeps, so that a large one is not moved.
    fn fill(self, stage: &mut C::Stage, detailed: bool) -> BoxFuture<'_, Filled> {
        let sources = self.its_sources();
        let settings = Settings { deadline: self.deadline, mode: self.mode, observer: self.observer, detailed };
        match sources.bind_constant(TypeId::of::<C>(), C::PLAN, stage) {
            Ok(bound) => fill(sources, bound, stage, settings),
            Err(mistaken) => refused(&sources, C::PLAN, mistaken, stage, settings),
        }
    }
}

/// What a plan that cannot be bound leads to: the mistakes, and what is wrong with those values that are known without I/O.
fn refused(
    sources: &Sources,
    plan: &Plan<'_>,
    mistaken: Mistaken,
    stage: &mut dyn Stage,
    settings: Settings,
) -> BoxFuture<'static, Filled> {
    let Mistaken { errors, bound } = mistaken;
    let errors = bound.into_iter().fold(errors, |errors, bound| {
        let started = Instant::now();
        let run = run(sources, &bound, &settings, started, None);
        errors.with_known(bound.components.iter().map(|component| &*component.about.path), run.look(stage))
    });
    metrics::refused(plan.name, errors.len());
    errors.iter().for_each(|error| log::problem(Outcome::Failed, error));
    Box::pin(ready(Filled { errors: Some(errors), ..Filled::default() }))
}

/// The settings of a fetch.
#[derive(Default)]
struct Settings {
    deadline: Option<Duration>,
    mode: Mode,
    observer: Option<Observer>,
    /// Whether to create a report.
    detailed: bool,
}

/// What came of a fetch, besides the values.
#[derive(Default)]
struct Filled {
    errors: Option<ComponentErrors>,
    /// None if the fetch could not begin, or if nothing failed and none was requested.
    report: Option<Report>,
    good: Goods,
}

/// The values that become the last known good ones, once the whole is valid.
#[derive(Default)]
struct Goods(Option<Box<Kept>>);

struct Kept {
    local: Local,
    values: Vec<Good>,
    deadline: Option<Deadline>,
}

impl Goods {
    fn new(local: &Local, values: Vec<Good>, deadline: Option<Deadline>) -> Self {
        Self((!values.is_empty()).then(|| Box::new(Kept { local: local.clone(), values, deadline })))
    }

    /// The storing of them, if the struct is complete. What cannot be stored is an event, and no error of the fetch.
    fn storing(self, is_complete: bool) -> Option<BoxFuture<'static, ()>> {
        let Kept { local, values, deadline } = *self.0.filter(|_| is_complete)?;
        Some(Box::pin(async move { local.save(values, deadline).await }))
    }
}

/// A fetch that nobody observes.
fn run<'r>(
    sources: &'r Sources,
    bound: &'r Bound,
    settings: &Settings,
    started: Instant,
    observed: Option<&'r observed::Fetch<'r>>,
) -> Run<'r> {
    Run {
        bound,
        sources: sources.registry(),
        cache: sources.stored(),
        tasks: sources.tasks(),
        deadline: settings.deadline.and_then(|allowed| Deadline::after(started, allowed)),
        mode: settings.mode,
        observer: None,
        observed,
        detailed: settings.detailed,
        started,
    }
}

/// Fills the stage.
///
/// It does not depend on the struct, and its future is boxed: otherwise the engine would be compiled again in every
/// crate that fetches.
fn fill(sources: Sources, bound: Arc<Bound>, stage: &mut dyn Stage, settings: Settings) -> BoxFuture<'_, Filled> {
    Box::pin(async move {
        let started = Instant::now();
        let observed = observed::Fetch::begin(&bound, settings.mode, started);
        let run =
            Run { observer: settings.observer.as_ref(), ..run(&sources, &bound, &settings, started, Some(&observed)) };
        let (traces, good) = span::within(observed.span(), run.fill(stage)).await;
        let good = Goods::new(&sources.registry().local, good, run.deadline);
        let failed = traces.as_ref().map(|traces| traces.failures(&bound)).unwrap_or_default();
        observed.end(!failed.is_empty());
        let Some(traces) = traces else { return Filled { good, ..Filled::default() } };
        let report = traces.report(&bound, started.elapsed());
        let errors = (!failed.is_empty()).then(|| bound.errors(failed).with_report(report.clone()));
        Filled { errors, report: Some(report), good }
    })
}

impl<C: Components> Default for Fetch<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Components> std::future::IntoFuture for Fetch<C> {
    type Output = Result<C, ComponentErrors>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.value())
    }
}
