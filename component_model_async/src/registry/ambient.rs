//! The sources that a fetch uses if it names none: those of the task, of the process, or of the runtime.

use std::{fmt, future::Future, sync::OnceLock};

use super::{Sources, default};

tokio::task_local! {
    static OF_THE_TASK: Sources;
}

/// Set by [`Sources::install`] only. A test never needs it: [`Sources::scope`] goes before it.
static OF_THE_PROCESS: OnceLock<Sources> = OnceLock::new();

impl Sources {
    /// Runs a future with these sources around it: every fetch within it that names no sources uses them.
    ///
    /// A task that the future spawns does not inherit them.
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
    /// As safe as the future.
    pub fn scope<F: Future>(sources: Self, future: F) -> impl Future<Output = F::Output> {
        OF_THE_TASK.scope(sources, future)
    }

    /// Makes these the sources of the process, once.
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
    /// Where sources are installed already: a library must not replace what its application chose.
    pub fn install(sources: Self) -> Result<(), AlreadyInstalled> {
        OF_THE_PROCESS.set(sources).map_err(|_| AlreadyInstalled(()))
    }

    /// The sources that a fetch uses here and now: those of the surrounding [`scope`](Self::scope), otherwise the
    /// [installed](Self::install) ones, otherwise the default of the runtime.
    ///
    /// The default is made by [`Sources::from_env`] when a runtime first needs it, and lasts as long as the runtime, so that
    /// connections outlive a fetch. Variables that hold values are read at each fetch; those that set up a connection
    /// (`DATABASE_URL`) are read once. No runtime gets the default of another. Outside of a runtime there is no
    /// default to keep, and each call makes new sources.
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

/// Sources are installed for this process already.
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
