//! What holds of the source and its readers, on SQLite; the other servers are in the tests of the facade.

#![allow(clippy::unwrap_used)]

mod files;
mod setup;

use component_model_source::{
    Answer, Asked, ErrorKind, Record, Request, RequestSpec, Source, SourceError, Value, decode,
};
use component_model_types::plan::Layer;
use serde::Deserialize;
use sqlx::{SqlitePool, sqlite::SqlitePoolOptions};

use super::{Database, QueryReader, RowReader, source::DatabaseQuery};

async fn pool(statements: &str) -> SqlitePool {
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&pool).await.unwrap();
    pool
}

async fn config(rows: &str) -> SqlitePool {
    pool(&format!("CREATE TABLE config (key TEXT, value); INSERT INTO config VALUES {rows}")).await
}

fn bind(
    database: &Database,
    key: Option<&'static str>,
    options: &'static [(&'static str, &'static str)],
) -> Result<Request<DatabaseQuery>, SourceError> {
    let layer = Layer { key, options, ..Layer::NEW };
    database.bind(&RequestSpec::new(&layer, &["app", "port"]).declaring(Database::OPTIONS))
}

fn by_key(database: &Database, key: &'static str) -> Request<DatabaseQuery> {
    bind(database, Some(key), &[]).unwrap()
}

fn value(answer: Answer) -> Option<Value> {
    answer.unwrap().record().map(Record::value).cloned()
}

fn asked(requests: &[Request<DatabaseQuery>]) -> Vec<Asked<'_, DatabaseQuery>> {
    requests.iter().map(|request| Asked::new(request.query())).collect()
}

async fn query<T: serde::de::DeserializeOwned + Send>(sql: &str) -> Result<T, SourceError> {
    QueryReader::new(pool("").await, sql).read().await
}

/// The time that this thread has spent on a processor, which other processes do not lengthen.
#[cfg(target_os = "linux")]
fn processor_time() -> std::time::Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    std::time::Duration::try_from(time).unwrap()
}

/// The least time that this thread takes to fetch so many rows with so many columns.
#[cfg(target_os = "linux")]
async fn time_of(pool: &SqlitePool, rows: usize, columns: usize) -> std::time::Duration {
    let list: Vec<_> = (0..columns).map(|column| format!("{column} AS a_column_with_the_number_{column}")).collect();
    let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})");
    let sql = format!("{numbers} SELECT {} FROM n", list.join(", "));
    let connections = super::connections::Connections::from(pool.clone());
    let sql = super::pool::statement::<sqlx::Sqlite>(sql);
    let mut least = std::time::Duration::MAX;
    for _ in 0..5 {
        let started = processor_time();
        let value = super::source::of_query(&connections, &sql, &[]).await.unwrap();
        least = least.min(processor_time() - started);
        drop(value);
    }
    least
}

/// Eight times as much takes 8 times as long if the work is linear, and 64 times if it is quadratic.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn many_rows_and_many_columns_are_read_in_linear_time() {
    let pool = pool("").await;
    let small = time_of(&pool, 20, 200).await;
    for (rows, columns) in [(160, 200), (20, 1600)] {
        let large = time_of(&pool, rows, columns).await;
        let ratio = large.as_secs_f64() / small.as_secs_f64();
        assert!(ratio < 24.0, "{small:?} for 20 rows of 200 columns, {large:?} for {rows} of {columns}");
    }
}

#[tokio::test]
async fn several_statements_are_refused_and_none_of_them_runs() {
    let pool = pool("CREATE TABLE t AS SELECT 1 AS x").await;
    let fetch = async |sql: &str| -> Result<Vec<u8>, SourceError> { QueryReader::new(pool.clone(), sql).read().await };
    for sql in ["SELECT 1; SELECT 2", "DELETE FROM t; SELECT 1"] {
        let error = fetch(sql).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.to_string().contains("more than one statement"), "{error}");
        let bound = bind(&Database::new(pool.clone()), None, &[("query", "SELECT 1; SELECT 2")]);
        assert_eq!(bound.err().unwrap().to_string(), "the query has more than one statement");
    }
    assert_eq!(fetch("SELECT x FROM t; -- the end").await.unwrap(), [1]);
}

#[tokio::test]
async fn a_value_has_sqlites_own_type_whatever_the_column_says() {
    let rows = "('t', '0042'), ('i', -9223372036854775808), ('r', 0.1), ('b', x'00ff'), ('n', NULL), ('e', '')";
    let database = Database::new(config(rows).await);
    let expected = [
        ("t", Value::text("0042")),
        ("i", Value::Signed(i64::MIN)),
        ("r", Value::Float(0.1)),
        ("b", Value::Bytes(vec![0, 0xff])),
        ("n", Value::Null),
        ("e", Value::text("")),
    ];
    for (key, expected) in expected {
        let found = value(database.fetch(Asked::new(by_key(&database, key).query())).await);
        assert!(found == Some(expected), "{key}");
    }
}

