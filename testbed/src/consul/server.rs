//! One Consul server: its configuration, its command, and a client.

use std::path::PathBuf;
use std::process::Command;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::PRODUCT;
use crate::plain_http::{Request, encoded};
use crate::program::{Home, Product, Server};
use crate::{BedError, CertificateFiles};

/// The ports of a server: for clients, for this module if the first one speaks TLS, for gossip, and for other servers.
pub(super) const PORTS: usize = 4;

/// Values may be larger than Consul's own limit of 512 KiB, so that those of its clients can be tested.
const LARGEST: usize = 64 * 1024 * 1024;

/// A server that is configured in its home.
#[derive(Debug, Clone)]
pub(super) struct ConsulServer {
    program: PathBuf,
    configuration: PathBuf,
    master_token: String,
    has_tls: bool,
}

/// How a server differs from a plain one.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) acl: bool,
    pub(super) tls: Option<CertificateFiles>,
    /// Clients need a certificate too.
    pub(super) mutual: bool,
    /// Further settings, as Consul's configuration has them.
    pub(super) other: Vec<(String, Value)>,
    /// The gossip ports of all servers of the cluster.
    pub(super) cluster: Vec<u16>,
}

impl ConsulServer {
    pub(super) fn new(
        program: PathBuf,
        home: &Home,
        settings: Settings,
        master_token: String,
    ) -> Result<Self, BedError> {
        let &[plain, gossip, servers] = home.other_ports() else { return Err(BedError::failed("too few ports")) };
        let has_tls = settings.tls.is_some();
        let (http, https) = if has_tls { (plain.into(), home.port().into()) } else { (home.port().into(), -1_i32) };
        let http: i32 = http;
        let mut configuration = json!({
            "server": true,
            "bind_addr": "127.0.0.1",
            "client_addr": "127.0.0.1",
            "data_dir": home.path().join("data"),
            "node_name": format!("node-{gossip}"),
            "datacenter": "dc1",
            "primary_datacenter": "dc1",
            "log_level": "warn",
            "disable_update_check": true,
            "enable_debug": false,
            "ports": {
                "http": http, "https": https, "dns": -1, "grpc": -1, "serf_wan": -1, "serf_lan": gossip, "server": servers,
            },
            "limits": { "kv_max_value_size": LARGEST, "txn_max_req_len": LARGEST },
            "performance": { "raft_multiplier": 1 },
        });
        match &settings.cluster[..] {
            [] => configuration["bootstrap"] = json!(true),
            ports => {
                configuration["bootstrap_expect"] = json!(ports.len());
                let others = ports.iter().filter(|port| **port != gossip).map(|port| format!("127.0.0.1:{port}"));
                configuration["retry_join"] = json!(others.collect::<Vec<_>>());
                configuration["retry_interval"] = json!("100ms");
            }
        }
        if settings.acl {
            let tokens = json!({ "master": master_token, "agent": master_token });
            configuration["acl"] = json!({ "enabled": true, "default_policy": "deny", "tokens": tokens });
        }
        if let Some(CertificateFiles { certificate, key, authority }) = &settings.tls {
            configuration["cert_file"] = json!(certificate);
            configuration["key_file"] = json!(key);
            configuration["ca_file"] = json!(authority);
            configuration["verify_incoming_https"] = json!(settings.mutual);
        }
        for (name, value) in settings.other {
            match (configuration[&name].as_object_mut(), value) {
                (Some(known), Value::Object(members)) => known.extend(members),
                (_, value) => configuration[name] = value,
            }
        }
        let configuration = home.write("consul.json", &configuration.to_string())?;
        Ok(Self { program, configuration, master_token, has_tls })
    }

    pub(super) fn master_token(&self) -> &str {
        &self.master_token
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.has_tls { "https" } else { "http" }
    }

    /// The text behind a key.
    pub(super) fn get(&self, home: &Home, key: &str) -> Result<Option<String>, BedError> {
        let path = format!("/v1/kv/{}?raw", encoded(key));
        match self.answer(home, "GET", &path, None)? {
            (200, text) => Ok(Some(text)),
            (404, _) => Ok(None),
            (status, text) => Err(BedError::failed(format!("consul answers {status}: {text}"))),
        }
    }

    /// Sends a request with the master token, and returns the body of a good answer.
    pub(super) fn request(
        &self,
        home: &Home,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<String, BedError> {
        match self.answer(home, method, path, body)? {
            (200, text) => Ok(text),
            (status, text) => Err(BedError::failed(format!("consul answers {status}: {text}"))),
        }
    }

    /// Status and body.
    fn answer(&self, home: &Home, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, String), BedError> {
        let port = if self.has_tls { home.other_ports().first().copied().unwrap_or_default() } else { home.port() };
        let headers = [("X-Consul-Token", self.master_token.as_str())];
        Request { method, path, headers: &headers, body }.send("consul", port)
    }
}

/// The operation of a transaction that sets a key.
pub(super) fn set(key: &str, value: &[u8]) -> Value {
    json!({ "KV": { "Verb": "set", "Key": key, "Value": STANDARD.encode(value) } })
}

impl Server for ConsulServer {
    fn product(&self) -> &'static Product {
        &PRODUCT
    }

    fn command(&self, home: &Home) -> Command {
        let mut command = home.command(&self.program);
        command.arg("agent").arg("-config-file").arg(&self.configuration);
        command
    }

    /// The port is open before there is a leader, and the leader answers before it knows the tokens.
    fn ready(&self, home: &Home) -> Result<(), BedError> {
        self.request(home, "PUT", "/v1/txn", Some(&json!([set("testbed", b"ready")])))?;
        self.request(home, "PUT", "/v1/txn", Some(&json!([{ "KV": { "Verb": "delete", "Key": "testbed" } }]))).map(drop)
    }
}
