//! Which kind of failure an error of the server or of a connection is: the only place that classifies. No text of the
//! server is repeated.

use std::{error::Error, io};

use async_nats::{ConnectError, ConnectErrorKind, ServerError};
use component_model_source::{ErrorKind, SourceError, limit};
use rustls::Error as TlsError;

use super::address::Address;
use crate::tls_failure::{self, Hints};

const TLS_HINTS: Hints = Hints {
    authority: "give the authority with `ca_pem`, or name its file in NATS_CA",
    not_tls: "does the server speak TLS? With `nats://` instead of `tls://` the server decides it",
};

/// A connection that could not be opened.
pub(super) struct Refusal {
    pub(super) error: SourceError,
    /// Whether the server has a certificate that is not trusted.
    pub(super) is_certificate: bool,
}

/// Why there is no connection to a server.
pub(super) fn of_connecting(error: &ConnectError, address: &Address, tls: bool, has_login: bool) -> Refusal {
    let cause = error.source();
    if let Some(tls) = cause.and_then(tls_error) {
        let is_certificate = matches!(tls, TlsError::InvalidCertificate(_));
        return Refusal { error: tls_failure::classify(tls, &TLS_HINTS), is_certificate };
    }
    let error = match error.kind() {
        ConnectErrorKind::AuthorizationViolation => refused_login(has_login),
        ConnectErrorKind::Authentication => super::misconfigured("the seed of the nkey is not valid"),
        ConnectErrorKind::Dns => unreachable("the name of the server does not resolve")
            .with_hint(format!("is `{}` the right name?", address.host)),
        ConnectErrorKind::TimedOut => SourceError::new(ErrorKind::Timeout, "the server does not answer"),
        _ => match cause.and_then(|cause| cause.downcast_ref::<ServerError>()) {
            Some(error) => of_server(error, has_login).unwrap_or_else(refused),
            None => of_io(cause.and_then(|cause| cause.downcast_ref()), address, tls),
        },
    };
    Refusal { error, is_certificate: false }
}

fn of_io(error: Option<&io::Error>, address: &Address, tls: bool) -> SourceError {
    match error {
        Some(error) if error.kind() == io::ErrorKind::InvalidInput => {
            unreachable("the server does not speak the protocol of NATS")
                .with_hint("is the port that of a NATS server?")
        }
        // The system's own errors only: others may have more in their texts.
        Some(error) if error.get_ref().is_none() && error.raw_os_error().is_some() => unreachable("no connection")
            .with_cause(error.kind().to_string())
            .with_hint(format!("does a server listen at {address}?")),
        // With TLS 1.3 a server refuses a client after the handshake, and its reason may be lost with the connection.
        _ if tls => lost().with_hint("does the server require a client certificate?"),
        _ => lost().with_hint(format!("is there a NATS server at {address}, or something else?")),
    }
}

fn tls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e TlsError> {
    if let Some(tls) = error.downcast_ref::<TlsError>() {
        return Some(tls);
    }
    error.downcast_ref::<io::Error>().and_then(io::Error::get_ref).and_then(|inner| tls_error(inner))
}

/// An error that the server tells of the whole connection; nothing if it is one of a request.
pub(super) fn of_server(error: &ServerError, has_login: bool) -> Option<SourceError> {
    let ServerError::Other(text) = error else { return Some(refused_login(has_login)) };
    let text = text.to_ascii_lowercase();
    let says = |words: &str| text.contains(words);
    match () {
        () if says("authentication timeout") => Some(unavailable("the server has no time to sign users in")),
        () if says("authentication expired") || says("authentication revoked") || says("authorization") => {
            Some(refused_login(has_login))
        }
        () if says("maximum") && says("connections") => Some(unavailable("the server has as many clients as it takes")),
        () if says("stale connection") || says("slow consumer") || says("shutdown") => Some(lost()),
        () if says("permissions violation") => None,
        () => Some(refused()),
    }
}

/// The subject that the server does not let the user publish to, or `None` if it is one that it may not listen to.
pub(super) fn denied_subject(error: &ServerError) -> Option<Option<&str>> {
    let ServerError::Other(text) = error else { return None };
    let text = text.strip_prefix("Permissions Violation for ")?;
    let publishing = text.strip_prefix("Publish to \"");
    Some(publishing.map(|subject| subject.trim_end_matches('"')))
}

fn refused_login(has_login: bool) -> SourceError {
    if has_login {
        return SourceError::new(ErrorKind::Denied, "the server refuses the user or its password, token or signature");
    }
    SourceError::new(ErrorKind::Denied, "the server requires that a user signs in")
        .with_hint("write user and password into the URL, such as `nats://user:password@host`, or name a file of credentials in NATS_CREDS")
}

