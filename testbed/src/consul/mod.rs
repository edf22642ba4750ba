//! Consul: one server, with access lists and TLS, or a cluster.

mod builder;
mod cluster;
mod server;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

pub use self::builder::ConsulBuilder;
pub use self::cluster::consul_cluster;

use self::server::ConsulServer;
use crate::program::{Product, Program};
use crate::{BedError, blocking};

const PRODUCT: Product = Product {
    name: "consul",
    program: "consul",
    variable: "CONSUL_BIN",
    folders: &["{target}/servers/consul", "/usr/local/bin", "/opt/homebrew/bin"],
    install: "scripts/servers/consul",
    // It does not refuse to run as root, and the folder of the builds may be closed to others.
    account: "root",
};

/// A new Consul server, without access lists.
///
/// # Errors
///
/// If it was left out by name, is not installed, or is not ready within 20 s; then the message has the end of its log.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let consul = testbed::require!(testbed::consul().await);
/// consul.put("app/port", "8080").await.unwrap();
/// assert_eq!(consul.get("app/port").await.unwrap().as_deref(), Some("8080"));
/// # }
/// ```
pub async fn consul() -> Result<Consul, BedError> {
    Consul::builder().start().await
}

/// A running Consul server; dropping it stops it and removes its folder.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let consul = testbed::require!(testbed::consul().await);
/// consul.program().pause().await.unwrap();
/// consul.program().resume().await.unwrap();
/// assert!(consul.address().starts_with("127.0.0.1:"));
/// # }
/// ```
#[derive(Debug)]
pub struct Consul {
    program: Program,
    server: ConsulServer,
    tokens: BTreeMap<String, String>,
}

impl Consul {
    /// A server with access lists or TLS.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let rules = r#"key_prefix "app/" { policy = "read" }"#;
    /// let consul = testbed::require!(testbed::Consul::builder().token("app", rules).start().await);
    /// assert_ne!(consul.token("app"), consul.master_token());
    /// # }
    /// ```
    pub fn builder() -> ConsulBuilder {
        ConsulBuilder::default()
    }

    /// Its program, which can be stopped, killed, paused, resumed and restarted; written data survives all of these.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = testbed::require!(testbed::consul().await);
    /// consul.put("app/port", "8080").await.unwrap();
    /// consul.program().kill().await.unwrap();
    /// consul.program().start().await.unwrap();
    /// assert_eq!(consul.get("app/port").await.unwrap().as_deref(), Some("8080"));
    /// # }
    /// ```
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Host and port of its HTTP API.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = testbed::require!(testbed::consul().await);
    /// assert_eq!(consul.address(), format!("127.0.0.1:{}", consul.program().port()));
    /// # }
    /// ```
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.program.port())
    }

    /// The URL of its HTTP API: `http://` or, with TLS, `https://`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = testbed::require!(testbed::consul().await);
    /// assert_eq!(consul.url(), format!("http://{}", consul.address()));
    /// # }
    /// ```
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.server.scheme(), self.address())
    }

    /// The token with all permissions.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = testbed::require!(testbed::Consul::builder().token("app", "").start().await);
    /// assert_eq!(consul.master_token().len(), 36);
    /// # }
    /// ```
    #[must_use]
    pub fn master_token(&self) -> &str {
        self.server.master_token()
    }

    /// A token of [`ConsulBuilder::token`].
    ///
    /// # Panics
    ///
    /// If there is none of this name.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = testbed::require!(testbed::Consul::builder().token("app", "").start().await);
    /// assert_eq!(consul.token("app").len(), 36);
    /// # }
    /// ```
    #[must_use]
    pub fn token(&self, name: &str) -> &str {
        &self.tokens[name]
    }

    /// Sets a key.
    ///
    /// # Errors
    ///
    /// If the server rejects it or does not run.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = testbed::require!(testbed::consul().await);
    /// consul.put("app/name", "two words").await.unwrap();
    /// assert_eq!(consul.get("app/name").await.unwrap().as_deref(), Some("two words"));
    /// # }
    /// ```
    pub async fn put(&self, key: &str, value: impl Into<Vec<u8>>) -> Result<(), BedError> {
        self.put_all([(key, value)]).await
    }

    /// Sets many keys, in transactions of at most 64.
    ///
    /// # Errors
    ///
    /// As for [`Consul::put`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = testbed::require!(testbed::consul().await);
    /// consul.put_all([("a", "1"), ("b", "2")]).await.unwrap();
    /// assert_eq!(consul.get("b").await.unwrap().as_deref(), Some("2"));
    /// # }
    /// ```
    pub async fn put_all(
        &self,
        entries: impl IntoIterator<Item = (impl AsRef<str>, impl Into<Vec<u8>>)>,
    ) -> Result<(), BedError> {
        let entries: Vec<_> = entries.into_iter().collect();
        let set = |(key, value): (_, _)| server::set(AsRef::as_ref(&key), &Into::<Vec<u8>>::into(value));
        let mut operations: Vec<Value> = entries.into_iter().map(set).collect();
        while !operations.is_empty() {
            let rest = operations.split_off(operations.len().min(64));
            self.request("PUT", "/v1/txn", Some(json!(operations))).await?;
            operations = rest;
        }
        Ok(())
    }

    /// Deletes a key.
    ///
    /// # Errors
    ///
    /// As for [`Consul::put`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = testbed::require!(testbed::consul().await);
    /// consul.put("app/port", "8080").await.unwrap();
    /// consul.delete("app/port").await.unwrap();
    /// assert_eq!(consul.get("app/port").await.unwrap(), None);
    /// # }
    /// ```
    pub async fn delete(&self, key: &str) -> Result<(), BedError> {
        self.request("PUT", "/v1/txn", Some(json!([{ "KV": { "Verb": "delete", "Key": key } }]))).await.map(drop)
    }

    /// The text behind a key; `None` if there is none.
    ///
    /// # Errors
    ///
    /// As for [`Consul::put`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = testbed::require!(testbed::consul().await);
    /// assert_eq!(consul.get("app/port").await.unwrap(), None);
    /// # }
    /// ```
    pub async fn get(&self, key: &str) -> Result<Option<String>, BedError> {
        let (program, server, key) = (self.program.clone(), self.server.clone(), key.to_owned());
        blocking::run(move || server.get(program.home(), &key)).await
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
    /// let consul = testbed::require!(testbed::consul().await);
    /// assert!(consul.request("GET", "/v1/status/leader", None).await.unwrap().contains("127.0.0.1"));
    /// # }
    /// ```
    pub async fn request(&self, method: &str, path: &str, body: Option<Value>) -> Result<String, BedError> {
        let (program, server) = (self.program.clone(), self.server.clone());
        let (method, path) = (method.to_owned(), path.to_owned());
        blocking::run(move || server.request(program.home(), &method, &path, body.as_ref())).await
    }
}

fn locate() -> Result<PathBuf, BedError> {
    PRODUCT.locate()
}
