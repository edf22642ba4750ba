//! A source of your own, step by step.
//!
//! If a value comes from one place of yours, a [`ComponentFetcher`](crate::ComponentFetcher) is enough, and a closure
//! if you need the request as well. A [`Source`](crate::Source) is for a place that many components read from: it says
//! what it can be asked, how its keys are written, and answers many requests in one round trip.
//!
//! A crate that offers a source to others depends on `component_model_source` alone: it holds the contract and nothing of
//! the engine, and its names are the same as here.
//!
//! # The whole of it
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
//! /// The name of a sheet and that of a row: what `bind` parsed, which nobody parses again.
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
//!         let row = Row { sheet: spec.option("path").unwrap_or_default().to_owned(), name: spec.key().into_owned() };
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
//! **`OPTIONS`** declares the options that the source takes besides `fetch_from`, `timeout` and `fallback`, as a list of
//! [`OptionSpec`](crate::OptionSpec). A source that is not built in may take any of `key`, `query`, `params`, `url`,
//! `pointer` and `path`. `params` arrives as a JSON list. An option says more than its name:
//!
//! | method | what is an error before any I/O |
//! | --- | --- |
//! | `text`, `list`, `number`, `flag`, `duration` | a value of another kind |
//! | `required()` | a component without this option |
//! | `excludes(&["key"])` | both options for this source |
//! | `requires(&["query"])` | this option without the other one |
//! | `replaces(&["key"])` | the other option, if no other source of the component reads it |
//!
//! `template()` allows the value to be a template. [`OptionSpec::ANY`](crate::OptionSpec::ANY) takes every option.
//!
//! **`Query`** is what `bind` makes of an attribute: a path, a URL, a statement with its parameters. Requests with equal
//! queries are sent once. A source that only has keys takes [`KeyQuery`](crate::KeyQuery) and
//! [`Request::by_key`](crate::Request::by_key).
//!
//! **`bind`** turns a [`RequestSpec`](crate::RequestSpec) into a [`Request`](crate::Request), or says why it cannot. Mistakes
//! in the attribute are found here, for all components together, before anything is sent.
//! [`RequestSpec::key`](crate::RequestSpec::key) is the `key`, or the prefix and the field's name;
//! [`RequestSpec::key_with`](crate::RequestSpec::key_with) brings the name into your convention. The key that a user has
//! written is never changed. If one source speaks to several hosts, [`with_endpoint`](crate::Request::with_endpoint) names the
//! host.
//!
//! **`fetch`** gives a [`Reply`](crate::Reply): a [`Record`](crate::Record), or `Absent`, or `Unchanged` if the caller
//! [knows](crate::Asked::known) the version that the value still has. It may be dropped at any await, at the timeout, at the
//! deadline, or because the caller stops waiting: leave nothing half done. It must not block the thread, must spawn nothing
//! that outlives it, and must bound what it reads. The built-in sources stop at 16 MiB.
//!
//! **`fetch_immediate`** gives what the source knows without waiting, such as a variable or a value in memory: it needs no
//! future and no timer then. A source that has to ask somebody leaves it out.
//!
//! **`fetch_many`** answers requests of one group, in their order, in one round trip; perhaps only a part of the group,
//! because the rest is known. Without it, `fetch` is called for all of them concurrently. A request belongs to a group by
//! [`with_group`](crate::Request::with_group): a file, a table, a URL. Equal requests are sent once even without a group.
//!
//! # What a source may add
//!
//! **Versions.** [`Record::with_version`](crate::Record::with_version) says which state of the value it is (an `ETag`, a
//! revision), [`with_good_for`](crate::Record::with_good_for) for how long it is good. Whoever has a version asks with it.
//!
//! **`watch`** gives one stream of the [changes](crate::Change) of several requests. A source without it is polled, with its
//! own versions: [`watch`](fn@crate::watch) does one or the other.
//!
//! **Leases.** [`Record::with_lease`](crate::Record::with_lease) says that the value is lent, and `renew` prolongs it.
//!
//! **`shutdown`** closes connections and ends watches.
//!
//! # Values
//!
//! Say what you know, and no more. Text that has no type (a variable, a plain body) is
//! [`Value::text`](crate::Value::text), and the field's type reads it. What is typed (JSON, a column) is a
//! [`Value`](crate::Value) of its type; [`Value::from_json`](crate::Value::from_json) reads a document. Never turn text
//! into a number because it looks like one. [How values are read](super::values) tells the rest.
//!
//! [`Record::with_places`](crate::Record::with_places) adds how to find where a part of the value is, such as `app.toml:12:8`.
//! It is called for errors and reports only. [`Record::sensitive`](crate::Record::sensitive) says that a value is shown nowhere,
//! whatever the field's type.
//!
//! # Errors
//!
//! Classify a failure once, where the client is, with an [`ErrorKind`](crate::ErrorKind). A wrong password is `Denied`; a
//! variable that is not set is `NotSetUp`, which a fallback covers, and a mistake in the attribute `Misconfigured`, which none does;
//! a refused connection is `Unreachable`; "starting up" is `Unavailable`. Add the cause, what to do next, and the
//! place. The text of all three is shown to people: **no value, password, token or URL with a user in it, ever**. Mind
//! the messages of client libraries, which like to repeat what they could not parse.
//!
//! # Into the project
//!
//! A source that others need belongs among the built-in ones. The file `CONTRIBUTING.md` of the repository says what
//! that takes.
