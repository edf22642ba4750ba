//! Which servers are trusted, and who the client says it is.

mod files;

use std::{
    borrow::Cow,
    fmt,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use component_model_source::{ErrorKind, SourceError};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use rustls_native_certs::CertificateResult;

#[cfg(feature = "_identity")]
pub(crate) use self::files::Identity;
use crate::{read, turn::Turn};

/// The certificate authorities that a source is set up with, and its own certificate if it has one.
#[derive(Clone)]
pub(crate) struct Trust {
    own: Vec<CertificateDer<'static>>,
    /// Files and folders with further ones.
    paths: Vec<PathBuf>,
    system: bool,
    identity: Option<files::Identity>,
}

impl Default for Trust {
    /// The system's authorities.
    fn default() -> Self {
        Self { own: Vec::new(), paths: Vec::new(), system: true, identity: None }
    }
}

impl Trust {
    /// Adds authorities, as PEM.
    pub(crate) fn add_pem(&mut self, pem: &[u8]) -> Result<(), SourceError> {
        let not_pem = || misconfigured("the certificate authority is not given as PEM");
        self.own.extend(files::certificates(pem).ok_or_else(not_pem)?);
        Ok(())
    }

    /// Adds a file with authorities, or a folder of such files.
    #[cfg(feature = "_variables")]
    pub(crate) fn add_path(&mut self, path: PathBuf) {
        self.paths.push(path);
    }

    /// Trusts only the authorities that are added.
    pub(crate) fn forget_the_system(&mut self) {
        self.system = false;
    }

    /// Shows a certificate to servers that ask for one.
    #[cfg(feature = "_identity")]
    pub(crate) fn identify(&mut self, identity: Identity) {
        self.identity = Some(identity);
    }

    /// Whether a client's certificate is given.
    #[cfg(feature = "vault")]
    pub(crate) fn is_identified(&self) -> bool {
        self.identity.is_some()
    }

    /// Whether certificates are in files that are given by name, and may be replaced.
    fn names_files(&self) -> bool {
        !self.paths.is_empty() || matches!(self.identity, Some(files::Identity::Files { .. }))
    }

    /// Reads the files, off the executor's thread.
    async fn config(&self) -> Result<ClientConfig, SourceError> {
        let trust = self.clone();
        read::blocking(move |_| trust.load()).await
    }

    /// Settings that trust nobody, for requests without TLS.
    #[cfg(any(feature = "_http", feature = "nats"))]
    pub(crate) fn none() -> Result<ClientConfig, SourceError> {
        config(RootCertStore::empty(), None)
    }

    fn load(mut self) -> Result<ClientConfig, SourceError> {
        let system = if self.system { rustls_native_certs::load_native_certs() } else { CertificateResult::default() };
        self.own.extend(files::authorities(&self.paths)?);
        config(roots(self.own, system)?, self.identity)
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("own", &self.own.len())
            .field("paths", &self.paths)
            .field("system", &self.system)
            .field("identity", &self.identity)
            .finish()
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

fn config(roots: RootCertStore, identity: Option<files::Identity>) -> Result<ClientConfig, SourceError> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| misconfigured("TLS cannot be set up").with_cause(error))?
        .with_root_certificates(roots);
    match identity {
        None => Ok(config.with_no_client_auth()),
        Some(identity) => {
            let (chain, key) = identity.load()?;
            let config = config.with_client_auth_cert(chain, key);
            config.map_err(|error| misconfigured("the client's certificate is not usable").with_cause(error))
        }
    }
}

/// The settings of TLS of a source, which are read when a connection needs them, so that none without TLS reads a certificate.
pub(crate) struct Tls {
    trust: Trust,
    /// Not if certificates are in files that are given by name.
    known: OnceLock<ClientConfig>,
    turn: Turn,
}

impl Tls {
    pub(crate) fn new(trust: Trust) -> Self {
        Self { trust, known: OnceLock::new(), turn: Turn::default() }
    }

    /// The settings. Files that are given by name are read again each time: whoever wrote them replaces them before the
    /// certificates expire.
    ///
    /// # Cancel safety
    /// Dropping the future leaves a read that has begun to its end; few run at a time.
    pub(crate) async fn config(&self) -> Result<ClientConfig, SourceError> {
        if self.trust.names_files() {
            return self.trust.config().await;
        }
        let _taken = match self.turn.take(|| self.known.get().cloned()).await {
            Ok(known) => return Ok(known),
            Err(taken) => taken,
        };
        let read = self.trust.config().await?;
        Ok(self.known.get_or_init(|| read).clone())
    }
}

fn misconfigured(message: impl Into<Cow<'static, str>>) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, message)
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