fn refused() -> SourceError {
    SourceError::new(ErrorKind::Other, "the server refuses the connection")
}

/// A request for which the user has no permission.
pub(super) fn denied(subject: &str) -> SourceError {
    SourceError::new(ErrorKind::Denied, "the user may not read the bucket or the key")
        .with_hint(format!("the server does not let the user publish to `{subject}`"))
}

/// Answers, for which the user has no permission.
pub(super) fn deaf() -> SourceError {
    SourceError::new(ErrorKind::Denied, "the user may not receive answers")
        .with_hint("let it subscribe to `_INBOX.>`, or set the prefix that it may subscribe to with `inbox_prefix`")
}

pub(super) fn lost() -> SourceError {
    unreachable("the connection was lost")
}

fn unreachable(message: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Unreachable, message)
}

fn unavailable(message: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Unavailable, message)
}

/// The servers that keep a bucket are silent, and the one that the connection is to is not.
pub(super) fn no_answer_for(bucket: &str) -> SourceError {
    SourceError::new(ErrorKind::Unavailable, format!("no server answers for the bucket `{bucket}`"))
        .with_hint("are the servers that keep it running?")
}

/// Nobody listens to the requests of JetStream.
pub(super) fn no_jetstream() -> SourceError {
    SourceError::new(ErrorKind::NotSetUp, "the server has no JetStream, which keeps the buckets")
        .with_hint("start `nats-server` with `--jetstream`, and enable it for the account of the user")
}

pub(super) fn no_bucket(bucket: &str) -> SourceError {
    super::misconfigured(format!("there is no bucket `{bucket}`"))
        .with_hint(format!("create it: `nats kv add {bucket}`"))
}

/// An error of JetStream, by its number.
pub(super) fn of_jetstream(code: u64, number: u64, bucket: &str) -> SourceError {
    match number {
        10_059 => no_bucket(bucket),
        10_039 | 10_076 => no_jetstream(),
        _ => of_status(code),
    }
}

/// The same by its status, which is that of HTTP.
pub(super) fn of_status(status: u64) -> SourceError {
    match status {
        429 => SourceError::new(ErrorKind::Throttled, "the server has too many requests"),
        500..=599 => unavailable("JetStream cannot answer now"),
        _ => SourceError::new(ErrorKind::Other, format!("JetStream refuses the request (status {status})")),
    }
}

pub(super) fn too_large() -> SourceError {
    SourceError::new(ErrorKind::TooLarge, format!("the value has more than {}", limit::BYTES_SHOWN))
}

/// A reply that JetStream does not give.
pub(super) fn unexpected() -> SourceError {
    unreachable("the server gives a reply that does not belong to the request")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> ServerError {
        ServerError::Other(text.to_owned())
    }

    #[test]
    fn each_error_of_the_server_has_its_kind() {
        for (text, kind) in [
            ("User Authentication Expired", Some(ErrorKind::Denied)),
            ("Account Authentication Revoked", Some(ErrorKind::Denied)),
            ("Authentication Timeout", Some(ErrorKind::Unavailable)),
            ("maximum connections exceeded", Some(ErrorKind::Unavailable)),
            ("Maximum Account Active Connections Exceeded", Some(ErrorKind::Unavailable)),
            ("Stale Connection", Some(ErrorKind::Unreachable)),
            ("Permissions Violation for Publish to \"a\"", None),
            ("hunter2", Some(ErrorKind::Other)),
        ] {
            let error = of_server(&server(text), true);
            assert_eq!(error.as_ref().map(SourceError::kind), kind, "{text}");
            assert!(error.is_none_or(|error| !format!("{error} {error:?}").contains("hunter2")));
        }
        let denied = of_server(&ServerError::AuthorizationViolation, false).unwrap();
        assert!(denied.hint().is_some_and(|hint| hint.contains("NATS_CREDS")));
    }

    #[test]
    fn the_subject_that_is_denied_is_found() {
        let publishing = server("Permissions Violation for Publish to \"$JS.API.INFO\"");
        assert_eq!(denied_subject(&publishing), Some(Some("$JS.API.INFO")));
        let listening = server("Permissions Violation for Subscription to \"_INBOX.x.*\"");
        assert_eq!(denied_subject(&listening), Some(None));
        assert_eq!(denied_subject(&server("Stale Connection")), None);
    }

    #[test]
    fn errors_of_jetstream_have_their_kinds() {
        for (code, number, kind) in [
            (404, 10_059, ErrorKind::Misconfigured),
            (503, 10_039, ErrorKind::NotSetUp),
            (503, 10_008, ErrorKind::Unavailable),
            (429, 10_167, ErrorKind::Throttled),
            (400, 10_025, ErrorKind::Other),
        ] {
            assert_eq!(of_jetstream(code, number, "app").kind(), kind, "{number}");
        }
    }
}
