//! One Vault server: its configuration, its command, how it is unsealed, and a client.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};

use super::PRODUCT;
use crate::plain_http::Request;
use crate::program::{Home, Product, Server};
use crate::{BedError, CertificateFiles};

/// The ports of a server: for clients, for this module if the first one speaks TLS, and for other servers.
pub(super) const PORTS: usize = 3;

/// Values may be larger than Vault's own limits, so that those of its clients can be tested.
const LARGEST: usize = 64 * 1024 * 1024;

/// A server that is configured in its home.
#[derive(Debug, Clone)]
pub(super) struct VaultServer {
    program: PathBuf,
    configuration: PathBuf,
    has_tls: bool,
    keys: Arc<OnceLock<Keys>>,
}

/// What unseals it, and who may do everything.
#[derive(Debug)]
struct Keys {
    unseal: String,
    root: String,
}

impl VaultServer {
    pub(super) fn new(program: PathBuf, home: &Home, tls: Option<CertificateFiles>) -> Result<Self, BedError> {
        let &[plain, servers] = home.other_ports() else { return Err(BedError::failed("too few ports")) };
        let listener = |port: u16| {
            json!({
                "address": format!("127.0.0.1:{port}"), "cluster_address": format!("127.0.0.1:{servers}"), "tls_disable": true,
                "max_request_size": LARGEST, "max_json_string_value_length": LARGEST,
            })
        };
        let mut first = listener(home.port());
        let mut listeners = Vec::new();
        let has_tls = tls.is_some();
        if let Some(CertificateFiles { certificate, key, .. }) = tls {
            first["tls_disable"] = json!(false);
            first["tls_cert_file"] = json!(certificate);
            first["tls_key_file"] = json!(key);
            listeners.push(json!({ "tcp": listener(plain) }));
        }
        listeners.insert(0, json!({ "tcp": first }));
        let scheme = if has_tls { "https" } else { "http" };
        let configuration = json!({
            // Files would have the names of the secrets, which may be too long for one.
            "storage": { "raft": {
                "path": home.path(), "node_id": "one", "performance_multiplier": 1,
                "max_entry_size": LARGEST.to_string(),
            } },
            "listener": listeners,
            "api_addr": format!("{scheme}://127.0.0.1:{}", home.port()),
            "cluster_addr": format!("https://127.0.0.1:{servers}"),
            "disable_mlock": true,
            "ui": false,
            "log_level": "warn",
        });
        let configuration = home.write("vault.json", &configuration.to_string())?;
        Ok(Self { program, configuration, has_tls, keys: Arc::default() })
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.has_tls { "https" } else { "http" }
    }

    /// The token with all permissions, once the server was started.
    pub(super) fn root_token(&self) -> &str {
        self.keys.get().map_or("", |keys| keys.root.as_str())
    }

    /// Sends a request with the root token, and returns the body of a good answer.
    pub(super) fn request(
        &self,
        home: &Home,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, BedError> {
        match self.answer(home, method, path, body)? {
            (200, text) => serde_json::from_str(&text)
                .map_err(|error| BedError::failed(format!("vault does not answer with JSON: {error}"))),
            (204, _) => Ok(Value::Null),
            (status, text) => Err(BedError::failed(format!("vault answers {status}: {text}"))),
        }
    }

    fn answer(&self, home: &Home, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, String), BedError> {
        let port = if self.has_tls { home.other_ports().first().copied().unwrap_or_default() } else { home.port() };
        let headers = [("X-Vault-Token", self.root_token()), ("X-Vault-Request", "true")];
        Request { method, path, headers: &headers, body }.send("vault", port)
    }

    fn unseal(&self, home: &Home) -> Result<(), BedError> {
        let status = self.request(home, "GET", "/v1/sys/seal-status", None)?;
        if status["initialized"] == json!(false) {
            let shares = json!({ "secret_shares": 1, "secret_threshold": 1 });
            let keys = self.request(home, "PUT", "/v1/sys/init", Some(&shares))?;
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let keys = Keys { unseal: text(&keys["keys"][0]), root: text(&keys["root_token"]) };
            self.keys.set(keys).map_err(|_| BedError::failed("vault was initialized twice"))?;
        }
        let Some(keys) = self.keys.get() else { return Err(BedError::failed("the keys of vault are lost")) };
        if status["sealed"] != json!(false) {
            self.request(home, "PUT", "/v1/sys/unseal", Some(&json!({ "key": keys.unseal })))?;
        }
        self.request(home, "GET", "/v1/sys/health", None).map(drop)
    }
}

impl Server for VaultServer {
    fn product(&self) -> &'static Product {
        &PRODUCT
    }

    fn command(&self, home: &Home) -> Command {
        let mut command = home.command(&self.program);
        command.arg("server").arg("-config").arg(&self.configuration);
        command
    }

    /// Each start has to unseal it.
    fn ready(&self, home: &Home) -> Result<(), BedError> {
        self.unseal(home)
    }

    fn start_up(&self) -> Duration {
        // The program has 360 MB, which the first start reads.
        Duration::from_secs(40)
    }
}
