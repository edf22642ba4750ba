//! The snippets of the task that this project answers, compiled and run; a comment says what was adapted and why.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::{net::IpAddr, time::Duration};

use component_model::{
    BreakerStatus, CacheSettings, ErrorKind, LocalCache, Memory,
    fetchers::{
        api::ApiFetcher,
        database::{Database, DatabaseFetcher},
        env::Env,
    },
    prelude::*,
    test_util::{Script, Scripted},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Debug, Default, PartialEq, Clone, Serialize, Deserialize)]
struct CachedSettings {
    dark: bool,
}

#[derive(Debug, Default, PartialEq)]
enum Environment {
    #[default]
    Development,
    Production,
}

impl From<&str> for Environment {
    fn from(name: &str) -> Self {
        if name == "production" { Self::Production } else { Self::Development }
    }
}

/// "Current state": `.impute("localhost").impute(8080).impute("production")`. Two texts fit two fields of other types
/// only if each fits one of them, so the environment is set by name.
#[test]
fn the_current_state() {
    #[derive(Default, ComponentModel)]
    struct AppConfig {
        host: String,
        port: i32,
        environment: Environment,
    }
    let config = AppConfig::default().host_with("localhost").impute(8080).environment_with("production");
    assert_eq!((config.host.as_str(), config.port, config.environment), ("localhost", 8080, Environment::Production));
}

async fn fetch_database_url() -> Result<String, std::io::Error> {
    Ok("postgres://db".to_owned())
}

#[derive(Debug, Default, PartialEq)]
struct ApiKey(u64);

async fn load_api_key_from_vault() -> Result<ApiKey, std::io::Error> {
    Ok(ApiKey(7))
}

async fn get_cached_settings() -> Result<CachedSettings, ComponentError> {
    Ok(CachedSettings { dark: true })
}

/// "Target state": the struct, the chain, and all components at once. Sources that are not built in yet are registered
/// under their names.
#[tokio::test]
async fn the_target_state() -> Result<(), ComponentErrors> {
    #[derive(Debug, Default, PartialEq, AsyncAssign)]
    struct AppConfig {
        #[component(fetch_from = "database")]
        database_url: String,
        #[component(fetch_from = "consul", key = "app/port")]
        port: u16,
        #[component(fetch_from = "redis", ttl = "3600")]
        cached_config: CachedSettings,
    }
    let chained = AppConfig::default()
        .async_assign(fetch_database_url().await)
        .async_assign(8080u16)
        .async_assign(get_cached_settings().await)
        .build()
        .await?;

    let sources = Sources::builder()
        .source("database", Memory::new([("database_url", "postgres://db")]))
        .source("consul", Memory::new([("app/port", "8080")]))
        .constant("redis", CachedSettings { dark: true })
        .build();
    Sources::scope(sources, async {
        let config = AppConfig::fetch_all_components().await?;
        assert_eq!(config, chained);
        Ok(())
    })
    .await
}

/// "`AsyncAssign`" and "`FutureAssign`": the traits' own methods, with their error type.
#[tokio::test]
async fn the_core_traits() -> Result<(), ComponentError> {
    #[derive(Debug, Default, AsyncAssign)]
    struct AppConfig {
        database_url: String,
        key: ApiKey,
    }
    let mut config = AppConfig::default();
    config.async_assign(fetch_database_url()).await?;
    let mut config = config.async_impute(load_api_key_from_vault()).await?;
    assert_eq!((config.database_url.as_str(), &config.key), ("postgres://db", &ApiKey(7)));
    config.future_assign("other").await?;
    let config = config.future_impute(ApiKey(8)).await?;
    assert_eq!((config.database_url.as_str(), config.key), ("other", ApiKey(8)));
    Ok(())
}

/// "`ComponentFetcher`": a plain `async fn`; no `#[async_trait]` is needed any more.
#[tokio::test]
async fn a_fetcher_of_ones_own() -> Result<(), ComponentError> {
    struct PortFetcher;
    impl ComponentFetcher<u16> for PortFetcher {
        type Error = std::io::Error;
        async fn fetch_component(&self) -> Result<u16, Self::Error> {
            Ok(8080)
        }
    }
    #[derive(Default, AsyncAssign)]
    struct AppConfig {
        port: u16,
    }
    let mut config = AppConfig::default();
    config.async_assign(PortFetcher).await?;
    assert_eq!(config.port, 8080);
    Ok(())
}

