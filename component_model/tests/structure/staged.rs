//! Databases that components name with `url`, on SQLite.

use component_model::{ErrorKind, Memory, fetchers::database::Database, prelude::*};
use sqlx::{AssertSqlSafe, SqlitePool};
use tempfile::TempDir;

use super::lines;

/// A file with a region in the default table.
async fn file(folder: &TempDir, name: &str, region: &str) -> String {
    let url = format!("sqlite:{}", folder.path().join(name).display());
    let pool = SqlitePool::connect(&format!("{url}?mode=rwc")).await.unwrap();
    let table = format!("CREATE TABLE config (key TEXT, value TEXT); INSERT INTO config VALUES ('region', '{region}')");
    sqlx::raw_sql(AssertSqlSafe(table)).execute(&pool).await.unwrap();
    pool.close().await;
    url
}

fn sources<const N: usize>(values: [(&str, &str); N]) -> Sources {
    Sources::builder().source("vault", Memory::new(values)).source("database", Database::default()).build()
}

#[derive(Debug, AsyncAssign)]
struct Staged {
    #[component(fetch_from = "vault")]
    first_url: SecretString,
    #[component(fetch_from = "vault")]
    second_url: SecretString,
    #[component(fetch_from = "database", url = "{first_url}", key = "region")]
    first: String,
    #[component(fetch_from = "database", url = "{second_url}", key = "region")]
    second: String,
    #[component(fetch_from = "database", url = "{second_url}", query = "SELECT count(*) FROM config")]
    count: u8,
    #[component(fetch_from = "database", url = "{second_url}", key = "missing")]
    missing: Option<String>,
}

#[tokio::test]
async fn components_over_two_databases_whose_urls_are_fetched_first() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (file(&folder, "a.db", "eu").await, file(&folder, "b.db", "us").await);
    let sources = sources([("first_url", &first), ("second_url", &second)]);
    let fetched = Staged::fetch().sources(&sources).report().await.unwrap();
    let Staged { first: of_first, second: of_second, count, missing, .. } = &fetched.value;
    assert_eq!((of_first.as_str(), of_second.as_str(), count, missing), ("eu", "us", &1, &None));
    let calls: Vec<_> = fetched.report.calls().iter().map(|call| call.locators().count()).collect();
    assert_eq!(calls.iter().sum::<usize>(), 4, "{:?}", fetched.report);
    assert_eq!(calls.len(), 3, "the keys of one database are one query");
    for (url, path) in [(&first, "a.db"), (&second, "b.db")] {
        let shown = format!("{} {:?} {:?}", fetched.report, fetched.report, sources);
        assert!(!shown.contains(url) && !shown.contains(path), "{shown}");
    }
}

#[derive(Debug, AsyncAssign)]
struct Mixed {
    #[component(fetch_from = "vault")]
    _url: SecretString,
    #[component(fetch_from = "database", url = "{_url}", key = "region")]
    of_url: String,
    #[component(fetch_from = "database", key = "region")]
    of_source: String,
}

#[tokio::test]
async fn a_pool_of_ones_own_stays_the_default_beside_a_url_and_stays_open() {
    let folder = tempfile::tempdir().unwrap();
    let (own, other) = (file(&folder, "own.db", "own").await, file(&folder, "other.db", "other").await);
    let pool = SqlitePool::connect(&own).await.unwrap();
    let database = Database::new(pool.clone());
    let vault = Memory::new([("_url", other.as_str())]);
    let sources = Sources::builder().source("vault", vault).source("database", database).build();
    let mixed = Mixed::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((mixed.of_url.as_str(), mixed.of_source.as_str()), ("other", "own"));
    sources.shutdown().await;
    assert!(!pool.is_closed());
}

#[tokio::test]
async fn a_closed_source_opens_no_database_of_a_url() {
    let folder = tempfile::tempdir().unwrap();
    let url = file(&folder, "a.db", "eu").await;
    let database = Database::from_url(&url).unwrap();
    let vault = Memory::new([("_url", url.as_str())]);
    let sources = Sources::builder().source("vault", vault).source("database", database.clone()).build();
    assert!(Mixed::fetch_all_components_from(&sources).await.is_ok());
    database.close().await;
    let errors = Mixed::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors.len(), 2, "{errors}");
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::ShutDown), "{errors}");
}

#[tokio::test]
async fn a_source_without_a_database_says_so_before_any_input_for_components_without_a_url() {
    let errors = Mixed::fetch_all_components_from(&sources([("_url", "sqlite::memory:")])).await.unwrap_err();
    assert_eq!((errors.len(), errors[0].kind()), (1, ErrorKind::NotSetUp), "{errors}");
    assert!(lines(&errors)[0].contains("Mixed.of_source") && errors.report().is_none(), "{errors}");
    assert!(errors[0].hint().unwrap().contains("give the component a `url`"), "{errors}");
}

