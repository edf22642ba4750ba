//! PostgreSQL: everything travels in its binary form, read in `value`; errors carry an SQLSTATE, read in `sqlstate`.

mod sqlstate;
mod temporal;
mod value;

use std::str::FromStr as _;

use futures_util::stream::BoxStream;
use sqlx::{
    AssertSqlSafe, Encode, PgConnection, PgPool, Postgres, Row as _, Type, ValueRef as _,
    encode::IsNull,
    error::{BoxDynError, DatabaseError},
    postgres::{PgArgumentBuffer, PgArguments, PgConnectOptions, PgRow, PgTypeInfo, types::Oid},
};

use super::{Dialect, bad_url, pool_options};
use crate::{
    ErrorKind, SourceError, Value,
    fetchers::database::{
        column::Unreadable,
        params::{Param, too_large_integer},
        table::Table,
    },
};

/// A pool for a URL; what the URL leaves out comes from `PGHOST` and its like.
pub(super) fn pool(url: &str) -> Result<PgPool, SourceError> {
    let options = PgConnectOptions::from_str(url);
    let options = options.map_err(|_| bad_url("write it as `postgres://user:password@host:5432/database`"))?;
    Ok(pool_options().connect_lazy_with(options))
}

impl Dialect for Postgres {
    // One array is bound, however long; this bounds its memory.
    const KEYS_PER_QUERY: usize = 10_000;

    fn place(options: &PgConnectOptions) -> String {
        match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        }
    }

    fn arguments(params: &[Param]) -> Result<PgArguments, SourceError> {
        let mut arguments = PgArguments::default();
        for param in params {
            bind(&mut arguments, param)?;
        }
        Ok(arguments)
    }

    fn keys_query(table: &Table, keys: &[&str]) -> Result<(String, PgArguments), SourceError> {
        use sqlx::Arguments as _;
        let [table, key, value] = table.quoted('"');
        let mut arguments = PgArguments::default();
        arguments.add(keys).map_err(|_| cannot_bind())?;
        // The cast drops the blanks that pad a `char(n)`.
        Ok((format!("SELECT {key}::text, {value} FROM {table} WHERE {key} = ANY($1)"), arguments))
    }

    // To learn of a type that it does not know, sqlx asks the server between the two steps of a statement, and so loses
    // the one that is not kept. The next time it knows.
    fn wants_a_second_try(error: &sqlx::Error) -> bool {
        error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code == "26000")
    }

    fn rows<'c>(
        connection: &'c mut PgConnection,
        sql: &str,
        arguments: PgArguments,
    ) -> BoxStream<'c, Result<PgRow, sqlx::Error>> {
        sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(false).fetch(connection)
    }

    fn value(row: &PgRow, index: usize) -> Result<Value, Unreadable> {
        let raw = row.try_get_raw(index).map_err(|_| Unreadable::Type)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        let bytes = raw.as_bytes().map_err(|_| Unreadable::Type)?;
        value::read(&raw.type_info(), bytes)
    }

    fn classify(error: &dyn DatabaseError) -> SourceError {
        sqlstate::classify(error)
    }
}

fn bind(arguments: &mut PgArguments, param: &Param) -> Result<(), SourceError> {
    use sqlx::Arguments as _;
    let bound = match param {
        Param::Null => arguments.add(Untyped),
        Param::Bool(value) => arguments.add(*value),
        Param::Signed(value) => arguments.add(*value),
        Param::Unsigned(_) => return Err(too_large_integer()),
        Param::Float(value) => arguments.add(*value),
        Param::Text(text) => arguments.add(text.as_str()),
    };
    bound.map_err(|_| cannot_bind())
}

fn cannot_bind() -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, "a parameter cannot be bound")
}

/// `NULL` of whatever type the server finds that it must be.
struct Untyped;

impl Type<Postgres> for Untyped {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for Untyped {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}
