//! A TLS client that trusts one authority.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore};
use testbed::{Authority, Certificate};
use tokio_rustls::TlsConnector;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

pub(crate) fn connector(trusted: &Authority, own: Option<&Certificate>) -> Outcome<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(trusted.der().to_vec()))?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let config = match own {
        Some(own) => config.with_client_auth_cert(vec![own.der().to_vec().into()], key(own))?,
        None => config.with_no_client_auth(),
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

pub(crate) fn key(certificate: &Certificate) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(certificate.key_der().to_vec()).into()
}