#[tokio::test]
async fn many_keys_are_answered_in_order_and_each_may_be_absent() {
    let database = Database::new(config("('a', '1'), ('b', '2'), ('twice', 'x'), ('twice', 'y')").await);
    let requests = ["b", "missing", "twice", "a"].map(|key| by_key(&database, key));
    assert!(requests.iter().all(|request| request.group() == requests[0].group()));
    let mut answers = database.fetch_many(&asked(&requests)).await.into_iter();
    assert!(value(answers.next().unwrap()) == Some(Value::text("2")));
    assert!(value(answers.next().unwrap()).is_none());
    let twice = answers.next().unwrap().unwrap_err();
    assert_eq!((twice.kind(), twice.to_string().as_str()), (ErrorKind::Malformed, "the key is in 2 rows"));
    assert!(value(answers.next().unwrap()) == Some(Value::text("1")));
}

#[tokio::test]
async fn a_key_that_is_asked_for_twice_is_answered_twice() {
    let database = Database::new(config("('a', '1')").await);
    let requests = ["a", "a"].map(|key| by_key(&database, key));
    for answer in database.fetch_many(&asked(&requests)).await {
        assert!(value(answer) == Some(Value::text("1")));
    }
}

#[tokio::test]
async fn whole_numbers_can_be_keys() {
    let table = "CREATE TABLE config (key INTEGER, value); INSERT INTO config VALUES (42, 'x'), (-7, 'y'), (0, 'z')";
    let database = Database::new(pool(table).await);
    for (key, expected) in [("42", Some("x")), ("-7", Some("y")), ("042", None), ("", None)] {
        let found = value(database.fetch(Asked::new(by_key(&database, key).query())).await);
        assert!(found == expected.map(Value::text), "{key}");
    }
}

#[tokio::test]
async fn more_keys_than_one_query_takes_are_all_answered() {
    let database = Database::new(config("('k0', 'first'), ('k24999', 'last')").await);
    let requests: Vec<_> =
        (0..25_000).map(|index| by_key(&database, Box::leak(format!("k{index}").into_boxed_str()))).collect();
    let answers = database.fetch_many(&asked(&requests)).await;
    assert_eq!(answers.len(), 25_000);
    let found: Vec<_> = answers.into_iter().filter_map(value).collect();
    assert!(found == [Value::text("first"), Value::text("last")]);
}

#[tokio::test]
async fn a_key_never_becomes_sql() {
    let database = Database::new(config("('a', '1')").await);
    for odd in ["' OR 1=1 --", "a'; DROP TABLE config; --", "ключ", "", "a%", "A"] {
        assert!(value(database.fetch(Asked::new(by_key(&database, odd).query())).await).is_none(), "{odd}");
    }
    assert!(value(database.fetch(Asked::new(by_key(&database, "a").query())).await).is_some());
}

