//! What is kept after a fetch holds no connection open: a report, an error, a state.

use std::time::Duration;

use component_model::{fetchers::database::Database, prelude::*};
use testbed::Database as Server;

#[derive(Debug, AsyncAssign)]
struct Kept {
    #[component(fetch_from = "database", query = "SELECT 7")]
    _number: u8,
    #[component(fetch_from = "database", query = "SELECT 'x'", fallback = "1", fallback_on = "any")]
    _fallback: u8,
}

#[derive(Debug, AsyncAssign)]
struct Broken {
    #[component(fetch_from = "database", query = "SELECT 'x'")]
    _number: u8,
}

/// How many connections the database has besides the one that asks.
async fn connections(server: &Server) -> i64 {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    server.query(count).await.unwrap().trim().parse().unwrap()
}

async fn no_connection_is_left(server: &Server) {
    let gone = async {
        while connections(server).await > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("connections are left");
}

#[tokio::test]
async fn reports_errors_and_states_hold_no_connection_open() {
    let server = testbed::require!(testbed::postgres_database().await);
    let sources = Sources::builder().source("database", Database::from_url(&server.url()).unwrap()).build();
    let report = Kept::fetch().sources(&sources).report().await.unwrap().report;
    let errors = Broken::fetch().sources(&sources).report().await.unwrap_err();
    let error = ComponentError::from(errors.clone());
    let state = sources.state();
    assert!(connections(&server).await > 0, "the pool keeps its connections");

    drop(sources);
    no_connection_is_left(&server).await;
    assert_eq!((report.entries().len(), errors.len(), state.sources().len()), (2, 1, 1));
    assert!(errors.report().is_some() && error.is_malformed());
}

#[tokio::test]
async fn shutting_down_closes_connections_and_later_fetches_fail() {
    let server = testbed::require!(testbed::postgres_database().await);
    let sources = Sources::builder().source("database", Database::from_url(&server.url()).unwrap()).build();
    Kept::fetch_all_components_from(&sources).await.unwrap();
    sources.shutdown().await;
    no_connection_is_left(&server).await;
    sources.shutdown().await;
    let errors = Broken::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(errors.to_string().contains("the sources are shut down"), "{errors}");
    assert_eq!(connections(&server).await, 0);
}

#[tokio::test]
async fn a_fetch_that_runs_while_its_sources_are_shut_down_ends_and_closes_its_connection() {
    #[derive(Debug, AsyncAssign)]
    struct Slow {
        #[component(fetch_from = "database", query = "SELECT 7 FROM pg_sleep(0.5)")]
        number: i32,
    }
    let server = testbed::require!(testbed::postgres_database().await);
    let sources = Sources::builder().source("database", Database::from_url(&server.url()).unwrap()).build();
    let fetch = tokio::spawn(Slow::fetch_all_components_from(&sources));
    while connections(&server).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sources.shutdown().await;
    if let Ok(slow) = fetch.await.unwrap() {
        assert_eq!(slow.number, 7);
    }
    no_connection_is_left(&server).await;
}
