//! The contract of a source: how a place that values come from is asked, and what it answers.
//!
//! An author implements [`Source`] with plain `async fn`s; everything else (names, merging of equal requests, time-outs,
//! decoding, the report) happens around it. What always holds: a source knows no component's type and no policy, it
//! never panics on what a server sends, and dropping a future that it returned leaves nothing behind.

mod record;
mod request;

use std::{future::Future, pin::Pin};

use futures_util::future::join_all;

pub use self::{
    record::Record,
    request::{Request, RequestSpec},
};
use crate::{OptionSpec, SourceError};

/// What a source says to one request: the value, that it has none, or why it cannot say.
///
/// ```
/// use component_model_source::{Answer, ErrorKind, Record, SourceError, Value};
///
/// let present: Answer = Ok(Some(Record::new(Value::text("8080"))));
/// let absent: Answer = Ok(None);
/// let denied: Answer = Err(SourceError::new(ErrorKind::Denied, "the token has expired"));
/// # assert!(present.is_ok() && absent.is_ok() && denied.is_err());
/// ```
pub type Answer = Result<Option<Record>, SourceError>;

/// A named place that values come from.
///
/// ```
/// use component_model_source::{Answer, RequestSpec, Record, Request, Source, SourceError, Value};
///
/// /// Values by the length of their key.
/// struct Lengths;
///
/// impl Source for Lengths {
///     fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError> {
///         let key = spec.key();
///         Ok(Request::new(&*key, &*key))
///     }
///
///     async fn fetch(&self, request: &Request) -> Answer {
///         Ok(Some(Record::new(Value::text(request.key().len().to_string()))))
///     }
/// }
/// ```
pub trait Source: Send + Sync + 'static {
    /// The options that the source takes besides `fetch_from`, `timeout` and `fallback`.
    ///
    /// An option that is not declared here, and options that do not fit together, are an error before any I/O, so that
    /// [`bind`](Self::bind) does not need to check them.
    ///
    /// ```
    /// use component_model_source::{Answer, OptionSpec, Request, RequestSpec, Source, SourceError};
    ///
    /// struct Sheets;
    ///
    /// impl Source for Sheets {
    ///     const OPTIONS: &'static [OptionSpec] = &[OptionSpec::KEY, OptionSpec::text("path").required()];
    ///
    ///     fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError> {
    ///         let path = spec.option("path").unwrap_or_default();
    ///         Ok(Request::new(spec.key(), format!("{path}!{}", spec.key())).with_group(path))
    ///     }
    ///
    ///     async fn fetch(&self, _: &Request) -> Answer {
    ///         Ok(None)
    ///     }
    /// }
    /// ```
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::KEY];

    /// Turns what an attribute asks for into a request. Pure: no I/O, and the same answer for the same question.
    ///
    /// ```
    /// use component_model::Memory;
    /// use component_model_source::{RequestSpec, Source};
    /// use component_model_types::plan::{Component, Key};
    ///
    /// let port = Component { name: "port", key: Key::Explicit("app/port"), ..Component::NEW };
    /// let request = Memory::default().bind(&RequestSpec::new(&port))?;
    /// assert_eq!(request.locator(), "app/port");
    /// # Ok::<(), component_model_source::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// Where the request cannot be made, such as a key that is no valid name here.
    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError>;

    /// What the source knows without waiting: no I/O, no lock that is held for long. `None` where it has to be fetched.
    ///
    /// What is at hand needs no future and no timer. A source that always has to ask somebody leaves this as it is.
    ///
    /// ```
    /// use component_model_source::{Answer, RequestSpec, Request, Source, SourceError, Value};
    ///
    /// struct Hostname(String);
    ///
    /// impl Source for Hostname {
    ///     fn bind(&self, _: &RequestSpec<'_>) -> Result<Request, SourceError> {
    ///         Ok(Request::new("", "hostname"))
    ///     }
    ///
    ///     fn fetch_immediate(&self, _: &Request) -> Option<Answer> {
    ///         Some(Ok(Some(Value::text(&self.0).into())))
    ///     }
    ///
    ///     async fn fetch(&self, request: &Request) -> Answer {
    ///         self.fetch_immediate(request).unwrap_or(Ok(None))
    ///     }
    /// }
    /// ```
    fn fetch_immediate(&self, _request: &Request) -> Option<Answer> {
        None
    }

    /// Answers one request.
    ///
    /// ```
    /// use component_model::Memory;
    /// use component_model_source::{Request, Source, Value};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model_source::SourceError> {
    /// let settings = Memory::new([("port", "8080")]);
    /// let found = settings.fetch(&Request::new("port", "port")).await?;
    /// assert_eq!(found.unwrap().value(), &Value::text("8080"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// The engine drops the future at a timeout, at the deadline, or when the caller drops the fetch.
    fn fetch(&self, request: &Request) -> impl Future<Output = Answer> + Send;

    /// Answers many requests of one [group](Request::with_group) in one round trip, in their order.
    ///
    /// Without an implementation of its own, a source is asked for each of them at once.
    ///
    /// ```
    /// use component_model::Memory;
    /// use component_model_source::{Request, Source};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let settings = Memory::new([("port", "8080")]);
    /// let answers = settings.fetch_many(&["port", "host"].map(|key| Request::new(key, key))).await;
    /// assert!(matches!(answers[..], [Ok(Some(_)), Ok(None)]));
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// As [`fetch`](Self::fetch).
    fn fetch_many(&self, requests: &[Request]) -> impl Future<Output = Vec<Answer>> + Send {
        join_all(requests.iter().map(|request| self.fetch(request)))
    }
}

/// A boxed future, for `dyn` traits.
///
/// ```
/// use component_model_source::BoxFuture;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// fn later(port: u16) -> BoxFuture<'static, u16> {
///     Box::pin(async move { port })
/// }
/// assert_eq!(later(8080).await, 8080);
/// # }
/// ```
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
