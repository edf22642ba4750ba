//! How PostgreSQL's columns are read.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use component_model::{
    ComponentFetcher, ErrorKind,
    fetchers::database::{Database, DatabaseFetcher},
    prelude::*,
};
use serde::{Deserialize, de::IgnoredAny};

use crate::{ask, failure, one};

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mood {
    Sad,
    Happy,
}

#[tokio::test]
async fn numbers_keep_every_digit() {
    let database = testbed::require!(testbed::postgres_database().await);
    let url = &database.url();
    assert_eq!(one::<i16>(url, "'-32768'::int2").await, i16::MIN);
    assert_eq!(one::<i32>(url, "2147483647").await, i32::MAX);
    assert_eq!(one::<i64>(url, "'-9223372036854775808'::int8").await, i64::MIN);
    assert_eq!(one::<u32>(url, "4294967295::oid").await, u32::MAX);
    assert_eq!(one::<f32>(url, "0.1::float4").await, 0.1f32);
    assert_eq!(one::<f64>(url, "0.1::float8").await, 0.1f64);
    assert!(one::<f64>(url, "'NaN'::float8").await.is_nan());
    let numerics = [
        "0",
        "0.000",
        "-1",
        "10000",
        "100000000",
        "0.5",
        "0.00001234",
        "-12345678901234567890.123456789012345678901234567890",
        "99999999999999999999999999999999999999999999",
        "1.10",
        "NaN",
        "Infinity",
        "-Infinity",
    ];
    for numeric in numerics {
        assert_eq!(one::<String>(url, &format!("'{numeric}'::numeric")).await, numeric);
    }
    assert_eq!(one::<u16>(url, "8080::numeric").await, 8080);
    assert!(one::<bool>(url, "true").await && !one::<bool>(url, "false").await);
}

#[tokio::test]
async fn text_of_every_kind_is_text() {
    let database = testbed::require!(testbed::postgres_database().await);
    let url = &database.url();
    database
        .execute("CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN port AS int CHECK (VALUE > 0)")
        .await
        .unwrap();
    let texts = [
        ("'0042'::text", "0042"),
        ("''::text", ""),
        ("'ключ'::varchar(9)", "ключ"),
        ("'ab'::char(4)", "ab  "),
        ("'pg_class'::name", "pg_class"),
        ("'x'::\"char\"", "x"),
        ("'<a/>'::xml", "<a/>"),
        ("'sad'::mood", "sad"),
        ("'5a0b0f5e-8a3c-4d61-9d68-0123456789ab'::uuid", "5a0b0f5e-8a3c-4d61-9d68-0123456789ab"),
        ("'192.168.0.0/16'::cidr", "192.168.0.0/16"),
        ("'10.0.0.1/8'::inet", "10.0.0.1/8"),
        ("'::1'::inet", "::1"),
        ("'10.0.0.1/32'::cidr", "10.0.0.1/32"),
        ("'08:00:2b:01:02:03'::macaddr", "08:00:2b:01:02:03"),
        ("B'0101'::bit(4)", "0101"),
        ("B'010111011'::varbit", "010111011"),
        ("'$.a'::jsonpath", "$.\"a\""),
    ];
    for (expression, expected) in texts {
        assert_eq!(one::<String>(url, expression).await, expected, "{expression}");
    }
    assert_eq!(one::<IpAddr>(url, "'10.0.0.1'::inet").await, IpAddr::from([10, 0, 0, 1]));
    assert_eq!(one::<Mood>(url, "'happy'::mood").await, Mood::Happy);
    assert_eq!(one::<u16>(url, "8080::port").await, 8080);
    assert_eq!(one::<u16>(url, "'8080'::text").await, 8080);
    assert_eq!(one::<Vec<u8>>(url, "'\\x00ff10'::bytea").await, [0, 255, 16]);
}

