//! What people read after a fetch: its errors and its report, as text and as data. Time is paused, so that times are
//! exact.
#![cfg(all(feature = "async", feature = "derive"))]
#![allow(clippy::unwrap_used, reason = "what a test is set up with must be there")]

mod data;
mod errors;
mod every;
#[cfg(feature = "full")]
mod remedies;
mod report;

use std::{error::Error, fmt, io, net::IpAddr, time::Duration};

use component_model::{
    Answer, Asked, BoxFuture, ErrorKind, Fetch, KeyQuery, Memory, OptionSpec, Report, Request, RequestSpec, Source,
    SourceError, Value, prelude::*,
};

/// A database whose locator is the query. It answers after a while, or it does not.
struct Database(Result<&'static str, SourceError>);

impl Source for Database {
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::text("query")];

    type Query = String;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<String>, SourceError> {
        let query = spec.option("query")?.unwrap_or_default();
        Ok(Request::new(query.clone().into_owned(), query))
    }

    async fn fetch(&self, _: Asked<'_, String>) -> Answer {
        tokio::time::sleep(Duration::from_millis(52)).await;
        self.0.clone().map(|text| Value::text(text).into())
    }
}

/// A cause with a cause.
#[derive(Debug)]
struct PoolError(io::Error);

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no connection became free, and none could be opened to the primary or to either of its replicas")
    }
}

impl Error for PoolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn unreachable() -> SourceError {
    let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused by 10.0.0.7:5432");
    SourceError::new(ErrorKind::Unreachable, "the database does not answer")
        .with_cause(PoolError(refused))
        .with_hint("is the server that DATABASE_URL names running?")
}

#[derive(Debug, AsyncAssign)]
struct AppConfig {
    #[component(
        fetch_from = "database",
        query = "SELECT value
                   FROM config
                  WHERE key = 'db_url' AND environment = 'production' AND deleted_at IS NULL
                  ORDER BY version DESC LIMIT 1"
    )]
    database_url: String,
    #[component(fetch_from = "settings")]
    host: IpAddr,
    #[component(fetch_from = [overrides(key = "app/port"), settings(key = "app/port")])]
    port: u16,
    #[component(fetch_from = "vault", timeout = "250ms")]
    api_key: SecretString,
    #[component(fetch_from = "settings")]
    limits: Vec<u8>,
    #[component(fetch_from = "settings", fallback = "2s")]
    timeout: Duration,
    #[component(fetch_from = "settings")]
    region: Option<String>,
    #[component(fetch_from = "settings")]
    workers: u8,
}

/// A closure that answers with a value after a while.
fn after<V: Clone + Send + 'static>(
    milliseconds: u64,
    value: V,
) -> impl Fn(KeyQuery) -> BoxFuture<'static, io::Result<Option<V>>> {
    move |_| {
        let value = value.clone();
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            Ok(Some(value))
        })
    }
}

fn broken() -> Sources {
    Sources::builder()
        .source("database", Database(Err(unreachable())))
        .source("overrides", Memory::default())
        .source("settings", Memory::new([("limits", "1,2,many"), ("workers", "8")]))
        .closure("vault", after(60_000, "hunter2"))
        .build()
}

fn healthy() -> Sources {
    Sources::builder()
        .source("database", Database(Ok("postgres://db")))
        .closure("overrides", after(40, 9090))
        .source("settings", Memory::new([("host", "::1"), ("limits", "1,2"), ("workers", "8")]))
        .closure("vault", after(12, "hunter2"))
        .build()
}

async fn errors_of(sources: &Sources) -> ComponentErrors {
    AppConfig::fetch_all_components_from(sources).await.unwrap_err()
}

async fn report_of(sources: &Sources) -> Report {
    Fetch::<AppConfig>::new().sources(sources).partial().await.report().unwrap().clone()
}
