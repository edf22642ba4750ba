//! How a Vault server is set up.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::server::{PORTS, VaultServer};
use super::{PRODUCT, Vault};
use crate::program::{Home, Program};
use crate::{BedError, Certificate, blocking, record};

/// Sets up a [`Vault`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let policy = r#"path "secret/data/app/*" { capabilities = ["read"] }"#;
/// let vault = testbed::require!(testbed::Vault::builder().token("app", policy).start().await);
/// assert!(vault.token("app").len() > 10);
/// # }
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct VaultBuilder {
    policies: Vec<(String, String)>,
    server: Option<Certificate>,
}

impl VaultBuilder {
    /// Adds a policy, and a token with it; both have this name.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let vault = testbed::require!(testbed::Vault::builder().token("stranger", "").start().await);
    /// assert_ne!(vault.token("stranger"), vault.root_token());
    /// # }
    /// ```
    pub fn token(mut self, name: &str, policy: &str) -> Self {
        self.policies.push((name.to_owned(), policy.to_owned()));
        self
    }

    /// Speaks TLS with this certificate; a certificate of a client is asked for, and not required.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let authority = testbed::Authority::new().unwrap();
    /// let server = authority.server(&[]).unwrap();
    /// let vault = testbed::require!(testbed::Vault::builder().tls(&server).start().await);
    /// assert!(vault.url().starts_with("https://"));
    /// # }
    /// ```
    pub fn tls(mut self, server: &Certificate) -> Self {
        self.server = Some(server.clone());
        self
    }

    /// Starts it, unseals it, and mounts version 2 of the KV engine at `secret` and version 1 at `kv`.
    ///
    /// # Errors
    ///
    /// As for [`vault`](crate::vault()); also if a policy is not valid.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let vault = testbed::require!(testbed::Vault::builder().start().await);
    /// assert!(vault.program().is_running());
    /// # }
    /// ```
    pub async fn start(self) -> Result<Vault, BedError> {
        record::admit(PRODUCT.name)?;
        blocking::run(move || self.start_now()).await
    }

    fn start_now(self) -> Result<Vault, BedError> {
        let program = PRODUCT.locate()?;
        let home = Home::new(PRODUCT.account, PORTS)?;
        let write = |certificate: Certificate| certificate.write_with(|name, contents| home.write(name, contents));
        let tls = self.server.map(write).transpose()?;
        let server = VaultServer::new(program, &home, tls)?;
        let program = Program::new(Arc::new(server.clone()), home);
        program.start_now()?;
        let request = |path: &str, body| server.request(program.home(), "POST", path, Some(&body));
        request("/v1/sys/mounts/kv", json!({ "type": "kv", "options": { "version": "1" } }))?;
        request("/v1/sys/mounts/secret", json!({ "type": "kv", "options": { "version": "2" } }))?;
        let mut tokens = BTreeMap::new();
        for (name, policy) in self.policies {
            request(&format!("/v1/sys/policies/acl/{name}"), json!({ "policy": format!("# {name}\n{policy}") }))?;
            let made = request("/v1/auth/token/create", json!({ "policies": [name], "display_name": name }))?;
            tokens.insert(name, made["auth"]["client_token"].as_str().unwrap_or_default().to_owned());
        }
        let vault = Vault { program, server, tokens };
        vault.wait_for_versions()?;
        Ok(vault)
    }
}
