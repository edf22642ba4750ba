//! Many fetches at once: they wait, and no more connections are open than the pool or the server allows.

use std::{future::Future, time::Duration};

use component_model::{
    ComponentError, ComponentFetcher,
    fetchers::database::{Database as Source, DatabaseFetcher, Pool},
    prelude::*,
};
use futures_util::future::join_all;
use testbed::{Database, proxy::Proxy};

const AT_ONCE: usize = 200;

#[derive(Debug, AsyncAssign)]
struct OfPostgres {
    #[component(fetch_from = "database", query = "SELECT 1 FROM pg_sleep(0.1)", timeout = "30s")]
    one: u8,
}

#[derive(Debug, AsyncAssign)]
struct OfMariaDb {
    #[component(fetch_from = "database", query = "SELECT 1 + SLEEP(0.1)", timeout = "30s")]
    one: u8,
}

/// All fetches at once are answered, although the server allows their user only so many connections.
async fn all_answered<T, F>(fetch: impl Fn() -> F)
where
    F: Future<Output = Result<T, ComponentErrors>>,
{
    for round in ["cold", "warm"] {
        let fetched = join_all((0..AT_ONCE).map(|_| fetch())).await;
        let errors: Vec<_> = fetched.into_iter().filter_map(Result::err).collect();
        assert!(errors.is_empty(), "{round}: {} of {AT_ONCE} failed: {}", errors.len(), errors[0]);
    }
}

async fn limit_postgres(database: &Database, connections: u8) {
    let limit = format!("ALTER ROLE \"{}\" CONNECTION LIMIT {connections}", database.name());
    database.query_at(&database.superuser_url(), &limit).await.unwrap();
}

async fn limit_mariadb(database: &Database, connections: u8) {
    let user = database.name();
    let limit = format!("ALTER USER '{user}'@'127.0.0.1' WITH MAX_USER_CONNECTIONS {connections}");
    database.execute(&limit).await.unwrap();
}

/// A proxy in front of a database, which counts connections.
async fn in_front_of(database: &Database) -> Proxy {
    let address = database.url().rsplit_once('@').unwrap().1.split_once('/').unwrap().0.parse().unwrap();
    testbed::proxy(address).await.unwrap()
}

fn sources(source: Source) -> Sources {
    Sources::builder().source("database", source).build()
}

async fn postgres(source: Source) {
    let sources = sources(source);
    all_answered(|| OfPostgres::fetch_all_components_from(&sources)).await;
    assert_eq!(OfPostgres::fetch_all_components_from(&sources).await.unwrap().one, 1);
}

async fn mariadb(source: Source) {
    let sources = sources(source);
    all_answered(|| OfMariaDb::fetch_all_components_from(&sources)).await;
    assert_eq!(OfMariaDb::fetch_all_components_from(&sources).await.unwrap().one, 1);
}

#[tokio::test]
async fn a_burst_waits_for_the_16_connections_to_postgresql() {
    let database = testbed::require!(testbed::postgres_database().await);
    limit_postgres(&database, 16).await;
    let proxy = in_front_of(&database).await;
    postgres(Source::from_url(&proxy.instead_in(&database.url())).unwrap()).await;
    assert!(proxy.connections() <= 16, "{} connections", proxy.connections());
}

#[tokio::test]
async fn a_burst_waits_for_the_connections_that_a_role_of_postgresql_is_allowed() {
    let database = testbed::require!(testbed::postgres_database().await);
    limit_postgres(&database, 5).await;
    postgres(Source::from_url(&database.url()).unwrap()).await;
}

#[tokio::test]
async fn a_burst_waits_for_the_connections_of_a_users_pool_to_postgresql() {
    let database = testbed::require!(testbed::postgres_database().await);
    limit_postgres(&database, 8).await;
    let proxy = in_front_of(&database).await;
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(8);
    let pool = pool.connect_lazy(&proxy.instead_in(&database.url())).unwrap();
    postgres(Source::new(pool.clone())).await;
    // One more if the first connections take long: the address is tried.
    assert!(proxy.connections() <= 9, "{} connections", proxy.connections());
    busy_pool_is_waited_for(&proxy, pool).await;
}

/// A pool whose connections are all in use by fetches is waited for: nothing else connects beside it.
async fn busy_pool_is_waited_for<S: sqlx::Database>(proxy: &Proxy, pool: sqlx::Pool<S>)
where
    Pool: From<sqlx::Pool<S>>,
{
    let connections = proxy.connections();
    let slow = if S::NAME == "PostgreSQL" { "SELECT 1 FROM pg_sleep(1)" } else { "SELECT 1 + SLEEP(1)" };
    let fetcher = DatabaseFetcher::new(pool, slow).timeout(Duration::from_secs(60));
    let fetched = join_all((0..16).map(|_| ComponentFetcher::<u8>::fetch_component(&fetcher))).await;
    assert!(fetched.iter().all(Result::is_ok), "{fetched:?}");
    assert_eq!(proxy.connections(), connections);
}

