//! The boxed twin of [`Source`]: what the registry holds and the engine calls.

use crate::{Answer, BoxFuture, ErrorKind, OptionSpec, Request, RequestSpec, Source, SourceError};

/// The answers to the requests of a call, in their order.
pub(crate) enum Answers {
    /// To the only one.
    One(Answer),
    /// To all those of a group.
    Many(Vec<Answer>),
}

impl Answers {
    /// The answer to a request; absence where there is none.
    pub(crate) fn get(&self, request: usize) -> Option<&Answer> {
        match self {
            Self::One(answer) => Some(answer),
            Self::Many(answers) => answers.get(request),
        }
    }
}

/// [`Source`] as an object; implemented for every source.
pub(crate) trait DynSource: Send + Sync {
    /// [`Source::OPTIONS`].
    fn options(&self) -> &'static [OptionSpec];

    /// [`Source::bind`].
    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError>;

    /// [`Source::fetch_immediate`].
    fn fetch_immediate(&self, request: &Request) -> Option<Answer>;

    /// Answers a call: one request or all those of a group.
    fn call<'a>(&'a self, requests: &'a [Request]) -> BoxFuture<'a, Answers>;
}

impl<S: Source> DynSource for S {
    fn options(&self) -> &'static [OptionSpec] {
        S::OPTIONS
    }

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError> {
        Source::bind(self, spec)
    }

    fn fetch_immediate(&self, request: &Request) -> Option<Answer> {
        Source::fetch_immediate(self, request)
    }

    fn call<'a>(&'a self, requests: &'a [Request]) -> BoxFuture<'a, Answers> {
        match requests {
            [request] => Box::pin(async move { Answers::One(self.fetch(request).await) }),
            _ => Box::pin(async move { complete(self.fetch_many(requests).await, requests.len()) }),
        }
    }
}

/// As many answers as requests, whatever a source of somebody else's returned.
fn complete(answers: Vec<Answer>, asked: usize) -> Answers {
    if answers.len() == asked {
        return Answers::Many(answers);
    }
    let message = format!("the source gave {} answers to {asked} requests", answers.len());
    let error = SourceError::new(ErrorKind::Malformed, message);
    Answers::Many((0..asked).map(|_| Err(error.clone())).collect())
}
