//! Certificates and keys in files, which are read at the first request that needs them.
#![cfg_attr(not(feature = "_variables"), allow(dead_code, reason = "a source for which variables name files"))]

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use component_model_source::{ErrorKind, SourceError};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

use super::misconfigured;

/// The largest file of certificates, in bytes; the authorities of a whole system have a quarter of it.
const LIMIT: u64 = 1024 * 1024;

/// Who the client says it is. Its `Debug` shows no key.
pub(crate) enum Identity {
    Pem { chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static> },
    Files { certificate: PathBuf, key: PathBuf },
}

impl Identity {
    pub(crate) fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, SourceError> {
        let chain = certificates(certificate).ok_or_else(|| misconfigured("the certificate is not given as PEM"))?;
        let key = PrivateKeyDer::from_pem_slice(key);
        // Without the parser's cause, which may show the key.
        let key = key.map_err(|_| misconfigured("the key of the certificate is not given as PEM"))?;
        Ok(Self::Pem { chain, key })
    }

    /// The certificate with those that lead to its authority, and its key.
    pub(super) fn load(self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), SourceError> {
        match self {
            Self::Pem { chain, key } => Ok((chain, key)),
            Self::Files { certificate, key } => match Self::from_pem(&read(&certificate)?, &read(&key)?) {
                Ok(Self::Pem { chain, key }) => Ok((chain, key)),
                Ok(Self::Files { .. }) => Err(misconfigured("the certificate is not given as PEM")),
                Err(error) => Err(error.at(certificate.display().to_string())),
            },
        }
    }
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        match self {
            Self::Pem { chain, key } => Self::Pem { chain: chain.clone(), key: key.clone_key() },
            Self::Files { certificate, key } => Self::Files { certificate: certificate.clone(), key: key.clone() },
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem { chain, .. } => f.debug_struct("Pem").field("chain", &chain.len()).finish_non_exhaustive(),
            Self::Files { certificate, key } => {
                f.debug_struct("Files").field("certificate", certificate).field("key", key).finish()
            }
        }
    }
}

/// The certificates in files, and in all files of folders.
pub(super) fn authorities(paths: &[PathBuf]) -> Result<Vec<CertificateDer<'static>>, SourceError> {
    let mut found = Vec::new();
    for path in paths {
        for file in files(path)? {
            let authorities = certificates(&read(&file)?);
            let not_pem =
                || misconfigured("the file of a certificate authority has no PEM").at(file.display().to_string());
            found.extend(authorities.ok_or_else(not_pem)?);
        }
    }
    Ok(found)
}

fn files(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    let files: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    Ok(files)
}

/// All certificates in a text; `None` if there are none, or if one is broken.
pub(super) fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    (!certificates.is_empty()).then_some(certificates)
}

fn read(path: &Path) -> Result<Vec<u8>, SourceError> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() {
        return Err(crate::read::irregular(path).at(path.display().to_string()));
    }
    if metadata.len() > LIMIT {
        return Err(misconfigured("the file is too large for certificates").at(path.display().to_string()));
    }
    fs::read(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> SourceError {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => ErrorKind::NotSetUp,
        _ => ErrorKind::Misconfigured,
    };
    SourceError::new(kind, "the file cannot be read").with_cause(error.to_string()).at(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_missing_or_is_no_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let error = authorities(std::slice::from_ref(&file)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotSetUp);
        assert!(error.place().is_some_and(|place| place.ends_with("ca.pem")));
        fs::write(&file, "hunter2").unwrap();
        for path in [file, folder.path().to_owned()] {
            let error = authorities(&[path]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Misconfigured);
            assert!(error.place().is_some_and(|place| place.ends_with("ca.pem")));
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn a_key_is_in_no_text() {
        let key = "-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----";
        let error = Identity::from_pem(key.as_bytes(), key.as_bytes()).unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}