#[tokio::test]
async fn a_burst_waits_for_the_16_connections_to_mariadb() {
    let database = testbed::require!(testbed::mariadb_database().await);
    limit_mariadb(&database, 16).await;
    let proxy = in_front_of(&database).await;
    mariadb(Source::from_url(&proxy.instead_in(&database.url())).unwrap()).await;
    assert!(proxy.connections() <= 16, "{} connections", proxy.connections());
}

#[tokio::test]
async fn a_burst_waits_for_the_connections_that_a_user_of_mariadb_is_allowed() {
    let database = testbed::require!(testbed::mariadb_database().await);
    limit_mariadb(&database, 5).await;
    mariadb(Source::from_url(&database.url()).unwrap()).await;
}

#[tokio::test]
async fn a_burst_waits_for_the_connections_of_a_users_pool_to_mariadb() {
    let database = testbed::require!(testbed::mariadb_database().await);
    limit_mariadb(&database, 8).await;
    let proxy = in_front_of(&database).await;
    let pool = sqlx::mysql::MySqlPoolOptions::new().max_connections(8);
    let pool = pool.connect_lazy(&proxy.instead_in(&database.url())).unwrap();
    mariadb(Source::new(pool.clone())).await;
    assert!(proxy.connections() <= 9, "{} connections", proxy.connections());
    busy_pool_is_waited_for(&proxy, pool).await;
}

#[tokio::test]
async fn fetches_that_wait_for_a_connection_do_not_connect_again_and_again() {
    let database = testbed::require!(testbed::postgres_database().await);
    limit_postgres(&database, 1).await;
    let proxy = in_front_of(&database).await;
    let sources = sources(Source::from_url(&proxy.instead_in(&database.url())).unwrap());
    OfPostgres::fetch_all_components_from(&sources).await.unwrap();
    let fetched = join_all((0..12).map(|_| OfPostgres::fetch_all_components_from(&sources))).await;
    assert!(fetched.iter().all(Result::is_ok), "{fetched:?}");
    // The one that is used, and one attempt each of those that wait for it.
    assert!(proxy.connections() <= 12, "{} connections", proxy.connections());
}

#[derive(Debug, AsyncAssign)]
struct Quick {
    #[component(fetch_from = "database", query = "SELECT 1 FROM pg_sleep(0.01)", timeout = "20s")]
    _one: u8,
}

/// How often one caller is answered.
async fn answers(sources: &Sources, duration: Duration) -> usize {
    let begun = std::time::Instant::now();
    let mut answers = 0;
    while begun.elapsed() < duration {
        Quick::fetch_all_components_from(sources).await.unwrap();
        answers += 1;
    }
    answers
}

#[tokio::test]
async fn fetches_share_the_connections_that_a_role_is_allowed_and_rarely_ask_for_more() {
    let database = testbed::require!(testbed::postgres_database().await);
    limit_postgres(&database, 5).await;
    let proxy = in_front_of(&database).await;
    let sources = sources(Source::from_url(&proxy.instead_in(&database.url())).unwrap());
    let answers = join_all((0..16).map(|_| answers(&sources, Duration::from_secs(3)))).await;
    let fewest = *answers.iter().min().unwrap();
    assert!(fewest * 4 * answers.len() >= answers.iter().sum(), "{answers:?}");
    assert!(proxy.connections() < 45, "{} connections", proxy.connections());
}

/// Servers count the clients that connect and send nothing.
#[tokio::test]
async fn a_server_that_does_not_answer_is_probed_once_however_many_fetchers_there_are() {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    };

    use tokio::io::AsyncReadExt as _;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://u:p@{}/d", listener.local_addr().unwrap());
    let silent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&silent);
    let server = tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let first = client.read(&mut [0; 64]).await;
                counted.fetch_add(usize::from(matches!(first, Ok(0))), SeqCst);
                let _ = client.read_to_end(&mut Vec::new()).await;
            });
        }
    });
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect_lazy(&url).unwrap();
    for _ in 0..4 {
        let fetcher = DatabaseFetcher::new(pool.clone(), "SELECT 1").timeout(Duration::from_millis(400));
        let error: ComponentError = ComponentFetcher::<u8>::fetch_component(&fetcher).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
    }
    server.abort();
    assert_eq!(silent.load(SeqCst), 1);
}

