//! Connections: with and without TLS, directly and through the environment's proxies. Each kind is set up when it is
//! first needed, so that plain HTTP reads no certificates.

use std::sync::Arc;

use reqwest::{
    header::{ACCEPT, HeaderMap, HeaderValue},
    redirect,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use tokio::{sync::OnceCell, task::spawn_blocking};
use url::{Host, Url};

use super::super::misconfigured;
use crate::{ErrorKind, SourceError};

const AGENT: &str = concat!("component_model/", env!("CARGO_PKG_VERSION"));
const ACCEPTED: &str = "application/json, text/plain;q=0.9, */*;q=0.5";

/// The connections of one client, shared by its clones.
#[derive(Debug)]
pub(in super::super) struct Pools {
    authorities: Vec<CertificateDer<'static>>,
    system_authorities: bool,
    clients: [OnceCell<reqwest::Client>; 4],
}

impl Pools {
    pub(super) fn new(authorities: Vec<CertificateDer<'static>>, system_authorities: bool) -> Self {
        Self { authorities, system_authorities, clients: Default::default() }
    }

    /// The connections that serve a URL.
    pub(super) async fn of(&self, url: &Url) -> Result<&reqwest::Client, SourceError> {
        let secure = url.scheme() == "https";
        let direct = is_loopback(url);
        let client = &self.clients[usize::from(secure) * 2 + usize::from(direct)];
        client.get_or_try_init(|| self.connect(secure, direct)).await
    }

    async fn connect(&self, secure: bool, direct: bool) -> Result<reqwest::Client, SourceError> {
        let roots = if secure { self.roots().await? } else { RootCertStore::empty() };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(roots)?)
            .redirect(redirect::Policy::none())
            .default_headers(HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(ACCEPTED))]))
            .user_agent(AGENT);
        if direct {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| misconfigured("no HTTP client can be made").with_cause(error.without_url()))
    }

    async fn roots(&self) -> Result<RootCertStore, SourceError> {
        let own = self.authorities.clone();
        let system = self.system_authorities;
        let loaded = spawn_blocking(move || load(own, system)).await;
        loaded.map_err(|_| SourceError::new(ErrorKind::Other, "the certificate authorities could not be read"))?
    }
}

/// Reads files: not for an executor's thread.
fn load(own: Vec<CertificateDer<'static>>, system: bool) -> Result<RootCertStore, SourceError> {
    let mut roots = RootCertStore::empty();
    for certificate in own {
        roots
            .add(certificate)
            .map_err(|error| misconfigured("a certificate authority is not usable").with_cause(error))?;
    }
    if system {
        // A single broken file of the system's is no reason to trust none of the others.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() {
        let hint = "install the system's `ca-certificates`, set SSL_CERT_FILE, or give one with `ca_pem`";
        return Err(misconfigured("no certificate authority is known").with_hint(hint));
    }
    Ok(roots)
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, SourceError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| misconfigured("TLS cannot be set up").with_cause(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known_by_name_and_by_address() {
        let loops = |host: &str| is_loopback(&Url::parse(&format!("http://{host}/")).unwrap());
        assert!(["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]"].into_iter().all(loops));
        assert!(!["localhost.example", "128.0.0.1", "example.org", "[::2]"].into_iter().any(loops));
    }
}
