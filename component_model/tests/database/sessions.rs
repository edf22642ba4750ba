//! What happens to a connection between two statements: sessions that were changed, connections that ended or are kept
//! too long, statements that stay prepared.

use std::time::{Duration, Instant};

use component_model::{
    ComponentFetcher, ErrorKind, Hedge, Policies,
    fetchers::database::{Database as Source, DatabaseFetcher, Pool, RowFetcher},
    prelude::*,
};
use testbed::Database;

use crate::failure;

#[derive(Debug, AsyncAssign)]
struct Port {
    #[component(fetch_from = "database", query = "SELECT value FROM config")]
    port: u16,
}

#[derive(Debug, AsyncAssign)]
struct Begin {
    #[component(fetch_from = "database", query = "BEGIN", fallback = "0")]
    _none: u8,
}

#[derive(Debug, AsyncAssign)]
struct OtherSchema {
    #[component(fetch_from = "database", query = "SET search_path = other", fallback = "0")]
    _none: u8,
}

#[derive(Debug, AsyncAssign)]
struct OtherSchemaByFunction {
    #[component(fetch_from = "database", query = "SELECT set_config('search_path', 'other', false)")]
    _schema: String,
}

#[derive(Debug, AsyncAssign)]
struct OtherDatabase {
    #[component(fetch_from = "database", query = "SET SESSION time_zone = '+05:00', sql_mode = ''", fallback = "0")]
    _none: u8,
}

#[derive(Debug, AsyncAssign)]
struct Zone {
    #[component(fetch_from = "database", query = "SELECT @@time_zone")]
    zone: String,
}

fn sources(source: Source) -> Sources {
    Sources::builder().source("database", source).build()
}

const TABLE: &str = "CREATE TABLE config (value int); INSERT INTO config VALUES (8080)";

async fn port(sources: &Sources) -> u16 {
    Port::fetch_all_components_from(sources).await.unwrap().port
}

#[tokio::test]
async fn a_query_that_changes_its_session_of_postgresql_changes_no_other() {
    let database = testbed::require!(testbed::postgres_database().await);
    database.execute(&format!("{TABLE}; CREATE SCHEMA other")).await.unwrap();
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(&database.url()).await.unwrap();
    for source in [Source::from_url(&database.url()).unwrap(), Source::new(pool)] {
        let sources = sources(source);
        assert_eq!(port(&sources).await, 8080);
        Begin::fetch_all_components_from(&sources).await.unwrap();
        database.execute("UPDATE config SET value = 8081").await.unwrap();
        OtherSchema::fetch_all_components_from(&sources).await.unwrap();
        OtherSchemaByFunction::fetch_all_components_from(&sources).await.unwrap();
        // Neither in the old transaction's snapshot nor in the other schema, nor does one hold a lock.
        assert_eq!(port(&sources).await, 8081);
        database.execute("UPDATE config SET value = 8080").await.unwrap();
        let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
        assert_eq!(database.query(open).await.unwrap().trim(), "0");
    }
}

#[tokio::test]
async fn a_query_that_changes_its_session_takes_one_connection_from_a_users_pool() {
    let database = testbed::require!(testbed::postgres_database().await);
    let pool = sqlx::postgres::PgPoolOptions::new().min_connections(4).connect(&database.url()).await.unwrap();
    while pool.num_idle() < 4 {
        tokio::task::yield_now().await;
    }
    let sources = sources(Source::new(pool.clone()));
    Begin::fetch_all_components_from(&sources).await.unwrap();
    assert!(pool.num_idle() >= 3, "{}", pool.num_idle());
}

#[tokio::test]
async fn a_query_that_changes_its_session_of_mariadb_changes_no_other() {
    let database = testbed::require!(testbed::mariadb_database().await);
    let pool = sqlx::mysql::MySqlPoolOptions::new().max_connections(1).connect(&database.url()).await.unwrap();
    for source in [Source::from_url(&database.url()).unwrap(), Source::new(pool)] {
        let sources = sources(source);
        let zone = async || Zone::fetch_all_components_from(&sources).await.unwrap().zone;
        let before = zone().await;
        OtherDatabase::fetch_all_components_from(&sources).await.unwrap();
        Begin::fetch_all_components_from(&sources).await.unwrap();
        assert_eq!(zone().await, before);
    }
}

