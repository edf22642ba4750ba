//! The boxed twin of [`Source`]: what the registry holds and the engine calls.

use std::{future::Future, pin::Pin};

use super::{Answer, Ask, Request, Source};
use crate::{ErrorKind, SourceError, error::list_of};

/// A boxed future, for `dyn` traits.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`Source`] as an object; implemented for every source.
pub(crate) trait DynSource: Send + Sync {
    /// [`Source::bind`], after it was checked that the source takes all the options.
    fn bind(&self, ask: &Ask<'_>, options: &[(&'static str, &'static str)]) -> Result<Request, SourceError>;

    /// Answers a call: one request or all those of a group.
    fn call<'a>(&'a self, requests: &'a [Request]) -> BoxFuture<'a, Vec<Answer>>;
}

impl<S: Source> DynSource for S {
    fn bind(&self, ask: &Ask<'_>, options: &[(&'static str, &'static str)]) -> Result<Request, SourceError> {
        let key = ask.explicit_key().map(|_| "key");
        let unknown = options.iter().map(|(name, _)| *name).chain(key).find(|name| !S::OPTIONS.contains(name));
        match unknown {
            None => Source::bind(self, ask),
            Some(option) => Err(SourceError::new(
                ErrorKind::Misconfigured,
                format!("the source takes no `{option}`; it takes {}", list_of(S::OPTIONS)),
            )),
        }
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
