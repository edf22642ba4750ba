//! The boxed twin of [`Source`], which the registry stores and the engine calls. It marks the errors of sources that are
//! not built in.

use std::{sync::Arc, time::Duration};

use component_model_source::time::ended_within;
use futures_util::{
    StreamExt as _,
    future::join_all,
    stream::{self, BoxStream},
};

use crate::{
    Answer, Asked, BoxFuture, Change, ErrorKind, Lease, Opaque, OptionSpec, Request, RequestSpec, Source, SourceError,
    Version, Watched,
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

    /// [`Source::IS_SENSITIVE`].
    fn is_sensitive(&self) -> bool;

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

    /// [`Source::watch`], for requests that the source has bound.
    fn watch(&self, watched: Vec<Watched<Opaque>>) -> Option<BoxStream<'static, Change>>;

    /// [`Source::how_to_set`], for a request that the source has bound.
    fn how_to_set(&self, query: &Opaque) -> Option<String>;

    /// [`Source::renew`], for a request that the source has bound.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the values that are kept current"))]
    fn renew<'a>(&'a self, query: &'a Opaque, lease: &'a Lease) -> BoxFuture<'a, Result<Lease, SourceError>>;

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

    fn is_sensitive(&self) -> bool {
        S::IS_SENSITIVE
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

    fn watch(&self, watched: Vec<Watched<Opaque>>) -> Option<BoxStream<'static, Change>> {
        let typed: Option<Vec<_>> = watched.iter().map(typed_watch::<S>).collect();
        let Some(typed) = typed else {
            let answer = |index| Change::Answer { index, answer: Err(of_another_source()) };
            return Some(stream::iter((0..watched.len()).map(answer)).boxed());
        };
        let changes = Source::watch(self, typed)?;
        // Without a further box, if there is nothing to mark.
        Some(if S::BUILT_IN { changes } else { changes.map(marked_change::<S>).boxed() })
    }

    fn how_to_set(&self, query: &Opaque) -> Option<String> {
        Source::how_to_set(self, query.get()?)
    }

    fn renew<'a>(&'a self, query: &'a Opaque, lease: &'a Lease) -> BoxFuture<'a, Result<Lease, SourceError>> {
        Box::pin(async move {
            let query = query.get().ok_or_else(of_another_source)?;
            Source::renew(self, query, lease).await.map_err(marked::<S>)
        })
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

fn typed_watch<S: Source>(watched: &Watched<Opaque>) -> Option<Watched<S::Query>> {
    watched.query.get::<S::Query>().map(|query| Watched::new(query.clone()).since(watched.known.clone()))
}

fn marked_change<S: Source>(change: Change) -> Change {
    match change {
        Change::Answer { index, answer } => Change::Answer { index, answer: answer.map_err(marked::<S>) },
        other => other,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use component_model_types::plan::Layer;

    use crate::{KeyQuery, Memory, Reply};

    /// Tells one error of each request, and renews one lease.
    struct Foreign;

    impl Source for Foreign {
        type Query = KeyQuery;

        fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
            Request::by_key(spec)
        }

        async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
            Ok(Reply::ABSENT)
        }

        fn watch(&self, watched: Vec<Watched<KeyQuery>>) -> Option<BoxStream<'static, Change>> {
            let error = |(index, watched): (usize, Watched<KeyQuery>)| {
                let message = format!("{} since {:?}", watched.query.key(), watched.known);
                Change::Answer { index, answer: Err(SourceError::new(ErrorKind::Other, message)) }
            };
            Some(stream::iter(watched.into_iter().enumerate().map(error)).boxed())
        }

        async fn renew(&self, _: &KeyQuery, lease: &Lease) -> Result<Lease, SourceError> {
            match lease.id() {
                "1" => Ok(Lease::new("2", lease.duration())),
                _ => Err(SourceError::new(ErrorKind::Denied, "unknown")),
            }
        }
    }

    fn erased(source: impl Source) -> Arc<dyn DynSource> {
        Arc::new(source)
    }

    fn watched(source: &dyn DynSource, key: &str) -> Watched<Opaque> {
        let layer = Layer { key: Some(key), ..Layer::NEW };
        Watched::new(source.bind(&RequestSpec::new(&layer, &[])).unwrap().query().clone())
    }

    #[tokio::test]
    async fn a_registered_source_is_watched_with_the_requests_that_it_has_bound() {
        let memory = Memory::new([("port", "8080")]);
        let source = erased(memory.clone());
        let both = ["port", "host"].map(|key| watched(&*source, key));
        let mut changes = source.watch(both.to_vec()).unwrap();
        let mut next = async || match changes.next().await.unwrap() {
            Change::Answer { index, answer } => (index, answer.unwrap().is_absent()),
            other => panic!("{other:?}"),
        };
        assert_eq!((next().await, next().await), ((0, false), (1, true)));
        memory.set("host", "localhost");
        assert_eq!(next().await, (1, false));
    }

    #[tokio::test]
    async fn the_errors_of_a_watch_and_of_a_renewal_are_marked_unless_the_source_is_built_in() {
        let source = erased(Foreign);
        let known = watched(&*source, "port").since(Version::new("7"));
        let changes: Vec<_> = source.watch(vec![known]).unwrap().collect().await;
        let [Change::Answer { index: 0, answer: Err(error) }] = &changes[..] else { panic!("{changes:?}") };
        assert!(error.to_string().contains("port since") && error.to_string().contains('7'), "{error}");
        assert!(!error.clone().without_foreign_text().to_string().contains("port"), "{error:?}");

        let lease = Lease::new("1", Duration::from_secs(60));
        let query = watched(&*source, "port").query;
        let renewed = source.renew(&query, &lease).await.unwrap();
        assert_eq!(renewed.id(), "2");
        let error = source.renew(&query, &renewed).await.unwrap_err();
        assert!(!error.without_foreign_text().to_string().contains("unknown"));
        let error = erased(Memory::default()).renew(&query, &lease).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
    }

    #[tokio::test]
    async fn a_request_of_another_source_is_an_error_and_no_watch() {
        let source = erased(Memory::default());
        let foreign = vec![Watched::new(Opaque::new(7)), watched(&*source, "port")];
        let changes: Vec<_> = source.watch(foreign).unwrap().collect().await;
        assert_eq!(changes.len(), 2);
        assert!(changes.iter().all(|change| matches!(change, Change::Answer { answer: Err(_), .. })));
    }

    #[test]
    fn a_source_that_cannot_be_watched_says_so() {
        let source = erased(super::super::stand_in::Constant::new("x"));
        assert!(source.watch(vec![watched(&*source, "port")]).is_none());
    }
}
