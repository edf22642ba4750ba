//! Which servers are trusted, and what a client shows of itself.

#[cfg(feature = "vault")]
mod pem;

use std::sync::Arc;

use component_model_source::{ErrorKind, SourceError};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use rustls_native_certs::CertificateResult;
use tokio::task::spawn_blocking;

#[cfg(feature = "vault")]
pub(crate) use self::pem::{Identity, Pem};
use super::misconfigured;

/// The certificate authorities that a source is set up with, and its own certificate.
#[derive(Debug, Clone)]
pub(crate) struct Trust {
    own: Vec<CertificateDer<'static>>,
    system: bool,
    #[cfg(feature = "vault")]
    more: Vec<Pem>,
    #[cfg(feature = "vault")]
    identity: Option<Identity>,
}

impl Trust {
    pub(crate) fn new(own: Vec<CertificateDer<'static>>, system: bool) -> Self {
        Self {
            own,
            system,
            #[cfg(feature = "vault")]
            more: Vec::new(),
            #[cfg(feature = "vault")]
            identity: None,
        }
    }

    /// Also trusts these authorities, and shows a certificate to servers that ask for one.
    #[cfg(feature = "vault")]
    pub(crate) fn with_pem(self, more: Vec<Pem>, identity: Option<Identity>) -> Self {
        Self { more, identity, ..self }
    }

    /// The settings of TLS; reads files and the system's authorities off the executor's thread.
    pub(super) async fn config(&self) -> Result<ClientConfig, SourceError> {
        let trust = self.clone();
        let loaded = spawn_blocking(move || trust.load()).await;
        loaded.map_err(|_| SourceError::new(ErrorKind::Other, "the certificate authorities could not be read"))?
    }

    /// Settings that trust nobody, for requests without TLS.
    pub(super) fn none() -> Result<ClientConfig, SourceError> {
        config(RootCertStore::empty())
    }

    #[cfg(not(feature = "vault"))]
    fn load(self) -> Result<ClientConfig, SourceError> {
        config(self.roots()?)
    }

    #[cfg(feature = "vault")]
    fn load(mut self) -> Result<ClientConfig, SourceError> {
        for pem in std::mem::take(&mut self.more) {
            self.own.extend(pem.certificates()?);
        }
        let identity = self.identity.take();
        let mut config = config(self.roots()?)?;
        if let Some(identity) = identity {
            config.client_auth_cert_resolver = identity.resolver(&config)?;
        }
        Ok(config)
    }

    fn roots(self) -> Result<RootCertStore, SourceError> {
        let system = if self.system { rustls_native_certs::load_native_certs() } else { CertificateResult::default() };
        roots(self.own, system)
    }
}

/// The authorities to trust: all of the program's, and what can be read of the system's.
fn roots(own: Vec<CertificateDer<'static>>, system: CertificateResult) -> Result<RootCertStore, SourceError> {
    let mut roots = RootCertStore::empty();
    for certificate in own {
        roots
            .add(certificate)
            .map_err(|error| misconfigured("a certificate authority is not usable").with_cause(error))?;
    }
    // One broken file of the system does not make the others less trustworthy.
    roots.add_parsable_certificates(system.certs);
    if !roots.is_empty() {
        return Ok(roots);
    }
    let hint = "install the system's `ca-certificates`, set SSL_CERT_FILE, or give one with `ca_pem`";
    let error = misconfigured("no certificate authority is known").with_hint(hint);
    // The first one is enough: the others are of the same folder, or of another place that lacks them.
    Err(system.errors.into_iter().take(1).fold(error, SourceError::with_cause))
}

fn config(roots: RootCertStore) -> Result<ClientConfig, SourceError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| misconfigured("TLS cannot be set up").with_cause(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use std::{error::Error, path::Path};

    use super::*;

    #[test]
    fn why_the_system_has_no_authority_is_the_cause() {
        let missing = Path::new("/nonexistent/ca.pem");
        let system = rustls_native_certs::load_certs_from_paths(Some(missing), None);
        let error = roots(Vec::new(), system).unwrap_err();
        assert_eq!(error.to_string(), "no certificate authority is known");
        assert!(error.source().unwrap().to_string().contains("/nonexistent/ca.pem"), "{:?}", error.source());
        assert!(roots(Vec::new(), CertificateResult::default()).unwrap_err().source().is_none());
    }
}
