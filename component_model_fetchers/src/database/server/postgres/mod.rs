//! PostgreSQL: values are sent in binary, which `value` reads; errors have an SQLSTATE, which `sqlstate` classifies.

mod bytes;
mod listener;
mod passfile;
mod quiet;
mod sqlstate;
mod temporal;
mod value;

use std::{
    borrow::Cow,
    env::var,
    path::{Path, PathBuf},
    str::FromStr as _,
};

use ::url::Url;
use component_model_source::{ErrorKind, SourceError, Value};
use futures_util::stream::BoxStream;
use sqlx::{
    AssertSqlSafe, Encode, PgConnection, Postgres, Row as _, Type, ValueRef as _,
    encode::IsNull,
    error::{BoxDynError, DatabaseError},
    postgres::{PgArgumentBuffer, PgArguments, PgConnectOptions, PgRow, PgTypeInfo, PgValueRef, types::Oid},
};

pub(in crate::database) use self::listener::Listener;
use super::{Address, Dialect, bad_url, url};
use crate::{
    credentials,
    database::{
        column::Unreadable,
        names::Names,
        params::{Param, too_large_integer},
        sql::{Placeholders, Quoting},
        table::{Columns, Table},
    },
    parsers,
};

/// How a connection is made. What the URL leaves out is taken from `PGHOST` and similar variables, and the password from
/// the password file.
pub(in crate::database) fn options(url: &str) -> Result<PgConnectOptions, SourceError> {
    credentials::check(url, false)?;
    options_with(url, passfile::paths())
}

fn options_with(url: &str, passfiles: Vec<PathBuf>) -> Result<PgConnectOptions, SourceError> {
    let url = url::check(url, &url::POSTGRES)?;
    let bad_url = || bad_url("write it as `postgres://user:password@host:5432/database`");
    let mut parsed = Url::parse(&url).map_err(|_| bad_url())?;
    if has_password(&parsed) {
        return PgConnectOptions::from_str(&url).map_err(|_| bad_url());
    }
    // Without any password, sqlx would read the password file, and log a line that it does not understand.
    parsed.query_pairs_mut().append_pair("password", "");
    let options = PgConnectOptions::from_str(parsed.as_str()).map_err(|_| bad_url())?;
    Ok(match passfile::password(&passfiles, &options)? {
        Some(password) => options.password(&password),
        None => options,
    })
}

/// Whether the URL or the environment has a password.
fn has_password(url: &Url) -> bool {
    url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password") || var("PGPASSWORD").is_ok()
}

impl Dialect for Postgres {
    // One array is bound, of any length; this limits its memory.
    const KEYS_PER_QUERY: usize = 10_000;

    const QUOTING: Quoting = Quoting::POSTGRES;

    fn place(options: &PgConnectOptions) -> String {
        match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        }
    }

    fn address(options: &PgConnectOptions) -> Address {
        let port = options.get_port();
        match options.get_socket() {
            Some(folder) => Address::Socket(folder.join(format!(".s.PGSQL.{port}"))),
            None if options.get_host().starts_with('/') => {
                Address::Socket(Path::new(options.get_host()).join(format!(".s.PGSQL.{port}")))
            }
            None => Address::Host(options.get_host().to_owned(), port),
        }
    }

    async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
        quiet::connect(options).await
    }

    // PostgreSQL accepts a parameter without a placeholder.
    fn placeholders(sql: &str) -> Placeholders {
        Placeholders::numbered(sql, &Self::QUOTING)
    }

    fn arguments(params: &[Param]) -> Result<PgArguments, SourceError> {
        let mut arguments = PgArguments::default();
        for param in params {
            bind(&mut arguments, param)?;
        }
        Ok(arguments)
    }

    fn keys_query(table: &Table, columns: Columns, keys: &[&str]) -> Result<(String, PgArguments), SourceError> {
        use sqlx::Arguments as _;
        let selected = table.selected::<Self>(columns, '"', "");
        let [table, key] = table.quoted('"');
        let mut arguments = PgArguments::default();
        arguments.add(keys).map_err(|_| cannot_bind())?;
        // The cast drops the blanks that pad a `char(n)`, and lets a column of another type, such as an integer, be the key.
        // An index on text serves it.
        Ok((format!("SELECT {key}::text, {selected} FROM {table} WHERE {key}::text = ANY($1)"), arguments))
    }

    // `xmin` and other types without a text of ours have one of the server's.
    fn version(column: &str) -> String {
        format!("{column}::text")
    }

    fn checksum(column: &str, salt: &str) -> Option<String> {
        // In the encoding that the text has, so that nothing is converted.
        let bytes = format!("convert_to('{salt}' || {column}::text, getdatabaseencoding())");
        Some(format!("encode(sha256({bytes}), 'hex')"))
    }

    // If sqlx does not know a type, it asks the server between the two steps of a statement, which loses a statement that is
    // not kept. The next time it knows. A kept statement may be lost because of a pooler (26000, 42P05), or of a table whose
    // columns have changed (0A000).
    fn is_fixed_by_preparing_again(error: &sqlx::Error) -> bool {
        code(error).is_some_and(|code| matches!(&*code, "26000" | "42P05" | "0A000"))
    }

    fn is_full(error: &sqlx::Error) -> bool {
        code(error).is_some_and(|code| code == "53300")
    }

    fn has_ended(error: &dyn DatabaseError) -> bool {
        sqlstate::has_ended(error)
    }

    fn rows<'c>(
        connection: &'c mut PgConnection,
        sql: &str,
        arguments: PgArguments,
        keep: bool,
    ) -> BoxStream<'c, Result<PgRow, sqlx::Error>> {
        sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(keep).fetch(connection)
    }

    fn value(row: &PgRow, index: usize) -> Result<Value, Unreadable> {
        let raw = row.try_get_raw(index).map_err(|_| Unreadable::Type)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        let bytes = raw.as_bytes().map_err(|_| Unreadable::Type)?;
        value::read(&raw.type_info(), bytes)
    }

    fn takes_long_to_read(row: &PgRow) -> bool {
        let is_large = |raw: PgValueRef<'_>| {
            raw.as_bytes().is_ok_and(|bytes| bytes.len() > parsers::IN_PLACE) && value::is_parsed(&raw.type_info())
        };
        (0..row.len()).any(|index| row.try_get_raw(index).is_ok_and(is_large))
    }

    fn classify(error: &dyn DatabaseError, names: &Names<'_>, _: &PgConnectOptions) -> SourceError {
        sqlstate::classify(error, names)
    }
}

fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error().and_then(DatabaseError::code)
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

/// `NULL` of the type that the server infers.
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
