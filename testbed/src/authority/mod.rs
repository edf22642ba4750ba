//! A certificate authority for tests of TLS. It issues certificates for servers and clients, both valid and invalid.

mod certificate;

use std::fmt;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

pub use self::certificate::{Certificate, CertificateFiles};

use crate::{BedError, random};

const LOOPBACK: [&str; 2] = ["127.0.0.1", "localhost"];

/// An authority for one test, which only clients with its certificate trust.
///
/// ```
/// let authority = testbed::Authority::new().unwrap();
/// let server = authority.server(&["redis.test"]).unwrap();
/// assert!(server.pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// // What a client is told to trust, such as `sslrootcert` of PostgreSQL.
/// assert!(authority.file().is_file());
/// ```
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pem: String,
    folder: tempfile::TempDir,
    file: std::path::PathBuf,
}

impl Authority {
    /// A new authority with its own key.
    ///
    /// # Errors
    ///
    /// If no key can be created or its certificate cannot be written to a file.
    ///
    /// ```
    /// let (one, other) = (testbed::Authority::new().unwrap(), testbed::Authority::new().unwrap());
    /// assert_ne!(one.pem(), other.pem());
    /// ```
    pub fn new() -> Result<Self, BedError> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        // A unique name: otherwise clients would report another authority as a bad signature, not as an unknown issuer.
        params.distinguished_name.push(DnType::CommonName, format!("testbed authority {:016x}", random::number()));
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().map_err(failed)?).map_err(failed)?;
        let pem = issuer.pem();
        let folder = tempfile::Builder::new().prefix("testbed-").tempdir();
        let folder = folder.map_err(|error| BedError::io("cannot create a folder", &error))?;
        let file = folder.path().join("authority.pem");
        std::fs::write(&file, &pem).map_err(|error| BedError::io("cannot write a certificate", &error))?;
        Ok(Self { issuer, pem, folder, file })
    }

    /// Its own certificate, which clients trust, as PEM.
    ///
    /// ```
    /// assert!(testbed::Authority::new().unwrap().pem().starts_with("-----BEGIN CERTIFICATE-----"));
    /// ```
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Its own certificate as DER.
    ///
    /// ```
    /// let authority = testbed::Authority::new().unwrap();
    /// let mut trusted = rustls::RootCertStore::empty();
    /// trusted.add(authority.der().to_vec().into()).unwrap();
    /// ```
    #[must_use]
    pub fn der(&self) -> &[u8] {
        self.issuer.der()
    }

    /// A file with [`Authority::pem`]; it exists as long as the authority.
    ///
    /// ```
    /// let authority = testbed::Authority::new().unwrap();
    /// assert_eq!(std::fs::read_to_string(authority.file()).unwrap(), authority.pem());
    /// ```
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The authority's folder, for [`Certificate::write`]; it is removed with the authority.
    ///
    /// ```
    /// let authority = testbed::Authority::new().unwrap();
    /// let files = authority.client("app").unwrap().write(authority.folder()).unwrap();
    /// assert!(files.key.is_file());
    /// ```
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A server's certificate for `127.0.0.1`, `localhost` and these names.
    ///
    /// # Errors
    ///
    /// If a name is not a host name or an address.
    ///
    /// ```
    /// let authority = testbed::Authority::new().unwrap();
    /// assert!(authority.server(&[]).is_ok());
    /// assert!(authority.server(&["not ascii: ü"]).is_err());
    /// ```
    pub fn server(&self, names: &[&str]) -> Result<Certificate, BedError> {
        self.issue(server_params(&[&LOOPBACK, names].concat())?)
    }

    /// A valid server's certificate for another host than loopback.
    ///
    /// # Errors
    ///
    /// When no key can be made.
    ///
    /// ```
    /// assert!(testbed::Authority::new().unwrap().wrong_name().is_ok());
    /// ```
    pub fn wrong_name(&self) -> Result<Certificate, BedError> {
        self.issue(server_params(&["elsewhere.invalid"])?)
    }

    /// A server's certificate for loopback that has expired.
    ///
    /// # Errors
    ///
    /// When no key can be made.
    ///
    /// ```
    /// assert!(testbed::Authority::new().unwrap().expired().is_ok());
    /// ```
    pub fn expired(&self) -> Result<Certificate, BedError> {
        let mut params = server_params(&LOOPBACK)?;
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
        self.issue(params)
    }

    /// A client's certificate; its common name is the user name for servers.
    ///
    /// # Errors
    ///
    /// When no key can be made.
    ///
    /// ```
    /// assert!(testbed::Authority::new().unwrap().client("app").is_ok());
    /// ```
    pub fn client(&self, user: &str) -> Result<Certificate, BedError> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, user);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(params)
    }

    fn issue(&self, params: CertificateParams) -> Result<Certificate, BedError> {
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok(Certificate::new(&certificate, &key, self.pem.clone()))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("file", &self.file).finish_non_exhaustive()
    }
}

fn server_params(names: &[&str]) -> Result<CertificateParams, BedError> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).map_err(failed)?;
    // `ClientAuth` too, since the members of a cluster are clients of each other.
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

fn failed(error: impl fmt::Display) -> BedError {
    BedError::failed(format!("cannot create a certificate: {error}"))
}
