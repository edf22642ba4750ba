//! The source `database` against real servers: how columns are read, how many queries a fetch takes, how failures are
//! classified.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "derive"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod abandoned;
mod ambient;
mod failures;
mod fetch;
mod held;
mod listen;
mod load;
mod mariadb;
mod poolers;
mod postgres;
mod rows;
mod sessions;
mod staged;
mod tls;
mod versions;

use component_model::{ComponentError, ComponentFetcher, fetchers::database::DatabaseFetcher};
use serde::de::DeserializeOwned;

/// What a query gives, as a type.
async fn ask<T: DeserializeOwned + Send>(url: &str, query: &str) -> Result<T, ComponentError> {
    DatabaseFetcher::from_url(url, query)?.fetch_component().await
}

/// What one expression is, as a type.
async fn one<T: DeserializeOwned + Send>(url: &str, expression: &str) -> T {
    match ask(url, &format!("SELECT {expression} AS it")).await {
        Ok(value) => value,
        Err(error) => panic!("{expression}: {error:#}"),
    }
}

/// The error of a query that must fail, with its whole text.
async fn failure(url: &str, query: &str) -> (ComponentError, String) {
    let error = ask::<String>(url, query).await.expect_err(query);
    let text = format!("{error} {error:#} {error:?} {}", causes(&error));
    (error, text)
}

fn causes(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |cause| cause.source()).map(|cause| format!("{cause} {cause:?} ")).collect()
}
