//! The boxed twin of [`Source`], which the registry stores and the engine calls. It marks the errors of sources that are
//! not built in.

use std::{sync::Arc, time::Duration};

use component_model_source::time::ended_within;
use futures_util::future::join_all;

use crate::{
    Answer, Asked, BoxFuture, ErrorKind, Opaque, OptionSpec, Request, RequestSpec, Source, SourceError, Version,
};

/// One request of a call, and the version that the caller has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DynAsked<'a> {
    pub(crate) query: &'a Opaque,
    pub(crate) known: Option<&'a Version>,
}

/// The answers to the requests of a call, in their order.
pub(crate) enum Answers {
    /// The answer to the only request.
    One(Answer),
    /// The answers to all requests of a group.
    Many(Vec<Answer>),
}

/// [`Source`] as an object; implemented for every source.
pub(crate) trait DynSource: Send + Sync {
    /// [`Source::OPTIONS`].
    fn options(&self) -> &'static [OptionSpec];

    /// [`Source::BUILT_IN`].
    fn is_built_in(&self) -> bool;

    /// [`Source::bind`].
    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<Opaque>, SourceError>;

    /// As [`Source::deny_unknown`].
    fn deny_unknown(&self, read: &[&Opaque], below: &RequestSpec<'_>) -> Result<Option<Request<Opaque>>, SourceError>;

    /// [`Source::fetch_immediate`].
    fn fetch_immediate(&self, asked: DynAsked<'_>) -> Option<Answer>;

    /// [`Source::is_immediate`].
    fn is_immediate(&self) -> bool;

    /// Answers a call: one request, or some or all of a group.
    fn call<'a>(&'a self, asked: Vec<DynAsked<'a>>) -> BoxFuture<'a, Answers>;

    /// [`Source::shutdown`].
    fn shutdown(&self) -> BoxFuture<'_, ()>;

    /// See [`Source::limit`].
    fn limit(&self) -> Option<usize>;
}

impl<S: Source> DynSource for S {
    fn options(&self) -> &'static [OptionSpec] {
        S::OPTIONS
    }

    fn is_built_in(&self) -> bool {
        S::BUILT_IN
    }

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<Opaque>, SourceError> {
        Source::bind(self, spec).map(|request| request.map(Opaque::new)).map_err(marked::<S>)
    }

    fn deny_unknown(&self, read: &[&Opaque], below: &RequestSpec<'_>) -> Result<Option<Request<Opaque>>, SourceError> {
        let read: Option<Vec<&S::Query>> = read.iter().map(|query| query.get()).collect();
        let request = Source::deny_unknown(self, &read.ok_or_else(of_another_source)?, below)?;
        Ok(request.map(|request| request.map(Opaque::new)))
    }

    fn fetch_immediate(&self, asked: DynAsked<'_>) -> Option<Answer> {
        let answer = Source::fetch_immediate(self, typed::<S>(asked)?);
        // Without a copy of the answer, if there is nothing to mark.
        if S::BUILT_IN { answer } else { answer.map(|answer| answer.map_err(marked::<S>)) }
    }

    fn is_immediate(&self) -> bool {
        Source::is_immediate(self)
    }

    fn call<'a>(&'a self, asked: Vec<DynAsked<'a>>) -> BoxFuture<'a, Answers> {
        match asked[..] {
            [one] => Box::pin(async move { Answers::One(fetch(self, one).await) }),
            _ => Box::pin(async move { Answers::Many(fetch_many(self, &asked).await) }),
        }
    }

    fn shutdown(&self) -> BoxFuture<'_, ()> {
        Box::pin(Source::shutdown(self))
    }

    fn limit(&self) -> Option<usize> {
        Source::limit(self)
    }
}

/// The query with its type; a source is only given queries that it created itself.
fn typed<'a, S: Source>(asked: DynAsked<'a>) -> Option<Asked<'a, S::Query>> {
    asked.query.get().map(|query| Asked::new(query).unless(asked.known))
}

async fn fetch<S: Source>(source: &S, asked: DynAsked<'_>) -> Answer {
    match typed::<S>(asked) {
        Some(asked) => source.fetch(asked).await.map_err(marked::<S>),
        None => Err(of_another_source()),
    }
}

async fn fetch_many<S: Source>(source: &S, asked: &[DynAsked<'_>]) -> Vec<Answer> {
    let typed: Option<Vec<_>> = asked.iter().map(|one| typed::<S>(*one)).collect();
    match typed {
        Some(typed) => {
            let mut answers = source.fetch_many(&typed).await;
            if !S::BUILT_IN {
                answers = answers.into_iter().map(|answer| answer.map_err(marked::<S>)).collect();
            }
            complete(answers, asked.len())
        }
        None => asked.iter().map(|_| Err(of_another_source())).collect(),
    }
}

/// The error with a mark if its text may be anybody's.
pub(super) fn marked<S: Source>(error: SourceError) -> SourceError {
    if S::BUILT_IN { error } else { error.into_foreign() }
}

/// Ensures that there are as many answers as requests, even if the user's own source returned another number.
fn complete(answers: Vec<Answer>, asked: usize) -> Vec<Answer> {
    if answers.len() == asked {
        return answers;
    }
    let error = SourceError::wrong_number_of_answers(answers.len(), asked);
    (0..asked).map(|_| Err(error.clone())).collect()
}

fn of_another_source() -> SourceError {
    SourceError::new(ErrorKind::Other, "the query belongs to another source")
}

/// The longest that a source may take to shut down.
pub(super) const SHUTDOWN: Duration = Duration::from_secs(10);

/// Shuts all of them down, at the same time.
pub(super) async fn shutdown_all(sources: impl Iterator<Item = Arc<dyn DynSource>>) {
    let shutdown = |source: Arc<dyn DynSource>| async move {
        // One that hangs does not keep the program from ending.
        ended_within(SHUTDOWN, source.shutdown()).await;
    };
    join_all(sources.map(shutdown)).await;
}
