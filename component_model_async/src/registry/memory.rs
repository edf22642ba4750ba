//! Sources that need no server: values in memory, a constant, a closure, a fetcher of the user's own.

use std::{collections::HashMap, fmt, future::Future};

use component_model_types::built_in;
use serde::Serialize;

use crate::{
    Answer, BoxError, ComponentFetcher, ErrorKind, OptionSpec, Record, Request, RequestSpec, Source, SourceError, Value,
};

/// These sources can replace any other one, whatever its options.
const ANY: &[OptionSpec] = &[OptionSpec::ANY];

/// Values in memory, by key. For tests, defaults and programs that know their settings already.
///
/// ```
/// use component_model_async::{Memory, Sources};
///
/// let sources = Sources::builder()
///     .source("settings", Memory::new([("host", "localhost"), ("port", "8080")]))
///     .build();
/// assert!(sources.names().contains(&"settings"));
/// ```
#[derive(Clone, Default)]
pub struct Memory(HashMap<String, Record>);

impl Memory {
    /// Texts by key, each read by the type of the field that asks for it.
    ///
    /// ```
    /// use component_model_async::Memory;
    ///
    /// let settings = Memory::new([("host", "localhost"), ("port", "8080")]);
    /// assert!(!format!("{settings:?}").contains("localhost"));
    /// ```
    pub fn new<K: Into<String>, V: Into<String>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(entries.into_iter().map(|(key, text)| (key.into(), Record::shared(Value::text(text)))).collect())
    }

    /// Adds a value.
    ///
    /// ```
    /// use component_model_async::{Memory, Value};
    ///
    /// let settings = Memory::new([("host", "localhost")]).with("debug", Value::Bool(true));
    /// # let _ = settings;
    /// ```
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: Value) -> Self {
        self.0.insert(key.into(), Record::shared(value));
        self
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Source for Memory {
    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError> {
        Ok(by_key(spec))
    }

    fn fetch_immediate(&self, request: &Request) -> Option<Answer> {
        Some(Ok(self.0.get(request.key()).cloned()))
    }

    async fn fetch(&self, request: &Request) -> Answer {
        self.fetch_immediate(request).unwrap_or(Ok(None))
    }
}

/// The same value for every request.
pub(super) struct Constant(Result<Record, SourceError>);

impl Constant {
    pub(super) fn new(value: impl Serialize) -> Self {
        Self(to_value(value).map(Record::shared))
    }
}

impl Source for Constant {
    const OPTIONS: &'static [OptionSpec] = ANY;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError> {
        self.0.as_ref().map(|_| by_key(spec)).map_err(Clone::clone)
    }

    fn fetch_immediate(&self, _: &Request) -> Option<Answer> {
        Some(self.0.clone().map(Some))
    }

    async fn fetch(&self, request: &Request) -> Answer {
        self.fetch_immediate(request).unwrap_or(Ok(None))
    }
}

/// A closure that is asked by key.
pub(super) struct Closure<F>(pub(super) F);

impl<F, Answered, V, E> Source for Closure<F>
where
    F: Fn(Request) -> Answered + Send + Sync + 'static,
    Answered: Future<Output = Result<Option<V>, E>> + Send,
    V: Serialize,
    E: Into<BoxError>,
{
    const OPTIONS: &'static [OptionSpec] = ANY;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError> {
        let options = built_in::options().filter_map(|option| Some((option.name(), spec.option(option.name())?)));
        Ok(options.fold(by_key(spec), |request, (name, value)| request.with_option(name, value)))
    }

    async fn fetch(&self, request: &Request) -> Answer {
        let answer = (self.0)(request.clone()).await.map_err(|error| foreign(error.into()))?;
        answer.map(|value| to_value(value).map(Record::new)).transpose()
    }
}

/// A fetcher: one value, whatever the key.
pub(super) struct Fetching<T, F> {
    fetcher: F,
    value: std::marker::PhantomData<fn() -> T>,
}

impl<T, F> Fetching<T, F> {
    pub(super) fn new(fetcher: F) -> Self {
        Self { fetcher, value: std::marker::PhantomData }
    }
}

impl<T, F> Source for Fetching<T, F>
where
    T: Serialize + Send + 'static,
    F: ComponentFetcher<T> + Sync + 'static,
{
    const OPTIONS: &'static [OptionSpec] = ANY;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError> {
        Ok(by_key(spec))
    }

    async fn fetch(&self, _: &Request) -> Answer {
        let value = self.fetcher.fetch_component().await.map_err(|error| foreign(error.into()))?;
        to_value(value).map(|value| Some(Record::new(value)))
    }
}

fn by_key(spec: &RequestSpec<'_>) -> Request {
    let key = spec.key();
    Request::new(key.clone(), key)
}

fn to_value(value: impl Serialize) -> Result<Value, SourceError> {
    // The text of a serializer's error may repeat the value.
    serde_json::to_value(value)
        .map(Value::from)
        .map_err(|_| SourceError::new(ErrorKind::Malformed, "the value cannot be serialized"))
}

/// An error of the user's own: kept whole where it is one of ours.
fn foreign(error: BoxError) -> SourceError {
    match error.downcast::<SourceError>() {
        Ok(ours) => *ours,
        Err(error) => SourceError::new(ErrorKind::Other, "the fetcher failed").with_cause(error),
    }
}
