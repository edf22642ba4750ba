//! A complete service: settings from variables over a file, logging, health, a value that is fetched again, and a graceful stop.
//!
//! ```sh
//! SHOP_REGION=eu cargo run -p examples --features service --bin axum_service
//! curl localhost:8080/health
//! ```
//!
//! It reads `shop.toml` (or what `CONFIG_FILE` names), and `FLAGS_URL` if that is set.
#![allow(clippy::print_stdout, reason = "a service says where it listens")]

use std::{net::SocketAddr, time::Duration};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use component_model::{
    CircuitBreaker, SourcesBuilder,
    fetchers::{Api, File},
    prelude::*,
};
use serde_json::json;
use tokio::{net::TcpListener, signal};

/// What the service must have to start.
#[derive(Debug, AsyncAssign)]
#[component(prefix("shop", file = ""), fetch_from = ["env", "file"])]
struct Settings {
    #[component(default = "127.0.0.1:8080")]
    listen: SocketAddr,
    region: String,
    // Never shown.
    token: Option<SecretString>,
}

/// What may change while it runs: asked for again after ten seconds, and kept for an hour if the service of flags is down.
#[derive(Debug, AsyncAssign)]
struct Flags {
    #[component(fetch_from = "flags", key = "discount", ttl = "10s", stale_for = "1h", fallback = 0.0)]
    discount: f64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Defaults, fallbacks, retries and failures are events; RUST_LOG chooses.
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();

    let sources = sources()?;
    let fetched = Settings::fetch().sources(&sources).resilient().deadline(Duration::from_secs(10)).report().await?;
    println!("{}", fetched.report);
    let Settings { listen, region, token } = fetched.value;

    let listener = TcpListener::bind(listen).await?;
    println!(
        "{region} listens at http://{}, {} a token",
        listener.local_addr()?,
        if token.is_some() { "with" } else { "without" }
    );
    let routes = Router::new().route("/price", get(price)).route("/health", get(health)).with_state(sources.clone());
    axum::serve(listener, routes).with_graceful_shutdown(stopped()).await?;
    // No request is running any more: closes connections, revokes leases, ends what refreshes in the background.
    sources.shutdown().await;
    println!("stopped");
    Ok(())
}

fn sources() -> anyhow::Result<Sources> {
    let file = std::env::var("CONFIG_FILE").unwrap_or_else(|_| "shop.toml".to_owned());
    let flags = std::env::var("FLAGS_URL").unwrap_or_else(|_| "http://127.0.0.1:9".to_owned());
    let patience = Policies::new().timeout(Duration::from_millis(500)).circuit_breaker(CircuitBreaker::new());
    Ok(SourcesBuilder::from_env()
        .source("file", File::new(file))
        .source("flags", Api::builder().base(flags)?.build()?)
        .policies("flags", patience)
        .build())
}

/// Most calls find the flags in memory.
async fn price(State(sources): State<Sources>) -> Result<Json<f64>, (StatusCode, String)> {
    let flags = Flags::fetch_all_components_from(&sources).await;
    let flags = flags.map_err(|errors| (StatusCode::SERVICE_UNAVAILABLE, errors.to_string()))?;
    Ok(Json(100.0 * (1.0 - flags.discount)))
}

/// The state of each source with its circuit breakers: what is open, why, and when it is tried again.
async fn health(State(sources): State<Sources>) -> Json<serde_json::Value> {
    Json(json!({ "sources": sources.state() }))
}

/// Ctrl-C, or what a supervisor sends.
async fn stopped() {
    let interrupted = async {
        let _ = signal::ctrl_c().await;
    };
    #[cfg(unix)]
    {
        let Ok(mut terminated) = signal::unix::signal(signal::unix::SignalKind::terminate()) else {
            return interrupted.await;
        };
        tokio::select! {
            () = interrupted => {}
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    interrupted.await;
}
