//! Why a TLS connection fails: classifies the errors of rustls, for all sources that use it.

use component_model_source::{ErrorKind, SourceError};
use rustls::{CertificateError, Error as TlsError};

/// Hints for the failures whose remedy differs between sources.
pub(super) struct Hints {
    /// How to name the authority that issued the server's certificate.
    pub(super) authority: &'static str,
    /// What to check if the server does not speak TLS at all.
    pub(super) not_tls: &'static str,
}

/// The class of an error of rustls. What is not TLS does not come from the server: something else answers, or stands between,
/// as while it restarts. Waiting changes neither a certificate nor what the two sides agree on.
pub(super) fn classify(error: &TlsError, hints: &Hints) -> SourceError {
    let (kind, message, hint) = match error {
        TlsError::InvalidCertificate(certificate) => {
            let (message, hint) = certificate_failure(certificate, hints);
            (ErrorKind::Misconfigured, message, hint)
        }
        TlsError::InvalidMessage(_) => (ErrorKind::Unreachable, "the server does not speak TLS", hints.not_tls),
        _ => (
            ErrorKind::Misconfigured,
            "client and server do not agree on TLS",
            "check the versions and ciphers that the server allows, and whether it requires a client certificate",
        ),
    };
    SourceError::new(kind, message).with_hint(hint)
}

fn certificate_failure(error: &CertificateError, hints: &Hints) -> (&'static str, &'static str) {
    match error {
        // A new authority with the name of an old one is reported as a bad signature.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            ("no trusted authority issued the server's certificate", hints.authority)
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ("the server's certificate is for another name", "connect to a name that its certificate has")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
            "the server's certificate has expired",
            "renew the server's certificate, or correct the clock of this machine",
        ),
        _ => ("the server's certificate is not valid", "the server needs another certificate"),
    }
}

#[cfg(test)]
mod tests {
    use rustls::{AlertDescription, InvalidMessage};

    use super::*;

    #[test]
    fn only_what_is_not_tls_is_transient() {
        let hints = Hints { authority: "name the authority", not_tls: "check the port" };
        for (error, kind, hint) in [
            (
                TlsError::InvalidCertificate(CertificateError::UnknownIssuer),
                ErrorKind::Misconfigured,
                "name the authority",
            ),
            (TlsError::InvalidMessage(InvalidMessage::InvalidContentType), ErrorKind::Unreachable, "check the port"),
            (TlsError::AlertReceived(AlertDescription::HandshakeFailure), ErrorKind::Misconfigured, "versions"),
        ] {
            let failure = classify(&error, &hints);
            assert_eq!((failure.kind(), failure.is_transient()), (kind, kind == ErrorKind::Unreachable), "{failure}");
            assert!(failure.hint().is_some_and(|text| text.contains(hint)), "{failure}");
        }
    }
}
