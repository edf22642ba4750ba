//! Which kind of failure an error of the server or of a connection is: the only place that classifies. No text of the
//! server is repeated.

use std::{error::Error, io};

use component_model_source::{ErrorKind, SourceError, limit};
use redis::{RedisError, ServerError};
use rustls::Error as TlsError;

use super::wire::TOO_LARGE;
use crate::tls_failure::{self, Hints};

const TLS_HINTS: Hints = Hints {
    authority: "give the authority with `ca_pem`, or name its file in SSL_CERT_FILE",
    not_tls: "is the port one without TLS, and is it a `redis://` URL?",
};

/// For a connection without TLS that is closed before the server has said anything.
pub(super) const EXPECTS_TLS: &str = "does the server expect TLS? then write `rediss://`";

/// A server that does not answer the handshake: it waits for the rest of what it does not understand.
pub(super) fn no_handshake() -> SourceError {
    SourceError::new(ErrorKind::Unreachable, "the server does not answer the TLS handshake")
        .with_hint("is the port one without TLS? then write `redis://`")
}

/// A connection that could not be opened, or that was lost.
pub(super) fn of_io(error: &io::Error) -> SourceError {
    if let Some(tls) = tls_error(error) {
        return tls_failure::classify(tls, &TLS_HINTS);
    }
    if error.kind() == io::ErrorKind::InvalidData {
        return SourceError::new(ErrorKind::Unreachable, "the server does not speak the protocol of Redis")
            .with_hint("is the port that of a Redis server, and one with TLS that of a `rediss://` URL?");
    }
    let failure = SourceError::new(ErrorKind::Unreachable, "the connection was lost");
    // The system's own errors only: others may have more in their texts.
    match error.get_ref() {
        None => failure.with_cause(error.kind().to_string()),
        Some(_) => failure,
    }
}

/// A connection that was refused, or a name that does not resolve.
pub(super) fn of_connecting(error: &io::Error, shown: &str) -> SourceError {
    let failure = SourceError::new(ErrorKind::Unreachable, "no connection");
    let failure = match error.get_ref() {
        None => failure.with_cause(error.kind().to_string()),
        Some(_) => failure,
    };
    failure.with_hint(format!("does a server listen at {shown}?"))
}

