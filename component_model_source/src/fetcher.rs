//! A typed value that fetches one component.

use std::future::Future;

use crate::BoxError;

/// Fetches one component as a value of type `T`. Implement it for a type of your own that can fetch a value.
///
/// ```
/// use component_model::ComponentFetcher;
///
/// struct PortFetcher;
///
/// impl ComponentFetcher<u16> for PortFetcher {
///     type Error = std::io::Error;
///
///     async fn fetch_component(&self) -> Result<u16, Self::Error> {
///         Ok(8080)
///     }
/// }
/// ```
pub trait ComponentFetcher<T>: Send {
    /// Why it may fail: any error, a `String` or a `&str`.
    type Error: Into<BoxError>;

    /// Fetches the component.
    ///
    /// ```
    /// use component_model::ComponentFetcher;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// struct PortFetcher;
    ///
    /// impl ComponentFetcher<u16> for PortFetcher {
    ///     type Error = &'static str;
    ///
    ///     async fn fetch_component(&self) -> Result<u16, Self::Error> {
    ///         Ok(8080)
    ///     }
    /// }
    ///
    /// assert_eq!(PortFetcher.fetch_component().await, Ok(8080));
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the value cannot be fetched.
    ///
    /// # Cancel safety
    /// The future may be dropped at any await point; an implementation must not leave anything half done.
    fn fetch_component(&self) -> impl Future<Output = Result<T, Self::Error>> + Send;
}
