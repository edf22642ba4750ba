//! The document: a `GET` for each value, and a source for `config`.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use config::{AsyncSource, ConfigError, Map};
use reqwest::Client;
use rustls::crypto::ring::default_provider;
use serde_json::Value;
use testbed::http::{HttpServer, Reply};

use super::{
    Problem,
    fields::{Values, contents},
};

/// The path that the components of [`Values`] name, below the base.
pub const PATH: &str = "/settings";

/// A server that has the document and answers after a delay.
///
/// # Errors
/// Where no port can be had.
pub async fn served(delay: Duration) -> Result<HttpServer, Problem> {
    let server = testbed::http().await?;
    server.on(PATH, Reply::json(&serde_json::to_value(contents())?).delay(delay));
    Ok(server)
}

/// A client that keeps its connections and uses no proxy.
///
/// # Errors
/// Where TLS cannot be set up, which it must be although nothing here uses it.
pub fn client() -> Result<Client, Problem> {
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(Client::builder().tls_backend_preconfigured(tls).no_proxy().build()?)
}

/// One `GET` after another.
///
/// # Errors
/// The first failure.
pub async fn by_hand(client: &Client, url: &str) -> Result<Values, Problem> {
    Values::one_after_another(async |pointer| {
        let body = client.get(url).send().await?.error_for_status()?.bytes().await?;
        let document: Value = serde_json::from_slice(&body)?;
        document.pointer(pointer).cloned().ok_or_else(|| format!("{pointer} is absent").into())
    })
    .await
}

/// Reads with `config`.
///
/// # Errors
/// Where the source fails or a value does not fit.
pub async fn with_config(document: Document) -> Result<Values, Problem> {
    Ok(config::Config::builder().add_async_source(document).build().await?.try_deserialize()?)
}

/// The whole document, as a source of `config`.
#[derive(Debug, Clone)]
pub struct Document {
    /// What asks.
    pub client: Client,
    /// Where it is.
    pub url: String,
}

#[async_trait]
impl AsyncSource for Document {
    async fn collect(&self) -> Result<Map<String, config::Value>, ConfigError> {
        let foreign = |error| ConfigError::Foreign(Box::new(error));
        let answer = self.client.get(&self.url).send().await.and_then(|answer| answer.error_for_status());
        let body = answer.map_err(foreign)?.bytes().await.map_err(foreign)?;
        serde_json::from_slice(&body).map_err(|error| ConfigError::Foreign(Box::new(error)))
    }
}
