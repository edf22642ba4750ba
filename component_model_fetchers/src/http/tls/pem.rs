//! Certificates and keys as PEM, given or in files. A file is read when the first connection needs it.

use std::{fmt, fs::File, io::Read as _, path::PathBuf, sync::Arc};

use component_model_source::SourceError;
use rustls::{
    ClientConfig,
    client::ResolvesClientCert,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::{CertifiedKey, SingleCertAndKey},
};

use super::misconfigured;

/// The largest file: many times what a chain of certificates has.
const LIMIT: u64 = 1024 * 1024;

/// PEM, given or in a file.
#[derive(Clone)]
pub(crate) enum Pem {
    Text(Arc<[u8]>),
    File(PathBuf),
}

impl Pem {
    pub(crate) fn text(text: &[u8]) -> Self {
        Self::Text(Arc::from(text))
    }

    /// The certificates, at least one. Blocking, for a file.
    pub(crate) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, SourceError> {
        let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.read()?).collect();
        match parsed {
            Ok(certificates) if !certificates.is_empty() => Ok(certificates),
            _ => Err(misconfigured(format!("{} has no certificate as PEM", self.name()))),
        }
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, SourceError> {
        PrivateKeyDer::from_pem_slice(&self.read()?)
            .map_err(|_| misconfigured(format!("{} has no private key as PEM", self.name())))
    }

    fn read(&self) -> Result<Arc<[u8]>, SourceError> {
        let path = match self {
            Self::Text(text) => return Ok(Arc::clone(text)),
            Self::File(path) => path,
        };
        let failed = |error| misconfigured(format!("{} cannot be read", self.name())).with_cause(error);
        // A pipe might never end.
        if !std::fs::metadata(path).map_err(failed)?.is_file() {
            return Err(misconfigured(format!("{} is not a regular file", self.name())));
        }
        let mut text = Vec::new();
        File::open(path).and_then(|file| file.take(LIMIT).read_to_end(&mut text)).map_err(failed)?;
        Ok(text.into())
    }

    fn name(&self) -> String {
        match self {
            Self::Text(_) => "the text".to_owned(),
            Self::File(path) => format!("`{}`", path.display()),
        }
    }
}

/// Shows the path of a file and no text.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// A certificate, with those between it and the authority, and its key.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) certificates: Pem,
    pub(crate) key: Pem,
}

impl Identity {
    pub(super) fn resolver(&self, config: &ClientConfig) -> Result<Arc<dyn ResolvesClientCert>, SourceError> {
        let (chain, key) = (self.certificates.certificates()?, self.key.key()?);
        let unusable = |error| misconfigured("the client's certificate and key are not usable").with_cause(error);
        let certified = CertifiedKey::from_der(chain, key, config.crypto_provider()).map_err(unusable)?;
        Ok(Arc::new(SingleCertAndKey::from(certified)))
    }
}
