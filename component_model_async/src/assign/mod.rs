//! Assigns components by type: a value, a result, a future or a fetcher, alone or in a chain.

mod chain;
mod into_component;

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use component_model_types::{
    Unambiguous,
    plan::{Component, Planned},
};
use pin_project_lite::pin_project;

pub use self::{
    chain::Assignment,
    into_component::{ByFetch, ByFuture, ByResult, ByValue, IntoComponent},
};
use crate::{ComponentError, error::About};

/// A struct with exactly one field of type `T`; implemented by `#[derive(AsyncAssign)]`.
///
/// ```
/// use component_model::FieldOf;
/// # use doc_examples::AppConfig;
///
/// assert_eq!(<AppConfig as FieldOf<u16>>::FIELD.name, "port");
/// ```
pub trait FieldOf<T>: Planned {
    /// The field.
    const FIELD: &'static Component<'static>;

    /// Sets the field.
    ///
    /// ```
    /// use component_model::FieldOf;
    /// # use doc_examples::AppConfig;
    ///
    /// let mut config = AppConfig::default();
    /// config.receive(8080u16);
    /// assert_eq!(config.port, 8080);
    /// ```
    fn receive(&mut self, value: T);
}

/// Assigns a component by its type, from a value, a result, a future or a fetcher.
///
/// The type `T` determines the field, and `IntoT` determines `T`. `Via` is the marker of the conversion and is always
/// inferred. If one value converts into the types of two fields, or if two fields share a type, use the field's own method,
/// `<field>_fetch(..)`. An integer literal without a suffix is an `i32`, so write `async_assign(8080u16)`.
///
/// ```
/// use component_model::prelude::*;
/// # use doc_examples::AppConfig;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), component_model::ComponentError> {
/// let mut config = AppConfig::default();
/// config.async_assign("localhost").await?;
/// config.async_assign(async { Ok::<_, ComponentError>(8080u16) }).await?;
/// assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
/// Dropping the futures that these methods return leaves the struct as it was.
#[diagnostic::on_unimplemented(
    message = "no single component of `{Self}` can be assigned from `{IntoT}`",
    label = "fits no component, or fits more than one",
    note = "an integer literal without a suffix is an `i32`: write `8080u16` for a component of type `u16`",
    note = "if the value fits several components, name one: `<field>_fetch(..)`"
)]
pub trait AsyncAssign<T, IntoT, Via = ByValue>: Sized {
    /// The error of an assignment.
    type Error: From<ComponentError> + Send;

    /// Adds the component to a chain.
    #[doc(hidden)]
    fn attach<'a>(chain: Assignment<'a, Self>, component: IntoT) -> Assignment<'a, Self>
    where
        IntoT: 'a;

    /// Assigns a component: await it, or continue with `.async_assign(..)` and `.build()`.
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
    fn async_assign<'a>(&'a mut self, component: IntoT) -> Assignment<'a, Self>
    where
        IntoT: 'a,
        Via: Unambiguous,
    {
        Self::attach(Assignment::new(self), component)
    }

    /// Assigns a component and returns the struct.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentError> {
    /// let config = AppConfig::default().async_impute("localhost").await?.async_impute(8080u16).await?;
    /// assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the component cannot be resolved; the struct is then dropped.
    fn async_impute(mut self, component: IntoT) -> impl Future<Output = Result<Self, Self::Error>> + Send
    where
        Self: Send + 'static,
        IntoT: Send,
        Via: Unambiguous,
    {
        async move {
            Self::attach(Assignment::new(&mut self), component).await.map_err(Self::Error::from)?;
            Ok(self)
        }
    }
}

/// [`AsyncAssign`] with a named future type: values, results and futures need no box. A fetcher needs one, because the
/// future of its `async fn` has no name on stable Rust.
///
/// ```
/// use component_model::prelude::*;
/// # use doc_examples::AppConfig;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), ComponentError> {
/// let mut config = AppConfig::default();
/// config.future_assign(8080u16).await?;
/// let config = config.future_impute(async { Ok::<_, ComponentError>("localhost") }).await?;
/// assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
/// Dropping the future leaves the struct as it was.
pub trait FutureAssign<T, IntoT, Via = ByValue>: Sized {
    /// The error of an assignment.
    type Error;

    /// The future that assigns the component.
    type Future<'a>: Future<Output = Result<(), Self::Error>> + Send
    where
        Self: 'a,
        T: 'a,
        IntoT: 'a;

    /// Assigns a component.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentError> {
    /// let mut config = AppConfig::default();
    /// config.future_assign(8080u16).await?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    fn future_assign<'a>(&'a mut self, component: IntoT) -> Self::Future<'a>
    where
        T: 'a,
        IntoT: 'a;

    /// Assigns a component and returns the struct.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentError> {
    /// let config = AppConfig::default().future_impute(8080u16).await?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the component cannot be resolved; the struct is then dropped.
    fn future_impute(self, component: IntoT) -> impl Future<Output = Result<Self, Self::Error>> + Send
    where
        Self: Send,
        IntoT: Send;
}

impl<S, T, IntoT, Via> FutureAssign<T, IntoT, Via> for S
where
    S: AsyncAssign<T, IntoT, Via, Error = ComponentError> + FieldOf<T> + Send,
    IntoT: IntoComponent<T, Via>,
    T: Send,
{
    type Error = ComponentError;
    type Future<'a>
        = AssignFuture<'a, S, IntoT::Resolved<'a>>
    where
        S: 'a,
        T: 'a,
        IntoT: 'a;

    fn future_assign<'a>(&'a mut self, component: IntoT) -> Self::Future<'a>
    where
        T: 'a,
        IntoT: 'a,
    {
        AssignFuture { target: self, resolved: component.resolve() }
    }

    async fn future_impute(mut self, component: IntoT) -> Result<Self, ComponentError>
    where
        IntoT: Send,
    {
        let value = component.resolve().await.map_err(|error| error.about(&about::<T, S>()))?;
        self.receive(value);
        Ok(self)
    }
}

pin_project! {
    /// Resolves a component and assigns it; the future of [`FutureAssign`].
    ///
    /// ```
    /// use component_model::{AssignFuture, ComponentError, FutureAssign};
    /// use std::future::Future;
    /// # use doc_examples::AppConfig;
    ///
    /// fn port(config: &mut AppConfig) -> AssignFuture<'_, AppConfig, impl Future<Output = Result<u16, ComponentError>>> {
    ///     config.future_assign(8080u16)
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ComponentError> {
    /// let mut config = AppConfig::default();
    /// port(&mut config).await?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "futures do nothing unless awaited"]
    pub struct AssignFuture<'a, S, F> {
        target: &'a mut S,
        #[pin]
        resolved: F,
    }
}

impl<S, T, F> Future for AssignFuture<'_, S, F>
where
    S: FieldOf<T>,
    F: Future<Output = Result<T, ComponentError>>,
{
    type Output = Result<(), ComponentError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let resolved = ready!(this.resolved.poll(context));
        Poll::Ready(match resolved {
            Ok(value) => {
                this.target.receive(value);
                Ok(())
            }
            Err(error) => Err(error.about(&about::<T, S>())),
        })
    }
}

impl<S, F> std::fmt::Debug for AssignFuture<'_, S, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AssignFuture")
    }
}

/// The field that has the type.
fn about<T, S: FieldOf<T>>() -> Arc<About> {
    About::new(S::PLAN.name, S::FIELD.name, S::FIELD)
}