#[tokio::test]
async fn a_server_that_has_no_connection_left_for_anybody_is_unavailable_within_the_timeout_of_an_attempt() {
    let database = testbed::require!(testbed::postgres_database().await);
    limit_postgres(&database, 0).await;
    let begun = std::time::Instant::now();
    let error = crate::ask::<u8>(&database.url(), "SELECT 1").await.unwrap_err();
    assert!(error.to_string().contains("no connection left"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// A user's pool reports that its server refuses connections, long before the pool itself gives up.
#[tokio::test]
async fn a_users_pool_reports_that_its_server_refuses_connections() {
    let port = testbed::unused_port().unwrap();
    let postgres = sqlx::PgPool::connect_lazy(&format!("postgres://u:p@127.0.0.1:{port}/d")).unwrap();
    let mariadb = sqlx::MySqlPool::connect_lazy(&format!("mysql://u:p@127.0.0.1:{port}/d")).unwrap();
    for fetcher in [DatabaseFetcher::new(postgres, "SELECT 1"), DatabaseFetcher::new(mariadb, "SELECT 1")] {
        let begun = std::time::Instant::now();
        let error: ComponentError = ComponentFetcher::<u8>::fetch_component(&fetcher).await.unwrap_err();
        assert!(error.to_string().contains("refuses connections"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
}

/// Each test of a program has a runtime of its own; they may share their sources.
fn from_many_runtimes<T: Send + 'static>(
    source: Source,
    fetch: impl AsyncFn(&Sources) -> Result<T, ComponentErrors> + Clone + Send + 'static,
) {
    let sources = sources(source);
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (sources, fetch) = (sources.clone(), fetch.clone());
            std::thread::spawn(move || {
                for _ in 0..20 {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(fetch(&sources)).unwrap();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[derive(Debug, AsyncAssign)]
struct One {
    #[component(fetch_from = "database", query = "SELECT 1")]
    _one: u8,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn sources_are_used_from_many_runtimes_one_after_another_and_at_the_same_time() {
    let postgres = testbed::require!(testbed::postgres_database().await);
    limit_postgres(&postgres, 16).await;
    let mariadb = testbed::require!(testbed::mariadb_database().await);
    for url in [postgres.url(), mariadb.url(), "sqlite::memory:".to_owned()] {
        let source = Source::from_url(&url).unwrap();
        tokio::task::spawn_blocking(move || {
            from_many_runtimes(source, async |sources: &Sources| One::fetch_all_components_from(sources).await);
        })
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn a_report_and_an_error_hold_no_connection() {
    let database = testbed::require!(testbed::postgres_database().await);
    let sources = sources(Source::from_url(&database.url()).unwrap());
    let report = OfPostgres::fetch().sources(&sources).report().await.unwrap().report;
    let errors = Wrong::fetch_all_components_from(&sources).await.unwrap_err();
    let count = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{}'", database.name());
    let open = async || database.query_at(&database.superuser_url(), &count).await.unwrap().trim().to_owned();
    assert_ne!(open().await, "0");
    drop(sources);
    let started = std::time::Instant::now();
    while open().await != "0" {
        assert!(started.elapsed() < Duration::from_secs(10), "connections stay open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((report.entries().len(), errors.len()), (1, 1));
}

#[derive(Debug, AsyncAssign)]
struct Wrong {
    #[component(fetch_from = "database", query = "SELECT 'text'")]
    _number: u8,
}

#[derive(Debug, AsyncAssign)]
struct Patient {
    #[component(fetch_from = "database", query = "SELECT 1", timeout = "30s")]
    _one: u8,
}

async fn one_after_another(sources: Sources, fetches: usize) {
    for _ in 0..fetches {
        Patient::fetch_all_components_from(&sources).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn runtimes_that_share_a_source_keep_their_connections() {
    const RUNTIMES: usize = 4;
    const AT_ONCE: usize = 20;
    const EACH: usize = 10;
    let database = testbed::require!(testbed::postgres_database().await);
    let address = database.url().rsplit_once('@').unwrap().1.split_once('/').unwrap().0.parse().unwrap();
    let proxy = testbed::proxy(address).await.unwrap();
    let sources = sources(Source::from_url(&proxy.instead_in(&database.url())).unwrap());
    let threads: Vec<_> = (0..RUNTIMES)
        .map(|_| {
            let fetches: Vec<_> = (0..AT_ONCE).map(|_| one_after_another(sources.clone(), EACH)).collect();
            tokio::task::spawn_blocking(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(join_all(fetches));
            })
        })
        .collect();
    for thread in threads {
        thread.await.unwrap();
    }
    let (connections, fetches) = (proxy.connections(), RUNTIMES * AT_ONCE * EACH);
    assert!(connections < fetches / 8, "{connections} connections for {fetches} fetches");
}
