//! How many rows a query has does not decide what they are, on every server.

use std::collections::BTreeMap;

use component_model::{Memory, fetchers::database::Database, prelude::*};

use crate::ask;

/// A query of so many rows, which needs no table.
fn rows(count: usize) -> String {
    format!(
        "SELECT name, port FROM (SELECT 'a' AS name, 80 AS port UNION ALL SELECT 'b', 81) AS all_rows WHERE port < {}",
        80 + count
    )
}

async fn any_number_of_rows_has_one_shape(url: &str) {
    let expected = [("a".to_owned(), 80), ("b".to_owned(), 81)];
    for count in 0..=2 {
        let (query, expected) = (rows(count), &expected[..count]);
        assert_eq!(ask::<Vec<(String, u16)>>(url, &query).await.unwrap(), expected);
        let map: BTreeMap<String, u16> = ask(url, &query).await.unwrap();
        assert_eq!(map.into_iter().collect::<Vec<_>>(), expected);
        let one = ask::<(String, u16)>(url, &query).await;
        match count {
            0 => assert!(one.unwrap_err().is_absent()),
            1 => assert_eq!(one.unwrap(), expected[0]),
            _ => assert!(one.unwrap_err().is_malformed()),
        }
    }
    assert_eq!(ask::<Option<(String, u16)>>(url, &rows(0)).await.unwrap(), None);
    no_row_goes_on_to_the_next_layer(url).await;
}

async fn no_row_goes_on_to_the_next_layer(url: &str) {
    #[derive(Debug, AsyncAssign)]
    struct Layered {
        #[component(fetch_from = ["database", "settings"], query = "SELECT 80 FROM (SELECT 1 AS one) AS it WHERE one = 2")]
        port: u16,
        #[component(fetch_from = "database", query = "SELECT 80 FROM (SELECT 1 AS one) AS it WHERE one = 2")]
        optional: Option<u16>,
        #[component(fetch_from = ["database", "settings"], query = "SELECT 80 FROM (SELECT 1 AS one) AS it WHERE one = 2")]
        list: Vec<u16>,
    }
    let sources = Sources::builder()
        .source("database", Database::from_url(url).unwrap())
        .source("settings", Memory::new([("port", "90"), ("list", "90")]))
        .build();
    let layered = Layered::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((layered.port, layered.optional, layered.list), (90, None, Vec::new()));
}

#[tokio::test]
async fn any_number_of_rows_has_one_shape_in_sqlite() {
    any_number_of_rows_has_one_shape("sqlite::memory:").await;
}

#[tokio::test]
async fn any_number_of_rows_has_one_shape_in_postgresql() {
    let database = testbed::require!(testbed::postgres_database().await);
    any_number_of_rows_has_one_shape(&database.url()).await;
}

#[tokio::test]
async fn any_number_of_rows_has_one_shape_in_mariadb() {
    let database = testbed::require!(testbed::mariadb_database().await);
    any_number_of_rows_has_one_shape(&database.url()).await;
}
