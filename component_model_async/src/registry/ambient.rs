//! The sources of a fetch that sets none: those of the task, of the process, or of the runtime.

use std::{
    fmt,
    future::Future,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{Sources, default};

tokio::task_local! {
    static OF_THE_TASK: Sources;
}

/// Set only by [`Sources::install`]. A test does not need it: [`Sources::scope`] takes precedence.
static OF_THE_PROCESS: OnceLock<Sources> = OnceLock::new();

/// Whether the process uses scopes, and so a fetch without sources may have lost its own.
static HAS_SCOPES: AtomicBool = AtomicBool::new(false);

pub(super) fn has_scopes() -> bool {
    HAS_SCOPES.load(Ordering::Relaxed)
}

impl Sources {
    /// Runs a future with these sources: every fetch within it that sets no others uses them.
    ///
    /// Tasks that the future spawns do not inherit them: pass the sources to those. The hints of their errors say so.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let sources = Sources::builder().constant("region", "eu-west-1").build();
    /// Sources::scope(sources, async {
    ///     assert_eq!(Sources::current().names(), ["region"]);
    /// })
    /// .await;
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// The same as that of the future.
    pub fn scope<F: Future>(sources: Self, future: F) -> impl Future<Output = F::Output> {
        HAS_SCOPES.store(true, Ordering::Relaxed);
        OF_THE_TASK.scope(sources, future)
    }

    /// Sets the sources of the process, once.
    ///
    /// ```
    /// use component_model::{Fetch, Sources};
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // At the start of the program.
    /// Sources::install(sources())?;
    ///
    /// let config: AppConfig = Fetch::new().await?;
    /// assert_eq!(config.port, 8080);
    /// assert!(Sources::install(sources()).is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If sources are already installed: a library must not replace those of its application.
    pub fn install(sources: Self) -> Result<(), AlreadyInstalled> {
        OF_THE_PROCESS.set(sources).map_err(|_| AlreadyInstalled(()))
    }

    /// The sources that a fetch would use now: those of the surrounding [`scope`](Self::scope), otherwise the
    /// [installed](Self::install) ones, otherwise the default of the runtime.
    ///
    /// [`Sources::from_env`] creates the default when a runtime first needs it. It lasts as long as the runtime, so that
    /// connections are kept between fetches. Variables with values are read at each fetch; those that configure a connection
    /// (`DATABASE_URL`) are read once. Runtimes do not share a default. Outside of a runtime, each call creates new sources.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let sources = Sources::builder().constant("region", "eu-west-1").build();
    /// let names = Sources::scope(sources, async { Sources::current().names().join(" ") }).await;
    /// assert_eq!(names, "region");
    /// # }
    /// ```
    #[must_use]
    pub fn current() -> Self {
        OF_THE_TASK
            .try_with(Clone::clone)
            .ok()
            .or_else(|| OF_THE_PROCESS.get().cloned())
            .unwrap_or_else(default::of_the_runtime)
    }
}

/// The error if sources are already installed for this process.
///
/// ```
/// use component_model::{AlreadyInstalled, Sources};
///
/// Sources::install(Sources::default())?;
/// let error: AlreadyInstalled = Sources::install(Sources::default()).unwrap_err();
/// assert_eq!(error.to_string(), "sources are installed for this process already");
/// # Ok::<(), AlreadyInstalled>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AlreadyInstalled(());

impl fmt::Display for AlreadyInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sources are installed for this process already")
    }
}

impl std::error::Error for AlreadyInstalled {}
