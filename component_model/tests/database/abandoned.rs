//! Statements that nobody waits for any more: what becomes of them, of their connection and of the runtime.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use component_model::{
    ComponentFetcher,
    fetchers::database::{Database as Source, DatabaseFetcher},
    prelude::*,
};
use futures_util::StreamExt as _;
use sqlx::{SqlitePool, sqlite::SqlitePoolOptions};
use testbed::Database;

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

/// Longer than anything here takes, and shorter than a test may hang.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(Debug, AsyncAssign)]
struct Port {
    #[component(fetch_from = "database", timeout = "20s")]
    port: u16,
}

/// A pool of one connection, with one row in the default table.
async fn pool(url: &str) -> SqlitePool {
    let pool = SqlitePoolOptions::new().max_connections(1).connect(url).await.unwrap();
    let table = "CREATE TABLE config (key TEXT, value TEXT); INSERT INTO config VALUES ('port', '8080')";
    sqlx::raw_sql(table).execute(&pool).await.unwrap();
    pool
}

async fn times_out(fetcher: &DatabaseFetcher) {
    let fetcher = fetcher.clone().timeout(Duration::from_millis(50));
    assert!(ComponentFetcher::<u64>::fetch_component(&fetcher).await.unwrap_err().is_timeout());
}

async fn port(source: &Source) -> u16 {
    let sources = Sources::builder().source("database", source.clone()).build();
    Port::fetch_all_components_from(&sources).await.unwrap().port
}

#[tokio::test]
async fn a_transaction_of_an_abandoned_statement_is_over_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}?mode=rwc", folder.path().join("a.db").display());
    // Long enough to be abandoned, and to end by itself.
    let long = "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000000) \
                SELECT i FROM n)";
    for query in [ENDLESS, long] {
        for url in ["sqlite::memory:", &file] {
            let pool = pool(url).await;
            let update = format!("UPDATE config SET value = '8081' WHERE ({query}) > 0");
            times_out(&DatabaseFetcher::new(pool.clone(), update)).await;
            let next = sqlx::raw_sql("BEGIN; ROLLBACK").execute(&pool);
            tokio::time::timeout(LIMIT, next).await.expect("the pool has no connection").unwrap();
            assert_eq!(port(&Source::new(pool.clone())).await, 8080);
            sqlx::raw_sql("DROP TABLE config").execute(&pool).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_statement_of_sqlite_that_timed_out_stops_and_its_database_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}?mode=rwc", folder.path().join("a.db").display());
    for url in ["sqlite::memory:", &file] {
        let pool = pool(url).await;
        let source = Source::new(pool.clone());
        let endless = DatabaseFetcher::new(pool, ENDLESS);
        for _ in 0..3 {
            times_out(&endless).await;
            // Dropped while the statement winds down.
            let _ = tokio::time::timeout(Duration::ZERO, port(&source)).await;
        }
        assert_eq!(port(&source).await, 8080);
    }
}

/// A fetch that is dropped outside of its runtime, in the middle of a statement.
fn dropped_outside(runtime: &tokio::runtime::Runtime, fetcher: &DatabaseFetcher) {
    let mut fetch = Box::pin(ComponentFetcher::<String>::fetch_component(fetcher));
    let waited = async { tokio::time::timeout(Duration::from_millis(300), &mut fetch).await.is_err() };
    assert!(runtime.block_on(waited));
    drop(fetch);
}

#[test]
fn a_fetch_from_a_pool_that_keeps_connections_can_be_dropped_outside_of_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = testbed::require!(runtime.block_on(testbed::postgres_database()));
    let postgres = sqlx::postgres::PgPoolOptions::new().min_connections(2);
    let postgres = runtime.block_on(postgres.connect(&database.url())).unwrap();
    let sqlite = SqlitePoolOptions::new().min_connections(1).max_connections(1);
    let sqlite = runtime.block_on(sqlite.connect("sqlite::memory:")).unwrap();
    for _ in 0..2 {
        dropped_outside(&runtime, &DatabaseFetcher::new(postgres.clone(), "SELECT pg_sleep(20)::text"));
        dropped_outside(&runtime, &DatabaseFetcher::new(sqlite.clone(), ENDLESS));
    }
}

