//! How a Consul server is set up.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::server::{ConsulServer, PORTS, Settings};
use super::{Consul, PRODUCT, locate};
use crate::program::{Home, Program};
use crate::{BedError, Certificate, blocking, random, record};

/// A Consul server that has not been started; created by [`Consul::builder`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let authority = testbed::Authority::new().unwrap();
/// let server = authority.server(&[]).unwrap();
/// let consul = testbed::require!(testbed::Consul::builder().tls(&server).start().await);
/// assert!(consul.url().starts_with("https://127.0.0.1:"));
/// # }
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct ConsulBuilder {
    tokens: Vec<(String, String)>,
    server: Option<Certificate>,
    mutual: bool,
    other: Vec<(String, Value)>,
}

impl ConsulBuilder {
    /// Turns the access lists on, and adds a token with these rules; everything else is denied.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let rules = r#"key_prefix "app/" { policy = "read" }"#;
    /// let consul = testbed::require!(testbed::Consul::builder().token("app", rules).start().await);
    /// assert!(consul.request("GET", "/v1/acl/tokens", None).await.unwrap().contains("app"));
    /// # }
    /// ```
    pub fn token(mut self, name: &str, rules: &str) -> Self {
        self.tokens.push((name.to_owned(), rules.to_owned()));
        self
    }

    /// Accepts only TLS from clients, with this certificate, valid or not.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let authority = testbed::Authority::new().unwrap();
    /// let server = authority.server(&[]).unwrap();
    /// let consul = testbed::require!(testbed::Consul::builder().tls(&server).start().await);
    /// consul.put("app/port", "8080").await.unwrap();
    /// # }
    /// ```
    pub fn tls(mut self, server: &Certificate) -> Self {
        self.server = Some(server.clone());
        self
    }

    /// Like [`ConsulBuilder::tls`], and rejects clients without a certificate of the same authority.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let authority = testbed::Authority::new().unwrap();
    /// let server = authority.server(&[]).unwrap();
    /// let consul = testbed::require!(testbed::Consul::builder().mutual_tls(&server).start().await);
    /// assert!(consul.url().starts_with("https://"));
    /// # }
    /// ```
    pub fn mutual_tls(mut self, server: &Certificate) -> Self {
        self.mutual = true;
        self.tls(server)
    }

    /// Sets one of the top-level settings of Consul's configuration, or members of one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let limits = serde_json::json!({ "http_max_conns_per_client": 1 });
    /// let consul = testbed::Consul::builder().setting("limits", limits).start().await;
    /// let consul = testbed::require!(consul);
    /// # let _ = consul;
    /// # }
    /// ```
    pub fn setting(mut self, name: &str, value: Value) -> Self {
        self.other.push((name.to_owned(), value));
        self
    }

    /// Starts it, and waits until it answers.
    ///
    /// # Errors
    ///
    /// As for [`consul`](crate::consul()); also if a rule is not valid.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let consul = testbed::require!(testbed::Consul::builder().start().await);
    /// assert!(consul.program().is_running());
    /// # }
    /// ```
    pub async fn start(self) -> Result<Consul, BedError> {
        record::admit(PRODUCT.name)?;
        blocking::run(move || self.start_now()).await
    }

    fn start_now(self) -> Result<Consul, BedError> {
        let program = locate()?;
        let home = Home::new(PRODUCT.account, PORTS)?;
        let write = |certificate: Certificate| certificate.write_with(|name, contents| home.write(name, contents));
        let tls = self.server.map(write).transpose()?;
        let acl = !self.tokens.is_empty();
        let settings = Settings { acl, tls, mutual: self.mutual, other: self.other, cluster: Vec::new() };
        let server = ConsulServer::new(program, &home, settings, uuid())?;
        let program = Program::new(Arc::new(server.clone()), home);
        program.start_now()?;
        let mut tokens = BTreeMap::new();
        for (name, rules) in self.tokens {
            let token = uuid();
            let policy = json!({ "Name": name, "Rules": rules });
            server.request(program.home(), "PUT", "/v1/acl/policy", Some(&policy))?;
            let body = json!({ "SecretID": token, "Description": name, "Policies": [{ "Name": name }] });
            server.request(program.home(), "PUT", "/v1/acl/token", Some(&body))?;
            tokens.insert(name, token);
        }
        Ok(Consul { program, server, tokens })
    }
}

/// Tokens are UUIDs.
pub(super) fn uuid() -> String {
    let (first, second) = (random::number(), random::number());
    let part =
        |number: u64, shift: u32, digits: usize| format!("{:0digits$x}", (number >> shift) & ((1 << (4 * digits)) - 1));
    let parts = [part(first, 0, 8), part(first, 32, 4), part(first, 48, 4), part(second, 0, 4), part(second, 16, 12)];
    parts.join("-")
}
