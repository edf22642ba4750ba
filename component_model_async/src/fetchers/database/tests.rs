//! What the typed fetchers add to their readers: a timeout, and the error of a component.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use sqlx::{SqlitePool, sqlite::SqlitePoolOptions};

use super::{DatabaseFetcher, RowFetcher};
use crate::{ComponentFetcher, ErrorKind};

async fn pool(statements: &str) -> SqlitePool {
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&pool).await.unwrap();
    pool
}

#[tokio::test]
async fn the_fetcher_of_the_brief_gives_the_value() {
    let pool = pool("CREATE TABLE config AS SELECT 'test_key' AS key, 'test_value' AS value").await;
    let fetcher = DatabaseFetcher::new(pool, "SELECT value FROM config WHERE key = 'test_key'");
    let result: String = fetcher.fetch_component().await.unwrap();
    assert_eq!(result, "test_value");
}

#[test]
fn a_typed_fetcher_outside_of_a_runtime_is_an_error() {
    let fetcher = DatabaseFetcher::from_url("sqlite::memory:", "SELECT 1").unwrap();
    let fetch = ComponentFetcher::<u8>::fetch_component(&fetcher);
    let error = futures_util::FutureExt::now_or_never(fetch).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
}

#[tokio::test]
async fn a_typed_fetcher_gives_up_after_its_timeout() {
    let pool = pool("").await;
    let _busy = pool.acquire().await.unwrap();
    tokio::time::pause();
    for (fetcher, time) in [
        (DatabaseFetcher::new(pool.clone(), "SELECT 1"), 2),
        (DatabaseFetcher::new(pool.clone(), "SELECT 1").timeout(Duration::from_secs(7)), 7),
    ] {
        let begun = tokio::time::Instant::now();
        let error = ComponentFetcher::<u8>::fetch_component(&fetcher).await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed().as_secs()), (ErrorKind::Timeout, time));
        assert!(error.hint().is_some_and(|hint| hint.contains("`timeout` of the fetcher")));
    }
}

#[tokio::test]
async fn an_error_says_which_query_failed_and_no_bound_value() {
    let fetcher = DatabaseFetcher::new(pool("").await, "SELECT ?").bind("hunter2");
    let error = ComponentFetcher::<u16>::fetch_component(&fetcher).await.unwrap_err();
    assert_eq!((error.source_name(), error.locator()), (Some("database"), Some("SELECT ?")));
    assert!(error.is_malformed() && !format!("{fetcher:?} {error:#}").contains("hunter2"), "{error:#}");
    let fetcher = RowFetcher::new(pool("").await, "SELECT 1 WHERE ? = 0").bind("hunter2");
    let error = ComponentFetcher::<(i64,)>::fetch_component(&fetcher).await.unwrap_err();
    assert_eq!((error.source_name(), error.locator()), (Some("database"), Some("SELECT 1 WHERE ? = 0")));
    assert!(error.is_absent() && !format!("{fetcher:?} {error:#}").contains("hunter2"), "{error:#}");
}
