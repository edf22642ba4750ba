//! What holds of the pool behind a URL, on SQLite; with a server in between it is tested by the facade.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use component_model_source::{ErrorKind, SourceError, Value};
use sqlx::{Sqlite, SqlitePool, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::time::timeout;

use super::*;
use crate::database::{
    Database, client,
    client::Statement,
    pool::{Pool as AnyPool, statement},
    source,
};

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

/// Longer than anything here takes, and shorter than a test may hang.
const LIMIT: Duration = Duration::from_secs(20);

struct Tested {
    pool: Arc<OwnPool<Sqlite>>,
    connections: Connections<Sqlite>,
}

impl Tested {
    fn new(options: SqliteConnectOptions, limits: Limits) -> Self {
        let pool = Arc::new(OwnPool::new(options, limits));
        Self { connections: Connections::of(Pool::Own(Arc::clone(&pool))), pool }
    }

    /// A pool for a file.
    fn file(folder: &TempDir, limits: Limits) -> Self {
        Self::new(options(folder), limits)
    }

    fn in_memory() -> Self {
        Self::new("sqlite::memory:".parse().unwrap(), Limits::DEFAULT)
    }

    async fn query(&self, sql: &str) -> Result<Value, SourceError> {
        let record = source::of_query(&self.connections, &statement::<Sqlite>(sql.to_owned()), &[]).await;
        record.map(|record| record.value().clone())
    }

    async fn number(&self, sql: &str) -> i64 {
        component_model_source::decode::from_value(&self.query(sql).await.unwrap()).unwrap()
    }

    /// A statement that is given up, in a transaction.
    async fn abandoned_transaction(&self) {
        let mut lease = self.connections.lease(Freshness::Any).await.unwrap();
        let sql = format!("BEGIN; UPDATE t SET x = 0; {ENDLESS}");
        let statements = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(lease.parts().unwrap().0);
        assert!(timeout(Duration::from_millis(20), statements).await.is_err());
    }

    /// A query that is given up.
    async fn abandoned(&self, sql: &str) {
        assert!(timeout(Duration::from_millis(20), self.query(sql)).await.is_err());
    }
}

fn options(folder: &TempDir) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(folder.path().join("a.db")).create_if_missing(true)
}

async fn until(what: impl Fn() -> bool) {
    let reached = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, reached).await.expect("it does not come to that");
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_a_further_fetch_and_then_no_task_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let tested = Tested::file(&folder, Limits { idle: Duration::from_millis(50), ..Limits::DEFAULT });
    for _ in 0..2 {
        tested.query("SELECT 1").await.unwrap();
        until(|| tested.pool.open_connections() == 0).await;
        until(|| Arc::weak_count(&tested.pool) == 0).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_used_again_in_time_stays_open() {
    let folder = tempfile::tempdir().unwrap();
    let tested = Tested::file(&folder, Limits::DEFAULT);
    for _ in 0..3 {
        tested.query("SELECT 1").await.unwrap();
        assert_eq!((tested.pool.open_connections(), Arc::weak_count(&tested.pool)), (1, 1));
    }
}

#[test]
fn the_idle_connections_of_a_runtime_that_ends_are_closed_and_a_database_in_memory_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (file, memory) = (Tested::file(&folder, Limits::DEFAULT), Tested::in_memory());
    for round in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            file.query("SELECT 1").await.unwrap();
            assert_eq!(file.pool.open_connections(), 1);
            memory.query("CREATE TABLE IF NOT EXISTS t (x INTEGER)").await.unwrap();
            memory.query("INSERT INTO t VALUES (1)").await.unwrap();
            assert_eq!(memory.number("SELECT count(*) FROM t").await, round + 1);
        });
        drop(runtime);
        assert_eq!(file.pool.open_connections(), 0);
    }
}

/// How many threads have a name.
#[cfg(target_os = "linux")]
fn threads(name: &str) -> usize {
    let names = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = names.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|found| found.trim() == name).count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn statements_that_timed_out_stop_and_free_their_slots() {
    let folder = tempfile::tempdir().unwrap();
    let tested = Tested::new(options(&folder).thread_name(|_| "abandoned".to_owned()), Limits::DEFAULT);
    for _ in 0..20 {
        tested.abandoned(ENDLESS).await;
    }
    until(|| threads("abandoned") == 0).await;
    until(|| tested.pool.free_slots() == 16 && tested.pool.open_connections() == 0).await;
    assert_eq!(tested.number("SELECT 7").await, 7);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_pipe_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let options = SqliteConnectOptions::new().filename(&path).read_only(true);
    let tested = Tested::new(options.thread_name(|_| "pipe".to_owned()), Limits::DEFAULT);
    for _ in 0..3 {
        let error = timeout(LIMIT, tested.query("SELECT 1")).await.expect("it waits for the pipe").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert_eq!(error.to_string(), format!("`{}` is not a regular file", path.display()));
    }
    assert_eq!(threads("pipe"), 0);
}

