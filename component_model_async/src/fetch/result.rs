//! The results of a fetch: the value with its report, or partial results.

use component_model_types::plan::Plan;

use super::Components;
use crate::{ComponentError, ComponentErrors, ErrorKind, Report, SourceError};

/// A value with the report of its fetch.
///
/// ```
/// # use component_model_async::doctest::{AppConfig, sources};
/// use component_model_async::{Fetch, Fetched};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), component_model_async::ComponentErrors> {
/// let Fetched { value, report, .. } = Fetch::<AppConfig>::new().sources(&sources()).report().await?;
/// assert_eq!((value.port, report.entries().len()), (8080, 2));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fetched<C> {
    /// The value.
    pub value: C,
    /// What happened to each component.
    pub report: Report,
}

/// The partial results of a fetch: the values that were fetched, and the errors of the other components.
///
/// ```
/// # use component_model_async::{Memory, Sources, doctest::AppConfig};
/// # fn without_host() -> Sources {
/// #     Sources::builder().source("settings", Memory::new([("port", "8080")])).build()
/// # }
/// use component_model_async::Fetch;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let partial = Fetch::<AppConfig>::new().sources(&without_host()).partial().await;
/// assert_eq!(partial.errors().len(), 1);
/// assert_eq!(partial.or_default().port, 8080);
/// # }
/// ```
pub struct Partial<C: Components> {
    pub(super) stage: C::Stage,
    pub(super) errors: Option<ComponentErrors>,
    pub(super) report: Option<Report>,
}

impl<C: Components> Partial<C> {
    /// The struct, if all components were fetched.
    ///
    /// ```
    /// # use component_model_async::doctest::{AppConfig, sources};
    /// # use component_model_async::Fetch;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model_async::ComponentErrors> {
    /// let config = Fetch::<AppConfig>::new().sources(&sources()).partial().await.complete()?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The errors of the others.
    pub fn complete(self) -> Result<C, ComponentErrors> {
        match self.errors {
            None => C::finish(self.stage).ok_or_else(|| unfinished(C::PLAN)),
            Some(errors) => Err(errors),
        }
    }

    /// Replaces the fields of a struct whose values were fetched.
    ///
    /// ```
    /// # use component_model_async::doctest::{AppConfig, sources};
    /// # use component_model_async::Fetch;
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let partial = Fetch::<AppConfig>::new().sources(&sources()).partial().await;
    /// assert!(partial.errors().is_empty());
    /// let config = partial.or(AppConfig::default());
    /// assert_eq!(config.port, 8080);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn or(self, base: C) -> C {
        let mut target = base;
        C::merge(self.stage, &mut target);
        target
    }

    /// Replaces the fields of the struct's default whose values were fetched.
    ///
    /// ```
    /// # use component_model_async::{Fetch, Memory, Sources, doctest::AppConfig};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nothing = Sources::builder().source("settings", Memory::default()).build();
    /// let config = Fetch::<AppConfig>::new().sources(&nothing).partial().await.or_default();
    /// assert_eq!(config, AppConfig::default());
    /// # }
    /// ```
    #[must_use]
    pub fn or_default(self) -> C
    where
        C: Default,
    {
        self.or(C::default())
    }

    /// The errors of the missing components; empty if none is missing.
    ///
    /// ```
    /// # use component_model_async::{Fetch, Memory, Sources, doctest::AppConfig};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let nothing = Sources::builder().source("settings", Memory::default()).build();
    /// let partial = Fetch::<AppConfig>::new().sources(&nothing).partial().await;
    /// assert!(partial.errors().iter().all(|error| error.is_absent()));
    /// # }
    /// ```
    #[must_use]
    pub fn errors(&self) -> &[ComponentError] {
        self.errors.as_ref().map(ComponentErrors::as_slice).unwrap_or_default()
    }

    /// What happened to each component; `None` if the fetch did not begin.
    ///
    /// ```
    /// # use component_model_async::{Fetch, Sources, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let partial = Fetch::<AppConfig>::new().sources(&sources()).partial().await;
    /// assert_eq!(partial.report().unwrap().entries().len(), 2);
    /// let partial = Fetch::<AppConfig>::new().sources(&Sources::default()).partial().await;
    /// assert!(partial.report().is_none()); // nobody registered `settings`
    /// # }
    /// ```
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }
}

impl<C: Components> std::fmt::Debug for Partial<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Partial").field("errors", &self.errors).finish_non_exhaustive()
    }
}

/// A value is missing in the stage, but there is no error: another source broke its contract, or a manual `impl` is
/// wrong.
pub(super) fn unfinished(plan: &Plan) -> ComponentErrors {
    let error = SourceError::new(ErrorKind::Other, "a component was left without a value and without an error");
    ComponentErrors::new(plan.name, plan.fetched().count(), vec![error.into()])
}
