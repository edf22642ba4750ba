//! Your own source, step by step.
//!
//! To fetch a single value, a [`ComponentFetcher`](crate::ComponentFetcher) is enough, or a closure if you also need
//! the request. A [`Source`](crate::Source) is for many components: it declares its options, defines how its keys are
//! written, and can answer many requests in one round trip.
//!
//! A crate that publishes a source depends only on `component_model_source`: it contains the contract without the
//! engine, and has the same names as here.
//!
//! # A complete source
//!
//! ```
//! use std::{collections::HashMap, sync::Arc};
//! use component_model::{
//!     Answer, Asked, ErrorKind, OptionSpec, Request, RequestSpec, Source, SourceError, Value, prelude::*,
//! };
//!
//! /// Rows of a sheet, each with a name and a number.
//! #[derive(Clone)]
//! struct Sheets(Arc<HashMap<String, HashMap<String, u64>>>);
//!
//! /// The name of a sheet and that of a row: parsed once, by `bind`.
//! #[derive(Clone, PartialEq, Eq, Hash)]
//! struct Row { sheet: String, name: String }
//!
//! impl Source for Sheets {
//!     type Query = Row;
//!
//!     // The options that it takes; any other one, and a missing `path`, is an error before any I/O.
//!     const OPTIONS: &'static [OptionSpec] = &[OptionSpec::KEY, OptionSpec::text("path").required()];
//!
//!     // Pure: no I/O, and the same answer for the same question.
//!     fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<Row>, SourceError> {
//!         let sheet = spec.option("path")?.unwrap_or_default().into_owned();
//!         let row = Row { sheet, name: spec.key()?.into_owned() };
//!         // The locator is the query in the source's own notation, as errors and reports print it.
//!         let (locator, group) = (format!("{}!{}", row.sheet, row.name), row.sheet.clone());
//!         Ok(Request::new(row, locator).with_group(group))
//!     }
//!
//!     async fn fetch(&self, asked: Asked<'_, Row>) -> Answer {
//!         let Row { sheet, name } = asked.query();
//!         let Some(rows) = self.0.get(sheet) else {
//!             return Err(SourceError::new(ErrorKind::Misconfigured, format!("there is no sheet `{sheet}`")));
//!         };
//!         Ok(rows.get(name).map(|number| Value::Unsigned(*number)).into())
//!     }
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! struct Prices {
//!     #[component(fetch_from = "sheets", path = "prices")]
//!     tea: u32,
//!     #[component(fetch_from = "sheets", path = "prices")]
//!     coffee: Option<u32>,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let rows = HashMap::from([("tea".to_owned(), 250)]);
//! let sheets = Sheets(Arc::new(HashMap::from([("prices".to_owned(), rows)])));
//! let prices = Prices::fetch_all_components_from(&Sources::builder().source("sheets", sheets).build()).await?;
//! assert_eq!((prices.tea, prices.coffee), (250, None));
//! # Ok(())
//! # }
//! ```
//!
//! # What each part does
//!
//! **`OPTIONS`** declares the options that the source takes, as a list of [`OptionSpec`](crate::OptionSpec) with any
//! names. Users write them in the parentheses of the source: `fetch_from = sheets(path = "prices")`. The names that the
//! built-in sources have too (`key`, `query`, `params`, `url`, `pointer`, `path`, `field`, `db`, `bucket`, `secret`,
//! `mount`, `version`, `dc`, `namespace`, `token`, `consistency`) may also be beside `fetch_from`. A list arrives as
//! JSON. An option can have rules:
//!
//! | method | what is an error before any I/O |
//! | --- | --- |
//! | `text`, `list`, `number`, `flag`, `duration` | a value of another kind |
//! | `required()` | a component without this option |
//! | `excludes(&["key"])` | both options for this source |
//! | `requires(&["query"])` | this option without the other one |
//! | `replaces(&["key"])` | the other option, which would have no effect |
//!
//! `template()` allows the value to be a [template](super::templates); `to_connect()` also allows sensitive values, for
//! an option that is never shown. [`OptionSpec::ANY`](crate::OptionSpec::ANY) takes every option.
//!
//! **`Query`** is the result of `bind`: a path, a URL, a statement with its parameters. Requests with equal queries are
//! sent once. A source that only has keys uses [`KeyQuery`](crate::KeyQuery) and
//! [`Request::by_key`](crate::Request::by_key).
//!
//! **`bind`** turns a [`RequestSpec`](crate::RequestSpec) into a [`Request`](crate::Request), or returns the reason why
//! it cannot. Mistakes in the attribute are found here, for all components together, before anything is sent.
//! [`RequestSpec::key`](crate::RequestSpec::key) is the `key` as written, or derived from the path of the field, such
//! as `shop.pool.max`; [`RequestSpec::key_as`](crate::RequestSpec::key_as) joins the path in your convention. If one
//! source connects to several hosts, [`with_endpoint`](crate::Request::with_endpoint) names the host. A request that
//! may change something is marked with [`once`](crate::Request::once): a fetch sends it once, neither retried nor
//! hedged.
//!
//! A key, and an option that is declared as a template, may insert the values of other components. `bind` is called
//! when they are there. The method that it calls decides how a value is inserted; whatever could leave its place is an
//! error:
//!
//! | method | an inserted value |
//! | --- | --- |
//! | [`key`](crate::RequestSpec::key), [`key_as`](crate::RequestSpec::key_as) | stays within its segment |
//! | [`option`](crate::RequestSpec::option) | has only letters, digits, `-`, `_`, `.` and `~` |
//! | [`option_in_segments`](crate::RequestSpec::option_in_segments) | stays within its segment, for the separators that you name |
//! | [`option_with`](crate::RequestSpec::option_with) | is encoded by your function |
//! | [`list`](crate::RequestSpec::list) | keeps its type, and may be sensitive: bind it as a parameter |
//! | [`option_to_connect`](crate::RequestSpec::option_to_connect) | is unchanged, and may be sensitive: never show it |
//!
//! **`fetch`** returns a [`Reply`](crate::Reply): a [`Record`](crate::Record), or `Absent`, or `Unchanged` if the value
//! still has the version that the caller [knows](crate::Asked::known). Its future may be dropped at any await, at the
//! timeout, at the deadline, or because the caller stops waiting: leave nothing half done. It must not block the
//! thread, must spawn nothing that outlives it, and must limit what it reads. The built-in sources stop at 16 MiB.
//!
//! **`fetch_immediate`** returns values that are available without I/O, such as a variable or a value in memory. They
//! need no future and no timer. Leave it out if the source has to do I/O.
//!
//! **`fetch_many`** answers requests of one group, in their order, in one round trip. It may be called with a part of
//! the group, if the other values are known. Without it, `fetch` is called for all of them concurrently.
//! [`with_group`](crate::Request::with_group) puts a request into a group: a file, a table, a URL. Equal requests are
//! sent once even without a group.
//!
//! # What a source may add
//!
//! **Versions.** [`Record::with_version`](crate::Record::with_version) sets the version of the value (an `ETag`, a
//! revision), [`with_good_for`](crate::Record::with_good_for) how long it is valid. A caller that has a version sends
//! it with the next request.
//!
//! **`watch`** gives one stream of the [changes](crate::Change) of several requests. A source without it is polled,
//! with its own versions: [`watch`](fn@crate::watch) does one or the other. All streams report the same: each change,
//! an error once for each kind (one that cannot heal, also for each text), and `Unchanged` if the value is as before after an error.
//! [`News`](crate::News) decides that, also for your own `watch`. If changes may have been missed,
//! [`Resynchronised`](crate::Change::Resynchronised) names the requests (`indices`) that are reported again.
//!
//! A request for `watch` comes from `bind`: [`RequestSpec::new`](crate::RequestSpec::new) describes a
//! [`Layer`](crate::plan::Layer) and the path of its derived key. [`Polling`](crate::Polling) sets how often a source
//! without `watch` of its own is asked:
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use component_model::{Change, Memory, Polling, RequestSpec, Source, plan::Layer, watch};
//! use futures_util::StreamExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), component_model::SourceError> {
//! let settings = Arc::new(Memory::new([("limits.connections", "100")]));
//! let request = settings.bind(&RequestSpec::new(&Layer::NEW, &["limits", "connections"]))?;
//! // The second part of each request is the version that you know.
//! let requests = vec![(request, None)];
//!
//! let mut changes = watch(&settings, requests, Polling::every(Duration::from_secs(10)));
//! let Some(Change::Answer { index, answer }) = changes.next().await else { panic!("the source was shut down") };
//! assert_eq!(index, 0); // the position among the requests
//! assert!(answer?.record().is_some());
//! settings.set("limits.connections", "200");
//! assert!(matches!(changes.next().await, Some(Change::Answer { answer: Ok(_), .. })));
//! # Ok(())
//! # }
//! ```
//!
//! A stream has values of the source, and sets no field. Fetch the struct again when a value changes.
//!
//! **`deny_unknown`** makes one more request of a group, for structs that allow no unknown keys: its answer is absence, or an
//! error that names the keys that no request of the group reads. See [`Source::deny_unknown`](crate::Source::deny_unknown).
//!
//! **Leases.** [`Record::with_lease`](crate::Record::with_lease) marks a value that is valid only until its lease
//! expires, and `renew` extends the lease.
//!
//! **`shutdown`** closes connections and ends watches.
//!
//! # Values
//!
//! Return the types that you know, and do not guess others. Text that has no type (a variable, a plain body) is
//! [`Value::text`](crate::Value::text), and the field's type reads it. A typed value (JSON, a column) is a
//! [`Value`](crate::Value) of its type; [`Value::from_json`](crate::Value::from_json) reads a document. Never turn text
//! into a number because it looks like one. The guide [values](super::values) has the details.
//!
//! [`Record::with_places`](crate::Record::with_places) adds a function that finds the position of a part of the value,
//! such as `app.toml:12:8`. It is called only for errors and reports. [`Record::sensitive`](crate::Record::sensitive)
//! marks a value that must never be shown, regardless of the field's type.
//!
//! # Errors
//!
//! Classify a failure once, where the client is, with an [`ErrorKind`](crate::ErrorKind). A wrong password is `Denied`;
//! a variable that is not set is `NotSetUp`; a mistake in the attribute is `Misconfigured`; a refused connection is
//! `Unreachable`; "starting up" is `Unavailable`. The kind decides whether a default or a fallback is used ([the
//! table](super::policies#the-ladder-of-one-component)). Add the cause, a hint, and the position.
//! [`how_to_set`](crate::Source::how_to_set) is the hint for a value that is missing everywhere. The text of
//! all of them is shown to users: **never include a value, a password, a token or a URL with a user name**. Check the
//! messages of client libraries, which often repeat what they could not parse. A
//! [sensitive component](super::secrets#sensitive-components) shows the kind and the position only.
//!
//! # A policy of your own
//!
//! A policy is a source that wraps a source: it decides which requests reach the source within it, and passes on
//! everything else. This one fails requests during maintenance, so that fallbacks are used and the server is left alone:
//!
//! ```
//! use std::sync::{Arc, atomic::{AtomicBool, Ordering}};
//! use component_model::{
//!     Answer, Asked, BoxStream, Change, ErrorKind, Lease, Memory, OptionSpec, Request, RequestSpec, Source,
//!     SourceError, Watched, prelude::*,
//! };
//!
//! struct Maintained<S> {
//!     source: S,
//!     is_down: Arc<AtomicBool>,
//! }
//!
//! impl<S> Maintained<S> {
//!     fn check(&self) -> Result<(), SourceError> {
//!         match self.is_down.load(Ordering::Relaxed) {
//!             true => Err(SourceError::new(ErrorKind::Unavailable, "the source is under maintenance")),
//!             false => Ok(()),
//!         }
//!     }
//! }
//!
//! impl<S: Source> Source for Maintained<S> {
//!     type Query = S::Query;
//!
//!     const OPTIONS: &'static [OptionSpec] = S::OPTIONS;
//!
//!     fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<S::Query>, SourceError> {
//!         self.source.bind(spec)
//!     }
//!
//!     fn deny_unknown(
//!         &self,
//!         read: &[&S::Query],
//!         below: &RequestSpec<'_>,
//!     ) -> Result<Option<Request<S::Query>>, SourceError> {
//!         self.source.deny_unknown(read, below)
//!     }
//!
//!     // A policy that has to wait returns `None` here.
//!     fn fetch_immediate(&self, asked: Asked<'_, S::Query>) -> Option<Answer> {
//!         self.check().map_or_else(|error| Some(Err(error)), |()| self.source.fetch_immediate(asked))
//!     }
//!
//!     fn is_immediate(&self) -> bool {
//!         self.source.is_immediate()
//!     }
//!
//!     async fn fetch(&self, asked: Asked<'_, S::Query>) -> Answer {
//!         self.check()?;
//!         self.source.fetch(asked).await
//!     }
//!
//!     // Without this, the requests of a group would be sent one by one.
//!     async fn fetch_many(&self, asked: &[Asked<'_, S::Query>]) -> Vec<Answer> {
//!         match self.check() {
//!             Ok(()) => self.source.fetch_many(asked).await,
//!             Err(error) => asked.iter().map(|_| Err(error.clone())).collect(),
//!         }
//!     }
//!
//!     fn watch(&self, watched: Vec<Watched<S::Query>>) -> Option<BoxStream<'static, Change>> {
//!         self.source.watch(watched)
//!     }
//!
//!     async fn renew(&self, query: &S::Query, lease: &Lease) -> Result<Lease, SourceError> {
//!         self.check()?;
//!         self.source.renew(query, lease).await
//!     }
//!
//!     async fn shutdown(&self) {
//!         self.source.shutdown().await;
//!     }
//! }
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "consul", fallback = 80)]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ComponentErrors> {
//! let is_down = Arc::new(AtomicBool::new(true));
//! let consul = Maintained { source: Memory::new([("port", "8080")]), is_down: Arc::clone(&is_down) };
//! let sources = Sources::builder().source("consul", consul).build();
//! assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.port, 80);
//!
//! is_down.store(false, Ordering::Relaxed);
//! assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.port, 8080);
//! # Ok(())
//! # }
//! ```
//!
//! It is inside all policies of the registration: each attempt passes through it, and its errors are retried and counted
//! as those of the source. Waiting in it is part of the attempt, within the attempt's timeout.
//!
//! # Contribute a source
//!
//! A source that others need can become a built-in source. The file `CONTRIBUTING.md` of the repository has the steps.
