//! SQLite: a value has a type of its own, whatever the column says.

use std::{
    io,
    path::{Path, PathBuf},
    str::FromStr as _,
    time::Duration,
};

use component_model_source::{ErrorKind, SourceError, Value};
use futures_util::stream::BoxStream;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Row as _, Sqlite, SqliteConnection,
    TypeInfo as _, ValueRef as _,
    error::DatabaseError,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteRow},
};

use super::{Address, Dialect, bad_url, url};
use crate::{
    database::{
        column::Unreadable,
        connections::{Fingerprint, Interrupt},
        names::{Names, Object, between},
        params::{Param, too_large_integer},
        sql::{Placeholders, Quoting},
        table::{Columns, Table},
    },
    read,
};

/// How many steps of its virtual machine SQLite takes before it asks whether to go on: some microseconds.
const STEPS_BETWEEN_CHECKS: i32 = 1000;

/// The result for a file that cannot be opened, for whatever reason.
const CANNOT_OPEN: i32 = 14;

/// How the database of a URL is opened. A locked one is reported within an attempt's timeout.
pub(in crate::database) fn options(url: &str) -> Result<SqliteConnectOptions, SourceError> {
    if has_credentials(url) {
        let message = "the URL has a user and a password, which SQLite does not have";
        return Err(SourceError::new(ErrorKind::Misconfigured, message).with_hint(
            "write `postgres://` or `mysql://` for a server, or a file with such a name as `sqlite:./a:b@c.db`",
        ));
    }
    url::check(url, &url::SQLITE)?;
    let options = SqliteConnectOptions::from_str(url).map_err(|_| bad_url("write it as `sqlite:path/to/file.db`"))?;
    Ok(options.busy_timeout(Duration::from_secs(1)))
}

impl Dialect for Sqlite {
    // SQLite itself allows 32 766.
    const KEYS_PER_QUERY: usize = 10_000;

    const IS_REMOTE: bool = false;

    const RUNS_SEVERAL: bool = true;

    const QUOTING: Quoting = Quoting::SQLITE;

    fn place(options: &SqliteConnectOptions) -> String {
        options.get_filename().display().to_string()
    }

    fn address(_: &SqliteConnectOptions) -> Address {
        Address::Nowhere
    }

    async fn fingerprint(options: &SqliteConnectOptions) -> Option<Fingerprint> {
        read::fingerprint(file(options)?).await
    }

    // Opening a pipe may never end, and would keep its thread.
    async fn connect(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
        match irregular(options).await {
            Some(path) => Err(sqlx::Error::Configuration(Box::new(read::irregular(&path)))),
            None => SqliteConnection::connect_with(options).await,
        }
    }

    // SQLite has one code for all that keeps it from opening a file.
    async fn why_unopened(
        options: &SqliteConnectOptions,
        error: &sqlx::Error,
        place: Option<String>,
    ) -> Option<SourceError> {
        let is_unopened = |error: &dyn DatabaseError| result_code(error) & 0xff == CANNOT_OPEN;
        error.as_database_error().filter(|error| is_unopened(*error))?;
        let path = file(options)?;
        match read::access(path).await.err()? {
            io::ErrorKind::NotFound => Some(missing(place)),
            io::ErrorKind::PermissionDenied => {
                Some(SourceError::new(ErrorKind::Denied, "no permission to read the database file"))
            }
            _ => None,
        }
    }

    // In WAL mode a connection that stays open keeps the second file, which SQLite would then read beside a first one that
    // was replaced. Without inodes nothing tells a file from the one that took its place.
    async fn may_stay_open(options: &SqliteConnectOptions) -> bool {
        match file(options) {
            Some(path) => cfg!(unix) && read::fingerprint(beside(&path, "-wal")).await.is_none(),
            None => true,
        }
    }

    async fn install_interrupt(connection: &mut SqliteConnection, interrupt: &Interrupt) -> Result<(), sqlx::Error> {
        let interrupt = interrupt.clone();
        let goes_on = move || !interrupt.is_requested();
        connection.lock_handle().await?.set_progress_handler(STEPS_BETWEEN_CHECKS, goes_on);
        Ok(())
    }

