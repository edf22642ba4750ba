//! MySQL and MariaDB: columns have types; errors have a number, which `number` classifies.

mod number;

use std::str::FromStr as _;

use component_model_source::{ErrorKind, SourceError, Value};
use futures_util::stream::BoxStream;
use sqlx::{
    AssertSqlSafe, Column as _, Decode, MySql, MySqlConnection, Row as _, Type, TypeInfo as _, ValueRef as _,
    error::DatabaseError,
    mysql::{MySqlArguments, MySqlConnectOptions, MySqlRow, MySqlTypeInfo, types::MySqlTime},
    types::chrono::{NaiveDate, NaiveDateTime},
};

use super::{Address, Dialect, bad_url, url};
use crate::{
    credentials,
    database::{
        column::{self, Unreadable},
        names::Names,
        params::Param,
        sql::Quoting,
        table::{Columns, Table},
    },
    parsers,
};

/// How a connection is made. Its time zone is UTC.
pub(in crate::database) fn options(url: &str) -> Result<MySqlConnectOptions, SourceError> {
    let url = url.split_once(':').map_or(String::new(), |(_, rest)| format!("mysql:{rest}"));
    credentials::check(&url, false)?;
    let url = url::check(&url, &url::MYSQL)?;
    MySqlConnectOptions::from_str(&url).map_err(|_| bad_url("write it as `mysql://user:password@host:3306/database`"))
}

impl Dialect for MySql {
    // The protocol allows 65 535.
    const KEYS_PER_QUERY: usize = 10_000;

    const QUOTING: Quoting = Quoting::MYSQL;

    fn place(options: &MySqlConnectOptions) -> String {
        match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        }
    }

    fn address(options: &MySqlConnectOptions) -> Address {
        match options.get_socket() {
            Some(socket) => Address::Socket(socket.clone()),
            None => Address::Host(options.get_host().to_owned(), options.get_port()),
        }
    }

    fn is_full(error: &sqlx::Error) -> bool {
        error.as_database_error().is_some_and(number::is_full)
    }

    fn has_ended(error: &dyn DatabaseError) -> bool {
        number::has_ended(error)
    }

    fn arguments(params: &[Param]) -> Result<MySqlArguments, SourceError> {
        let mut arguments = MySqlArguments::default();
        for param in params {
            bind(&mut arguments, param)?;
        }
        Ok(arguments)
    }

    fn keys_query(table: &Table, columns: Columns, keys: &[&str]) -> Result<(String, MySqlArguments), SourceError> {
        let params: Vec<_> = keys.iter().map(|key| Param::Text((*key).to_owned())).collect();
        Ok((table.query_in::<Self>(columns, '`', keys.len()), Self::arguments(&params)?))
    }

    fn checksum(column: &str, salt: &str) -> Option<String> {
        Some(format!("SHA2(CONCAT('{salt}', {column}), 256)"))
    }

    fn rows<'c>(
        connection: &'c mut MySqlConnection,
        sql: &str,
        arguments: MySqlArguments,
        keep: bool,
    ) -> BoxStream<'c, Result<MySqlRow, sqlx::Error>> {
        sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(keep).fetch(connection)
    }

    fn value(row: &MySqlRow, index: usize) -> Result<Value, Unreadable> {
        let raw = row.try_get_raw(index).map_err(|_| Unreadable::Type)?;
        if raw.is_null() { Ok(Value::Null) } else { read(row, index, &raw.type_info()) }
    }

    /// Only JSON is parsed.
    fn takes_long_to_read(row: &MySqlRow) -> bool {
        (0..row.len()).any(|index| {
            row.column(index).type_info().name() == "JSON"
                && get::<&[u8]>(row, index).is_ok_and(|bytes| bytes.len() > parsers::IN_PLACE)
        })
    }

    fn classify(error: &dyn DatabaseError, names: &Names<'_>, _: &MySqlConnectOptions) -> SourceError {
        number::classify(error, names)
    }
}

fn bind(arguments: &mut MySqlArguments, param: &Param) -> Result<(), SourceError> {
    use sqlx::Arguments as _;
    let bound = match param {
        Param::Null => arguments.add(None::<String>),
        Param::Bool(value) => arguments.add(*value),
        Param::Signed(value) => arguments.add(*value),
        Param::Unsigned(value) => arguments.add(*value),
        Param::Float(value) => arguments.add(*value),
        Param::Text(text) => arguments.add(text.as_str()),
    };
    bound.map_err(|_| SourceError::new(ErrorKind::Misconfigured, "a parameter cannot be bound"))
}

fn read(row: &MySqlRow, index: usize, ty: &MySqlTypeInfo) -> Result<Value, Unreadable> {
    match ty.name() {
        "FLOAT" => get::<f32>(row, index).map(|value| Value::Float(value.into())),
        "DOUBLE" => get(row, index).map(Value::Float),
        // Sent as its digits.
        "DECIMAL" => get(row, index).map(Value::Text),
        "YEAR" | "BIT" => get(row, index).map(Value::Unsigned),
        "DATE" => get::<NaiveDate>(row, index).map(|date| Value::text(date.to_string())),
        "DATETIME" => get::<NaiveDateTime>(row, index).map(|time| Value::text(format!("{time:?}"))),
        // Sent in the connection's time zone, which sqlx sets to UTC.
        "TIMESTAMP" => get::<NaiveDateTime>(row, index).map(|time| Value::text(format!("{time:?}Z"))),
        "TIME" => get(row, index).map(|time| Value::Text(time_text(time))),
        "JSON" => column::json(get(row, index)?, "JSON that cannot be read: a number is out of range"),
        _ if <u64 as Type<MySql>>::compatible(ty) => get(row, index).map(Value::Unsigned),
        _ if <i64 as Type<MySql>>::compatible(ty) => get(row, index).map(Value::Signed),
        "SET" => get(row, index).map(Value::Text),
        _ if <String as Type<MySql>>::compatible(ty) => get(row, index).map(Value::Text),
        _ if <Vec<u8> as Type<MySql>>::compatible(ty) => get(row, index).map(Value::Bytes),
        _ => Err(Unreadable::Type),
    }
}

/// Reads the bytes as a type that has already been compared with the column's own.
fn get<'r, T: Decode<'r, MySql>>(row: &'r MySqlRow, index: usize) -> Result<T, Unreadable> {
    row.try_get_unchecked(index).map_err(|_| Unreadable::Content("a value that is not valid for its type"))
}

/// `12:30:00.5`, also negative and beyond a day.
fn time_text(time: MySqlTime) -> String {
    // Its own `is_negative` says the opposite.
    let sign = if time.sign().is_negative() { "-" } else { "" };
    let whole = format!("{sign}{:02}:{:02}:{:02}", time.hours(), time.minutes(), time.seconds());
    match time.microseconds() {
        0 => whole,
        micros => format!("{whole}.{}", format!("{micros:06}").trim_end_matches('0')),
    }
}
