//! The main job, on a machine with no server at all.
//!
//! ```sh
//! cargo run -p examples
//! ```
//!
//! It makes its own input from real parts (an SQLite file, an HTTP service on loopback, a TOML file, a `.env` file),
//! fetches a struct from all of them concurrently, shows what happened, then breaks the parts on purpose and shows the
//! errors and the fallbacks. Where `DATABASE_URL` is set, its server is used instead of the SQLite file (one of PostgreSQL
//! or MySQL with the feature `databases`): a table `component_model_example` is made there and dropped at the end. Where
//! `API_URL` is set, `/flags` and `/rates` are asked of it.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::{collections::BTreeMap, net::IpAddr, path::Path, time::Duration};

use component_model::{
    Event, Fetched, Outcome,
    fetchers::{api::Api, database::Database, env::Env, file::File},
    prelude::*,
};
use serde::Deserialize;

/// What a shop needs to know before it opens.
#[derive(Debug, AsyncAssign)]
#[component(prefix = "shop")]
#[allow(dead_code, reason = "an example shows the struct and does not sell anything")]
struct ShopConfig {
    #[component(fetch_from = "env")]
    host: IpAddr,
    #[component(fetch_from = "env", fallback = "info")]
    log_level: LogLevel,
    #[component(fetch_from = "file", key = "server.port")]
    port: u16,
    #[component(fetch_from = "file", key = "server.timeout")]
    request_timeout: Duration,
    #[component(fetch_from = "file", key = "payment.methods")]
    payment_methods: Vec<String>,
    #[component(fetch_from = "database", key = "region")]
    region: String,
    #[component(fetch_from = "database", key = "max_basket")]
    max_basket: Option<u32>,
    #[component(fetch_from = "database", key = "payment_token")]
    payment_token: SecretString,
    #[component(fetch_from = "database", key = "campaign")]
    campaign: Campaign,
    #[component(fetch_from = "api", url = "flags", pointer = "/dark_mode", fallback = false)]
    dark_mode: bool,
    #[component(fetch_from = "api", url = "flags", pointer = "/beta_share")]
    beta_share: f64,
    #[component(fetch_from = "api", url = "rates", pointer = "/eur", timeout = "1s")]
    rates: BTreeMap<String, f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LogLevel {
    Debug,
    Info,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "shown by Debug only")]
struct Campaign {
    name: String,
    discount: f64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let service = service::start(Duration::from_millis(300)).await?;
    let store = store::Store::open(folder.path()).await?;
    documents::write(folder.path())?;
    let sources = sources(folder.path(), &store, &service)?;

    heading("Fetching 12 components from 4 sources");
    let Fetched { value, report, .. } = progress::watched(ShopConfig::fetch().sources(&sources)).report().await?;
    println!("{value:#?}");
    heading("What happened");
    println!("{report}\n\n{}", report.waterfall());
    let drawing = std::env::temp_dir().join("component_model_example.svg");
    std::fs::write(&drawing, report.to_svg())?;
    println!("\nThe same as a drawing: {}", drawing.display());

    heading("The HTTP service is gone, the port is not a number, a key is missing, the campaign is broken");
    service.stop().await;
    documents::break_them(folder.path())?;
    store.break_it().await?;
    let errors = ShopConfig::fetch_all_components_from(&sources).await.err();
    let errors = errors.ok_or_else(|| anyhow::anyhow!("what is broken was fetched nevertheless"))?;
    println!("{errors}");
    if let Some(report) = errors.report() {
        heading("What happened this time: one component fell back");
        println!("{report}");
    }
    heading("Partial results");
    let partial = ShopConfig::fetch().sources(&sources).partial().await;
    let served = partial.report().into_iter().flat_map(|report| report.entries());
    for entry in served.filter(|entry| entry.outcome() != Outcome::Failed) {
        println!("{:<16} {:?} from {}", entry.component(), entry.outcome(), entry.source());
    }

    store.close().await
}

fn sources(folder: &Path, store: &store::Store, service: &service::Service) -> anyhow::Result<Sources> {
    let api = std::env::var("API_URL").unwrap_or_else(|_| service.url());
    Ok(Sources::builder()
        .source("env", Env::new().dotenv(folder.join("shop.env")))
        .source("file", File::new(folder.join("shop.toml")))
        .source("database", Database::from_url(&store.url)?.table(store::TABLE, "key", "value")?)
        .source("api", Api::builder().base(&api)?.bearer("example-token").build()?)
        .build())
}

fn heading(text: &str) {
    println!("\n── {text} ──\n");
}

/// A spinner for every component that is under way, on a terminal.
mod progress {
    use std::{collections::HashMap, io::IsTerminal, sync::Mutex};

    use component_model::Fetch;
    use indicatif::{MultiProgress, ProgressBar};

    use super::{Duration, Event, ShopConfig};

