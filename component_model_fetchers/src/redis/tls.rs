//! Which servers are trusted, and the certificate that the client shows.

use std::sync::Arc;

use component_model_source::{ErrorKind, SourceError};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use rustls_native_certs::CertificateResult;
use tokio::task::spawn_blocking;

use super::misconfigured;

/// The settings of TLS.
#[derive(Debug)]
pub(super) struct Tls {
    pub(super) authorities: Vec<CertificateDer<'static>>,
    pub(super) system: bool,
    /// Its `Debug` shows no key.
    pub(super) own: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl Default for Tls {
    fn default() -> Self {
        Self { authorities: Vec::new(), system: true, own: None }
    }
}

impl Clone for Tls {
    fn clone(&self) -> Self {
        let own = self.own.as_ref().map(|(chain, key)| (chain.clone(), key.clone_key()));
        Self { authorities: self.authorities.clone(), system: self.system, own }
    }
}

impl Tls {
    pub(super) fn trust(&mut self, pem: &[u8]) -> Result<(), SourceError> {
        let certificates = certificates(pem);
        self.authorities
            .extend(certificates.ok_or_else(|| misconfigured("the certificate authority is not given as PEM"))?);
        Ok(())
    }

    pub(super) fn show(&mut self, certificate: &[u8], key: &[u8]) -> Result<(), SourceError> {
        let chain =
            certificates(certificate).ok_or_else(|| misconfigured("the client's certificate is not given as PEM"))?;
        let key = PrivateKeyDer::from_pem_slice(key);
        self.own = Some((chain, key.map_err(|_| misconfigured("the client's key is not given as PEM"))?));
        Ok(())
    }

    /// Reads the system's authorities off the executor's threads.
    pub(super) async fn config(&self) -> Result<Arc<ClientConfig>, SourceError> {
        let settings = self.clone();
        let loaded = spawn_blocking(move || settings.load()).await;
        loaded.map_err(|_| SourceError::new(ErrorKind::Other, "the certificate authorities could not be read"))?
    }

    fn load(self) -> Result<Arc<ClientConfig>, SourceError> {
        let system = if self.system { rustls_native_certs::load_native_certs() } else { CertificateResult::default() };
        let roots = roots(self.authorities, system)?;
        let unusable = |error| misconfigured("TLS cannot be set up").with_cause(error);
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_root_certificates(roots);
        let config = match self.own {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder
                .with_client_auth_cert(chain, key)
                .map_err(|_| misconfigured("the client's certificate and key do not belong together"))?,
        };
        Ok(Arc::new(config))
    }
}

fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    parsed.ok().filter(|certificates| !certificates.is_empty())
}

fn roots(own: Vec<CertificateDer<'static>>, system: CertificateResult) -> Result<RootCertStore, SourceError> {
    let mut roots = RootCertStore::empty();
    for certificate in own {
        let added = roots.add(certificate);
        added.map_err(|error| misconfigured("a certificate authority is not usable").with_cause(error))?;
    }
    // One broken file of the system does not make the others less trustworthy.
    roots.add_parsable_certificates(system.certs);
    if roots.is_empty() {
        let hint = "install the system's `ca-certificates`, set SSL_CERT_FILE, or give one with `ca_pem`";
        return Err(misconfigured("no certificate authority is known").with_hint(hint));
    }
    Ok(roots)
}
