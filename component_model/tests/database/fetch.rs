//! A struct that is fetched, and what the server is asked for it.

use std::time::Duration;

use component_model::{
    fetchers::database::{Database, DatabaseFetcher},
    prelude::*,
};
use testbed::SqlServer;

#[derive(Debug, AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "database", query = "SELECT value FROM config WHERE name = 'db_url'")]
    database_url: SecretString,
    #[component(fetch_from = "database", key = "app/port")]
    port: u16,
    #[component(fetch_from = "database")]
    host: String,
    #[component(fetch_from = "database", key = "missing", fallback = "7")]
    retries: u8,
    #[component(fetch_from = "database", key = "nothing")]
    nothing: Option<String>,
}

const TABLE: &str = "CREATE TABLE config (name varchar(99) PRIMARY KEY, value text);
    INSERT INTO config VALUES ('db_url', 'hunter2'), ('app/port', '8080'), ('host', 'localhost'), ('nothing', NULL),
    ('Host', 'upper')";

async fn fetches_a_struct(url: &str) {
    let database = Database::from_url(url).unwrap().table("config", "name", "value").unwrap();
    let sources = Sources::builder().source("database", database).build();
    let config = AppConfig::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((config.host.as_str(), config.port, config.retries), ("localhost", 8080, 7));
    assert_eq!(config.nothing, None);
    assert!(!format!("{config:?}").contains("hunter2"));
    drop(config.database_url);
}

#[tokio::test]
async fn a_struct_is_fetched_from_postgresql() {
    let database = testbed::require!(testbed::postgres_database().await);
    database.execute(TABLE).await.unwrap();
    fetches_a_struct(&database.url()).await;
}

#[tokio::test]
async fn a_struct_is_fetched_from_mariadb_where_keys_are_matched_exactly_too() {
    let database = testbed::require!(testbed::mariadb_database().await);
    database.execute(&TABLE.replace("('Host', 'upper')", "('HOST!', 'x')")).await.unwrap();
    fetches_a_struct(&database.url()).await;
    // The column's collation finds `HOST` for `host`; nobody asked for that key.
    database.execute("UPDATE config SET name = 'HOST' WHERE name = 'host'").await.unwrap();
    let source = Database::from_url(&database.url()).unwrap().table("config", "name", "value").unwrap();
    let sources = Sources::builder().source("database", source).build();
    let error = AppConfig::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(error.len() == 1 && error[0].is_absent() && error[0].field() == Some("host"), "{error}");
}

#[derive(Debug, AsyncAssign)]
struct Numbered {
    #[component(fetch_from = "database", key = "42")]
    value: String,
    #[component(fetch_from = "database", key = "042")]
    padded: Option<String>,
}

async fn numbered(database: &testbed::Database, quote: &str) {
    for ty in ["integer", "bigint", "smallint", "numeric(5, 0)", "char(9)"] {
        let table = format!(
            "CREATE TABLE config ({quote}key{quote} {ty}, value text); INSERT INTO config VALUES (42, 'x'), (43, 'y')"
        );
        database.execute(&table).await.unwrap();
        let sources = Sources::builder().source("database", Database::from_url(&database.url()).unwrap()).build();
        let numbered = Numbered::fetch_all_components_from(&sources).await.unwrap();
        assert_eq!((numbered.value.as_str(), numbered.padded), ("x", None), "{ty}");
        database.execute("DROP TABLE config").await.unwrap();
    }
}

#[tokio::test]
async fn whole_numbers_can_be_keys_in_postgresql() {
    numbered(&testbed::require!(testbed::postgres_database().await), "\"").await;
}

#[tokio::test]
async fn whole_numbers_can_be_keys_in_mariadb() {
    numbered(&testbed::require!(testbed::mariadb_database().await), "`").await;
}