#[tokio::test]
async fn the_default_table_can_be_another_one_with_odd_names() {
    let pool =
        pool(r#"CREATE TABLE "my ""conf" ("the key" TEXT, v TEXT); INSERT INTO "my ""conf" VALUES ('a', '1')"#).await;
    let database = Database::new(pool).table(r#"my "conf"#, "the key", "v").unwrap();
    let request = by_key(&database, "a");
    assert_eq!(request.locator(), r#"my "conf[a]"#);
    assert!(value(database.fetch(Asked::new(request.query())).await) == Some(Value::text("1")));
}

#[tokio::test]
async fn a_misspelt_column_of_the_default_table_is_an_error_that_names_it() {
    for (table, key, value, misspelt) in
        [("config", "key", "val", "val"), ("config", "kez", "value", "kez"), ("main.config", "key", "val", "val")]
    {
        let database = Database::new(config("('a', '1')").await).table(table, key, value).unwrap();
        let error = database.fetch(Asked::new(by_key(&database, "a").query())).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Misconfigured && error.to_string().contains(misspelt), "{error}");
    }
    let database = Database::new(config("('a', '1')").await).table("main.config", "key", "value").unwrap();
    assert!(value(database.fetch(Asked::new(by_key(&database, "a").query())).await) == Some(Value::text("1")));
}

#[tokio::test]
async fn a_query_takes_its_parameters_with_their_types() {
    let database = Database::new(pool("").await);
    let options = &[
        ("query", "SELECT typeof(?1) || typeof(?2) || typeof(?3) || typeof(?4) || typeof(?5) AS types"),
        ("params", r#"["eu", 5, true, null, 1.5]"#),
    ];
    let request = bind(&database, None, options).unwrap();
    let found = value(database.fetch(Asked::new(request.query())).await).unwrap();
    assert_eq!(decode::from_value::<String>(&found).unwrap(), "textintegerintegernullreal");
    assert!(request.group().is_none());
}

#[tokio::test]
async fn the_wrong_number_of_parameters_is_misconfigured() {
    const QUERY: (&str, &str) = ("query", "SELECT ? + ?");
    let lists: [&'static [(&str, &str)]; 3] = [
        &[QUERY, ("params", "[]")],
        &[QUERY, ("params", r#"["hunter2"]"#)],
        &[QUERY, ("params", r#"["hunter2", 2, 3]"#)],
    ];
    for params in lists {
        let database = Database::new(pool("").await);
        let error = bind(&database, None, params).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{params:?}");
        assert!(!error.to_string().contains("hunter2"));
    }
}

#[tokio::test]
async fn what_cannot_be_bound_is_an_error_before_any_io() {
    let database = Database::new(pool("").await);
    let key = || None;
    let bad: [&'static [(&'static str, &'static str)]; 2] =
        [&[("query", " ")], &[("query", "SELECT ?"), ("params", "1")]];
    for options in bad {
        assert_eq!(bind(&database, key(), options).unwrap_err().kind(), ErrorKind::Misconfigured);
    }
}

#[tokio::test]
async fn a_key_is_located_in_its_table() {
    let database = Database::new(pool("").await);
    assert_eq!(by_key(&database, "app/port").locator(), "config[app/port]");
}

#[derive(Debug, PartialEq, Deserialize)]
struct Limits {
    name: String,
    size: i64,
}

const LIMITS: &str = "SELECT 'cpu' AS name, 4 AS size";

#[tokio::test]
async fn columns_become_the_fields_of_a_struct_for_both_readers() {
    let expected = Limits { name: "cpu".to_owned(), size: 4 };
    assert_eq!(query::<Limits>(LIMITS).await.unwrap(), expected);
    assert_eq!(query::<Vec<Limits>>(LIMITS).await.unwrap(), [Limits { name: "cpu".to_owned(), size: 4 }]);
    let by_sqlx: (String, i64) = RowReader::new(pool("").await, LIMITS).read().await.unwrap();
    assert_eq!(by_sqlx, (expected.name, expected.size));
}

#[tokio::test]
async fn no_row_is_absence_unless_a_list_or_a_map_is_read() {
    let none = "SELECT 1 WHERE 1 = 0";
    assert_eq!(query::<u8>(none).await.unwrap_err().kind(), ErrorKind::Absent);
    assert_eq!(query::<Option<u8>>(none).await.unwrap(), None);
    assert!(query::<Vec<u8>>(none).await.unwrap().is_empty());
    assert!(query::<std::collections::HashMap<String, u8>>(none).await.unwrap().is_empty());
    let by_sqlx: Result<(i64,), _> = RowReader::new(pool("").await, none).read().await;
    assert_eq!(by_sqlx.unwrap_err().kind(), ErrorKind::Absent);
    let database = Database::new(pool("").await);
    let request = bind(&database, None, &[("query", "SELECT 1 WHERE 1 = 0")]).unwrap();
    assert!(value(database.fetch(Asked::new(request.query())).await) == Some(Value::rows(Vec::new())));
}

#[tokio::test]
async fn null_is_none_for_an_option_and_an_error_for_anything_else() {
    assert_eq!(query::<Option<u16>>("SELECT NULL").await.unwrap(), None);
    assert_eq!(query::<u16>("SELECT NULL").await.unwrap_err().kind(), ErrorKind::Malformed);
}

#[tokio::test]
async fn more_rows_than_a_single_value_are_an_error_for_both_readers() {
    let two = "SELECT 1 UNION SELECT 2";
    assert_eq!(query::<u8>(two).await.unwrap_err().kind(), ErrorKind::Malformed);
    assert_eq!(query::<Vec<u8>>(two).await.unwrap(), [1, 2]);
    let by_sqlx: Result<(i64,), _> = RowReader::new(pool("").await, two).read().await;
    assert_eq!(by_sqlx.unwrap_err().kind(), ErrorKind::Malformed);
}

#[tokio::test]
async fn two_columns_of_one_name_are_an_error_with_the_name() {
    let error = query::<Value>("SELECT 1 AS a, 2 AS a").await.unwrap_err();
    assert!(error.kind() == ErrorKind::Malformed && error.to_string().contains("`a`"), "{error}");
}

#[tokio::test]
async fn an_unknown_name_in_the_query_is_misconfigured_and_shown() {
    for (sql, name) in [("SELECT 1 FROM nowhere", "nowhere"), ("SELECT nothing", "nothing"), ("SELEC 1", "SELEC")] {
        let error = query::<u8>(sql).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[tokio::test]
async fn a_literal_is_in_no_error_where_sqlite_reads_it_as_a_name() {
    for sql in ["SELECT 1 FROM 'hunter2'", "SELECT 1 FROM \"hunter2\"", "SELECT 1 'a' 'hunter2'"] {
        let error = query::<u8>(sql).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
        assert!(!format!("{error} {error:#} {error:?}").contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn a_missing_default_table_hints_at_another_one() {
    let database = Database::new(pool("").await);
    let error = database.fetch(Asked::new(by_key(&database, "a").query())).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no table `config`");
    assert!(error.hint().is_some_and(|hint| hint.contains("`Database::table`")), "{:?}", error.hint());
}

#[tokio::test]
async fn an_answer_beyond_16_mib_is_too_large_and_the_pool_still_works() {
    let pool = pool("").await;
    let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, zeroblob(65536) FROM n";
    let endless: Result<Value, _> = QueryReader::new(pool.clone(), rows).read().await;
    assert_eq!(endless.unwrap_err().kind(), ErrorKind::TooLarge);
    let next: u8 = QueryReader::new(pool, "SELECT 1").read().await.unwrap();
    assert_eq!(next, 1);
}

#[tokio::test]
async fn one_value_that_is_too_large_fails_its_own_key_only() {
    let database = Database::new(config("('big', zeroblob(17000000)), ('small', '1')").await);
    let requests = ["big", "small"].map(|key| by_key(&database, key));
    let mut answers = database.fetch_many(&asked(&requests)).await;
    assert!(value(answers.remove(1)) == Some(Value::text("1")));
    assert_eq!(answers.remove(0).unwrap_err().kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_dropped_query_leaves_a_connection_that_works() {
    let pool = config("('a', '1')").await;
    for _ in 0..50 {
        let reader = QueryReader::new(pool.clone(), "SELECT value FROM config");
        let future = reader.read::<u8>();
        let _ = tokio::time::timeout(std::time::Duration::ZERO, future).await;
    }
    let database = Database::new(pool);
    assert!(value(database.fetch(Asked::new(by_key(&database, "a").query())).await) == Some(Value::text("1")));
}

#[test]
fn a_query_that_is_dropped_outside_of_the_runtime_does_not_panic() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let pool = runtime.block_on(pool(""));
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n LIMIT 1";
    let reader = QueryReader::new(pool, endless);
    let mut future = Box::pin(reader.read::<u8>());
    let waited = runtime
        .block_on(async { tokio::time::timeout(std::time::Duration::from_millis(20), &mut future).await.is_err() });
    assert!(waited);
    drop(future);
    // The endless statement goes on in its worker: that must not keep the runtime or the test.
    runtime.shutdown_background();
}

#[tokio::test]
async fn a_bound_value_is_in_no_error_and_no_debug() {
    let mut reader = QueryReader::new(pool("").await, "SELECT ?");
    reader.bind("hunter2");
    assert!(!format!("{reader:?}").contains("hunter2"));
    let error = reader.read::<u16>().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Malformed && !format!("{error:#}").contains("hunter2"), "{error:#}");
    let mut unfit = QueryReader::new(pool("").await, "SELECT ?");
    unfit.bind(["hunter2"]);
    let error = unfit.read::<u16>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(!format!("{error:#}").contains("hunter2"));
}

#[tokio::test]
async fn sqlite_wants_a_parameter_for_each_placeholder_and_knows_no_names() {
    let named = "SQLite binds `params` to `?`, `?1` or `$1`, not to `:id`";
    let too_few = "the query has 2 placeholders, but there is 1 parameter";
    for (sql, expected) in [
        ("SELECT key FROM config WHERE key = :id", named),
        ("SELECT key FROM config WHERE key = $2", too_few),
        ("SELECT key FROM config WHERE key = ?2", too_few),
        ("SELECT key FROM config", "the query has 0 placeholders, but there is 1 parameter"),
    ] {
        let options: &'static _ = Box::leak(Box::new([("query", sql), ("params", "[1]")]));
        let pool = config("('a', '1')").await;
        for database in [Database::new(pool.clone()), Database::from_url("sqlite::memory:").unwrap()] {
            let error = bind(&database, None, options).err().unwrap();
            assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Misconfigured, expected), "{sql}");
        }
        let mut reader = QueryReader::new(pool, sql);
        reader.bind(1);
        let error = reader.read::<String>().await.unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Misconfigured, expected), "{sql}");
    }
}
