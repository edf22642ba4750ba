//! The chain: collects components one after another, resolves them concurrently, and assigns all or none.

use std::{fmt, future::IntoFuture};

use component_model_types::plan::Planned;
use futures_util::future::join_all;

use super::{AsyncAssign, IntoComponent};
use crate::{BoxFuture, ComponentError, ComponentErrors, error::About};

/// Sets a field to its resolved value.
type Apply<'a, S> = Box<dyn FnOnce(&mut S) + Send + 'a>;
type Pending<'a, S> = BoxFuture<'a, Result<Apply<'a, S>, ComponentError>>;

/// Components that are pending for a struct.
///
/// Nothing runs before it is awaited or [built](Self::build). Then all components are resolved concurrently, and either
/// all are assigned or none.
///
/// ```
/// use component_model::prelude::*;
/// # use doc_examples::AppConfig;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), component_model::ComponentErrors> {
/// let config = AppConfig::default()
///     .async_assign("localhost")
///     .async_assign(async { Ok::<_, ComponentError>(8080u16) })
///     .build()
///     .await?;
/// assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
/// Dropping it, before or while it runs, leaves the struct unchanged.
#[must_use = "components are assigned when this is awaited or built"]
pub struct Assignment<'a, S> {
    target: &'a mut S,
    pending: Vec<Pending<'a, S>>,
}

impl<'a, S> Assignment<'a, S> {
    /// A chain for a struct, without components.
    ///
    /// ```
    /// use component_model::Assignment;
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentError> {
    /// let mut config = AppConfig::default();
    /// Assignment::new(&mut config).async_assign("localhost").async_assign(8080u16).await?;
    /// assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(target: &'a mut S) -> Self {
        Self { target, pending: Vec::new() }
    }

    /// Adds a component; its type determines the field.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentError> {
    /// let mut config = AppConfig::default();
    /// config.async_assign("localhost").async_assign(8080u16).await?;
    /// assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
    /// # Ok(())
    /// # }
    /// ```
    pub fn async_assign<T, C, Via>(self, component: C) -> Self
    where
        S: AsyncAssign<T, C, Via>,
        C: 'a,
        Via: component_model_types::Unambiguous,
    {
        S::attach(self, component)
    }

    /// Adds a component with a closure that sets it: for fields that share their type.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let config = AppConfig::default()
    ///     .async_assign(8080u16)
    ///     .assign_with("localhost", |config: &mut AppConfig, host: String| config.host = host)
    ///     .build()
    ///     .await?;
    /// assert_eq!(config.host, "localhost");
    /// # Ok(())
    /// # }
    /// ```
    pub fn assign_with<T, C, Via>(self, component: C, set: impl FnOnce(&mut S, T) + Send + 'a) -> Self
    where
        T: Send + 'a,
        C: IntoComponent<T, Via> + 'a,
        S: 'a,
    {
        self.add(component, set, |error| error)
    }

    /// Adds the component of a field, given by its index in the plan, which needs less code for each field than the
    /// plan's entry.
    #[doc(hidden)]
    pub fn push<T, C, Via>(self, field: usize, component: C, set: fn(&mut S, T)) -> Self
    where
        T: Send + 'a,
        C: IntoComponent<T, Via> + 'a,
        S: Planned + 'a,
    {
        self.add(component, set, move |error| match S::PLAN.components.get(field) {
            Some(field) => error.about(&About::new(S::PLAN.name, field.name, field)),
            None => error,
        })
    }

    fn add<T, C, Via>(
        mut self,
        component: C,
        set: impl FnOnce(&mut S, T) + Send + 'a,
        name: impl FnOnce(ComponentError) -> ComponentError + Send + 'a,
    ) -> Self
    where
        T: Send + 'a,
        C: IntoComponent<T, Via> + 'a,
        S: 'a,
    {
        let resolved = component.resolve();
        self.pending.push(Box::pin(async move {
            let value = resolved.await.map_err(name)?;
            Ok(Box::new(move |target: &mut S| set(target, value)) as Apply<'a, S>)
        }));
        self
    }

    /// Resolves all components concurrently and returns the struct with them.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let failing = async { Err::<u16, _>("no port today") };
    /// let errors = AppConfig::default().async_assign("localhost").async_assign(failing).build().await.unwrap_err();
    /// assert_eq!(errors[0].to_string(), "AppConfig.port: u16: failed: no port today");
    /// # }
    /// ```
    ///
    /// # Errors
    /// The errors of all components that failed.
    pub async fn build(self) -> Result<S, ComponentErrors>
    where
        S: Default,
    {
        let apply = resolve_all(self.pending).await?;
        let mut built = std::mem::take(self.target);
        apply.into_iter().for_each(|apply| apply(&mut built));
        Ok(built)
    }
}

/// The setters of all fields, or the errors of all components that failed.
async fn resolve_all<'a, S>(pending: Vec<Pending<'a, S>>) -> Result<Vec<Apply<'a, S>>, ComponentErrors> {
    let count = pending.len();
    let mut apply = Vec::with_capacity(count);
    let mut errors = Vec::new();
    for resolved in join_all(pending).await {
        match resolved {
            Ok(set) => apply.push(set),
            Err(error) => errors.push(error),
        }
    }
    let owner = errors.first().map(|error| error.owner().to_owned()).unwrap_or_default();
    if errors.is_empty() { Ok(apply) } else { Err(ComponentErrors::new(owner, count, errors)) }
}

impl<'a, S: Send> IntoFuture for Assignment<'a, S> {
    type Output = Result<(), ComponentError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let apply = resolve_all(self.pending).await?;
            apply.into_iter().for_each(|apply| apply(self.target));
            Ok(())
        })
    }
}

impl<S> fmt::Debug for Assignment<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assignment").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}
