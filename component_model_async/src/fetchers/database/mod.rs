//! The source `database`: SQLite, PostgreSQL, MySQL and MariaDB, each behind the cargo feature of its name.
//!
//! # What a component asks for
//!
//! | option | meaning |
//! | --- | --- |
//! | `query` | an SQL query; the field's type decides what its rows are, see the guide `values` |
//! | `params` | a JSON list for the placeholders of the `query`, such as `["eu", 5, true, null, 1.5]` |
//! | `key` | without `query`: the key in the default table, [`config`](Database::table) with `key` and `value` |
//!
//! Without `query` and `key` the name of the field is the key. All keys of one fetch are one query. A key is matched
//! exactly, whatever the collation of its column; a key that stands twice is an error for that key alone. Beside a
//! `query` the `key` is ignored: another source of the component may read it. If none does, the `key` is an error.
//!
//! The placeholders are the server's: `$1`, `$2` for PostgreSQL, `?` for the others. A parameter is bound with the type
//! it has in JSON (text, 64-bit integer, double, boolean), never written into the query; where PostgreSQL wants another
//! type, the query says so: `WHERE id = $1::uuid`.
//!
//! # What the answers mean
//!
//! | the answer | the component |
//! | --- | --- |
//! | no row | is absent; a list or a map is empty |
//! | `NULL` | is `None` for an `Option`, an error for anything else |
//! | rows of more than 16 MiB | fails as too large |
//! | a wrong password, a missing right | fails as denied |
//! | an unknown table or column, a mistake in the query | fails as misconfigured, with the name |
//! | a certificate that is not valid for the server | fails as misconfigured, with the reason |
//! | two columns of one name, a type that cannot be read | fails as malformed, with the name of the column |
//!
//! # How columns are read
//!
//! Nothing is lost: a `NUMERIC` is text with its exact digits (`NaN` and `Infinity` too), read by the field's type; dates
//! and times are text in the form of RFC 3339, an `INTERVAL` in that of ISO 8601 (`P1Y2M3DT4H5M6.5S`), or as `1h30m` where
//! it has neither months nor a sign, so that a `Duration` reads it; `UUID`, `INET`, enums and `BIT(n)` of PostgreSQL are
//! text; `JSON` is the document; arrays are lists; bytes are bytes. MySQL's zero dates are `NULL`. SQLite's values have
//! their own types, whatever the column's. What is left (ranges, composites, geometry) is an error that says so: cast it
//! to text in the query.
//!
//! # Connections
//!
//! A source from a URL opens at most 16 connections, and a fetch that finds none free waits for one; so it does if the server
//! or the user's role allows fewer. A pool of your own keeps its own limits. In neither does this source open a connection
//! beside the pool. The attempt's timeout bounds the waiting too.
//!
//! A connection is used again without a test. If it has ended, a query that only reads is sent once more, on a new one, as
//! long as no row has come. If a query is given up after 100 ms or more without an answer, its connection and all that have
//! been idle since before are closed, so that silent connections cost one attempt. A pool of your own tests its connections
//! as it is set up to. A connection serves on the runtime that opened it; sources can be shared by several runtimes, a pool of
//! your own can not.
//!
//! A SQLite file is kept open, and opened again when it was written to or replaced; in WAL mode it is opened for each fetch.
//!
//! # What a query may do
//!
//! A query should read. One that begins otherwise than `SELECT`, `WITH`, `VALUES`, `TABLE`, `SHOW` or `DESCRIBE`, has several
//! statements, or has a word of a change in it (`INSERT`, `FOR UPDATE`, `INTO`, `set_config`, `GET_LOCK`, advisory locks, `:=`)
//! gets a connection that is closed after it, for a source from a URL a new one. So a transaction that it opens, or a setting that it changes, ends with
//! it; and it is sent only once. What a function of your own does to its session cannot be seen: let it use `SET LOCAL`. A
//! database in memory cannot be closed, so only its transaction is rolled back. A timeout does not undo what a query did.
//!
//! # What always holds
//!
//! No error shows a value, a parameter, a user name or a password. A server's own message is shown only if it can hold
//! nothing but names of the query. Queries are shown without comments and with `'…'` for literals, in every quoting of their
//! server; numbers are shown. If a setting of the session decides where a literal ends (a backslash before its quote, or
//! MySQL's `/*! */`), the rest of the query is not shown. sqlx itself logs whole statements at `DEBUG`, and a pool of
//! your own slow ones at `WARN`: bind secrets as parameters.
//!
//! Statements do not stay prepared, so that a table may change its columns and a pooler may stand between, unless
//! [`keep_statements`](Database::keep_statements) is called. A cancelled query costs its connection.
//!
//! A row is read whole before it is measured, and a server goes on with a statement after its answer is no longer wanted:
//! limit both with the server's means (`statement_timeout`, `max_statement_time`).

mod client;
mod column;
mod config;
mod connections;
mod failure;
mod fetcher;
mod params;
mod server;
mod source;
mod sql;
mod table;

pub use self::{
    config::Database,
    fetcher::{DatabaseFetcher, RowFetcher},
    server::{Pool, Server},
};

#[cfg(all(test, feature = "sqlite"))]
mod tests;