fn tls_error(error: &io::Error) -> Option<&TlsError> {
    let inner: &(dyn Error + 'static) = error.get_ref()?;
    inner.downcast_ref::<TlsError>().or_else(|| inner.downcast_ref::<io::Error>().and_then(tls_error))
}

/// An error of the client library that is not one of the server: the connection's, unless its own reason is known.
pub(super) fn of_client(error: &RedisError) -> SourceError {
    if let Some(code) = error.code() {
        return of_code(code, error.detail().unwrap_or_default());
    }
    match error.kind() {
        redis::ErrorKind::AuthenticationFailed => wrong_password(),
        redis::ErrorKind::Parse | redis::ErrorKind::UnexpectedReturnType => unexpected(),
        _ => match error.source().and_then(|cause| cause.downcast_ref::<io::Error>()) {
            Some(cause) => of_io(cause),
            None => SourceError::new(ErrorKind::Unreachable, "the connection was lost"),
        },
    }
}

/// An error that a server answers to a command that only a Sentinel knows.
pub(super) fn of_sentinel(error: &ServerError) -> SourceError {
    let failure = of_server(error);
    match failure.kind() {
        ErrorKind::Misconfigured => SourceError::new(ErrorKind::Misconfigured, "the server is not a Sentinel")
            .with_hint("name the Sentinels in the URL, usually with port 26379, or write `redis://`"),
        ErrorKind::Denied if error.code() == "NOPERM" => lacks("SENTINEL GET-MASTER-ADDR-BY-NAME", "+sentinel"),
        _ => failure,
    }
}

/// An error that a server answers when it is asked for the slots of the cluster.
pub(super) fn of_slots(error: &ServerError) -> SourceError {
    if error.code() == "NOPERM" { lacks("CLUSTER SLOTS", "+cluster|slots") } else { of_server(error) }
}

/// A command that the source needs, whatever the key.
fn lacks(command: &str, rule: &str) -> SourceError {
    SourceError::new(ErrorKind::Denied, format!("the user may not run `{command}`"))
        .with_hint(format!("`ACL SETUSER` gives access to the command: `{rule}`"))
}

/// An error that the server answers.
pub(super) fn of_server(error: &ServerError) -> SourceError {
    of_code(error.code(), error.details().unwrap_or_default())
}

/// The same as it is on the connection, without the `-` before it.
pub(super) fn of_line(line: &[u8]) -> SourceError {
    let line = String::from_utf8_lossy(line);
    let (code, details) = line.split_once(' ').unwrap_or((&line, ""));
    of_code(code, details)
}

fn of_code(code: &str, details: &str) -> SourceError {
    let unavailable = |message: &'static str| SourceError::new(ErrorKind::Unavailable, message);
    match code {
        TOO_LARGE => too_large(),
        "WRONGPASS" => wrong_password(),
        "NOAUTH" => SourceError::new(ErrorKind::Denied, "the server requires a password")
            .with_hint("write user and password into the URL, such as `redis://user:password@host`"),
        "NOPERM" => SourceError::new(ErrorKind::Denied, "the user may not read the key")
            .with_hint("`ACL SETUSER` gives access to keys (`~app:*`) and commands (`+@read`)"),
        "DENIED" => SourceError::new(ErrorKind::Denied, "the server runs in protected mode")
            .with_hint("it takes connections only from its own machine until it has a password"),
        "WRONGTYPE" => wrong_type(),
        "LOADING" => unavailable("the server is still loading its data"),
        "BUSY" => unavailable("the server is busy with a script"),
        "MASTERDOWN" => unavailable("the server is a replica that has lost its master"),
        "CLUSTERDOWN" | "TRYAGAIN" => unavailable("the cluster is not complete"),
        "MOVED" | "ASK" => of_redirection(),
        _ => of_text(details),
    }
}

/// Errors that have no code of their own are told apart by their texts.
fn of_text(details: &str) -> SourceError {
    let says = |words: &str| details.to_ascii_lowercase().contains(words);
    match () {
        () if says("max number of clients") || says("max number of connections") => {
            SourceError::new(ErrorKind::Unavailable, "the server has as many clients as it takes")
        }
        () if says("invalid password") || says("without any password") => wrong_password(),
        () if says("db index") || says("database is out of range") => {
            SourceError::new(ErrorKind::Misconfigured, "the server has no such database")
        }
        () if says("unknown command") => {
            SourceError::new(ErrorKind::Misconfigured, "the server does not know the command")
        }
        () if says("cluster support disabled") => {
            SourceError::new(ErrorKind::Misconfigured, "the server is not a node of a cluster")
                .with_hint("write `redis://` instead of `redis+cluster://`")
        }
        () => SourceError::new(ErrorKind::Other, "the server refuses the command"),
    }
}

pub(super) fn wrong_password() -> SourceError {
    SourceError::new(ErrorKind::Denied, "the server refuses the user or the password")
}

pub(super) fn wrong_type() -> SourceError {
    SourceError::new(ErrorKind::Malformed, "the key holds another type of value")
        .with_hint("`field` reads a field of a hash; without it the whole value is read, whatever its type")
}

pub(super) fn too_large() -> SourceError {
    SourceError::new(ErrorKind::TooLarge, format!("the value has more than {}", limit::BYTES_SHOWN))
}

/// A server that was the master, and is a replica now.
pub(super) fn demoted() -> SourceError {
    SourceError::new(ErrorKind::Unavailable, "the server is not the master any more")
}

/// A redirection from a server that was taken for a single one.
pub(super) fn of_redirection() -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, "the server is a node of a cluster")
        .with_hint("write `redis+cluster://` instead of `redis://`")
}

/// A reply that no command has.
pub(super) fn unexpected() -> SourceError {
    SourceError::new(ErrorKind::Unreachable, "the server gives a reply that does not belong to the command")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_kind() {
        for (code, details, kind) in [
            ("WRONGPASS", "invalid username-password pair or user is disabled.", ErrorKind::Denied),
            ("NOAUTH", "Authentication required.", ErrorKind::Denied),
            ("NOPERM", "this user has no permissions to run the 'get' command", ErrorKind::Denied),
            ("WRONGTYPE", "Operation against a key", ErrorKind::Malformed),
            ("LOADING", "Redis is loading the dataset in memory", ErrorKind::Unavailable),
            ("BUSY", "Redis is busy running a script", ErrorKind::Unavailable),
            ("CLUSTERDOWN", "Hash slot not served", ErrorKind::Unavailable),
            ("MOVED", "3999 127.0.0.1:6381", ErrorKind::Misconfigured),
            ("TOOLARGE", "", ErrorKind::TooLarge),
            ("ERR", "max number of clients reached", ErrorKind::Unavailable),
            ("ERR", "DB index is out of range", ErrorKind::Misconfigured),
            ("ERR", "unknown command 'JSON.GET', with args beginning with: ", ErrorKind::Misconfigured),
            ("ERR", "This instance has cluster support disabled", ErrorKind::Misconfigured),
            ("ERR", "hunter2", ErrorKind::Other),
        ] {
            let error = of_code(code, details);
            assert_eq!(error.kind(), kind, "{code} {details}");
            assert!(details.is_empty() || !format!("{error}{error:?}{:?}", error.hint()).contains(details));
        }
    }

    #[test]
    fn an_error_of_tls_within_others_is_found() {
        let tls = TlsError::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let error = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, tls));
        assert_eq!(of_io(&error).kind(), ErrorKind::Misconfigured);
        assert_eq!(of_io(&io::ErrorKind::ConnectionReset.into()).kind(), ErrorKind::Unreachable);
        assert_eq!(of_io(&io::ErrorKind::InvalidData.into()).kind(), ErrorKind::Unreachable);
    }
}
