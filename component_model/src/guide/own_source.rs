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
//! use component_model::{Answer, ErrorKind, OptionSpec, Record, Request, RequestSpec, Source, SourceError, Value, prelude::*};
//!
//! /// Rows of a sheet, each with a name and a number.
//! #[derive(Clone)]
//! struct Sheets(Arc<HashMap<String, HashMap<String, u64>>>);
//!
//! impl Source for Sheets {
//!     // The options that it takes; any other one, and a missing `path`, is an error before any I/O.
//!     const OPTIONS: &'static [OptionSpec] = &[OptionSpec::KEY, OptionSpec::text("path").required()];
//!
//!     // Pure: no I/O, and the same answer for the same question.
//!     fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError> {
//!         let sheet = spec.option("path").unwrap_or_default();
//!         let key = spec.key();
//!         // The locator is the key in the source's own notation, as errors and reports print it.
//!         Ok(Request::new(&*key, format!("{sheet}!{key}")).with_option("path", sheet).with_group(sheet))
//!     }
//!
//!     async fn fetch(&self, request: &Request) -> Answer {
//!         let sheet = request.option("path").unwrap_or_default();
//!         let Some(rows) = self.0.get(sheet) else {
//!             return Err(SourceError::new(ErrorKind::Misconfigured, format!("there is no sheet `{sheet}`")));
//!         };
//!         Ok(rows.get(request.key()).map(|number| Record::new(Value::Unsigned(*number))))
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
//! # What each part owes
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
//! **`bind`** turns an [`RequestSpec`](crate::RequestSpec) into a [`Request`](crate::Request), or says why it cannot. What can be wrong
//! with the attribute is found here, for all components together, before anything is sent.
//! [`RequestSpec::key`](crate::RequestSpec::key) is the `key`, or the prefix and the field's name;
//! [`RequestSpec::key_with`](crate::RequestSpec::key_with) brings the name into your convention. The key that a user has written is
//! never changed.
//!
//! **`fetch`** gives the value, `Ok(None)` if there is none, or an error. It may be dropped at any await, at the
//! timeout, at the deadline, or because the caller lost interest: leave nothing half done. It must not block the
//! thread, must spawn nothing that outlives it, and must bound what it reads. The built-in sources stop at 16 MiB.
//!
//! **`fetch_immediate`** gives what the source knows without waiting, such as a variable or a value in memory: it needs no
//! future and no timer then. A source that has to ask somebody leaves it out.
//!
//! **`fetch_many`** answers the requests of one group, in their order, in one round trip. Without it, `fetch` is called
//! for each of them at once. A request belongs to a group by [`with_group`](crate::Request::with_group): a file, a
//! table, a URL. Equal requests are sent once even without a group.
//!
//! # Values
//!
//! Say what you know, and no more. Text that has no type (a variable, a plain body) is
//! [`Value::text`](crate::Value::text), and the field's type reads it. What is typed (JSON, a column) is a
//! [`Value`](crate::Value) of its type; [`Value::from_json`](crate::Value::from_json) reads a document. Never turn text
//! into a number because it looks like one. [How values are read](super::values) tells the rest.
//!
//! [`Record::with_place`](crate::Record::with_place) adds where a part of the value is, such as `app.toml:12:8`. It is
//! called for errors and reports.
//!
//! # Errors
//!
//! Classify a failure once, where the client is, with an [`ErrorKind`](crate::ErrorKind). A wrong password is `Denied`;
//! a refused connection is `Unreachable`; "starting up" is `Unavailable`. Add the cause, what to do next, and the
//! place. The text of all three is shown to people: **no value, password, token or URL with a user in it, ever**. Mind
//! the messages of client libraries, which like to repeat what they could not parse.
//!
//! # Into the project
//!
//! A source that others need belongs among the built-in ones. The file `CONTRIBUTING.md` of the repository says what
//! that takes.
