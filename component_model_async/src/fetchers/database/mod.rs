//! The source `database`: SQLite, PostgreSQL, MySQL and MariaDB, each behind the cargo feature of its name.
//!
//! # What a component asks for
//!
//! | option | meaning |
//! | --- | --- |
//! | `query` | an SQL query, instead of a `key`; the field's type decides what its rows are, see the guide `values` |
//! | `params` | a list for the placeholders of the `query`, such as `["eu", 5, true, 1.5]`; `"{tenant}"` is the value of another component |
//! | `key` | without `query`: the key in the default table, [`config`](Database::table) with `key` and `value` |
//! | `url` | another database than that of the source, such as `"{database_url}"`; never shown |
//!
//! Without `query` and `key`, the path of the field is the key, such as `shop.pool.max`. All keys of one fetch are one
//! query. A key is matched exactly, whatever the collation of its column, which may also hold whole numbers. A key that
//! is in two rows is an error for that key alone. A `key` may be a template, a `query` never is: values for SQL are
//! bound as parameters.
//!
//! The placeholders are the server's: `$1`, `$2` for PostgreSQL, `?` for the others. SQLite also reads numbers, `?1` or
//! `$1`, but no names such as `:id`. A parameter is bound with the type
//! it has in JSON (text, 64-bit integer, double, boolean) and is never written into the query. If PostgreSQL needs another
//! type, cast it in the query: `WHERE id = $1::uuid`.
//!
//! # A database that is named by another component
//!
//! The `url` of a component may insert other components, also sensitive ones: the URL, or only the password, is fetched first,
//! and then the component from that database. `DATABASE_URL` need not be set, and a source of your own pool takes a `url` too.
//!
//! ```
//! use component_model::{fetchers::{database::Database, env::Env}, prelude::*};
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "env", key = "SETTINGS_URL")]
//!     settings_url: SecretString,
//!     #[component(fetch_from = "database", url = "{settings_url}")]
//!     region: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A database that exists, with the row ('region', 'eu-west-1') in its table `config`.
//! let url = "sqlite:settings.db";
//! # let folder = tempfile::tempdir()?;
//! # let url = format!("sqlite:{}", folder.path().join("settings.db").display());
//! # let url = url.as_str();
//! # let pool = sqlx::SqlitePool::connect(&format!("{url}?mode=rwc")).await?;
//! # sqlx::raw_sql("CREATE TABLE config (key TEXT, value TEXT); INSERT INTO config VALUES ('region', 'eu-west-1')").execute(&pool).await?;
//! let sources = Sources::builder()
//!     .source("env", Env::of([("SETTINGS_URL", url)]))
//!     .source("database", Database::default())
//!     .build();
//! assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.region, "eu-west-1");
//! # Ok(())
//! # }
//! ```
//!
//! A value that is all of the `url` is the URL. A value beside other text (`"postgres://app:{password}@db/app"`) is
//! percent-encoded, so that a password with `@` or `/` in it stays one; a separator of paths for SQLite, an empty value, `.` and
//! `..` are errors.
//!
//! A URL that does not parse is misconfigured if it is written in the attribute, and invalid if a value is inserted into it. If
//! a value is inserted, no error even says where the server is. The keys that components read from one URL are one query.
//!
//! Each URL has connections of its own, limited as those of the source. They are kept for at most 16 URLs: for a further one,
//! those of the URL that was used the longest time ago are closed. What is in use is not closed: while all 16 are, a fetch that
//! needs a further one waits.
//!
//! # What the answers mean
//!
//! | the answer | the component |
//! | --- | --- |
//! | no row | is absent; a list or a map is empty |
//! | `NULL` | is `None` for an `Option`, an error for anything else |
//! | rows of more than 16 MiB | fails as too large |
//! | a wrong password, a missing right | fails as denied |
//! | an unknown table or column, a mistake in the query | fails as misconfigured, with the name if the query has it |
//! | a certificate that is not valid for the server, a server without TLS | fails as misconfigured, with the reason |
//! | a SQLite file that does not exist | fails as not set up; a fallback is used |
//! | bytes that do not follow the server's protocol | fails as unreachable |
//! | two columns of one name, a type that cannot be read | fails as malformed, with the name of the column |
//!
//! # How columns are read
//!
//! Nothing is lost. A `NUMERIC` is text with its exact digits (`NaN` and `Infinity` too), read by the field's type. Dates
//! and times are text in the format of RFC 3339. An `INTERVAL` is text in the format of ISO 8601 (`P1Y2M3DT4H5M6.5S`), or
//! `1h30m` if it has neither months nor a sign, so that a `Duration` can be read from it. `UUID`, `INET`, enums and
//! `BIT(n)` of PostgreSQL are text; `JSON` is the document; arrays are lists; bytes are bytes. MySQL's zero dates are
//! `NULL`. SQLite's values have their own types, whatever the type of the column. Any other type (ranges, composites,
//! geometry) is an error that says so: cast it to text in the query.
//!
//! # Connections
//!
//! A source from a URL opens at most 16 connections to it, and fewer if the server or the user's role allows fewer. A fetch that
//! finds none free waits for one. A pool of your own keeps its own limits. This source never opens a database connection
//! outside of the pool, except for components with a `url`. The attempt's timeout includes the waiting.
//!
//! An idle connection is closed after a minute, and any connection after 30 minutes. A task does that, which ends when no
//! connection is idle. [`close`](Database::close) closes them all.
//!
//! A connection is used again without a test. If it turns out to have ended, a query that only reads is sent again, once, on
//! a new connection, unless a row has come already. If a query is given up after 100 ms or more without an answer, or is the
//! third in a row that is given up earlier, its connection and all that have been idle since before are closed, so that
//! silent connections cost one attempt, or three if the timeout is that short. A pool of
//! your own tests its connections as it is configured to. A connection is used only on the runtime that opened it. Several
//! runtimes can share a source, but not a pool of your own.
//!
//! A SQLite file is kept open, and opened again after it was written to or replaced. In WAL mode it is opened for each fetch.
//!
//! # Watching
//!
//! Queries and keys are polled by [`watch`](fn@crate::watch). For keys of PostgreSQL's default table there is something
//! better: with [`listen`](Database::listen) the server reports each change at once, on one connection for all keys of
//! a watch. It needs a trigger, which the owner of the table creates once:
//!
//! ```sql
#![doc = include_str!("notify.sql")]
//! ```
//!
//! The notification says that the table has changed, not what: the keys are then read in one query, and a change is
//! reported for those whose values differ. Many changes in a row are read once. A server that refuses to listen is
//! reported as an error, once for each kind, and the keys are still read from time to time. The role of the
//! source needs no further permission. A pooler that shares connections between transactions does not pass
//! notifications on: give such a source a direct URL. The connection is tested every 3 s and opened again after it is
//! lost, and the keys are read every 30 s in case the trigger is missing.
//!
//! A poll reads every value again, unless its version is known: with [`version_column`](Database::version_column) the table has a
//! column for that, with [`checksums`](Database::checksums) the server makes a checksum of each value. Such a poll reads only
//! versions, and the values of those keys that have changed. The same holds for values that a cache has and asks for again.
//!
//! # What a query may do
//!
//! A query is one statement; several are misconfigured. It should read, and counts as reading if it begins with
//! `SELECT`, `WITH`, `VALUES`, `TABLE`, `SHOW` or `DESCRIBE`, and has no word of a change in it (`INSERT`,
//! `FOR UPDATE`, `INTO`, `:=`) and no function that changes something, in quotes or not (`set_config`, `GET_LOCK`,
//! advisory locks, `pg_notify`, `dblink_exec`). Any other query is sent once by a fetch, neither retried nor hedged, on
//! a connection that is closed after it; a source from a URL opens a new one for it. So a transaction that it begins,
//! or a setting that it changes, ends with that connection. A database in memory cannot be closed, so only the
//! transaction is rolled back.
//!
//! **A function with side effects may run twice.** What a function of your own does cannot be seen: `SELECT next_ticket()`
//! counts as reading, and is sent again if its connection ends before the first row comes. Do not fetch from functions that
//! must run once. What such a function changes in its session stays for the next query: let it use `SET LOCAL`.
//!
//! # Timeouts and dropped fetches
//!
//! A dropped or timed-out query costs its connection. Its effects are not undone: a server may finish a statement that
//! no fetch waits for any more, so limit it with the server's means (`statement_timeout`, `max_statement_time`). Such
//! statements take at most as many connections of the server as the pool has, beside the pool's own: with a pool of your own
//! whose limit is 2, the server has at most 4 connections. Any further one keeps its place in the pool until the server has
//! answered, or for 30 s.
//! SQLite's statements run in this process: they are stopped, their transaction is rolled back, and they count as a
//! connection until they have ended. For that each connection gets a progress handler, which replaces one that you have
//! set in a pool of your own. A database in memory keeps its connection.
//!
//! # What always holds
//!
//! No error shows a value, a parameter, a user name or a password. A server's own message is not shown, except for a
//! name that the text of the query or the default table has. Queries are shown without comments and
//! with `'…'` for literals, in every quoting of their server; numbers are shown. MariaDB and SQLite name a column after
//! its expression: such a name is not shown if it may be made of a literal. If a setting of the session decides where a
//! literal ends (a backslash before its quote, or MySQL's `/*! */`), the rest of the query is not shown. sqlx itself
//! logs whole statements at `DEBUG`, and slow statements of a pool of your own at `WARN`: bind secrets as parameters.
//! It also logs what PostgreSQL says beside an answer (`RAISE WARNING`, `NOTICE`), with its text. A source from a URL
//! asks the server to send nothing of the kind (`client_min_messages=error`), unless the URL or `PGOPTIONS` sets that.
//! Two things are sent and logged nevertheless: what `RAISE INFO` says, at `TRACE`, and what a function raises that
//! sets `client_min_messages` itself. sqlx has no setting against it: filter the target `sqlx::postgres::notice` out
//! where the program collects its log. For a pool of your own, and behind a pooler that takes no options of a session,
//! set it yourself: `PgConnectOptions::options([("client_min_messages", "error")])`, or
//! `ALTER ROLE … SET client_min_messages = error`.
//!
//! Statements do not stay prepared, so that a table may change its columns and a pooler may be used, unless
//! [`keep_statements`](Database::keep_statements) is called.
//!
//! A row is read whole before its size is checked, and is in memory more than once then. So a single large value (up to 1
//! GB in SQLite and PostgreSQL, and 16 MiB in MySQL and MariaDB unless `max_allowed_packet` is set) takes far more than 16
//! MiB before it is too large. If others may write it, let the query ask for its size first: `WHERE length(value) < 1000000`.

mod fetcher;

pub use component_model_fetchers::database::{Database, DatabaseQuery, Pool, Server};

pub use self::fetcher::{DatabaseFetcher, RowFetcher};

#[cfg(all(test, feature = "sqlite"))]
mod tests;