#[derive(Debug, AsyncAssign)]
struct Long {
    #[component(fetch_from = "database", query = "SELECT 1 FROM pg_sleep(20)", timeout = "200ms")]
    _one: u8,
}

#[derive(Debug, AsyncAssign)]
struct LongOfMariaDb {
    #[component(fetch_from = "database", query = "SELECT 1 + SLEEP(20)", timeout = "200ms")]
    _one: u8,
}

#[derive(Debug, AsyncAssign)]
struct Short {
    #[component(fetch_from = "database", query = "SELECT 1 FROM pg_sleep(0.3)", timeout = "50ms")]
    _one: u8,
}

#[derive(Debug, AsyncAssign)]
struct Unhurried {
    #[component(fetch_from = "database", query = "SELECT 7", timeout = "20s")]
    seven: u8,
}

const OF_POSTGRES: &str = "SELECT count(*) FROM pg_stat_activity WHERE usename = ";
const OF_MARIADB: &str = "SELECT count(*) FROM information_schema.processlist WHERE user = ";

/// Fetches that all time out, 16 at a time, and the most connections that the server had afterwards.
async fn all_abandoned<T, F>(database: &Database, count: &str, count_at: &str, fetch: impl Fn() -> F) -> u64
where
    F: Future<Output = Result<T, ComponentErrors>>,
{
    let count = format!("{count}'{}'", database.name());
    let mut most = 0;
    for _ in 0..4 {
        let fetched = futures_util::stream::iter((0..16).map(|_| fetch())).buffer_unordered(16);
        assert_eq!(fetched.filter(|fetched| std::future::ready(fetched.is_ok())).count().await, 0);
        most = most.max(database.query_at(count_at, &count).await.unwrap().trim().parse().unwrap());
    }
    most
}

#[tokio::test]
async fn abandoned_statements_take_no_more_than_twice_the_connections_of_a_pool() {
    let postgres = testbed::require!(testbed::postgres_database().await);
    let mariadb = testbed::require!(testbed::mariadb_database().await);
    let pool = |most| sqlx::postgres::PgPoolOptions::new().max_connections(most).connect_lazy(&postgres.url()).unwrap();
    let of_url = Source::from_url(&postgres.url()).unwrap();
    for (source, limit) in [(of_url, 32), (Source::new(pool(8)), 16), (Source::new(pool(2)), 4)] {
        let sources = Sources::builder().source("database", source).build();
        let fetch = || Long::fetch_all_components_from(&sources);
        let most = all_abandoned(&postgres, OF_POSTGRES, &postgres.superuser_url(), fetch).await;
        assert!(most <= limit, "{most} connections");
        end_statements(&postgres).await;
    }
    let pool = pool(2);
    let fetch = || async {
        // A fetcher of its own for each fetch.
        let fetcher = DatabaseFetcher::new(pool.clone(), "SELECT 1 FROM pg_sleep(20)");
        let fetcher = fetcher.timeout(Duration::from_millis(200));
        ComponentFetcher::<u8>::fetch_component(&fetcher).await.map_err(ComponentErrors::from)
    };
    let most = all_abandoned(&postgres, OF_POSTGRES, &postgres.superuser_url(), fetch).await;
    assert!(most <= 4, "{most} connections");
    let source = Source::from_url(&mariadb.url()).unwrap();
    let sources = Sources::builder().source("database", source).build();
    let fetch = || LongOfMariaDb::fetch_all_components_from(&sources);
    // With the one that counts.
    let most = all_abandoned(&mariadb, OF_MARIADB, &mariadb.url(), fetch).await;
    assert!(most <= 33, "{most} connections");
}