async fn table_with(rows: &[(&str, &str)]) -> sqlx::SqlitePool {
    // One connection: an SQLite database in memory belongs to its connection.
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    sqlx::query("CREATE TABLE config (key TEXT PRIMARY KEY, value TEXT)").execute(&pool).await.unwrap();
    for (key, value) in rows {
        sqlx::query("INSERT INTO config (key, value) VALUES (?, ?)")
            .bind(key)
            .bind(value)
            .execute(&pool)
            .await
            .unwrap();
    }
    pool
}

/// "`AsyncAssign` derive": a query, a fallback, a key; concurrently, and with a deadline. The host is an address, to show
/// that the type reads it.
#[tokio::test]
async fn the_derive() {
    #[derive(Debug, AsyncAssign)]
    struct AppConfig {
        #[component(fetch_from = "database", query = "SELECT value FROM config WHERE key = 'db_url'")]
        database_url: String,
        #[component(fetch_from = "env", fallback = "127.0.0.1")]
        host: IpAddr,
        #[component(fetch_from = "consul", key = "app/port")]
        port: u16,
    }
    let sources = Sources::builder()
        .source("database", Database::new(table_with(&[("db_url", "postgres://db")]).await))
        .source("env", Env::of([("UNRELATED", "1")]))
        .source("consul", Memory::new([("app/port", "8080")]))
        .build();
    Sources::scope(sources, async {
        let all: Result<AppConfig, ComponentErrors> = AppConfig::fetch_all_components().await;
        let resilient: Result<AppConfig, ComponentError> = AppConfig::fetch_with_resilience().await;
        for config in [all.unwrap(), resilient.unwrap()] {
            assert_eq!((config.database_url.as_str(), config.port), ("postgres://db", 8080));
            assert!(config.host.is_loopback());
        }
    })
    .await;
}

/// "Target state" and "cached async components": what is fetched once is used for an hour, in every fetch. The fallback of
/// an `ExpensiveData` is text that the type reads.
#[tokio::test(start_paused = true)]
async fn cached_async_components() {
    type ExpensiveData = String;

    #[derive(Debug, AsyncAssign)]
    struct CachedConfig {
        #[component(fetch_from = "api", cache_for = "3600", fallback = "default_value")]
        expensive_setting: ExpensiveData,
        #[component(fetch_from = "redis", ttl = "3600")]
        cached_config: CachedSettings,
    }
    let api = Scripted::new().answers("expensive_setting", [Script::value("first"), Script::value("second")]);
    let redis = Scripted::new().answers("cached_config", [Script::value(CachedSettings { dark: true })]);
    let sources = Sources::builder()
        .source("api", api.clone())
        .source("redis", redis.clone())
        .cache(CacheSettings::new().without_jitter())
        .build();
    Sources::scope(sources, async {
        for (wait, setting, calls) in [(0, "first", 1), (3599, "first", 1), (1, "second", 2)] {
            tokio::time::sleep(Duration::from_secs(wait)).await;
            let config: Result<CachedConfig, ComponentError> = CachedConfig::fetch_with_cache().await;
            let config = config.unwrap();
            assert_eq!((config.expensive_setting.as_str(), config.cached_config.dark), (setting, true));
            assert_eq!((api.calls(), redis.calls()), (calls, calls));
        }
    })
    .await;

    let down = Scripted::new().answers("expensive_setting", [Script::fails(ErrorKind::Unreachable)]);
    let sources = Sources::builder().source("api", down).source("redis", redis).build();
    let config = CachedConfig::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(config.expensive_setting, "default_value");
}

