//! Classifies failures: here and in the file of each server, and nowhere else.

use component_model_source::{ErrorKind, SourceError};
use component_model_types::text::counted;

use super::{connections::Connections, names::Names, server::Server};

/// Classifies an error of sqlx.
///
/// Most of its texts are dropped: they may repeat the URL, the user's name or a value.
pub(super) fn classify<S: Server>(connections: &Connections<S>, names: &Names<'_>, error: &sqlx::Error) -> SourceError {
    use sqlx::Error as E;
    match error {
        E::Database(error) => S::classify(&**error, names, &connections.options()),
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        E::Io(error) if let Some(failure) = tls_failure(error) => failure,
        E::Io(error) => unreachable(&connections.place(), error),
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        E::Tls(error) if let Some(failure) = tls_failure(&**error) => failure,
        // The server has no TLS, or a file that the URL names is not a certificate.
        E::Tls(_) => SourceError::new(ErrorKind::Misconfigured, "no TLS connection can be made")
            .with_hint("check whether the server allows TLS, and the `sslmode` and certificate files of the URL"),
        E::PoolTimedOut => SourceError::new(ErrorKind::Timeout, "no connection became free in time"),
        E::PoolClosed if connections.are_own() => SourceError::shut_down(),
        E::PoolClosed => SourceError::new(ErrorKind::Misconfigured, "the pool of connections is closed"),
        E::WorkerCrashed => SourceError::new(ErrorKind::Unavailable, "the connection's worker has stopped"),
        E::Configuration(error) if let Some(known) = error.downcast_ref::<SourceError>() => known.clone(),
        E::Configuration(_) => SourceError::new(ErrorKind::Misconfigured, "the connection is configured wrongly"),
        E::InvalidArgument(_) | E::Encode(_) => {
            SourceError::new(ErrorKind::Misconfigured, "a parameter cannot be sent")
        }
        E::Protocol(text) if text.contains("parameters were provided") => counts_in(text),
        // sqlx reads the end of the connection as a byte.
        E::Protocol(text) if text.contains("SSLRequest: 0x00") => {
            unreachable(&connections.place(), &std::io::ErrorKind::UnexpectedEof.into())
        }
        E::Protocol(text) => of_protocol(text, S::IS_REMOTE),
        E::RowNotFound => SourceError::new(ErrorKind::Absent, "the query has no row"),
        E::ColumnNotFound(name) => SourceError::new(ErrorKind::Malformed, format!("the answer has no column `{name}`")),
        E::ColumnDecode { index, .. } => {
            SourceError::new(ErrorKind::Malformed, format!("the column {index} does not fit the type"))
        }
        E::Decode(_) | E::TypeNotFound { .. } => SourceError::new(ErrorKind::Malformed, "the answer cannot be read"),
        _ => SourceError::new(ErrorKind::Other, "the database client failed"),
    }
}

/// What sqlx calls an error of the protocol: also what its client refuses to send, and ways to log in that it does not
/// know. Waiting helps with none of these.
fn of_protocol(text: &str, is_remote: bool) -> SourceError {
    let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let misconfigured = |message: &'static str| SourceError::new(ErrorKind::Misconfigured, message);
    if !is_remote {
        return misconfigured("the client does not accept the query");
    }
    if has(&["CopyOutResponse", "CopyInResponse"]) {
        // What PostgreSQL sends to begin `COPY`.
        return misconfigured("`COPY` has no rows")
            .with_hint("write it as a `SELECT`, or as `TABLE` and the name of the table");
    }
    if has(&["too many arguments", "param_types.len() too large", "too many parameter format codes"]) {
        return misconfigured("the query has more parameters than the server takes");
    }
    if has(&["authentication plugin", "cleartext_plugin", "authentication method", "authentication mechanisms"]) {
        return misconfigured("the server asks for a way to log in that the client does not support")
            .with_hint("change how the server authenticates this user");
    }
    if has(&["unable to resolve type OIDs"]) {
        return SourceError::new(ErrorKind::Malformed, "the answer cannot be read");
    }
    // Something else answers, or an answer is broken on its way: nothing is known of the value.
    SourceError::new(ErrorKind::Unreachable, "the server's answer does not follow its protocol")
}