#[tokio::test]
async fn a_transaction_that_a_query_opened_in_sqlite_is_over_and_a_database_in_memory_stays() {
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql(TABLE).execute(&pool).await.unwrap();
    let sources = sources(Source::new(pool.clone()));
    Begin::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(port(&sources).await, 8080);
    sqlx::raw_sql("BEGIN; ROLLBACK").execute(&pool).await.unwrap();
}

/// Connections that the server ended while they were idle cost nothing.
async fn survives_the_end_of(database: &Database, end_all: &str) {
    let plain = Source::from_url(&database.url()).unwrap();
    for source in [plain.clone(), plain.keep_statements()] {
        let sources = sources(source);
        for _ in 0..3 {
            let warm = (0..16).map(|_| Port::fetch_all_components_from(&sources));
            assert!(futures_util::future::join_all(warm).await.iter().all(Result::is_ok));
            database.execute(end_all).await.unwrap();
            assert_eq!(port(&sources).await, 8080);
        }
    }
}

#[tokio::test]
async fn connections_that_postgresql_ended_are_replaced_and_the_query_sent_again() {
    let database = testbed::require!(testbed::postgres_database().await);
    database.execute(TABLE).await.unwrap();
    let end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND \
                   datname = current_database()";
    survives_the_end_of(&database, end_all).await;
}

#[tokio::test]
async fn connections_that_mariadb_ended_are_replaced_and_the_query_sent_again() {
    let database = testbed::require!(testbed::mariadb_database().await);
    database.execute(TABLE).await.unwrap();
    survives_the_end_of(&database, &format!("KILL CONNECTION USER '{}'@'127.0.0.1'", database.name())).await;
}