    pub(super) fn watched(fetch: Fetch<ShopConfig>) -> Fetch<ShopConfig> {
        if !std::io::stderr().is_terminal() {
            return fetch;
        }
        let all = MultiProgress::new();
        let bars = Mutex::new(HashMap::<String, ProgressBar>::new());
        fetch.observe(move |event| {
            let Ok(mut bars) = bars.lock() else { return };
            match event {
                Event::Started { component, source } => {
                    let bar = all.add(ProgressBar::new_spinner()).with_message(format!("{component} from {source}"));
                    bar.enable_steady_tick(Duration::from_millis(80));
                    bars.insert(component.to_string(), bar);
                }
                Event::Finished { component, .. } => {
                    if let Some(bar) = bars.remove(*component) {
                        bar.finish_and_clear();
                    }
                }
                _ => {}
            }
        })
    }
}

/// The TOML file and the `.env` file.
mod documents {
    use std::{fs, io, path::Path};

    const TOML: &str = "[server]\nport = 8080\ntimeout = \"2s\"\n\n[payment]\nmethods = [\"card\", \"invoice\"]\n";

    pub(super) fn write(folder: &Path) -> io::Result<()> {
        fs::write(folder.join("shop.toml"), TOML)?;
        fs::write(folder.join("shop.env"), "SHOP_HOST=127.0.0.1\nSHOP_LOG_LEVEL=debug\n")
    }

    /// The port is not a number any more, and the host is gone.
    pub(super) fn break_them(folder: &Path) -> io::Result<()> {
        fs::write(folder.join("shop.toml"), TOML.replace("8080", "\"eighty-eighty\""))?;
        fs::write(folder.join("shop.env"), "SHOP_LOG_LEVEL=debug\n")
    }
}

/// The table of settings: in an SQLite file, or where `DATABASE_URL` says.
mod store {
    use std::path::Path;

    use sqlx::{AssertSqlSafe, Executor, SqlitePool};
    #[cfg(feature = "databases")]
    use sqlx::{MySqlPool, PgPool};

    pub(super) const TABLE: &str = "component_model_example";

    const ROWS: [(&str, &str); 3] = [
        ("region", "eu-west-1"),
        ("payment_token", "tok_4242_never_printed"),
        ("campaign", r#"{"name": "spring", "discount": 0.15}"#),
    ];

    pub(super) struct Store {
        pub(super) url: String,
    }

    impl Store {
        pub(super) async fn open(folder: &Path) -> anyhow::Result<Self> {
            let url = std::env::var("DATABASE_URL")
                .unwrap_or_else(|_| format!("sqlite://{}?mode=rwc", folder.join("shop.sqlite").display()));
            let store = Self { url };
            store.run(&format!("DROP TABLE IF EXISTS {TABLE}")).await?;
            let (quote, text) = if store.url.starts_with("my") || store.url.starts_with("maria") {
                ("`", "VARCHAR(200)")
            } else {
                ("\"", "TEXT")
            };
            store.run(&format!("CREATE TABLE {TABLE} ({quote}key{quote} {text} PRIMARY KEY, value {text})")).await?;
            for (key, value) in ROWS {
                store.run(&format!("INSERT INTO {TABLE} VALUES ('{key}', '{value}')")).await?;
            }
            Ok(store)
        }

        /// The campaign loses what it must have.
        pub(super) async fn break_it(&self) -> anyhow::Result<()> {
            self.run(&format!("UPDATE {TABLE} SET value = '{{\"name\": \"spring\"}}' WHERE value LIKE '%spring%'"))
                .await
        }

        pub(super) async fn close(self) -> anyhow::Result<()> {
            self.run(&format!("DROP TABLE {TABLE}")).await
        }

        async fn run(&self, statement: &str) -> anyhow::Result<()> {
            let statement = AssertSqlSafe(statement.to_owned());
            match self.url.split(':').next() {
                #[cfg(feature = "databases")]
                Some("postgres" | "postgresql") => PgPool::connect(&self.url).await?.execute(statement).await.map(drop),
                #[cfg(feature = "databases")]
                Some("mysql" | "mariadb") => MySqlPool::connect(&self.url).await?.execute(statement).await.map(drop),
                _ => SqlitePool::connect(&self.url).await?.execute(statement).await.map(drop),
            }?;
            Ok(())
        }
    }
}

/// A small HTTP service on loopback that takes its time.
mod service {
    use std::{net::SocketAddr, time::Duration};

    use axum::{Json, Router, routing::get};
    use serde_json::json;
    use tokio::{net::TcpListener, task::JoinHandle};

    pub(super) struct Service {
        address: SocketAddr,
        task: JoinHandle<()>,
    }

    pub(super) async fn start(delay: Duration) -> anyhow::Result<Service> {
        let answer = move |body: serde_json::Value| move || late(delay, body);
        let router = Router::new()
            .route("/flags", get(answer(json!({"dark_mode": true, "beta_share": 0.05}))))
            .route("/rates", get(answer(json!({"eur": {"usd": 1.09, "gbp": 0.86}}))));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            // The service ends when its task is stopped; what it cannot serve shows as an error of the fetch.
            drop(axum::serve(listener, router).await);
        });
        Ok(Service { address, task })
    }

    async fn late(delay: Duration, body: serde_json::Value) -> Json<serde_json::Value> {
        tokio::time::sleep(delay).await;
        Json(body)
    }

    impl Service {
        pub(super) fn url(&self) -> String {
            format!("http://{}", self.address)
        }

        pub(super) async fn stop(self) {
            self.task.abort();
            drop(self.task.await);
        }
    }
}