#[tokio::test]
async fn a_slot_stays_taken_until_the_abandoned_statement_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let writer = SqlitePool::connect_with(options(&folder)).await.unwrap();
    sqlx::raw_sql("CREATE TABLE t (x INTEGER)").execute(&writer).await.unwrap();
    let mut locked = writer.acquire().await.unwrap();
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut *locked).await.unwrap();

    // It waits for the lock, where nothing interrupts it.
    let patient = options(&folder).busy_timeout(Duration::from_secs(3600));
    let tested = Tested::new(patient, Limits::DEFAULT);
    for abandoned in 1..=3 {
        let mut lease = tested.connections.lease(Freshness::Any).await.unwrap();
        let statement = sqlx::query("SELECT * FROM t").fetch_all(lease.parts().unwrap().0);
        assert!(timeout(Duration::from_millis(20), statement).await.is_err());
        drop(lease);
        assert_eq!((tested.pool.free_slots(), tested.pool.open_connections()), (16 - abandoned, abandoned));
    }
    sqlx::raw_sql("ROLLBACK").execute(&mut *locked).await.unwrap();
    until(|| tested.pool.free_slots() == 16 && tested.pool.open_connections() == 0).await;
}

#[tokio::test]
async fn a_database_in_memory_survives_abandoned_statements_and_an_abandoned_recovery() {
    let tested = Tested::in_memory();
    tested.query("CREATE TABLE t AS SELECT 7 AS x").await.unwrap();
    for expected in 8..11 {
        tested.abandoned_transaction().await;
        let _ = timeout(Duration::ZERO, tested.query("SELECT x FROM t")).await;
        timeout(LIMIT, tested.query("UPDATE t SET x = x + 1")).await.expect("the table is locked").unwrap();
        assert_eq!(tested.number("SELECT x FROM t").await, expected);
    }
    assert_eq!(tested.pool.open_connections(), 1);
}

#[tokio::test]
async fn an_abandoned_statement_on_one_connection_in_memory_does_not_lock_the_others() {
    let tested = Tested::in_memory();
    tested.query("CREATE TABLE t AS SELECT 7 AS x").await.unwrap();
    let mut other = tested.connections.lease(Freshness::Any).await.unwrap();
    tested.abandoned_transaction().await;
    // Locked until the statement has ended.
    let update = async {
        while sqlx::query("UPDATE t SET x = x + 1").execute(&mut *other.parts().unwrap().0).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, update).await.expect("the table is locked");
    other.give_back().await;
    assert_eq!(tested.number("SELECT x FROM t").await, 8);
}

async fn is_shut_down(tested: &Tested) {
    let error = tested.query("SELECT 1").await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::ShutDown, "the sources are shut down"));
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_closed_pool_closes_what_is_idle_and_what_is_in_use_when_it_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    for tested in [Tested::file(&folder, Limits::DEFAULT), Tested::in_memory()] {
        let lease = async || tested.connections.lease(Freshness::Any).await.unwrap();
        let (first, second, third) = (lease().await, lease().await, lease().await);
        first.give_back().await;
        tested.connections.close().await;
        is_shut_down(&tested).await;
        assert_eq!(tested.pool.open_connections(), 2);
        second.give_back().await;
        drop(third);
        until(|| tested.pool.open_connections() == 0).await;
        tested.connections.close().await;
        is_shut_down(&tested).await;
    }
}

#[tokio::test]
async fn a_fetch_that_waits_for_a_connection_learns_that_the_pool_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let tested = Tested::file(&folder, Limits::DEFAULT);
    let leases: Vec<_> =
        futures_util::future::join_all((0..16).map(|_| tested.connections.lease(Freshness::Any))).await;
    let waiting = is_shut_down(&tested);
    let close = async {
        tokio::task::yield_now().await;
        tested.connections.close().await;
    };
    timeout(LIMIT, futures_util::future::join(waiting, close)).await.expect("it still waits");
    assert!(leases.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_pool_of_the_users_own_is_not_closed() {
    let pool = SqlitePool::connect("sqlite::memory:").await.unwrap();
    let database = Database::new(AnyPool::from(pool.clone()));
    database.close().await;
    assert!(!pool.is_closed());
    let connections = Connections::from(pool);
    let sql = statement::<Sqlite>("SELECT 1".to_owned());
    let statement = Statement::Query { sql: &sql, params: &[] };
    client::run(&connections, statement, |_: sqlx::sqlite::SqliteRow| Ok(client::Next::More)).await.unwrap();
}
