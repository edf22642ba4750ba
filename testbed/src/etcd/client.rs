//! A small client: JSON over HTTP/1.1, one connection for each call.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::{BedError, blocking};

/// The longest that a call may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Reads and writes keys of an etcd server without TLS, as a user who may do everything.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let etcd = testbed::require!(testbed::etcd().await);
/// let client = testbed::EtcdClient::at(etcd.address());
/// client.put("port", "8080").await.unwrap();
/// client.delete("port").await.unwrap();
/// assert_eq!(client.get("port").await.unwrap(), None);
/// # }
/// ```
#[derive(Clone)]
pub struct EtcdClient {
    address: SocketAddr,
    /// Of the user `root`, if the server knows users.
    password: Option<String>,
}

impl EtcdClient {
    /// A client of a server without users.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let cluster = testbed::require!(testbed::etcd_cluster(3).await);
    /// let client = testbed::EtcdClient::at(cluster.addresses()[0]);
    /// client.put("port", "8080").await.unwrap();
    /// # }
    /// ```
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self { address, password: None }
    }

    pub(super) fn with_password(self, password: String) -> Self {
        Self { password: Some(password), ..self }
    }

    /// Writes a key; returns the revision.
    ///
    /// # Errors
    ///
    /// If the server refuses, or does not answer within 10 s.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::require!(testbed::etcd().await);
    /// let first = etcd.client().put("port", "1").await.unwrap();
    /// assert_eq!(etcd.client().put("port", "2").await.unwrap(), first + 1);
    /// # }
    /// ```
    pub async fn put(&self, key: &str, value: &str) -> Result<u64, BedError> {
        let (key, value) = (STANDARD.encode(key), STANDARD.encode(value));
        self.call("kv/put", json!({"key": key, "value": value})).await.map(|reply| revision(&reply))
    }

    /// The value of a key, if there is one and it is text.
    ///
    /// # Errors
    ///
    /// As for [`EtcdClient::put`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::require!(testbed::etcd().await);
    /// assert_eq!(etcd.client().get("port").await.unwrap(), None);
    /// # }
    /// ```
    pub async fn get(&self, key: &str) -> Result<Option<String>, BedError> {
        let reply = self.call("kv/range", json!({"key": STANDARD.encode(key)})).await?;
        let Some(found) = reply["kvs"].get(0) else { return Ok(None) };
        let bytes = STANDARD.decode(found["value"].as_str().unwrap_or_default()).unwrap_or_default();
        Ok(String::from_utf8(bytes).ok())
    }

    /// Deletes a key; returns the revision.
    ///
    /// # Errors
    ///
    /// As for [`EtcdClient::put`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::require!(testbed::etcd().await);
    /// let revision = etcd.client().put("port", "1").await.unwrap();
    /// assert_eq!(etcd.client().delete("port").await.unwrap(), revision + 1);
    /// # }
    /// ```
    pub async fn delete(&self, key: &str) -> Result<u64, BedError> {
        self.call("kv/deleterange", json!({"key": STANDARD.encode(key)})).await.map(|reply| revision(&reply))
    }

    /// Forgets all revisions before this one.
    ///
    /// # Errors
    ///
    /// As for [`EtcdClient::put`]; also if there is no such revision.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::require!(testbed::etcd().await);
    /// let revision = etcd.client().put("port", "1").await.unwrap();
    /// etcd.client().compact(revision).await.unwrap();
    /// # }
    /// ```
    pub async fn compact(&self, revision: u64) -> Result<(), BedError> {
        self.call("kv/compaction", json!({"revision": revision.to_string()})).await.map(drop)
    }

    /// Whether this server leads its cluster.
    ///
    /// # Errors
    ///
    /// As for [`EtcdClient::put`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::require!(testbed::etcd().await);
    /// assert!(etcd.client().is_leader().await.unwrap());
    /// # }
    /// ```
    pub async fn is_leader(&self) -> Result<bool, BedError> {
        let status = self.call("maintenance/status", json!({})).await?;
        Ok(status["leader"].is_string() && status["leader"] == status["header"]["member_id"])
    }

    /// One of the figures that the server counts.
    ///
    /// # Errors
    ///
    /// As for [`EtcdClient::put`]; also if there is no such figure.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::require!(testbed::etcd().await);
    /// assert_eq!(etcd.client().metric("etcd_debugging_mvcc_watcher_total").await.unwrap(), 0.0);
    /// # }
    /// ```
    pub async fn metric(&self, name: &str) -> Result<f64, BedError> {
        let (client, name) = (self.clone(), name.to_owned());
        blocking::run(move || {
            let figures = client.exchange("GET", "/metrics", None, "")?;
            let mut lines = figures.lines().filter_map(|line| line.strip_prefix(&name)?.strip_prefix(' '));
            let figure = lines.find_map(|figure| figure.trim().parse().ok());
            figure.ok_or_else(|| BedError::failed(format!("etcd does not count {name}")))
        })
        .await
    }

    /// Calls one method of the gateway, such as `lease/grant`.
    ///
    /// # Errors
    ///
    /// As for [`EtcdClient::put`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let etcd = testbed::require!(testbed::etcd().await);
    /// let lease = etcd.client().call("lease/grant", serde_json::json!({"TTL": "60", "ID": "7"})).await.unwrap();
    /// assert_eq!(lease["ID"], "7");
    /// # }
    /// ```
    pub async fn call(&self, method: &str, request: Value) -> Result<Value, BedError> {
        let (client, method) = (self.clone(), method.to_owned());
        blocking::run(move || client.call_now(&method, &request)).await
    }

    pub(super) fn call_now(&self, method: &str, request: &Value) -> Result<Value, BedError> {
        let token = self.password.as_ref().map(|password| self.token(password)).transpose()?;
        self.post(method, token.as_deref(), request)
    }

    fn token(&self, password: &str) -> Result<String, BedError> {
        let reply = self.post("auth/authenticate", None, &json!({"name": "root", "password": password}))?;
        Ok(reply["token"].as_str().unwrap_or_default().to_owned())
    }

    fn post(&self, method: &str, token: Option<&str>, request: &Value) -> Result<Value, BedError> {
        let reply = self.exchange("POST", &format!("/v3/{method}"), token, &request.to_string())?;
        let reply: Value = serde_json::from_str(&reply).map_err(|_| BedError::failed(format!("{method}: {reply}")))?;
        if reply["error"].is_null() {
            Ok(reply)
        } else {
            Err(BedError::failed(format!("{method}: {}", reply["error"])))
        }
    }

    fn exchange(&self, verb: &str, path: &str, token: Option<&str>, body: &str) -> Result<String, BedError> {
        let failed = |error: std::io::Error| BedError::io(&format!("etcd does not answer at {}", self.address), &error);
        let mut connection = TcpStream::connect_timeout(&self.address, LIMIT).map_err(failed)?;
        connection.set_read_timeout(Some(LIMIT)).map_err(failed)?;
        let authorization = token.map(|token| format!("Authorization: {token}\r\n")).unwrap_or_default();
        // Over HTTP/1.0 the reply ends with the connection, and is not in chunks.
        let head =
            format!("{verb} {path} HTTP/1.0\r\nHost: etcd\r\n{authorization}Content-Length: {}\r\n\r\n", body.len());
        connection.write_all(format!("{head}{body}").as_bytes()).map_err(failed)?;
        let mut reply = Vec::new();
        connection.read_to_end(&mut reply).map_err(failed)?;
        let reply = String::from_utf8_lossy(&reply).into_owned();
        let (_, body) =
            reply.split_once("\r\n\r\n").ok_or_else(|| BedError::failed("etcd does not speak HTTP".to_owned()))?;
        Ok(body.to_owned())
    }
}

impl std::fmt::Debug for EtcdClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EtcdClient").field("address", &self.address).finish_non_exhaustive()
    }
}

fn revision(reply: &Value) -> u64 {
    reply["header"]["revision"].as_str().and_then(|revision| revision.parse().ok()).unwrap_or_default()
}