    // The second name is sqlx's own for `:memory:`. Any other database in memory has `mode=memory` in its URL.
    fn lives_in_connection(options: &SqliteConnectOptions) -> bool {
        let name = options.get_filename().to_string_lossy();
        name.contains(":memory:")
            || name.contains("sqlx-in-memory")
            || name.contains("mode=memory")
            || is_in_memory(options)
    }

    async fn roll_back(connection: &mut SqliteConnection) {
        // It fails if there is no transaction.
        let _ = connection.execute("ROLLBACK").await;
    }

    fn arguments(params: &[Param]) -> Result<SqliteArguments, SourceError> {
        let mut arguments = SqliteArguments::default();
        for param in params {
            bind(&mut arguments, param)?;
        }
        Ok(arguments)
    }

    fn placeholders(sql: &str) -> Placeholders {
        Placeholders::of_sqlite(sql)
    }

    fn keys_query(table: &Table, columns: Columns, keys: &[&str]) -> Result<(String, SqliteArguments), SourceError> {
        let params: Vec<_> = keys.iter().map(|key| Param::Text((*key).to_owned())).collect();
        Ok((table.query_in::<Self>(columns, '"', keys.len()), Self::arguments(&params)?))
    }

    fn rows<'c>(
        connection: &'c mut SqliteConnection,
        sql: &str,
        arguments: SqliteArguments,
        keep: bool,
    ) -> BoxStream<'c, Result<SqliteRow, sqlx::Error>> {
        sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(keep).fetch(connection)
    }

    fn value(row: &SqliteRow, index: usize) -> Result<Value, Unreadable> {
        let raw = row.try_get_raw(index).map_err(|_| Unreadable::Type)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        match raw.type_info().name() {
            "INTEGER" => row.try_get_unchecked(index).map(Value::Signed),
            "REAL" => row.try_get_unchecked(index).map(Value::Float),
            "TEXT" => row.try_get_unchecked(index).map(Value::Text),
            "BLOB" => row.try_get_unchecked(index).map(Value::Bytes),
            _ => return Err(Unreadable::Type),
        }
        .map_err(|_| Unreadable::Content("text that is not UTF-8"))
    }

    fn classify(error: &dyn DatabaseError, names: &Names<'_>, _: &SqliteConnectOptions) -> SourceError {
        let code = result_code(error);
        // The low byte is the result, the rest details it.
        classify_result(code & 0xff, code, error.message(), names)
    }
}

/// Whether it is the URL of a server, `sqlite://user:password@host/database`, whose password would be in the name of a file.
fn has_credentials(url: &str) -> bool {
    let name = url.strip_prefix("sqlite:").unwrap_or(url);
    let name = name.strip_prefix("//").unwrap_or(name);
    !name.starts_with(['/', '.']) && name.split_once(':').is_some_and(|(_, after)| after.contains('@'))
}

/// The file of a database that is not in memory.
fn file(options: &SqliteConnectOptions) -> Option<PathBuf> {
    (!Sqlite::lives_in_connection(options)).then(|| options.get_filename().to_owned())
}

/// Whether the mode is `memory`. Only the URL tells, and sqlx panics if the name of the file makes no URL.
fn is_in_memory(options: &SqliteConnectOptions) -> bool {
    let url = options.clone().filename("any.db").to_url_lossy();
    url.query_pairs().any(|pair| pair == ("mode".into(), "memory".into()))
}