/// "Retry and circuit breaker": `CriticalData` is any type that serde reads.
#[tokio::test]
async fn retry_and_circuit_breaker() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct CriticalData {
        limit: u32,
    }
    #[derive(Debug, AsyncAssign)]
    struct ResilientConfig {
        #[component(
            fetch_from = "remote_api",
            retry_attempts = "3",
            circuit_breaker = "true",
            fallback_to = "local_cache"
        )]
        critical_setting: CriticalData,
    }
    let folder = tempfile::tempdir().unwrap();
    let failing = || Script::fails(ErrorKind::Unavailable);
    let remote =
        Scripted::new().answers("critical_setting", [failing(), failing(), Script::value(json!({ "limit": 7 }))]);
    let local = LocalCache::at(folder.path().join("config.cache"));
    let sources = Sources::builder().source("remote_api", remote.clone()).local_cache(local).build();

    // The third attempt succeeds.
    let config = ResilientConfig::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((&config.critical_setting, remote.calls()), (&CriticalData { limit: 7 }, 3));

    // While the source is down, the last value from the disk is used, and soon it is not asked any longer.
    remote.set("critical_setting", [failing()]);
    for _ in 0..3 {
        let config = ResilientConfig::fetch_all_components_from(&sources).await.unwrap();
        assert_eq!(config.critical_setting, CriticalData { limit: 7 });
    }
    let state = sources.state();
    let (_, breaker) = state.source("remote_api").unwrap().breakers().next().unwrap();
    assert_eq!(breaker.status(), BreakerStatus::Open);
}

/// "Unit tests".
#[tokio::test]
async fn test_async_assignment() {
    #[derive(AsyncAssign, Default)]
    struct TestConfig {
        value: String,
    }
    let mut config = TestConfig::default();
    config.async_assign("test_value").await.unwrap();
    assert_eq!(config.value, "test_value");
}

struct MockApi;
impl ComponentFetcher<String> for MockApi {
    type Error = std::io::Error;
    async fn fetch_component(&self) -> Result<String, Self::Error> {
        Ok("api_result".to_owned())
    }
}

struct MockDb;
impl ComponentFetcher<i32> for MockDb {
    type Error = std::io::Error;
    async fn fetch_component(&self) -> Result<i32, Self::Error> {
        Ok(42)
    }
}

#[tokio::test]
async fn test_concurrent_fetching() {
    #[derive(AsyncAssign)]
    struct TestConfig {
        #[component(fetch_from = "mock_api")]
        api_value: String,
        #[component(fetch_from = "mock_db")]
        db_value: i32,
    }
    let sources = Sources::builder().fetcher("mock_api", MockApi).fetcher("mock_db", MockDb).build();
    Sources::scope(sources, async {
        let config = TestConfig::fetch_all_components().await.unwrap();
        assert_eq!(config.api_value, "api_result");
        assert_eq!(config.db_value, 42);
    })
    .await;
}

/// "Integration tests", on a PostgreSQL that the test starts.
#[tokio::test]
async fn test_database_fetcher() {
    let database = testbed::require!(testbed::postgres_database().await);
    let pool = sqlx::PgPool::connect(&database.url()).await.unwrap();
    sqlx::query("CREATE TABLE config (key TEXT PRIMARY KEY, value TEXT)").execute(&pool).await.unwrap();
    sqlx::query("INSERT INTO config (key, value) VALUES ('test_key', 'test_value')").execute(&pool).await.unwrap();

    let fetcher = DatabaseFetcher::new(pool, "SELECT value FROM config WHERE key = 'test_key'");
    let result: String = fetcher.fetch_component().await.unwrap();
    assert_eq!(result, "test_value");

    let query = "SELECT value FROM config WHERE key = 'test_key'";
    let fetcher = DatabaseFetcher::from_url(&database.url(), query).unwrap();
    let result: String = fetcher.fetch_component().await.unwrap();
    assert_eq!(result, "test_value");
}

#[tokio::test]
async fn test_api_fetcher() {
    use wiremock::{Mock, MockServer, ResponseTemplate};

    let mock_server = MockServer::start().await;
    Mock::given(wiremock::matchers::method("GET"))
        .and(wiremock::matchers::path("/config"))
        .and(wiremock::matchers::header("authorization", "Bearer token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "setting": "value" })))
        .mount(&mock_server)
        .await;

    // A token may be no valid header: that is an error, and no panic.
    let fetcher = ApiFetcher::new(format!("{}/config", mock_server.uri())).with_auth_header("token").unwrap();
    let result: serde_json::Value = fetcher.fetch_component().await.unwrap();
    assert_eq!(result["setting"], "value");
    assert!(ApiFetcher::new("http://localhost").with_auth_header("a\nb").is_err());
}
