//! How MariaDB's columns are read.

use std::collections::BTreeMap;

use crate::{ask, failure, one};

const TABLE: &str = "CREATE TABLE t (
    tiny TINYINT, flag TINYINT(1), small_unsigned SMALLINT UNSIGNED, big BIGINT, big_unsigned BIGINT UNSIGNED,
    odd_flag TINYINT(1) UNSIGNED, price DECIMAL(65,30), f FLOAT, d DOUBLE, b1 BIT(1), b9 BIT(9), y YEAR,
    c CHAR(4), v VARCHAR(9) COLLATE utf8mb4_bin, txt LONGTEXT, latin VARCHAR(9) CHARACTER SET latin1,
    e ENUM('sad', 'happy'), s SET('a', 'b', 'c'), bin VARBINARY(9), bl BLOB, j JSON, u UUID,
    da DATE, dt DATETIME(6), ts TIMESTAMP(3) NULL, ti TIME(1), later TIME, zero DATE, nothing INT);
    INSERT INTO t VALUES (-128, 1, 65535, -9223372036854775808, 18446744073709551615,
    200, '12345678901234567890.123456789012345678901234567890', 0.1, 0.1, 1, 257, 2024,
    'ab', '0042', 'текст', 'é',
    'happy', 'a,c', x'00ff', x'10', '{\"a\": [1]}', '5a0b0f5e-8a3c-4d61-9d68-0123456789ab',
    '2024-02-29', '2024-02-29 12:30:00.123456', NULL, '-26:30:00.5', '09:05:00', '0000-00-00', NULL);
    SET time_zone = '+02:00'; UPDATE t SET ts = '2024-02-29 12:30:00.5'";

#[tokio::test]
async fn every_column_is_read_without_loss() {
    let database = testbed::require!(testbed::mariadb_database().await);
    database.execute(&format!("SET NAMES utf8mb4; SET sql_mode = ''; {TABLE}")).await.unwrap();
    let url = &database.url();
    let column = |name: &str| format!("SELECT {name} FROM t");
    assert_eq!(ask::<i8>(url, &column("tiny")).await.unwrap(), -128);
    assert!(ask::<bool>(url, &column("flag")).await.unwrap() && ask::<bool>(url, &column("b1")).await.unwrap());
    assert_eq!(ask::<u8>(url, &column("odd_flag")).await.unwrap(), 200);
    assert_eq!(ask::<u16>(url, &column("small_unsigned")).await.unwrap(), u16::MAX);
    assert_eq!(ask::<i64>(url, &column("big")).await.unwrap(), i64::MIN);
    assert_eq!(ask::<u64>(url, &column("big_unsigned")).await.unwrap(), u64::MAX);
    assert_eq!(ask::<u16>(url, &column("b9")).await.unwrap(), 257);
    assert_eq!(ask::<u16>(url, &column("y")).await.unwrap(), 2024);
    assert_eq!(ask::<f32>(url, &column("f")).await.unwrap(), 0.1);
    assert_eq!(ask::<f64>(url, &column("d")).await.unwrap(), 0.1);
    let texts = [
        ("price", "12345678901234567890.123456789012345678901234567890"),
        ("c", "ab"),
        ("v", "0042"),
        ("txt", "текст"),
        ("latin", "é"),
        ("e", "happy"),
        ("s", "a,c"),
        ("u", "5a0b0f5e-8a3c-4d61-9d68-0123456789ab"),
        ("da", "2024-02-29"),
        ("dt", "2024-02-29T12:30:00.123456"),
        ("ts", "2024-02-29T10:30:00.500Z"),
        ("ti", "-26:30:00.5"),
        ("later", "09:05:00"),
    ];
    for (name, expected) in texts {
        assert_eq!(ask::<String>(url, &column(name)).await.unwrap(), expected, "{name}");
    }
    assert_eq!(ask::<u16>(url, &column("v")).await.unwrap(), 42);
    assert_eq!(ask::<Vec<u8>>(url, &column("bin")).await.unwrap(), [0, 255]);
    assert_eq!(ask::<Vec<u8>>(url, &column("bl")).await.unwrap(), [16]);
    let document: BTreeMap<String, Vec<u8>> = ask(url, &column("j")).await.unwrap();
    assert_eq!(document, [("a".to_owned(), vec![1])].into());
    assert_eq!(ask::<Option<String>>(url, &column("zero")).await.unwrap(), None);
    assert_eq!(ask::<Option<i32>>(url, &column("nothing")).await.unwrap(), None);
}

#[tokio::test]
async fn a_type_that_cannot_be_read_is_an_error_with_column_and_type_and_a_function_helps() {
    let database = testbed::require!(testbed::mariadb_database().await);
    let (error, text) = failure(&database.url(), "SELECT POINT(1, 2) AS it").await;
    assert!(error.is_malformed() && text.contains("`it`") && text.contains("GEOMETRY"), "{text}");
    assert_eq!(one::<String>(&database.url(), "ST_AsText(POINT(1, 2))").await, "POINT(1 2)");
}

#[tokio::test]
async fn a_column_that_is_named_after_a_literal_is_not_named_in_errors() {
    let database = testbed::require!(testbed::mariadb_database().await);
    let url = &database.url();
    let silent = |error: component_model::ComponentError| {
        let text = format!("{error:#} {error:?}");
        assert!(error.is_malformed() && !text.contains("hunter2"), "{text}");
        text
    };
    assert!(silent(ask::<(u16,)>(url, "SELECT 'hunter2'").await.unwrap_err()).contains("at …"));
    silent(ask::<BTreeMap<String, u16>>(url, "SELECT ' hunter2', 'b', 1 AS port").await.unwrap_err());
    silent(ask::<BTreeMap<u16, u16>>(url, "SELECT 'hunter2', 1").await.unwrap_err());
    silent(ask::<Vec<(u16,)>>(url, "SELECT UPPER('hunter2')").await.unwrap_err());
    silent(ask::<u16>(url, "SELECT 1 AS 'hunter2', 2 AS 'hunter2'").await.unwrap_err());
    let shape = ask::<String>(url, "SELECT POINT(1, 2) AS 'hunter2'").await.unwrap_err();
    assert!(silent(shape).contains("the column 1 has the type"));
    let alias = ask::<(u16,)>(url, "SELECT 'x' AS `port`").await.unwrap_err();
    assert!(silent(alias).contains("at port"), "a name is shown");
    silent(ask::<(u16,)>("sqlite::memory:", "SELECT 'hunter2'").await.unwrap_err());
}

#[tokio::test]
async fn a_parameter_is_bound_with_its_type() {
    use component_model::{ComponentFetcher, fetchers::database::DatabaseFetcher};
    let database = testbed::require!(testbed::mariadb_database().await);
    let sum = "SELECT CONCAT_WS(' ', ?, ? + 1, ? IS TRUE, ?, ? IS NULL, ?)";
    let fetcher = DatabaseFetcher::from_url(&database.url().replace("mysql:", "mariadb:"), sum).unwrap();
    let fetcher = fetcher.bind("eu").bind(5).bind(true).bind(1.5).bind(None::<u8>).bind(u64::MAX);
    let text: String = fetcher.fetch_component().await.unwrap();
    assert_eq!(text, "eu 6 1 1.5 1 18446744073709551615");
}

#[tokio::test]
async fn a_literal_that_is_not_valid_is_a_mistake_of_the_query() {
    let database = testbed::require!(testbed::mariadb_database().await);
    let (error, text) = failure(&database.url(), "SELECT DATE '2024-13-01'").await;
    assert_eq!(error.kind(), component_model::ErrorKind::Misconfigured, "{text}");
}