/// What SQLite opens with a database, if it is not a regular file: the database, or a file beside it.
async fn irregular(options: &SqliteConnectOptions) -> Option<PathBuf> {
    let file = file(options)?;
    for ending in ["", "-journal", "-wal", "-shm"] {
        let path = beside(&file, ending);
        if read::is_irregular(path.clone()).await {
            return Some(path);
        }
    }
    None
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn bind(arguments: &mut SqliteArguments, param: &Param) -> Result<(), SourceError> {
    use sqlx::Arguments as _;
    let bound = match param {
        Param::Null => arguments.add(None::<String>),
        Param::Bool(value) => arguments.add(*value),
        Param::Signed(value) => arguments.add(*value),
        Param::Unsigned(_) => return Err(too_large_integer()),
        Param::Float(value) => arguments.add(*value),
        Param::Text(text) => arguments.add(text.clone()),
    };
    bound.map_err(|_| SourceError::new(ErrorKind::Misconfigured, "a parameter cannot be bound"))
}

/// The result codes of <https://sqlite.org/rescode.html>.
fn classify_result(result: i32, code: i32, message: &str, names: &Names<'_>) -> SourceError {
    match result {
        1 => classify_refusal(message, names),
        3 | 8 | 23 => SourceError::new(ErrorKind::Denied, format!("SQLite has no permission for this (code {code})")),
        5 | 6 => SourceError::new(ErrorKind::Unavailable, "the database is locked"),
        7 => SourceError::new(ErrorKind::Unavailable, format!("memory is full (code {code})")),
        13 => SourceError::new(ErrorKind::Other, format!("the disk is full (code {code})")),
        9 => SourceError::new(ErrorKind::Timeout, "the query was interrupted"),
        10 => SourceError::new(ErrorKind::Other, format!("the file cannot be read (code {code})")),
        11 | 26 => SourceError::new(
            ErrorKind::Malformed,
            format!("the file is damaged or not a SQLite database (code {code})"),
        ),
        CANNOT_OPEN => SourceError::new(ErrorKind::Misconfigured, "the database file cannot be opened")
            .with_hint("check that the file exists and may be read, or add `?mode=rwc` to the URL to create it"),
        18 => SourceError::new(ErrorKind::TooLarge, "a value is larger than SQLite allows"),
        _ => SourceError::new(ErrorKind::Other, format!("SQLite failed (code {code})")),
    }
}

fn result_code(error: &dyn DatabaseError) -> i32 {
    error.code().and_then(|code| code.parse().ok()).unwrap_or_default()
}

/// The file may come, as one on a volume that is not mounted yet: nothing is known of the value. Its path is not shown if
/// another component has given it.
fn missing(place: Option<String>) -> SourceError {
    let name = place.map(|place| format!(" `{place}`")).unwrap_or_default();
    SourceError::new(ErrorKind::NotSetUp, format!("the database file{name} does not exist"))
        .with_hint("check the path, or add `?mode=rwc` to the URL to create the file")
}

/// Why SQLite cannot run a query.
fn classify_refusal(message: &str, names: &Names<'_>) -> SourceError {
    let after = |before| message.strip_prefix(before);
    let code = "code 1";
    if let Some(name) = after("no such table: ") {
        return names.missing(Object::Table, Some(name), code);
    }
    if let Some(name) = after("no such column: ") {
        return names.missing(Object::Column, Some(name), code);
    }
    if let Some(name) = after("no such function: ") {
        return names.missing(Object::Function, Some(name), code);
    }
    if let Some(name) = after("ambiguous column name: ") {
        return names.ambiguous(Some(name), code);
    }
    let near = between(message, "near \"", "\": syntax error").map(|word| names.find(word));
    let what = match near {
        Some(Some(word)) => format!("the query has a mistake in its syntax near `{word}`"),
        Some(None) => "the query has a mistake in its syntax".to_owned(),
        None if message == "incomplete input" => "the query is incomplete".to_owned(),
        None => "SQLite refuses the query".to_owned(),
    };
    SourceError::new(ErrorKind::Misconfigured, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_in_no_message() {
        let names = Names::of_query("SELEC 'hunter2', \"hunter2\", x'hunter2' FROM config", &Quoting::SQLITE);
        let text = |message: &str| classify_result(1, 1, message, &names).to_string();
        for piece in ["'hunter2'", "\"hunter2\"", "x'hunter2", "hunter2"] {
            assert_eq!(text(&format!("near \"{piece}\": syntax error")), "the query has a mistake in its syntax");
            assert_eq!(text(&format!("no such table: {piece}")), "there is no such table (code 1)");
        }
        assert_eq!(text("near \"SELEC\": syntax error"), "the query has a mistake in its syntax near `SELEC`");
        assert_eq!(text("no such table: config"), "there is no table `config`");
    }

    #[test]
    fn only_failures_that_waiting_resolves_are_transient() {
        for result in [10, 13, 14, 26] {
            assert!(!classify_result(result, result, "", &Names::default()).kind().is_transient(), "{result}");
        }
        for result in [5, 6, 7] {
            assert!(classify_result(result, result, "", &Names::default()).kind().is_transient(), "{result}");
        }
    }
}
