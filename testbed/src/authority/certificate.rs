//! A certificate and its key, as bytes and as files.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::KeyPair;

use crate::BedError;

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
const AUTHORITY: &str = "authority.pem";

/// A certificate from an [`Authority`](crate::Authority), with its key; `Debug` does not show the key.
#[derive(Clone)]
pub struct Certificate {
    pem: String,
    der: Vec<u8>,
    key_pem: String,
    key_der: Vec<u8>,
    authority: String,
}

impl Certificate {
    pub(super) fn new(certificate: &rcgen::Certificate, key: &KeyPair, authority: String) -> Self {
        Self {
            pem: certificate.pem(),
            der: certificate.der().to_vec(),
            key_pem: key.serialize_pem(),
            key_der: key.serialize_der(),
            authority,
        }
    }

    /// The certificate as PEM.
    ///
    /// ```
    /// let certificate = testbed::Authority::new().unwrap().server(&[]).unwrap();
    /// assert!(certificate.pem().starts_with("-----BEGIN CERTIFICATE-----"));
    /// ```
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The private key as PEM (PKCS #8).
    ///
    /// ```
    /// let certificate = testbed::Authority::new().unwrap().server(&[]).unwrap();
    /// assert!(certificate.key_pem().starts_with("-----BEGIN PRIVATE KEY-----"));
    /// ```
    #[must_use]
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// The certificate as DER.
    ///
    /// ```
    /// let certificate = testbed::Authority::new().unwrap().server(&[]).unwrap();
    /// assert!(!certificate.der().is_empty());
    /// ```
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The private key as DER (PKCS #8).
    ///
    /// ```
    /// let certificate = testbed::Authority::new().unwrap().server(&[]).unwrap();
    /// assert!(!certificate.key_der().is_empty());
    /// ```
    #[must_use]
    pub fn key_der(&self) -> &[u8] {
        &self.key_der
    }

    /// Writes the certificate, its key and the authority's certificate into a folder; only the owner can read them.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    ///
    /// ```
    /// let folder = tempfile::tempdir().unwrap();
    /// let files = testbed::Authority::new().unwrap().client("app").unwrap().write(folder.path()).unwrap();
    /// assert!(files.certificate.is_file() && files.key.is_file() && files.authority.is_file());
    /// ```
    pub fn write(&self, folder: &Path) -> Result<CertificateFiles, BedError> {
        self.write_with(|name, contents| {
            let path = folder.join(name);
            let failed = |error: std::io::Error| BedError::io(&format!("cannot write {name}"), &error);
            // Made private before anything is written to it.
            fs::write(&path, "").map_err(failed)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
            fs::write(&path, contents).map_err(failed)?;
            Ok(path)
        })
    }

    /// Writes the three files with `write`, which may give them to a server's account.
    pub(crate) fn write_with(
        &self,
        write: impl Fn(&str, &str) -> Result<PathBuf, BedError>,
    ) -> Result<CertificateFiles, BedError> {
        Ok(CertificateFiles {
            certificate: write(CERTIFICATE, &self.pem)?,
            key: write(KEY, &self.key_pem)?,
            authority: write(AUTHORITY, &self.authority)?,
        })
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

/// The paths of the three files of a certificate.
///
/// ```
/// let authority = testbed::Authority::new().unwrap();
/// let files = authority.server(&[]).unwrap().write(authority.folder()).unwrap();
/// assert_eq!(files.authority, authority.file());
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CertificateFiles {
    /// The certificate itself.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The certificate of the authority that issued it.
    pub authority: PathBuf,
}
