//! The boxed twin of [`Source`]: what the registry holds and the engine calls.

use std::{future::Future, pin::Pin};

use super::{Answer, Ask, Request, Source};
use crate::{ErrorKind, SourceError};

/// A boxed future, for `dyn` traits.
///
/// ```
/// use component_model_async::BoxFuture;
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

/// [`Source`] as an object; implemented for every source.
pub(crate) trait DynSource: Send + Sync {
    /// [`Source::OPTIONS`].
    fn options(&self) -> &'static [&'static str];

    /// [`Source::bind`].
    fn bind(&self, ask: &Ask<'_>) -> Result<Request, SourceError>;

    /// Answers a call: one request or all those of a group.
    fn call<'a>(&'a self, requests: &'a [Request]) -> BoxFuture<'a, Vec<Answer>>;
}

impl<S: Source> DynSource for S {
    fn options(&self) -> &'static [&'static str] {
        S::OPTIONS
    }

    fn bind(&self, ask: &Ask<'_>) -> Result<Request, SourceError> {
        Source::bind(self, ask)
    }

    fn call<'a>(&'a self, requests: &'a [Request]) -> BoxFuture<'a, Vec<Answer>> {
        match requests {
            [request] => Box::pin(async move { vec![self.fetch(request).await] }),
            _ => Box::pin(async move { complete(self.fetch_many(requests).await, requests.len()) }),
        }
    }
}

/// As many answers as requests, whatever a source of somebody else's returned.
fn complete(mut answers: Vec<Answer>, asked: usize) -> Vec<Answer> {
    if answers.len() != asked {
        let message = format!("the source gave {} answers to {asked} requests", answers.len());
        answers = vec![Err(SourceError::new(ErrorKind::Malformed, message)); asked]
            .into_iter()
            .map(|answer: Result<(), SourceError>| answer.map(|()| None))
            .collect();
    }
    answers
}
