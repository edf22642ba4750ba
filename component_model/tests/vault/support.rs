//! What the tests of this folder share.

use std::fs;

use component_model::{
    ErrorKind, Request, RequestSpec, Source as _,
    fetchers::vault::{Vault, VaultBuilder, VaultFetcher, VaultQuery},
    plan::Layer,
    prelude::*,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A builder with the address of a server.
pub(crate) fn builder(server: &testbed::Vault) -> VaultBuilder {
    Vault::builder().address(server.url())
}

/// The source with all permissions.
pub(crate) fn vault(server: &testbed::Vault) -> Vault {
    builder(server).token(server.root_token()).build().unwrap()
}

pub(crate) async fn get<T: DeserializeOwned + Send>(vault: &Vault, secret: &str) -> Result<T, ComponentError> {
    VaultFetcher::new(vault, secret).fetch_component().await
}

/// The kind of the failure of a secret.
pub(crate) async fn kind_of(vault: &Vault, secret: &str) -> ErrorKind {
    get::<String>(vault, secret).await.unwrap_err().kind()
}

pub(crate) fn request(vault: &Vault, options: &[(&str, &str)]) -> Request<VaultQuery> {
    vault.bind(&RequestSpec::new(&Layer { options, ..Layer::NEW }, &[])).unwrap()
}

/// Writes each request to a file from now on.
pub(crate) async fn audit(server: &testbed::Vault) {
    let path = server.program().folder().join("audit.log");
    let body = json!({ "type": "file", "options": { "file_path": path, "log_raw": "true" } });
    server.request("PUT", "/v1/sys/audit/file", Some(body)).await.unwrap();
}

/// How many requests to a path were audited.
pub(crate) fn requests(server: &testbed::Vault, path: &str) -> usize {
    let log = fs::read_to_string(server.program().folder().join("audit.log")).unwrap();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["type"] == "request" && line["request"]["path"] == path).count()
}