async fn end_statements(database: &Database) {
    let end = format!("SELECT pg_terminate_backend(pid) {}", OF_POSTGRES.trim_start_matches("SELECT count(*) "));
    let superuser = database.superuser_url();
    database.query_at(&superuser, &format!("{end}'{}'", database.name())).await.unwrap();
    let count = format!("{OF_POSTGRES}'{}'", database.name());
    while database.query_at(&superuser, &count).await.unwrap().trim() != "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_connections_of_abandoned_statements_are_free_when_the_server_has_ended_them() {
    let database = testbed::require!(testbed::postgres_database().await);
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(4).connect_lazy(&database.url()).unwrap();
    for source in [Source::from_url(&database.url()).unwrap(), Source::new(pool)] {
        let sources = Sources::builder().source("database", source).build();
        let fetch = || Short::fetch_all_components_from(&sources);
        all_abandoned(&database, OF_POSTGRES, &database.superuser_url(), fetch).await;
        assert_eq!(Unhurried::fetch_all_components_from(&sources).await.unwrap().seven, 7);
    }
}

type Fetches = Vec<Pin<Box<dyn Future<Output = Result<String, ComponentError>> + Send>>>;

/// Fetches whose statements run, as many as the server then has.
async fn running(database: &Database, fetcher: &DatabaseFetcher, number: usize, all: usize) -> Fetches {
    let mut fetches: Fetches = Vec::new();
    for _ in 0..number {
        let fetcher = fetcher.clone();
        fetches.push(Box::pin(async move { fetcher.fetch_component().await }));
    }
    let count = format!("{OF_POSTGRES}'{}' AND state = 'active' AND query LIKE '%pg_sleep%'", database.name());
    let started = async {
        while database.query_at(&database.superuser_url(), &count).await.unwrap().trim() != all.to_string() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let ended = futures_util::future::join_all(fetches.iter_mut());
    tokio::select! {
        _ = ended => panic!("the fetches ended"),
        () = started => {}
    }
    fetches
}

const SLEEP: &str = "SELECT pg_sleep(60)::text";

#[tokio::test]
async fn no_connection_of_an_abandoned_statement_outlives_the_last_clone_of_its_source() {
    let database = testbed::require!(testbed::postgres_database().await);
    let fetcher = DatabaseFetcher::from_url(&database.url(), SLEEP).unwrap().timeout(Duration::from_secs(60));
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    drop(running(&database, &fetcher, 16, 16).await);
    // More than are closed at once: they wait for their server.
    drop(running(&database, &fetcher, 4, 20).await);
    assert_eq!(tasks(), before + 4);
    drop(fetcher);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(tasks(), before);
    end_statements(&database).await;
}

/// Counts the panics of this thread from now on: the runtime catches those of a task that it drops.
fn panics_here() -> Arc<AtomicUsize> {
    let (panics, here) = (Arc::new(AtomicUsize::new(0)), std::thread::current().id());
    let (counted, hook) = (Arc::clone(&panics), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == here {
            counted.fetch_add(1, Ordering::SeqCst);
        }
        hook(info);
    }));
    panics
}

#[test]
fn fetches_from_a_pool_can_be_dropped_after_their_runtime() {
    let helper = tokio::runtime::Runtime::new().unwrap();
    let database = testbed::require!(helper.block_on(testbed::postgres_database()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fetches = runtime.block_on(async {
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(16).connect(&database.url()).await.unwrap();
        let fetcher = DatabaseFetcher::new(pool, SLEEP).timeout(Duration::from_secs(60));
        drop(running(&database, &fetcher, 16, 16).await);
        // More than are closed at once.
        running(&database, &fetcher, 4, 20).await
    });
    runtime.shutdown_background();
    let panics = panics_here();
    drop(fetches);
    assert_eq!(panics.load(Ordering::SeqCst), 0);
    helper.block_on(end_statements(&database));
}
