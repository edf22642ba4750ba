//! Why Consul refuses. Its texts are compared with known ones, and never repeated.

use component_model_source::{ErrorKind, SourceError};
use reqwest::StatusCode;

const RULE: &str = "it needs a rule such as `key_prefix \"app/\" { policy = \"read\" }`";

/// The failure of a status, once more is known from the text.
pub(super) fn refined(failure: SourceError, status: StatusCode, text: &[u8]) -> SourceError {
    let text = String::from_utf8_lossy(text);
    let says = |part: &str| text.contains(part);
    let new = SourceError::new;
    match status.as_u16() {
        403 if says("ACL not found") => new(ErrorKind::Denied, "Consul does not know the token")
            .with_hint("was it deleted, has it expired, and is it one of this cluster?"),
        403 => new(ErrorKind::Denied, "the token may not read the key").with_hint(RULE),
        400 if says("Enterprise feature") => {
            new(ErrorKind::Misconfigured, "namespaces need Consul Enterprise, which the server is not")
                .with_hint("remove `namespace`, or CONSUL_NAMESPACE")
        }
        400 if says("HTTPS server") => new(ErrorKind::Misconfigured, "the server expects TLS")
            .with_hint("write the address as `https://…`, or set CONSUL_HTTP_SSL to `true`"),
        413 => new(ErrorKind::TooLarge, "the server answers that the request is too large"),
        500 if says("No path to datacenter") => {
            new(ErrorKind::Unavailable, "the server knows no path to the datacenter")
                .with_hint("is the name of the datacenter right, and is it connected?")
        }
        500 if says("No cluster leader") => new(ErrorKind::Unavailable, "the cluster has no leader"),
        500 if says("rate limit") => new(ErrorKind::Throttled, "the server limits the rate of requests"),
        _ if matches!(failure.kind(), ErrorKind::Malformed | ErrorKind::Misconfigured) => {
            failure.with_hint("is the address that of Consul's HTTP API?")
        }
        _ => failure,
    }
}

/// The token is known, or there is none, and it may not read.
pub(in super::super) fn not_permitted() -> SourceError {
    SourceError::new(ErrorKind::Denied, "the token may not read the key").with_hint(RULE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, text: &str) -> SourceError {
        let failure = SourceError::new(ErrorKind::Unavailable, "the server answers");
        refined(failure, StatusCode::from_u16(status).unwrap(), text.as_bytes())
    }

    #[test]
    fn texts_of_consul_are_classified_and_not_repeated() {
        for (status, text, kind) in [
            (403, "ACL not found", ErrorKind::Denied),
            (403, "Permission denied: hunter2", ErrorKind::Denied),
            (400, "Namespaces are a Consul Enterprise feature", ErrorKind::Misconfigured),
            (400, "Client sent an HTTP request to an HTTPS server.", ErrorKind::Misconfigured),
            (413, "Transaction contains too many operations", ErrorKind::TooLarge),
            (500, "No path to datacenter", ErrorKind::Unavailable),
            (500, "rpc error: No cluster leader", ErrorKind::Unavailable),
            (500, "rpc rate limit exceeded", ErrorKind::Throttled),
            (500, "hunter2", ErrorKind::Unavailable),
        ] {
            let error = of(status, text);
            assert_eq!(error.kind(), kind, "{text}");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }
}
