//! The source `database`: SQLite, PostgreSQL, MySQL and MariaDB, each behind the cargo feature of its name.
//!
//! # What a component asks for
//!
//! | attribute | meaning |
//! | --- | --- |
//! | `query` | an SQL query; the field's type decides what its rows are, see the guide `values` |
//! | `params` | a JSON list for the placeholders of the query, such as `["eu", 5, true, null, 1.5]` |
//! | `key` | without `query`: the key in the default table, [`config`](Database::table) with `key` and `value` |
//!
//! Without `query` and `key` the name of the field is the key. All keys of one fetch are one query. A key is matched
//! exactly, whatever the collation of its column; a key that stands twice is an error for that key alone. Beside a
//! `query` the `key` is ignored, since a component with several sources may need it for another of them.
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
//! # What always holds
//!
//! No error shows a value, a parameter, a user name or a password: a server's own message is shown only where it can hold
//! nothing but names that the query has. A statement is not kept prepared, so that a table may change its columns and a
//! pooler may stand between. A cancelled query costs its connection, which is not given back half read.
//!
//! A row is read whole before it is measured, and a statement that a server runs goes on there when its answer is no
//! longer wanted: limit both with the server's means (`statement_timeout`, `max_statement_time`).

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
