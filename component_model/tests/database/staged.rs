//! Components of databases whose URLs are fetched first, on PostgreSQL.

use std::time::{Duration, Instant};

use component_model::{ErrorKind, Memory, fetchers::database::Database as Source, prelude::*};
use futures_util::future::join_all;
use testbed::Database;
use tokio::time::sleep;

/// The most URLs that have connections.
const MOST: usize = 16;

const MANY: usize = 40;

fn sources(source: Source, vault: Memory) -> Sources {
    Sources::builder().source("vault", vault).source("database", source).build()
}

async fn with_region(region: &str) -> Option<Database> {
    let database = testbed::postgres_database().await.ok()?;
    let table = "CREATE TABLE config (key text, value text); INSERT INTO config VALUES ('region', ";
    database.execute(&format!("{table}'{region}')")).await.unwrap();
    Some(database)
}

#[derive(Debug, AsyncAssign)]
struct Staged {
    #[component(fetch_from = "vault")]
    first_url: SecretString,
    #[component(fetch_from = "vault")]
    password: SecretString,
    #[component(fetch_from = "database", url = "{first_url}", key = "region")]
    first: String,
    #[component(fetch_from = "database", url = "{first_url}", query = "SELECT $1::int + 1", params = [4])]
    query: u8,
    #[component(fetch_from = "database", key = "region")]
    own: String,
}

#[tokio::test]
async fn two_components_are_fetched_from_two_databases_and_the_url_of_one_is_fetched_first() {
    drop(testbed::require!(testbed::postgres_database().await));
    let (first, own) = (with_region("eu").await.unwrap(), with_region("us").await.unwrap());
    let vault = Memory::new([("first_url", first.url()), ("password", own.password().to_owned())]);
    let sources = sources(Source::from_url(&own.url()).unwrap().keep_statements(), vault);
    for _ in 0..2 {
        let fetched = Staged::fetch().sources(&sources).report().await.unwrap();
        let value = &fetched.value;
        assert_eq!((value.first.as_str(), value.query, value.own.as_str()), ("eu", 5, "us"));
        let shown = format!("{} {:?} {sources:?}", fetched.report, fetched.report);
        assert!(!shown.contains(first.password()) && !shown.contains("127.0.0.1"), "{shown}");
    }
}

#[derive(Debug, AsyncAssign)]
struct Denied {
    #[component(fetch_from = "vault")]
    _url: SecretString,
    #[component(fetch_from = "database", url = "{_url}", key = "region", fallback = "x")]
    _region: String,
}

#[tokio::test]
async fn a_wrong_password_is_denied_and_nothing_of_the_url_is_shown() {
    let database = testbed::require!(testbed::postgres_database().await);
    let url = database.wrong_password_url();
    let sources = sources(Source::default(), Memory::new([("_url", url.as_str())]));
    let errors = Denied::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!((errors.len(), errors[0].kind()), (1, ErrorKind::Denied), "{errors}");
    let shown = format!("{errors} {errors:#} {errors:?} {} {sources:?}", errors.report().unwrap());
    for part in ["wrong-password", database.name(), "127.0.0.1"] {
        assert!(!shown.contains(part), "{part}: {shown}");
    }
}

#[derive(Debug, AsyncAssign)]
struct OfMany {
    #[component(fetch_from = "vault")]
    _url: SecretString,
    #[component(fetch_from = "database", url = "{_url}", query = "SELECT 1 FROM pg_sleep(0.1)", timeout = "60s")]
    one: u8,
}

/// One fetch for each of many URLs, which differ in the name that they give to the server.
async fn fetch(source: &Source, database: &Database, name: usize) -> u8 {
    let url = format!("{}?application_name=staged-{name}", database.url());
    let sources = sources(source.clone(), Memory::new([("_url", url.as_str())]));
    OfMany::fetch_all_components_from(&sources).await.unwrap().one
}

/// How many connections the server has for the user of a database, in all or at work.
async fn connections(database: &Database, at_work: bool) -> usize {
    let of_user = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{}'", database.name());
    let of_user = if at_work { format!("{of_user} AND state = 'active'") } else { of_user };
    database.query_at(&database.superuser_url(), &of_user).await.unwrap().trim().parse().unwrap()
}

/// A backend ends a little later than its connection.
async fn settle(database: &Database, most: usize) {
    let begun = Instant::now();
    while connections(database, false).await > most {
        assert!(begun.elapsed() < Duration::from_secs(20), "{} connections", connections(database, false).await);
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn many_urls_have_connections_for_the_last_16_of_them_one_after_another_and_at_once() {
    let database = testbed::require!(testbed::postgres_database().await);
    let source = Source::default();
    for name in 0..MOST + 4 {
        assert_eq!(fetch(&source, &database, name).await, 1);
    }
    settle(&database, MOST).await;
    assert_eq!(connections(&database, false).await, MOST, "those of the last URLs are kept");

    let most_at_work = async {
        let mut most = 0;
        for _ in 0..5 {
            most = most.max(connections(&database, true).await);
        }
        most
    };
    let fetches = join_all((0..MANY).map(|name| fetch(&source, &database, 100 + name)));
    let (all, most_at_work) = tokio::join!(fetches, most_at_work);
    assert_eq!(all, [1; MANY]);
    assert!(most_at_work <= MOST, "{most_at_work} at work");
    settle(&database, MOST).await;

    source.close().await;
    settle(&database, 0).await;
}
