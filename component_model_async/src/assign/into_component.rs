//! Conversions into a component: from a value, a result, a future of a result, a fetcher.

use std::{
    future::{Future, Ready, ready},
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use component_model_types::{ByInto, IntoValue, Unambiguous};
use pin_project_lite::pin_project;

use crate::ComponentFetcher;
use crate::{BoxError, BoxFuture, ComponentError};

/// The marker of a value that converts into the component; `Via` is the marker of its conversion, see [`IntoValue`].
///
/// ```
/// use component_model::{ByValue, IntoComponent};
///
/// let host = IntoComponent::<String, ByValue>::resolve("localhost").into_inner();
/// assert_eq!(host.unwrap(), "localhost");
/// ```
#[derive(Debug)]
pub struct ByValue<Via = ByInto>(PhantomData<Via>);

/// The marker of a result whose value converts into the component.
///
/// ```
/// use component_model::{ByResult, IntoComponent};
///
/// let port: Result<u8, std::num::ParseIntError> = "80".parse();
/// let port = IntoComponent::<u16, ByResult>::resolve(port).into_inner();
/// assert_eq!(port.unwrap(), 80);
/// ```
#[derive(Debug)]
pub struct ByResult<Via = ByInto>(PhantomData<Via>);

/// The marker of a future of a result whose value converts into the component.
///
/// ```
/// use component_model::{ByFuture, IntoComponent};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let port = async { "80".parse::<u8>() };
/// assert_eq!(IntoComponent::<u16, ByFuture>::resolve(port).await.unwrap(), 80);
/// # }
/// ```
#[derive(Debug)]
pub struct ByFuture<Via = ByInto>(PhantomData<Via>);

/// The marker of a [`ComponentFetcher`].
///
/// ```
/// use component_model::{ByFetch, ComponentFetcher, IntoComponent};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # struct PortFetcher;
/// # impl ComponentFetcher<u16> for PortFetcher {
/// #     type Error = &'static str;
/// #     async fn fetch_component(&self) -> Result<u16, Self::Error> { Ok(80) }
/// # }
/// assert_eq!(IntoComponent::<u16, ByFetch>::resolve(PortFetcher).await.unwrap(), 80);
/// # }
/// ```
#[derive(Debug)]
pub struct ByFetch;

impl<Via> Unambiguous for ByValue<Via> {}
impl<Via> Unambiguous for ByResult<Via> {}
impl<Via> Unambiguous for ByFuture<Via> {}
impl Unambiguous for ByFetch {}

/// A value, a result, a future or a fetcher that becomes a component of type `T`. `Via` is the marker for which of them it
/// is; the compiler infers it.
///
/// ```
/// use component_model::IntoComponent;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// async fn read<T, C: IntoComponent<T, Via>, Via>(component: C) -> T {
///     component.resolve().await.unwrap()
/// }
/// assert_eq!(read::<String, _, _>("localhost").await, "localhost");
/// assert_eq!(read::<u16, _, _>(async { Ok::<_, std::io::Error>(8080u16) }).await, 8080);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not convert into a `{T}`",
    note = "a value (`Into<{T}>`), a `Result`, a future of a `Result` and a `ComponentFetcher<{T}>` do",
    note = "text is not parsed here: `text.parse::<{T}>()` is a `Result`, which is taken",
    note = "an error must be `Send` and `Sync`: write `Box<dyn Error + Send + Sync>` instead of `Box<dyn Error>`"
)]
pub trait IntoComponent<T, Via>: Sized {
    /// The future of the component.
    type Resolved<'a>: Future<Output = Result<T, ComponentError>> + Send + 'a
    where
        Self: 'a,
        T: 'a;

    /// Returns the future of the component.
    ///
    /// ```
    /// use component_model::{ByValue, IntoComponent};
    ///
    /// let port = IntoComponent::<u16, ByValue>::resolve(80u8).into_inner();
    /// assert_eq!(port.unwrap(), 80);
    /// ```
    fn resolve<'a>(self) -> Self::Resolved<'a>
    where
        Self: 'a,
        T: 'a;
}

impl<T, V, Via> IntoComponent<T, ByValue<Via>> for V
where
    T: Send,
    V: IntoValue<T, Via>,
{
    type Resolved<'a>
        = Ready<Result<T, ComponentError>>
    where
        Self: 'a,
        T: 'a;

    fn resolve<'a>(self) -> Self::Resolved<'a>
    where
        Self: 'a,
        T: 'a,
    {
        ready(Ok(self.into_value()))
    }
}

impl<T, V, E, Via> IntoComponent<T, ByResult<Via>> for Result<V, E>
where
    T: Send,
    V: IntoValue<T, Via>,
    E: Into<BoxError>,
{
    type Resolved<'a>
        = Ready<Result<T, ComponentError>>
    where
        Self: 'a,
        T: 'a;

    fn resolve<'a>(self) -> Self::Resolved<'a>
    where
        Self: 'a,
        T: 'a,
    {
        ready(resolved(self))
    }
}

impl<T, V, E, F, Via> IntoComponent<T, ByFuture<Via>> for F
where
    T: Send,
    F: Future<Output = Result<V, E>> + Send,
    V: IntoValue<T, Via>,
    E: Into<BoxError>,
    Via: 'static,
{
    type Resolved<'a>
        = ResolveFuture<F, T, Via>
    where
        Self: 'a,
        T: 'a;

    fn resolve<'a>(self) -> Self::Resolved<'a>
    where
        Self: 'a,
        T: 'a,
    {
        ResolveFuture { future: self, component: PhantomData }
    }
}

impl<T, F> IntoComponent<T, ByFetch> for F
where
    T: Send,
    F: ComponentFetcher<T> + Sync,
{
    type Resolved<'a>
        = BoxFuture<'a, Result<T, ComponentError>>
    where
        Self: 'a,
        T: 'a;

    fn resolve<'a>(self) -> Self::Resolved<'a>
    where
        Self: 'a,
        T: 'a,
    {
        Box::pin(async move { self.fetch_component().await.map_err(|error| ComponentError::wrap(error.into())) })
    }
}

pin_project! {
    /// A future of a result, converted into a future of the component.
    #[must_use = "futures do nothing unless awaited"]
    pub struct ResolveFuture<F, T, Via> {
        #[pin]
        future: F,
        component: PhantomData<fn() -> (T, Via)>,
    }
}

impl<T, V, E, F, Via> Future for ResolveFuture<F, T, Via>
where
    F: Future<Output = Result<V, E>>,
    V: IntoValue<T, Via>,
    E: Into<BoxError>,
{
    type Output = Result<T, ComponentError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(context).map(resolved)
    }
}

impl<F, T, Via> std::fmt::Debug for ResolveFuture<F, T, Via> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResolveFuture")
    }
}

fn resolved<T, V: IntoValue<T, Via>, E: Into<BoxError>, Via>(result: Result<V, E>) -> Result<T, ComponentError> {
    result.map(IntoValue::into_value).map_err(|error| ComponentError::wrap(error.into()))
}
