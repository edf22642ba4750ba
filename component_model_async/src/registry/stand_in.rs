//! Sources that can replace any other: a constant, a closure, the user's own fetcher.

use std::{future::Future, marker::PhantomData};

use serde::Serialize;

use super::serialize::to_value;
use crate::{
    Answer, Asked, BoxError, ComponentError, ComponentFetcher, ErrorKind, KeyQuery, OptionSpec, Record, Request,
    RequestSpec, Source, SourceError,
};

/// These sources can replace any other one, so they take all options.
const ANY: &[OptionSpec] = &[OptionSpec::ANY];

/// The same value for every request.
pub(super) struct Constant(Result<Record, SourceError>);

impl Constant {
    pub(super) fn new(value: impl Serialize) -> Self {
        Self(to_value(value).map(Record::shared))
    }
}

impl Source for Constant {
    type Query = KeyQuery;

    const OPTIONS: &'static [OptionSpec] = ANY;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        self.0.as_ref().map_err(Clone::clone).and_then(|_| Request::by_key(spec))
    }

    fn fetch_immediate(&self, _: Asked<'_, KeyQuery>) -> Option<Answer> {
        Some(self.0.clone().map(Into::into))
    }

    fn is_immediate(&self) -> bool {
        true
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        self.0.clone().map(Into::into)
    }
}

/// A closure that gets the key.
pub(super) struct Closure<F>(pub(super) F);

impl<F, Answered, V, E> Source for Closure<F>
where
    F: Fn(KeyQuery) -> Answered + Send + Sync + 'static,
    Answered: Future<Output = Result<Option<V>, E>> + Send,
    V: Serialize,
    E: Into<BoxError>,
{
    type Query = KeyQuery;

    const OPTIONS: &'static [OptionSpec] = ANY;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        let answer = (self.0)(asked.query().clone()).await.map_err(|error| foreign(error.into()))?;
        answer.map(to_value).transpose().map(Into::into)
    }
}

/// A fetcher: the same value for every key.
pub(super) struct Fetching<T, F> {
    fetcher: F,
    value: PhantomData<fn() -> T>,
}

impl<T, F> Fetching<T, F> {
    pub(super) fn new(fetcher: F) -> Self {
        Self { fetcher, value: PhantomData }
    }
}

impl<T, F> Source for Fetching<T, F>
where
    T: Serialize + Send + 'static,
    F: ComponentFetcher<T> + Sync + 'static,
{
    type Query = KeyQuery;

    const OPTIONS: &'static [OptionSpec] = ANY;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        let value = self.fetcher.fetch_component().await.map_err(|error| foreign(error.into()))?;
        to_value(value).map(Into::into)
    }
}

/// An error of a fetcher: what failed, if it is one of ours.
fn foreign(error: BoxError) -> SourceError {
    ComponentError::failure_of(error)
        .unwrap_or_else(|error| SourceError::new(ErrorKind::Other, "the fetcher failed").with_cause(error))
}