#[tokio::test]
async fn a_statement_that_changes_data_runs_once_and_after_the_end_of_idle_connections_too() {
    let database = testbed::require!(testbed::postgres_database().await);
    database.execute(TABLE).await.unwrap();
    let url = database.url();
    let add = DatabaseFetcher::from_url(&url, "UPDATE config SET value = value + 1 RETURNING value").unwrap();
    for expected in 8081..8084_u16 {
        assert_eq!(ComponentFetcher::<u16>::fetch_component(&add).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn kept_statements_read_a_table_that_changes_its_columns() {
    let database = testbed::require!(testbed::postgres_database().await);
    database.execute(TABLE).await.unwrap();
    #[derive(Debug, AsyncAssign)]
    struct Row {
        #[component(fetch_from = "database", query = "SELECT * FROM config")]
        row: Vec<(String, String)>,
    }
    let sources = sources(Source::from_url(&database.url()).unwrap().keep_statements());
    for _ in 0..2 {
        assert_eq!(port(&sources).await, 8080);
    }
    database.execute("ALTER TABLE config ALTER value TYPE text").await.unwrap();
    assert_eq!(port(&sources).await, 8080);
    let _ = Row::fetch_all_components_from(&sources).await.map(|row| row.row);
}

#[tokio::test]
async fn a_typed_fetcher_waits_for_two_seconds_unless_it_is_told_otherwise() {
    let database = testbed::require!(testbed::postgres_database().await);
    let slow = DatabaseFetcher::from_url(&database.url(), "SELECT pg_sleep(20)::text").unwrap();
    let begun = Instant::now();
    let error = ComponentFetcher::<String>::fetch_component(&slow).await.unwrap_err();
    assert!(error.is_timeout() && error.to_string().contains("no answer within 2 s"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());

    let begun = Instant::now();
    let slow = slow.timeout(Duration::from_millis(100));
    let error = ComponentFetcher::<String>::fetch_component(&slow).await.unwrap_err();
    assert!(error.is_timeout() && error.hint().is_some_and(|hint| hint.contains("of the fetcher")), "{error:?}");
    let pool = sqlx::PgPool::connect(&database.url()).await.unwrap();
    let rows = RowFetcher::new(pool, "SELECT pg_sleep(20)::text").timeout(Duration::from_millis(100));
    let error: ComponentError = ComponentFetcher::<(String,)>::fetch_component(&rows).await.unwrap_err();
    assert!(error.is_timeout() && begun.elapsed() < Duration::from_secs(2), "{error}");
}

async fn in_front_of(database: &Database) -> testbed::proxy::Proxy {
    let address = database.url().split('@').nth(1).and_then(|rest| rest.split('/').next()).unwrap().parse().unwrap();
    testbed::proxy(address).await.unwrap()
}

#[tokio::test]
async fn silent_connections_of_a_users_pool_to_postgresql_cost_one_attempt() {
    let database = testbed::require!(testbed::postgres_database().await);
    cost_one_attempt_if_they_go_silent::<sqlx::Postgres>(&database).await;
}

#[tokio::test]
async fn silent_connections_of_a_users_pool_to_mariadb_cost_one_attempt() {
    let database = testbed::require!(testbed::mariadb_database().await);
    cost_one_attempt_if_they_go_silent::<sqlx::MySql>(&database).await;
}

async fn cost_one_attempt_if_they_go_silent<S: sqlx::Database>(database: &Database)
where
    sqlx::Pool<S>: Into<Pool>,
{
    database.execute(TABLE).await.unwrap();
    let proxy = in_front_of(database).await;
    let options = sqlx::pool::PoolOptions::<S>::new().max_connections(16);
    for tested in [true, false] {
        let options = options.clone().test_before_acquire(tested);
        let pool = options.connect_lazy(&proxy.instead_in(&database.url())).unwrap();
        let fetcher = DatabaseFetcher::new(pool.clone(), "SELECT value FROM config");
        let fetcher = fetcher.timeout(Duration::from_millis(300));
        proxy.delay(Duration::from_millis(50)).await.unwrap();
        let unhurried = fetcher.clone().timeout(Duration::from_secs(10));
        let warm = (0..16).map(|_| ComponentFetcher::<u16>::fetch_component(&unhurried));
        assert!(futures_util::future::join_all(warm).await.iter().all(Result::is_ok));
        proxy.heal().await.unwrap();
        // sqlx takes connections back in tasks of its own.
        while pool.num_idle() < 2 {
            tokio::task::yield_now().await;
        }
        proxy.silence();
        let mut failed = 0;
        for _ in 0..16 {
            failed += usize::from(ComponentFetcher::<u16>::fetch_component(&fetcher).await.is_err());
        }
        assert!(failed <= 1, "{failed} of 16 fetches failed");
    }
}

#[tokio::test]
async fn silent_connections_cost_three_attempts_whose_timeouts_are_short() {
    let database = testbed::require!(testbed::postgres_database().await);
    let proxy = in_front_of(&database).await;
    let url = proxy.instead_in(&database.url());
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(8).connect_lazy(&url).unwrap();
    let query = "SELECT 7 FROM pg_sleep(0.1)";
    for fetcher in [DatabaseFetcher::from_url(&url, query).unwrap(), DatabaseFetcher::new(pool, query)] {
        let fetcher = fetcher.timeout(Duration::from_secs(10));
        let warm = (0..8).map(|_| ComponentFetcher::<u8>::fetch_component(&fetcher));
        assert!(futures_util::future::join_all(warm).await.iter().all(Result::is_ok));
        proxy.silence();
        for _ in 0..3 {
            let hasty = ComponentFetcher::<u8>::fetch_component(&fetcher);
            assert!(tokio::time::timeout(Duration::from_millis(20), hasty).await.is_err());
        }
        let value = ComponentFetcher::<u8>::fetch_component(&fetcher).await;
        assert_eq!(value.unwrap(), 7);
    }
}

#[tokio::test]
async fn a_server_that_goes_silent_costs_an_assignment_no_more_than_its_timeout() {
    let database = testbed::require!(testbed::postgres_database().await);
    let proxy = in_front_of(&database).await;
    let fetcher = DatabaseFetcher::from_url(&proxy.instead_in(&database.url()), "SELECT 8080").unwrap();
    let fetcher = fetcher.timeout(Duration::from_millis(300));
    #[derive(Debug, Default, AsyncAssign)]
    struct Assigned {
        port: u16,
    }
    let mut assigned = Assigned::default();
    assigned.async_assign(fetcher.clone()).await.unwrap();
    assert_eq!(assigned.port, 8080);
    proxy.stall().await.unwrap();
    let begun = Instant::now();
    assert!(assigned.async_assign(fetcher).await.unwrap_err().is_timeout());
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_source_that_is_closed_has_no_connection_left_and_says_that_it_is_shut_down() {
    let postgres = testbed::require!(testbed::postgres_database().await);
    let mariadb = testbed::require!(testbed::mariadb_database().await);
    let of_postgres = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{}'", postgres.name());
    let of_mariadb = format!("SELECT count(*) FROM information_schema.processlist WHERE user = '{}'", mariadb.name());
    // The one that counts is the superuser's in PostgreSQL, and the same user's in MariaDB.
    for (database, url, count, left) in
        [(&postgres, postgres.superuser_url(), of_postgres, "0"), (&mariadb, mariadb.url(), of_mariadb, "1")]
    {
        database.execute(TABLE).await.unwrap();
        let source = Source::from_url(&database.url()).unwrap();
        let sources = sources(source.clone());
        assert!(futures_util::future::join_all((0..4).map(|_| port(&sources))).await.iter().all(|port| *port == 8080));
        let open = async || database.query_at(&url, &count).await.unwrap().trim().to_owned();
        assert_ne!(open().await, left);
        source.close().await;
        let started = Instant::now();
        while open().await != left {
            assert!(started.elapsed() < Duration::from_secs(10), "connections stay open");
        }
        let error = Port::fetch_all_components_from(&sources).await.unwrap_err();
        assert!(error.to_string().contains("shut down: the sources are shut down"), "{error}");
    }
}

#[tokio::test]
async fn every_server_wants_as_many_parameters_as_placeholders() {
    let postgres = testbed::require!(testbed::postgres_database().await);
    let mariadb = testbed::require!(testbed::mariadb_database().await);
    for (url, query) in
        [(postgres.url(), "SELECT $1::text"), (mariadb.url(), "SELECT ?"), ("sqlite::memory:".to_owned(), "SELECT ?")]
    {
        let fetcher = DatabaseFetcher::from_url(&url, query).unwrap();
        assert_eq!(ComponentFetcher::<String>::fetch_component(&fetcher.clone().bind("a")).await.unwrap(), "a");
        for fetcher in [fetcher.clone(), fetcher.bind("hunter2").bind("hunter2")] {
            let error = ComponentFetcher::<String>::fetch_component(&fetcher).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
            assert!(error.to_string().contains("the query has 1 placeholder, but"), "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
    let (_, text) = failure(&postgres.url(), "SELECT $2::text || $1").await;
    assert!(text.contains("the query has 2 placeholders, but there are 0 parameters"), "{text}");
}

/// Writes a row, and takes longer than a hedge and its timeout allow.
#[derive(Debug, AsyncAssign)]
struct Written {
    #[component(
        fetch_from = "database",
        query = "WITH slept AS (SELECT pg_sleep(0.3)) INSERT INTO config SELECT 1 FROM slept RETURNING value",
        timeout = "200ms",
        retry_attempts = 3,
        fallback = 0
    )]
    _row: u16,
}

#[tokio::test]
async fn a_query_that_writes_is_sent_once_whatever_the_policies_say() {
    let database = testbed::require!(testbed::postgres_database().await);
    database.execute("CREATE TABLE config (value int)").await.unwrap();
    let policies = Policies::new().hedge(Hedge::after(Duration::from_millis(20)));
    let source = Source::from_url(&database.url()).unwrap();
    let sources = Sources::builder().source("database", source).policies("database", policies).build();
    Written::fetch().resilient().sources(&sources).value().await.unwrap();
    // Long enough for any other statement to have ended.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let rows = database.query_at(&database.superuser_url(), "SELECT count(*)::text FROM config").await.unwrap();
    assert!(rows == "0" || rows == "1", "{rows}");
}