#[tokio::test]
async fn dates_and_times_are_in_the_form_of_rfc_3339() {
    let database = testbed::require!(testbed::postgres_database().await);
    let url = &database.url();
    let texts = [
        ("'2024-02-29'::date", "2024-02-29"),
        ("'infinity'::date", "infinity"),
        ("'1999-12-31'::date", "1999-12-31"),
        ("'12:30:00.5'::time", "12:30:00.5"),
        ("'24:00'::time", "24:00:00"),
        ("'12:30+02'::timetz", "12:30:00+02:00"),
        ("'12:30-05:30'::timetz", "12:30:00-05:30"),
        ("'2024-02-29 12:30:00.123456'::timestamp", "2024-02-29T12:30:00.123456"),
        ("'2024-02-29 12:30:00+02'::timestamptz", "2024-02-29T10:30:00Z"),
        ("'1969-07-20 20:17:40'::timestamp", "1969-07-20T20:17:40"),
        ("'-infinity'::timestamptz", "-infinity"),
        ("'1 year 2 mons 3 days 04:05:06.5'::interval", "P1Y2M3DT4H5M6.5S"),
        ("'-1 day'::interval", "P-1D"),
        ("'90 minutes'::interval", "1h30m"),
    ];
    for (expression, expected) in texts {
        assert_eq!(one::<String>(url, expression).await, expected, "{expression}");
    }
    assert_eq!(one::<Duration>(url, "'1 day 250 ms'::interval").await, Duration::from_millis(86_400_250));
}