#[derive(Debug, AsyncAssign)]
struct FallsBack {
    #[component(fetch_from = "database", key = "region", fallback = "eu")]
    region: String,
}

#[tokio::test]
async fn a_fallback_is_used_where_the_source_has_no_database() {
    assert_eq!(FallsBack::fetch_all_components_from(&sources([])).await.unwrap().region, "eu");
}

#[derive(Debug, AsyncAssign)]
struct Bad {
    #[component(fetch_from = "vault")]
    _url: SecretString,
    #[component(fetch_from = "database", url = "{_url}", fallback = "x", fallback_on = ["unreachable"])]
    _region: String,
}

#[tokio::test]
async fn a_value_that_is_not_a_url_is_invalid_and_not_repeated() {
    for url in [
        "",
        "hunter2",
        "hunter2://h/d",
        "postgres://u:hunter2@h:hunter2/d",
        "postgres://h/d?hunter2=hunter2",
        "mysql://[hunter2/d",
        "sqlite:a.db?mode=hunter2",
        "sqlite:a%2Fhunter2.db",
    ] {
        let errors = Bad::fetch_all_components_from(&sources([("_url", url)])).await.unwrap_err();
        assert_eq!((errors.len(), errors[0].kind()), (1, ErrorKind::Invalid), "{url}: {errors}");
        assert!(!format!("{errors} {errors:?} {:?}", errors[0].hint()).contains("hunter2"), "{url}: {errors}");
    }
}

#[derive(Debug, AsyncAssign)]
struct Literal {
    #[component(fetch_from = "database", url = "postgres://u:hunter2@h:none/d", fallback = "x")]
    _region: String,
    #[component(fetch_from = "database", url = "oracle:hunter2")]
    _other: String,
}

#[tokio::test]
async fn a_url_that_is_written_wrongly_is_misconfigured_before_any_input_and_not_repeated() {
    let errors = Literal::fetch_all_components_from(&sources([])).await.unwrap_err();
    assert_eq!(errors.len(), 2, "{errors}");
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::Misconfigured), "{errors}");
    assert!(errors.report().is_none() && !format!("{errors} {errors:?}").contains("hunter2"), "{errors}");
}

#[derive(Debug, AsyncAssign)]
struct Partly {
    #[component(fetch_from = "vault")]
    _tenant: String,
    #[component(fetch_from = "vault")]
    _password: SecretString,
    #[component(fetch_from = "database", url = "sqlite:none/{_tenant}.db", key = "region")]
    _file: String,
    #[component(fetch_from = "database", url = "postgres://u:{_password}@127.0.0.1:1/d", key = "region")]
    _server: String,
}

#[tokio::test]
async fn an_inserted_part_stays_within_its_place() {
    for tenant in ["..", "../a", "a/b", "a\\b", "", "."] {
        let sources = sources([("_tenant", tenant), ("_password", "x")]);
        let errors = Partly::fetch_all_components_from(&sources).await.unwrap_err();
        assert_eq!(errors.of("_file").unwrap().kind(), ErrorKind::Invalid, "{tenant}: {errors}");
    }
    // Inserted as it is, each would name another server, or no URL.
    for password in ["a@b", "a@127.0.0.1:2/x?", "/", "#", "a b", "100%", "€"] {
        let sources = sources([("_tenant", "a"), ("_password", password)]);
        let errors = Partly::fetch_all_components_from(&sources).await.unwrap_err();
        let error = errors.of("_server").unwrap();
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{password}: {errors}");
        assert!(error.to_string().contains("the database of `url` refuses connections"), "{error}");
        assert!(!format!("{errors} {errors:?}").contains("127.0.0.1"), "{errors}");
    }
}

#[test]
fn a_description_shows_which_component_a_url_is_and_nothing_that_is_written_beside_one() {
    let sources = sources([]);
    let staged = Staged::describe(&sources);
    let locator = |name: &str| staged.component(name).unwrap().layers()[0].locator().to_owned();
    assert_eq!(locator("first"), "region");
    assert_eq!(locator("count"), "url = {second_url}, query = …");
    let partly = Partly::describe(&sources);
    assert_eq!(partly.component("_server").unwrap().layers()[0].locator(), "config[region]");
    for shown in [staged.to_string(), partly.to_string(), Literal::describe(&sources).to_string()] {
        assert!(!shown.contains("127.0.0.1") && !shown.contains("hunter2"), "{shown}");
    }
}