/// Fifty components of the default table.
macro_rules! fifty {
    ($($field:ident)*) => {
        #[derive(Debug, AsyncAssign)]
        struct Fifty { $(#[component(fetch_from = "database")] $field: u8),* }

        impl Fifty {
            fn sum(&self) -> u32 { 0 $(+ u32::from(self.$field))* }
        }
    };
}
fifty!(k0 k1 k2 k3 k4 k5 k6 k7 k8 k9 k10 k11 k12 k13 k14 k15 k16 k17 k18 k19 k20 k21 k22 k23 k24 k25 k26 k27 k28 k29
    k30 k31 k32 k33 k34 k35 k36 k37 k38 k39 k40 k41 k42 k43 k44 k45 k46 k47 k48 k49);

async fn fetch_fifty(url: &str) {
    fetch_fifty_from(Database::from_url(url).unwrap()).await;
}

async fn fetch_fifty_from(database: Database) {
    let sources = Sources::builder().source("database", database).build();
    let fifty = Fifty::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(fifty.sum(), 50 * 49 / 2);
}

fn fifty_rows(quote: &str) -> String {
    let rows: Vec<_> = (0..50).map(|index| format!("('k{index}', '{index}')")).collect();
    format!(
        "CREATE TABLE config ({quote}key{quote} varchar(9), value text); INSERT INTO config VALUES {}",
        rows.join(", ")
    )
}

#[tokio::test]
async fn fifty_keys_are_one_query_in_the_log_of_postgresql() {
    let server: SqlServer = testbed::require!(testbed::postgres().await);
    let database = server.database().await.unwrap();
    database.execute(&fifty_rows("\"")).await.unwrap();
    let log_all = format!("ALTER ROLE {} SET log_statement = 'all'", database.name());
    database.query_at(&database.superuser_url(), &log_all).await.unwrap();
    fetch_fifty(&database.url()).await;
    let log = std::fs::read_to_string(server.folder().join("server.log")).unwrap();
    let queries = log.lines().filter(|line| line.contains("execute ") && line.contains("\"config\"")).count();
    assert_eq!(queries, 1, "{log}");
}

#[tokio::test]
async fn fifty_keys_are_one_query_in_the_log_of_mariadb() {
    let server: SqlServer = testbed::require!(testbed::mariadb().await);
    let database = server.database().await.unwrap();
    database.execute(&fifty_rows("`")).await.unwrap();
    let administrator = server.url();
    let log_all = "SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 1";
    database.query_at(&administrator, log_all).await.unwrap();
    fetch_fifty(&database.url()).await;
    let count = "SELECT COUNT(*) FROM mysql.general_log WHERE command_type = 'Execute' AND argument LIKE '%`config`%'";
    assert_eq!(database.query_at(&administrator, count).await.unwrap().trim(), "1");
}

#[tokio::test]
async fn a_fetch_on_an_open_connection_is_two_messages_to_mariadb_and_one_with_kept_statements() {
    let server: SqlServer = testbed::require!(testbed::mariadb().await);
    let database = server.database().await.unwrap();
    database.execute(&fifty_rows("`")).await.unwrap();
    let administrator = server.url();
    let log_all = "SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 1; TRUNCATE mysql.general_log";
    // The client waits for no answer to `Close stmt`.
    let messages = format!(
        "SELECT command_type FROM mysql.general_log
        WHERE user_host LIKE '{}[%' AND command_type <> 'Close stmt' ORDER BY event_time",
        database.name()
    );
    let source = Database::from_url(&database.url()).unwrap();
    for (source, expected) in [(source.clone(), "Prepare\nExecute"), (source.keep_statements(), "Execute")] {
        fetch_fifty_from(source.clone()).await;
        database.query_at(&administrator, log_all).await.unwrap();
        fetch_fifty_from(source).await;
        assert_eq!(database.query_at(&administrator, &messages).await.unwrap().trim(), expected);
    }
}

#[tokio::test]
async fn a_registered_fetcher_names_its_query_as_it_does_alone() {
    #[derive(Debug, AsyncAssign)]
    struct Registered {
        #[component(fetch_from = "limits")]
        _max: u16,
    }
    let fetcher =
        DatabaseFetcher::from_url("sqlite::memory:", "SELECT value FROM limits WHERE name = 'hunter2'").unwrap();
    let query = "database:SELECT value FROM limits WHERE name = '…'";
    let alone = ComponentFetcher::<u16>::fetch_component(&fetcher).await.unwrap_err();
    assert!(alone.to_string().contains(query), "{alone}");
    let sources = Sources::builder().fetcher::<u16, _>("limits", fetcher).build();
    let errors = Registered::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!((errors[0].locator(), errors[0].kind()), (Some(query), alone.kind()));
}

#[tokio::test]
async fn a_fetcher_that_may_take_no_time_is_a_mistake() {
    let fetcher = DatabaseFetcher::from_url("sqlite::memory:", "SELECT 1").unwrap().timeout(Duration::ZERO);
    let error = ComponentFetcher::<u16>::fetch_component(&fetcher).await.unwrap_err();
    assert!(error.to_string().contains("misconfigured: the timeout of the fetcher is 0"), "{error}");
}
