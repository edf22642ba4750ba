//! Why etcd refuses. Its texts are compared with known ones, and never repeated.

use component_model_source::{ErrorKind, SourceError};
use reqwest::StatusCode;

use super::super::wire::not_etcd;

const READ: &str =
    "the user needs a role with, for example, `etcdctl role grant-permission app read app/ --prefix=true`";

/// Why a request failed, and what may be done about it.
#[derive(Debug, Clone)]
pub(in super::super) struct Failure {
    pub(in super::super) error: SourceError,
    pub(in super::super) remedy: Remedy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Remedy {
    None,
    /// Only a part of what was asked for may be to blame.
    Divide,
    /// Another member may answer.
    Elsewhere,
    /// The token is no longer good, or none was sent.
    Login,
    /// The server has no users.
    WithoutLogin,
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        let remedy = match error.kind() {
            ErrorKind::Unreachable | ErrorKind::Unavailable => Remedy::Elsewhere,
            ErrorKind::TooLarge => Remedy::Divide,
            _ => Remedy::None,
        };
        Self { error, remedy }
    }
}

/// The failure of a status, once more is known from the text.
pub(super) fn refined(failure: SourceError, status: StatusCode, text: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(text);
    if let Some(failure) = known(&text) {
        return failure;
    }
    match status.as_u16() {
        400 if text.contains("HTTPS server") => SourceError::new(ErrorKind::Misconfigured, "the server expects TLS")
            .with_hint("write the endpoint as `https://…`")
            .into(),
        404 => not_etcd().into(),
        _ if matches!(failure.kind(), ErrorKind::Malformed | ErrorKind::Misconfigured) => {
            failure.with_hint("is the endpoint the one for clients of etcd 3.4 or later?").into()
        }
        _ => failure.into(),
    }
}

/// The failure that a text of etcd means, whichever call or watch it is of.
pub(super) fn of_text(text: &str) -> Failure {
    known(text).unwrap_or_else(|| SourceError::new(ErrorKind::Unavailable, "the server ended the watch").into())
}

fn known(text: &str) -> Option<Failure> {
    let says = |part: &str| text.contains(part);
    let denied = |message: &'static str| SourceError::new(ErrorKind::Denied, message);
    let (error, remedy) = match () {
        () if says("invalid auth token") || says("revision of auth store is old") || says("auth revision") => {
            (denied("etcd does not accept the token of the user"), Remedy::Login)
        }
        () if says("user name is empty") => {
            let hint = "set ETCDCTL_USER and ETCDCTL_PASSWORD, or use `login` of the builder";
            (denied("etcd requires a user").with_hint(hint), Remedy::Login)
        }
        () if says("authentication failed") || says("user name not found") => {
            (denied("etcd refuses the user or the password"), Remedy::None)
        }
        () if says("permission denied") => (denied("the user may not read the key").with_hint(READ), Remedy::Divide),
        () if says("authentication is not enabled") => {
            (SourceError::new(ErrorKind::Misconfigured, "etcd has no users"), Remedy::WithoutLogin)
        }
        () if says("CommonName of client") => {
            let message = "etcd's gateway refuses a client certificate with a CommonName where there are users";
            let hint = "use a certificate without a CommonName: `login` says who the user is";
            (SourceError::new(ErrorKind::Misconfigured, message).with_hint(hint), Remedy::None)
        }
        () if says("no leader") => {
            (SourceError::new(ErrorKind::Unavailable, "the cluster has no leader"), Remedy::Elsewhere)
        }
        () if says("too many requests") || says("rate limit") => {
            (SourceError::new(ErrorKind::Throttled, "the server limits the rate of requests"), Remedy::None)
        }
        () if says("too many operations") || says("larger than max") || says("request is too large") => {
            (SourceError::new(ErrorKind::TooLarge, "the server answers that it is too large"), Remedy::Divide)
        }
        () if says("has been compacted") || says("is a future revision") => {
            (SourceError::new(ErrorKind::Unavailable, "the server does not have this revision"), Remedy::Elsewhere)
        }
        () if says("timed out") || says("leader changed") || says("server stopped") || says("not capable") => {
            (SourceError::new(ErrorKind::Unavailable, "the server cannot answer now"), Remedy::Elsewhere)
        }
        () => return None,
    };
    Some(Failure { error, remedy })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_etcd_are_classified_and_not_repeated() {
        for (status, text, kind, remedy) in [
            (401, "etcdserver: invalid auth token", ErrorKind::Denied, Remedy::Login),
            (400, "etcdserver: revision of auth store is old", ErrorKind::Denied, Remedy::Login),
            (400, "etcdserver: user name is empty", ErrorKind::Denied, Remedy::Login),
            (400, "etcdserver: authentication failed, invalid user ID or password", ErrorKind::Denied, Remedy::None),
            (403, "etcdserver: permission denied", ErrorKind::Denied, Remedy::Divide),
            (403, "hunter2", ErrorKind::Denied, Remedy::None),
            (412, "etcdserver: authentication is not enabled", ErrorKind::Misconfigured, Remedy::WithoutLogin),
            (400, "CommonName of client sending a request against gateway", ErrorKind::Misconfigured, Remedy::None),
            (503, "etcdserver: no leader", ErrorKind::Unavailable, Remedy::Elsewhere),
            (503, "etcdserver: request timed out", ErrorKind::Unavailable, Remedy::Elsewhere),
            (503, "hunter2", ErrorKind::Unavailable, Remedy::Elsewhere),
            (429, "etcdserver: too many requests", ErrorKind::Throttled, Remedy::None),
            (400, "etcdserver: too many operations in txn request", ErrorKind::TooLarge, Remedy::Divide),
            (400, "Client sent an HTTP request to an HTTPS server.", ErrorKind::Misconfigured, Remedy::None),
            (404, "hunter2", ErrorKind::Malformed, Remedy::None),
            (400, "hunter2", ErrorKind::Misconfigured, Remedy::None),
        ] {
            let kind_of_status = match status {
                403 => ErrorKind::Denied,
                503 => ErrorKind::Unavailable,
                _ => ErrorKind::Misconfigured,
            };
            let failure = SourceError::new(kind_of_status, "the server answers");
            let failure = refined(failure, StatusCode::from_u16(status).unwrap(), text.as_bytes());
            assert_eq!((failure.error.kind(), failure.remedy), (kind, remedy), "{text}");
            assert!(!format!("{failure:?}").contains("hunter2"));
        }
    }
}
