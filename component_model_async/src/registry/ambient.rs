//! The sources that a fetch uses if it names none: those of the task, of the process, or of the runtime.

use std::{fmt, future::Future, sync::OnceLock};

use super::{Sources, default};

tokio::task_local! {
    static OF_THE_TASK: Sources;
}

/// Set only by [`Sources::install`]. A test never needs it, since [`Sources::scope`] takes precedence.
static OF_THE_PROCESS: OnceLock<Sources> = OnceLock::new();

impl Sources {
    /// Runs a future in a scope with these sources: every fetch within it that names no sources uses them.
    ///
    /// A task that the future spawns does not inherit them.
    ///
    /// ```
    /// use component_model_async::Sources;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let sources = Sources::builder().constant("region", "eu-west-1").build();
    /// Sources::scope(sources, async {
    ///     assert_eq!(Sources::current().names(), ["region"]);
    /// })
    /// .await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Cancel safety
    /// As safe as the future.
    pub fn scope<F: Future>(sources: Self, future: F) -> impl Future<Output = F::Output> {
        OF_THE_TASK.scope(sources, future)
    }

    /// Makes these the sources of the process, once.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// use component_model_async::Sources;
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
    /// If sources are already installed: a library must not replace the choice of its application.
    pub fn install(sources: Self) -> Result<(), AlreadyInstalled> {
        OF_THE_PROCESS.set(sources).map_err(|_| AlreadyInstalled(()))
    }

    /// The sources that a fetch uses at this point: those of the surrounding [`scope`](Self::scope), otherwise the
    /// [installed](Self::install) ones, otherwise the default of the runtime.
    ///
    /// [`Sources::from_env`] creates the default when a runtime first needs it. The default exists as long as the
    /// runtime, so that connections outlive a fetch. Variables that contain values are read at each fetch; variables
    /// that set up a connection (`DATABASE_URL`) are read once. Runtimes never share a default. Outside a runtime no
    /// default is kept, and each call creates new sources.
    ///
    /// ```
    /// use component_model_async::Sources;
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

/// Sources are installed for this process already.
///
/// ```
/// use component_model_async::{AlreadyInstalled, Sources};
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