/// Why no TLS connection is made; sqlx reports a failed handshake as an I/O error, but waiting does not help.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn tls_failure(error: &(dyn std::error::Error + 'static)) -> Option<SourceError> {
    let carried = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    let tls = match carried {
        Some(carried) => carried.downcast_ref::<rustls::Error>(),
        None => error.downcast_ref::<rustls::Error>(),
    };
    tls.map(|tls| crate::tls_failure::classify(tls, &TLS_HINTS))
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
const TLS_HINTS: crate::tls_failure::Hints = crate::tls_failure::Hints {
    authority: "name the file of the authority in the URL: `sslrootcert` (PostgreSQL) or `ssl-ca` (MySQL)",
    not_tls: "check the host and the port of the URL",
};

fn unreachable(place: &str, error: &std::io::Error) -> SourceError {
    use std::io::ErrorKind as Io;
    // Waiting does not help with these, such as the path of a socket that is too long.
    if matches!(error.kind(), Io::InvalidInput | Io::InvalidFilename) {
        return SourceError::new(ErrorKind::Misconfigured, format!("{place} is not a valid address"));
    }
    if is_unresolved(error) {
        // The resolver's text names its problem and nothing of the URL.
        return SourceError::new(ErrorKind::Unreachable, format!("the host name of {place} does not resolve"))
            .with_hint("is the name spelt right?")
            .with_cause(error.to_string());
    }
    let what = match error.kind() {
        Io::ConnectionRefused => "refuses connections",
        Io::ConnectionReset | Io::BrokenPipe | Io::ConnectionAborted | Io::UnexpectedEof => "closed the connection",
        Io::TimedOut => "does not answer",
        Io::NotFound => "does not exist",
        _ => "cannot be reached",
    };
    // The system's own errors hold a code and its text; others may hold anything.
    let known = SourceError::new(ErrorKind::Unreachable, format!("{place} {what}"));
    match error.raw_os_error() {
        Some(code) => known.with_cause(std::io::Error::from_raw_os_error(code)),
        None => known,
    }
}

/// Whether the name of the host could not be resolved. The standard library has neither a code nor a kind for it.
fn is_unresolved(error: &std::io::Error) -> bool {
    error.raw_os_error().is_none() && error.to_string().starts_with("failed to lookup address information")
}

/// A query of several statements.
pub(super) fn several_statements() -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, "the query has more than one statement")
        .with_hint("give each statement a field of its own")
}

/// The number of placeholders differs from the number of parameters, and the server does not say how many there are.
pub(super) fn unequal_count() -> SourceError {
    SourceError::new(
        ErrorKind::Misconfigured,
        "the number of placeholders in the query differs from the number of parameters",
    )
    .with_hint(PARAMETER_HINT)
}

/// The number of placeholders differs from the number of parameters.
pub(super) fn wrong_count(placeholders: usize, parameters: usize) -> SourceError {
    let counts = format!(
        "the query has {}, but there {} {}",
        counted(placeholders, "placeholder"),
        if parameters == 1 { "is" } else { "are" },
        counted(parameters, "parameter")
    );
    SourceError::new(ErrorKind::Misconfigured, counts).with_hint(PARAMETER_HINT)
}

/// The counts that sqlx's own check gives: "expected 1 parameters but 2 parameters were provided".
fn counts_in(text: &str) -> SourceError {
    let mut counts = text.split(|c: char| !c.is_ascii_digit()).filter_map(|count| count.parse().ok());
    match (counts.next(), counts.next()) {
        (Some(placeholders), Some(parameters)) => wrong_count(placeholders, parameters),
        _ => unequal_count(),
    }
}

const PARAMETER_HINT: &str = "give one parameter for each placeholder";

/// Whether the connection has ended; an idle one may have ended long before.
pub(super) fn is_lost<S: Server>(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => S::has_ended(&**error),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_does_not_follow_the_protocol_is_worth_another_attempt() {
        for text in [
            "PgConnection::run(): too many arguments for query: 70000",
            "unknown authentication plugin: auth_gssapi_client",
            "mysql_cleartext_plugin disabled",
            "unknown authentication method: 7",
            "unsupported SASL authentication mechanisms: OAUTHBEARER",
            "expecting RowDescription or NoData but received CopyOutResponse",
        ] {
            assert_eq!(of_protocol(text, true).kind(), ErrorKind::Misconfigured, "{text}");
        }
        assert_eq!(of_protocol("unknown message type: '!'", true).kind(), ErrorKind::Unreachable);
        assert_eq!(of_protocol("unsupported SQL parameter format: :id", false).kind(), ErrorKind::Misconfigured);
    }
}
