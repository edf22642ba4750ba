//! How failures are classified, and that no error shows a secret.

use std::time::{Duration, Instant};

use component_model::{ComponentFetcher, ErrorKind, fetchers::database::DatabaseFetcher};
use testbed::{Database, SqlServer};

use crate::{ask, causes, failure};

const TABLE: &str = "CREATE TABLE config (name varchar(99), value text); INSERT INTO config VALUES ('a', 'hunter2')";

/// Access, names and values: the same on every server.
async fn refuses(database: &Database, cast_of_parameter: &str) {
    database.execute(TABLE).await.unwrap();
    let quiet = |text: &str| {
        assert!(
            !text.contains("hunter2") && !text.contains(database.password()) && !text.contains("wrong-password"),
            "{text}"
        );
        assert!(!text.contains(&format!("{}_stranger", database.name())), "{text}");
    };

    let (error, text) = failure(&database.wrong_password_url(), "SELECT 1").await;
    assert!(error.is_denied() && !error.is_transient(), "{text}");
    quiet(&text);

    let (error, text) = failure(&database.stranger_url(), "SELECT value FROM config").await;
    assert!(error.is_denied() && text.contains("no permission for the table `config`"), "{text}");
    quiet(&text);

    for (query, message) in [
        ("SELECT value FROM Nowhere", "there is no table `Nowhere`"),
        ("SELECT nothing FROM config", "there is no column `nothing`"),
        ("SELECT c.nothing FROM config c", "there is no column `c.nothing`"),
        ("SELECT no_function(1)", "there is no function `no_function`"),
        ("SELECT value FROM config a, config b", "the column `value` is in several tables"),
    ] {
        let (error, text) = failure(&database.url(), query).await;
        assert!(error.kind() == ErrorKind::Misconfigured && text.contains(message), "{text}");
    }
    let (error, text) = failure(&database.url(), "SELECT value FORM config").await;
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{text}");

    let number = ask::<u16>(&database.url(), "SELECT value FROM config").await.unwrap_err();
    assert!(number.is_malformed());
    quiet(&format!("{number:#} {number:?}"));

    let fetcher = DatabaseFetcher::from_url(&database.url(), cast_of_parameter).unwrap();
    let error = ComponentFetcher::<u16>::fetch_component(&fetcher.clone().bind("hunter2")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error:#}");
    quiet(&format!("{error:#} {error:?} {fetcher:?}"));
    let error = ComponentFetcher::<u16>::fetch_component(&fetcher).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:#}");
}

#[tokio::test]
async fn postgresql_errors_show_no_secret() {
    let database = testbed::require!(testbed::postgres_database().await);
    refuses(&database, "SELECT $1::text::int").await;
}

#[tokio::test]
async fn mariadb_errors_show_no_secret() {
    let database = testbed::require!(testbed::mariadb_database().await);
    refuses(
        &database,
        "SELECT ST_AsText(ST_GeomFromText(?)), EXTRACTVALUE('<a/>', 1) IS NULL, (SELECT 1 UNION SELECT 2)",
    )
    .await;
}

/// A pool outlives its server, says at once that it is gone, and finds the one that comes back.
async fn survives(server: SqlServer) {
    let database = server.database().await.unwrap();
    // No table: a server that is killed may lose what it had not written yet.
    let fetcher = DatabaseFetcher::from_url(&database.url(), "SELECT 'a' AS name").unwrap();
    let fetch = || ComponentFetcher::<String>::fetch_component(&fetcher);
    assert_eq!(fetch().await.unwrap(), "a");

    server.kill().await.unwrap();
    let begun = Instant::now();
    let error = fetch().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unreachable && error.is_transient(), "{error:#}");
    assert!(error.to_string().contains(&server.port().to_string()), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());

    server.start().await.unwrap();
    assert_eq!(fetch().await.unwrap(), "a");
}

#[tokio::test]
async fn a_killed_postgresql_is_unreachable_until_it_is_back() {
    survives(testbed::require!(testbed::postgres().await)).await;
}

#[tokio::test]
async fn a_killed_mariadb_is_unreachable_until_it_is_back() {
    survives(testbed::require!(testbed::mariadb().await)).await;
}

/// A query that nobody waits for frees its connection at once, if it is the only one.
async fn cancels(fetcher: &DatabaseFetcher, next: &DatabaseFetcher) {
    let slow = ComponentFetcher::<String>::fetch_component(fetcher);
    assert!(tokio::time::timeout(Duration::from_millis(30), slow).await.is_err());
    let begun = Instant::now();
    assert_eq!(ComponentFetcher::<u8>::fetch_component(next).await.unwrap(), 1);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_dropped_query_frees_the_only_connection_to_postgresql() {
    let database = testbed::require!(testbed::postgres_database().await);
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(&database.url()).await.unwrap();
    let slow = DatabaseFetcher::new(pool.clone(), "SELECT pg_sleep(5)::text");
    cancels(&slow, &DatabaseFetcher::new(pool, "SELECT 1")).await;
}

#[tokio::test]
async fn a_dropped_query_frees_the_only_connection_to_mariadb() {
    let database = testbed::require!(testbed::mariadb_database().await);
    let pool = sqlx::mysql::MySqlPoolOptions::new().max_connections(1).connect(&database.url()).await.unwrap();
    let slow = DatabaseFetcher::new(pool.clone(), "SELECT SLEEP(5)");
    cancels(&slow, &DatabaseFetcher::new(pool, "SELECT 1")).await;
}

#[tokio::test]
async fn an_answer_beyond_16_mib_is_too_large() {
    let database = testbed::require!(testbed::postgres_database().await);
    let (error, text) = failure(&database.url(), "SELECT repeat('x', 1000) FROM generate_series(1, 100000)").await;
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{text}");
}

#[tokio::test]
async fn an_endless_answer_without_columns_is_too_large() {
    let database = testbed::require!(testbed::postgres_database().await);
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT FROM n";
    let fetcher = DatabaseFetcher::from_url(&database.url(), endless).unwrap().timeout(Duration::from_secs(60));
    let error = ComponentFetcher::<Vec<u8>>::fetch_component(&fetcher).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error:#}");
}

#[tokio::test]
async fn a_host_that_does_not_resolve_is_unreachable_and_the_error_says_why() {
    // The resolver refuses so long a label without asking anybody.
    let host = "a".repeat(64);
    for scheme in ["postgres", "mysql"] {
        let (error, text) = failure(&format!("{scheme}://u:hunter2@{host}:1/d"), "SELECT 1").await;
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{text}");
        assert!(text.contains("does not resolve") && causes(&error).contains("lookup"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn a_statement_that_the_server_cancels_is_a_timeout() {
    let database = testbed::require!(testbed::postgres_database().await);
    let url = format!("{}?options=-c%20statement_timeout%3D50", database.url());
    let (error, text) = failure(&url, "SELECT pg_sleep(5)::text").await;
    assert!(error.is_timeout(), "{text}");
}

#[tokio::test]
async fn a_connection_that_postgresql_ends_is_a_transient_failure() {
    let database = testbed::require!(testbed::postgres_database().await);
    for code in ["57P01", "57P02", "57P05", "25P03", "08003", "08006"] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'hunter2' USING ERRCODE = '{code}'; END $$");
        let (error, text) = failure(&database.url(), &raise).await;
        assert!(error.is_transient() && text.contains(code) && !text.contains("hunter2"), "{text}");
    }
}
