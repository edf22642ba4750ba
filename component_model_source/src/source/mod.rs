//! The contract of a source: its requests and its answers.
//!
//! An author implements [`Source`] with plain `async fn`s; the engine does everything else (names, merging of equal
//! requests, timeouts, decoding, the report). What always holds: a source knows no component's type and no policy, it
//! never panics because of what a server sends, and dropping a future that it returned leaves nothing behind.

mod asked;
mod inserted;
mod key_query;
mod lease;
mod news;
mod opaque;
mod record;
mod reply;
mod request;
mod spec;
mod version;
mod watch;

use std::{future::Future, pin::Pin, sync::Arc};

use futures_util::{Stream, future::join_all};

pub use self::{
    asked::Asked,
    inserted::Inserted,
    key_query::KeyQuery,
    lease::Lease,
    news::News,
    opaque::Opaque,
    record::Record,
    reply::{Answer, Reply},
    request::Request,
    spec::{Known, RequestSpec},
    version::Version,
    watch::{Change, Watched},
};
use crate::{ErrorKind, OptionSpec, SourceError};

/// A named place that values come from.
///
/// ```
/// use component_model::{Answer, Asked, KeyQuery, Request, RequestSpec, Source, SourceError, Value};
///
/// /// Values by the length of their key.
/// struct Lengths;
///
/// impl Source for Lengths {
///     type Query = KeyQuery;
///
///     fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
///         Request::by_key(spec)
///     }
///
///     async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
///         Ok(Value::text(asked.query().key().len().to_string()).into())
///     }
/// }
/// ```
///
/// # Cancel safety
/// The engine drops the futures of a source when no component waits for them any longer: at a timeout, at the deadline, or
/// when the caller drops the fetch.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source",
    label = "does not implement `component_model::Source`",
    note = "the `build` of a builder returns a `Result`: write `?` after it, or `try_source` instead of `source`",
    note = "a function is registered with `closure`, a value with `constant`, a `ComponentFetcher` with `fetcher`"
)]
pub trait Source: Send + Sync + 'static {
    /// What [`bind`](Self::bind) parses an attribute into: a path, a URL, a statement with its parameters.
    ///
    /// Requests whose queries are equal are sent once. [`KeyQuery`] is enough for a source that only has keys.
    type Query: Clone + Eq + std::hash::Hash + Send + Sync + 'static;

    /// The options that the source takes besides `fetch_from`, `timeout` and `fallback`.
    ///
    /// An option that is not declared here, and options that do not fit together, are an error before any I/O, so that
    /// [`bind`](Self::bind) does not need to check them.
    ///
    /// ```
    /// use component_model::{Answer, Asked, KeyQuery, OptionSpec, Reply, Request, RequestSpec, Source, SourceError};
    ///
    /// struct Sheets;
    ///
    /// impl Source for Sheets {
    ///     type Query = KeyQuery;
    ///
    ///     const OPTIONS: &'static [OptionSpec] = &[OptionSpec::KEY, OptionSpec::text("path").required()];
    ///
    ///     fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
    ///         let path = spec.option("path")?.unwrap_or_default();
    ///         let locator = format!("{path}!{}", spec.key()?);
    ///         Ok(Request::new(KeyQuery::of(spec)?, locator).with_group(path.into_owned()))
    ///     }
    ///
    ///     async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
    ///         Ok(Reply::ABSENT)
    ///     }
    /// }
    /// ```
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::KEY];

    /// Whether every value of the source is secret, whatever the type of the field. Such a component is stored only encrypted,
    /// which is then known before anything is asked; records have to say that they are [sensitive](Record::sensitive) all the
    /// same.
    ///
    /// ```
    /// use component_model::{Memory, Source};
    ///
    /// assert!(!Memory::IS_SENSITIVE);
    /// ```
    const IS_SENSITIVE: bool = false;

    /// Whether the source belongs to this library, whose errors repeat nothing of a value. A sensitive component shows
    /// only those texts.
    #[doc(hidden)]
    const BUILT_IN: bool = false;

    /// Turns an attribute into a request. Pure: no I/O, and the same result for the same attribute.
    ///
    /// A template is also bound before a fetch, with values that stand for those to come, to find mistakes. An error about such
    /// a value is not reported.
    ///
    /// ```
    /// use component_model::{Memory, RequestSpec, Source, plan::Layer};
    ///
    /// let layer = Layer { key: Some("app/port"), ..Layer::NEW };
    /// let request = Memory::default().bind(&RequestSpec::new(&layer, &["port"]))?;
    /// assert_eq!((request.query().key(), request.locator()), ("app/port", "app/port"));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If the request cannot be made. [`ErrorKind::Misconfigured`] is a mistake in the attribute, such as a key that is not
    /// valid for the source, which no fallback covers. [`ErrorKind::NotSetUp`] is something that is missing in the
    /// environment, such as a variable, which a fallback covers.
    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<Self::Query>, SourceError>;

    /// One more request of a group, for a struct with `deny_unknown`. Its answer is an error (invalid) that names all keys of
    /// the document that none of the requests reads, each with its place and the nearest key that is read; or absence, if
    /// there are none. A request reads everything below its key.
    ///
    /// `read` are the queries of the group, and `below` is the prefix of the struct, as if it were a key: only keys below it
    /// are meant. `None` if the group has no keys, like a text file. The default is an error: the source cannot do it.
    ///
    /// ```
    /// use component_model::{RequestSpec, Source, fetchers::file::File, plan::Layer};
    ///
    /// let file = File::new("shop.toml");
    /// let port = file.bind(&RequestSpec::new(&Layer::NEW, &["shop", "port"]))?;
    /// let unknown = file.deny_unknown(&[port.query()], &RequestSpec::new(&Layer::NEW, &["shop"]))?;
    /// assert_eq!(unknown.unwrap().locator(), "shop.toml#shop");
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`], if the source cannot tell which keys are unknown.
    fn deny_unknown(
        &self,
        _read: &[&Self::Query],
        _below: &RequestSpec<'_>,
    ) -> Result<Option<Request<Self::Query>>, SourceError> {
        Err(SourceError::new(ErrorKind::Misconfigured, "the source cannot tell which keys are unknown"))
    }

    /// The answer, if it is available without I/O and without a lock that is held for long. `None` if it has to be fetched.
    ///
    /// Such an answer needs no future and no timer. The default returns `None`.
    ///
    /// ```
    /// use component_model::{Answer, Asked, Reply, Request, RequestSpec, Source, SourceError, Value};
    ///
    /// struct Hostname(String);
    ///
    /// impl Source for Hostname {
    ///     type Query = ();
    ///
    ///     fn bind(&self, _: &RequestSpec<'_>) -> Result<Request<()>, SourceError> {
    ///         Ok(Request::new((), "hostname"))
    ///     }
    ///
    ///     fn fetch_immediate(&self, _: Asked<'_, ()>) -> Option<Answer> {
    ///         Some(Ok(Value::text(&self.0).into()))
    ///     }
    ///
    ///     async fn fetch(&self, asked: Asked<'_, ()>) -> Answer {
    ///         self.fetch_immediate(asked).unwrap_or(Ok(Reply::ABSENT))
    ///     }
    /// }
    /// ```
    fn fetch_immediate(&self, _asked: Asked<'_, Self::Query>) -> Option<Answer> {
        None
    }

    /// Whether [`fetch_immediate`](Self::fetch_immediate) answers every request. Policies such as retries then have no effect,
    /// and a check of a component that sets them says so. The default is no.
    ///
    /// ```
    /// use component_model::{Memory, Source, fetchers::file::File};
    ///
    /// assert!(Memory::default().is_immediate() && !File::new("shop.toml").is_immediate());
    /// ```
    fn is_immediate(&self) -> bool {
        false
    }

    /// Answers one request.
    ///
    /// ```
    /// use component_model::{Asked, KeyQuery, Memory, Source, Value};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::SourceError> {
    /// let settings = Memory::new([("port", "8080")]);
    /// let reply = settings.fetch(Asked::new(&KeyQuery::new("port"))).await?;
    /// assert_eq!(reply.record().unwrap().value(), &Value::text("8080"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// Dropping the future must leave nothing half done.
    fn fetch(&self, asked: Asked<'_, Self::Query>) -> impl Future<Output = Answer> + Send;

    /// Answers several requests of one [group](Request::with_group) in one round trip, in their order. They may be a part
    /// of the group, if the rest is already known.
    ///
    /// The default calls [`fetch`](Self::fetch) for all of them concurrently.
    ///
    /// ```
    /// use component_model::{Asked, KeyQuery, Memory, Reply, Source};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let settings = Memory::new([("port", "8080")]);
    /// let queries = ["port", "host"].map(KeyQuery::new);
    /// let answers = settings.fetch_many(&[Asked::new(&queries[0]), Asked::new(&queries[1])]).await;
    /// assert!(matches!(answers[..], [Ok(Reply::Found(_)), Ok(Reply::Absent { .. })]));
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// As for [`fetch`](Self::fetch).
    fn fetch_many(&self, asked: &[Asked<'_, Self::Query>]) -> impl Future<Output = Vec<Answer>> + Send {
        join_all(asked.iter().map(|one| self.fetch(*one)))
    }

    /// One stream of the changes of several requests of a group, each since the version that the caller has. `None` if the
    /// source cannot watch: it is then polled with its own versions.
    ///
    /// The stream starts with the current state of every request whose version is not the one that the caller has. It ends
    /// only if the source is [shut down](Self::shutdown); a lost connection is an answer with an error, and the stream
    /// continues. What is told is what [`News`] calls news.
    ///
    /// ```
    /// use component_model::{Change, KeyQuery, Memory, Source, Value, Watched};
    /// use futures_util::StreamExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let settings = Memory::new([("port", "8080")]);
    /// let mut changes = settings.watch(vec![Watched::new(KeyQuery::new("port"))]).expect("memory can be watched");
    /// assert!(matches!(changes.next().await, Some(Change::Answer { index: 0, answer: Ok(_) })));
    ///
    /// settings.set("port", Value::text("9090"));
    /// let Some(Change::Answer { answer: Ok(reply), .. }) = changes.next().await else { panic!() };
    /// assert_eq!(reply.record().unwrap().value(), &Value::text("9090"));
    /// # }
    /// ```
    fn watch(&self, _watched: Vec<Watched<Self::Query>>) -> Option<BoxStream<'static, Change>> {
        None
    }

    /// What a user does to give a request its value, for the hint of an error: ``set the variable `PORT` ``. Nothing by default.
    ///
    /// It is called if a component has no value and needs one, and at no other time. It may look at what is in memory, such
    /// as the names that there are, but must not wait for anything, and never names a value.
    ///
    /// ```
    /// # #[cfg(feature = "env")] {
    /// use component_model::{Source, fetchers::env::Env};
    ///
    /// let env = Env::of([("PROT", "8080")]);
    /// let hint = env.how_to_set(&"PORT".to_owned());
    /// assert_eq!(hint.as_deref(), Some("set the variable `PORT` (there is `PROT`)"));
    /// # }
    /// ```
    fn how_to_set(&self, _query: &Self::Query) -> Option<String> {
        None
    }

    /// Renews a lease that came with the record of a request; returns the renewed lease.
    ///
    /// ```
    /// use component_model::{ErrorKind, KeyQuery, Lease, Memory, Source};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let lease = Lease::new("database/creds/shop/1", Duration::from_secs(3600));
    /// // Memory has no leases.
    /// let renewed = Memory::default().renew(&KeyQuery::new("user"), &lease).await;
    /// assert_eq!(renewed.unwrap_err().kind(), ErrorKind::Misconfigured);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the lease cannot be renewed. For a source without leases the error is misconfigured.
    fn renew(&self, _query: &Self::Query, _lease: &Lease) -> impl Future<Output = Result<Lease, SourceError>> + Send {
        std::future::ready(Err(SourceError::new(ErrorKind::Misconfigured, "the source gives no leases")))
    }

    /// How many requests to the source may run at once, of all fetches together, unless its registration says otherwise.
    /// `None` if the source has a limit of its own, such as the size of a pool of connections.
    ///
    /// ```
    /// use component_model::{Memory, Source};
    ///
    /// assert_eq!(Memory::default().limit(), Some(16));
    /// ```
    fn limit(&self) -> Option<usize> {
        Some(PARALLEL)
    }

    /// Closes connections and ends watches; later requests may fail. Called when the sources of a program are shut down,
    /// possibly more than once, and possibly outside of a runtime.
    ///
    /// ```
    /// use component_model::{Memory, Source};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// Memory::default().shutdown().await;
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// Dropping the future may leave connections open; calling it again closes them.
    fn shutdown(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// The requests to a source that may run at once, if it does not say otherwise.
const PARALLEL: usize = 16;

impl<S: Source> Source for Arc<S> {
    type Query = S::Query;

    const OPTIONS: &'static [OptionSpec] = S::OPTIONS;

    const IS_SENSITIVE: bool = S::IS_SENSITIVE;

    const BUILT_IN: bool = S::BUILT_IN;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<Self::Query>, SourceError> {
        S::bind(self, spec)
    }

    fn deny_unknown(
        &self,
        read: &[&Self::Query],
        below: &RequestSpec<'_>,
    ) -> Result<Option<Request<Self::Query>>, SourceError> {
        S::deny_unknown(self, read, below)
    }

    fn fetch_immediate(&self, asked: Asked<'_, Self::Query>) -> Option<Answer> {
        S::fetch_immediate(self, asked)
    }

    fn is_immediate(&self) -> bool {
        S::is_immediate(self)
    }

    fn fetch(&self, asked: Asked<'_, Self::Query>) -> impl Future<Output = Answer> + Send {
        S::fetch(self, asked)
    }

    fn fetch_many(&self, asked: &[Asked<'_, Self::Query>]) -> impl Future<Output = Vec<Answer>> + Send {
        S::fetch_many(self, asked)
    }

    fn watch(&self, watched: Vec<Watched<Self::Query>>) -> Option<BoxStream<'static, Change>> {
        S::watch(self, watched)
    }

    fn how_to_set(&self, query: &Self::Query) -> Option<String> {
        S::how_to_set(self, query)
    }

    fn renew(&self, query: &Self::Query, lease: &Lease) -> impl Future<Output = Result<Lease, SourceError>> + Send {
        S::renew(self, query, lease)
    }

    fn limit(&self) -> Option<usize> {
        S::limit(self)
    }

    fn shutdown(&self) -> impl Future<Output = ()> + Send {
        S::shutdown(self)
    }
}

/// A boxed future, for `dyn` traits.
///
/// ```
/// use component_model::BoxFuture;
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

/// A boxed stream, for `dyn` traits.
///
/// ```
/// use component_model::BoxStream;
/// use futures_util::StreamExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut ports: BoxStream<'static, u16> = Box::pin(futures_util::stream::iter([8080]));
/// assert_eq!(ports.next().await, Some(8080));
/// # }
/// ```
pub type BoxStream<'a, T> = Pin<Box<dyn Stream<Item = T> + Send + 'a>>;