#[tokio::test]
async fn documents_and_arrays_keep_their_shape() {
    let database = testbed::require!(testbed::postgres_database().await);
    let url = &database.url();
    database.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')").await.unwrap();
    let expected: BTreeMap<String, Vec<u8>> = [("a".to_owned(), vec![1, 2])].into();
    assert_eq!(one::<BTreeMap<String, Vec<u8>>>(url, r#"'{"a": [1, 2]}'::jsonb"#).await, expected);
    assert_eq!(one::<BTreeMap<String, Vec<u8>>>(url, r#"'{"a": [1, 2]}'::json"#).await, expected);
    assert_eq!(one::<Option<u8>>(url, "'null'::jsonb").await, None);
    assert_eq!(one::<Vec<i32>>(url, "'{1,-2,3}'::int[]").await, [1, -2, 3]);
    assert_eq!(one::<Vec<String>>(url, "'{a,\"b c\",\"\"}'::text[]").await, ["a", "b c", ""]);
    assert_eq!(one::<Vec<Option<bool>>>(url, "'{t,NULL,f}'::bool[]").await, [Some(true), None, Some(false)]);
    assert_eq!(one::<Vec<Vec<i32>>>(url, "'{{1,2},{3,4}}'::int[]").await, [[1, 2], [3, 4]]);
    assert!(one::<Vec<i32>>(url, "'{}'::int[]").await.is_empty());
    assert_eq!(one::<Vec<Mood>>(url, "'{sad,happy}'::mood[]").await, [Mood::Sad, Mood::Happy]);
    assert_eq!(one::<Vec<String>>(url, "'{1.10,NaN}'::numeric[]").await, ["1.10", "NaN"]);
    let uuid = "5a0b0f5e-8a3c-4d61-9d68-0123456789ab";
    assert_eq!(one::<Vec<String>>(url, &format!("'{{{uuid}}}'::uuid[]")).await, [uuid]);
    assert_eq!(one::<Option<i32>>(url, "NULL::int").await, None);
}

/// A list of so many zeros, as JSON.
fn zeros(count: usize, ty: &str) -> String {
    format!("SELECT ('[' || repeat('0,', {count} - 1) || '0]')::{ty} AS list")
}

#[tokio::test]
async fn a_document_with_more_than_a_million_values_is_too_large_and_not_malformed() {
    #[derive(Debug, AsyncAssign)]
    struct Config {
        #[component(fetch_from = "database", timeout = "60s")]
        small: Vec<u8>,
        #[component(fetch_from = "database", timeout = "60s")]
        _large: Vec<u8>,
    }
    let database = testbed::require!(testbed::postgres_database().await);
    for ty in ["json", "jsonb"] {
        let fetcher = DatabaseFetcher::from_url(&database.url(), zeros(1_000_000, ty)).unwrap();
        let fetcher = fetcher.timeout(Duration::from_secs(60));
        let error = ComponentFetcher::<Vec<u8>>::fetch_component(&fetcher).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{ty}: {error}");
        assert!(error.to_string().contains("`list` holds a document with more than a million values"), "{error}");
    }
    let table = format!(
        "CREATE TABLE config (key text, value jsonb); INSERT INTO config VALUES ('small', '[1]');
         INSERT INTO config SELECT '_large', ({})",
        zeros(1_000_000, "jsonb")
    );
    database.execute(&table).await.unwrap();
    let source = Database::from_url(&database.url()).unwrap();
    let errors = Config::fetch().sources(&Sources::builder().source("database", source).build()).await.unwrap_err();
    assert_eq!((errors.len(), errors[0].field(), errors[0].kind()), (1, Some("_large"), ErrorKind::TooLarge));
}

/// On a runtime whose only thread for blocking work is occupied.
#[test]
fn a_large_document_is_parsed_off_the_executor() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let database = testbed::require!(testbed::postgres_database().await);
        for ty in ["json", "jsonb", "json[]"] {
            let query = match ty {
                "json[]" => format!("SELECT ARRAY({}) AS list", zeros(100_000, "json")),
                ty => zeros(100_000, ty),
            };
            let fetcher = DatabaseFetcher::from_url(&database.url(), query).unwrap();
            let fetcher = fetcher.timeout(Duration::from_secs(60));
            let (release, released) = std::sync::mpsc::channel::<()>();
            let occupied = tokio::task::spawn_blocking(move || released.recv());
            let large = tokio::spawn(async move { ComponentFetcher::<IgnoredAny>::fetch_component(&fetcher).await });
            // Where it would be parsed on this thread, it would be there by now, unless the machine is busy.
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert!(!large.is_finished(), "{ty}");
            assert_eq!(one::<Vec<u8>>(&database.url(), "'[1]'::json").await, [1], "a small one is parsed in place");
            drop(release);
            large.await.unwrap().unwrap();
            assert!(occupied.await.unwrap().is_err());
        }
    });
}

#[tokio::test]
async fn a_type_that_cannot_be_read_is_an_error_with_column_and_type_and_a_cast_helps() {
    let database = testbed::require!(testbed::postgres_database().await);
    let url = &database.url();
    for (expression, ty) in [("'[1,5)'::int4range", "INT4RANGE"), ("ROW(1, 2)", "RECORD"), ("point(1, 2)", "POINT")] {
        let (error, text) = failure(url, &format!("SELECT {expression} AS it")).await;
        assert!(error.is_malformed() && text.contains("`it`") && text.contains(ty), "{text}");
    }
    assert_eq!(one::<String>(url, "'[1,5)'::int4range::text").await, "[1,5)");
}

#[tokio::test]
async fn a_table_that_changes_its_columns_goes_on_being_read() {
    use component_model::{ComponentFetcher, fetchers::database::DatabaseFetcher};
    let database = testbed::require!(testbed::postgres_database().await);
    database.execute("CREATE TABLE t (value int); INSERT INTO t VALUES (1)").await.unwrap();
    let fetcher = DatabaseFetcher::from_url(&database.url(), "SELECT * FROM t").unwrap();
    assert_eq!(ComponentFetcher::<u8>::fetch_component(&fetcher).await.unwrap(), 1);
    database.execute("ALTER TABLE t ALTER value TYPE text USING 'one'").await.unwrap();
    assert_eq!(ComponentFetcher::<String>::fetch_component(&fetcher).await.unwrap(), "one");
}

#[tokio::test]
async fn a_parameter_is_bound_with_its_type() {
    use component_model::{ComponentFetcher, fetchers::database::DatabaseFetcher};
    let database = testbed::require!(testbed::postgres_database().await);
    let types = "SELECT concat_ws(' ', pg_typeof($1), pg_typeof($2), pg_typeof($3), pg_typeof($4), $5::date IS NULL)";
    let fetcher = DatabaseFetcher::from_url(&database.url(), types).unwrap();
    let fetcher = fetcher.bind("eu").bind(5).bind(true).bind(1.5).bind(None::<u8>);
    let types: String = fetcher.fetch_component().await.unwrap();
    assert_eq!(types, "text bigint boolean double precision t");
    let rows: Vec<i32> = ask(&database.url(), "SELECT generate_series(1, 3)").await.unwrap();
    assert_eq!(rows, [1, 2, 3]);
}

#[tokio::test]
async fn a_copy_is_a_mistake_of_the_query() {
    let database = testbed::require!(testbed::postgres_database().await);
    database.execute("CREATE TABLE t (a text)").await.unwrap();
    for query in ["COPY t TO STDOUT", "COPY t FROM STDIN"] {
        let (error, text) = failure(&database.url(), query).await;
        assert_eq!(error.kind(), component_model::ErrorKind::Misconfigured, "{text}");
        assert!(text.contains("`COPY` has no rows"), "{text}");
    }
}
