//! Vault: one server with its storage on disk, which each start unseals.

mod builder;
mod server;

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

pub use self::builder::VaultBuilder;

use self::server::VaultServer;
use crate::plain_http::encoded;
use crate::program::{Product, Program};
use crate::{BedError, blocking};

const PRODUCT: Product = Product {
    name: "vault",
    program: "vault",
    variable: "VAULT_BIN",
    folders: &["{target}/servers/vault", "/usr/local/bin", "/opt/homebrew/bin"],
    install: "scripts/servers/vault",
    // It does not refuse to run as root, and the folder of the builds may be closed to others.
    account: "root",
};

/// A new Vault server, unsealed, with version 2 of the KV engine at `secret` and version 1 at `kv`.
///
/// # Errors
///
/// If it was left out by name, is not installed, or is not ready within 40 s; then the message has the end of its log.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let vault = testbed::require!(testbed::vault().await);
/// vault.put("secret", "app/key", serde_json::json!({ "value": "hunter2" })).await.unwrap();
/// let answer = vault.request("GET", "/v1/secret/data/app/key", None).await.unwrap();
/// assert_eq!(answer["data"]["data"]["value"], "hunter2");
/// # }
/// ```
pub async fn vault() -> Result<Vault, BedError> {
    Vault::builder().start().await
}

/// A running Vault server; dropping it stops it and removes its folder.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let vault = testbed::require!(testbed::vault().await);
/// vault.program().pause().await.unwrap();
/// vault.program().resume().await.unwrap();
/// assert!(vault.url().starts_with("http://127.0.0.1:"));
/// # }
/// ```
#[derive(Debug)]
pub struct Vault {
    program: Program,
    server: VaultServer,
    tokens: BTreeMap<String, String>,
}

impl Vault {
    /// A server with policies or TLS.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let vault = testbed::require!(testbed::Vault::builder().token("stranger", "").start().await);
    /// assert_ne!(vault.token("stranger"), vault.root_token());
    /// # }
    /// ```
    pub fn builder() -> VaultBuilder {
        VaultBuilder::default()
    }

    /// Its program, which can be stopped, killed, paused, resumed and restarted; written data survives all of these, and each
    /// start unseals it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let vault = testbed::require!(testbed::vault().await);
    /// vault.program().kill().await.unwrap();
    /// vault.program().start().await.unwrap();
    /// assert_eq!(vault.request("GET", "/v1/sys/seal-status", None).await.unwrap()["sealed"], false);
    /// # }
    /// ```
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The URL of its HTTP API: `http://` or, with TLS, `https://`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let vault = testbed::require!(testbed::vault().await);
    /// assert_eq!(vault.url(), format!("http://127.0.0.1:{}", vault.program().port()));
    /// # }
    /// ```
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.server.scheme(), self.program.port())
    }

    /// The token with all permissions.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let vault = testbed::require!(testbed::vault().await);
    /// assert!(vault.root_token().len() > 10);
    /// # }
    /// ```
    #[must_use]
    pub fn root_token(&self) -> &str {
        self.server.root_token()
    }

    /// A token of [`VaultBuilder::token`].
    ///
    /// # Panics
    ///
    /// If there is none of this name.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let vault = testbed::require!(testbed::Vault::builder().token("app", "").start().await);
    /// assert!(vault.token("app").len() > 10);
    /// # }
    /// ```
    #[must_use]
    pub fn token(&self, name: &str) -> &str {
        &self.tokens[name]
    }

    /// Writes a secret at `secret` (a new version) or at `kv`.
    ///
    /// # Errors
    ///
    /// If the server rejects it or does not run.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let vault = testbed::require!(testbed::vault().await);
    /// vault.put("kv", "app/key", serde_json::json!({ "value": "hunter2" })).await.unwrap();
    /// let answer = vault.request("GET", "/v1/kv/app/key", None).await.unwrap();
    /// assert_eq!(answer["data"]["value"], "hunter2");
    /// # }
    /// ```
    pub async fn put(&self, mount: &str, path: &str, data: Value) -> Result<(), BedError> {
        let path = encoded(path);
        let (path, body) = match mount {
            "secret" => (format!("/v1/secret/data/{path}"), json!({ "data": data })),
            _ => (format!("/v1/{mount}/{path}"), data),
        };
        self.request("POST", &path, Some(body)).await.map(drop)
    }

    /// Deletes the latest version of a secret at `secret`, or a secret at `kv`.
    ///
    /// # Errors
    ///
    /// As for [`Vault::put`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let vault = testbed::require!(testbed::vault().await);
    /// vault.put("kv", "app/key", serde_json::json!({ "value": "hunter2" })).await.unwrap();
    /// vault.delete("kv", "app/key").await.unwrap();
    /// assert!(vault.request("GET", "/v1/kv/app/key", None).await.is_err());
    /// # }
    /// ```
    pub async fn delete(&self, mount: &str, path: &str) -> Result<(), BedError> {
        let data = if mount == "secret" { "data/" } else { "" };
        self.request("DELETE", &format!("/v1/{mount}/{data}{}", encoded(path)), None).await.map(drop)
    }

    /// Sends a request to the HTTP API with the token that has all permissions, and returns the answer's body.
    ///
    /// # Errors
    ///
    /// If the server rejects it or does not run, with the server's message.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let vault = testbed::require!(testbed::vault().await);
    /// assert_eq!(vault.request("GET", "/v1/sys/health", None).await.unwrap()["initialized"], true);
    /// # }
    /// ```
    pub async fn request(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, BedError> {
        let (program, server) = (self.program.clone(), self.server.clone());
        let (method, path) = (method.to_owned(), path.to_owned());
        blocking::run(move || server.request(program.home(), &method, &path, body.as_ref())).await
    }

    /// A new mount of version 2 of the KV engine refuses requests for a moment.
    fn wait_for_versions(&self) -> Result<(), BedError> {
        let body = json!({ "data": { "value": "ready" } });
        let write = || self.server.request(self.program.home(), "POST", "/v1/secret/data/testbed", Some(&body));
        let mut written = write();
        for _ in 0..100 {
            if written.is_ok() {
                break;
            }
            sleep(Duration::from_millis(50));
            written = write();
        }
        written?;
        self.server.request(self.program.home(), "DELETE", "/v1/secret/metadata/testbed", None).map(drop)
    }
}
