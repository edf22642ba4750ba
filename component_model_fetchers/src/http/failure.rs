//! Which kind of failure a status or a broken exchange is. No text of the server is repeated.

use std::{
    error::Error,
    io,
    time::{Duration, SystemTime},
};

use component_model_source::{ErrorKind, SourceError};
use component_model_types::text::duration_text;
use reqwest::{
    Response, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use rustls::{AlertDescription, Error as TlsError};
use url::Url;

use super::origin;
use crate::tls_failure::{self, Hints};

const TLS_HINTS: Hints = Hints {
    authority: "give the authority with `ca_pem`, or name its file in SSL_CERT_FILE",
    not_tls: "is it an `http://` URL?",
};

/// The failure that a status means for most servers, with how long `Retry-After` asks to wait.
pub(crate) fn of_status(response: &Response) -> SourceError {
    let status = response.status();
    let wait = retry_after(response.headers(), SystemTime::now());
    let asks = wait.map(|wait| format!(" and asks to wait for {}", duration_text(wait))).unwrap_or_default();
    let error = SourceError::new(kind_of(status), format!("the server answers {}{asks}", name_of(status)));
    wait.into_iter().fold(error, SourceError::with_retry_after)
}

fn kind_of(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        401 | 403 | 407 | 451 | 511 => ErrorKind::Denied,
        429 => ErrorKind::Throttled,
        // Not implemented, and not this version of HTTP: waiting changes neither.
        501 | 505 => ErrorKind::Misconfigured,
        408 | 425 | 500..=599 => ErrorKind::Unavailable,
        400..=499 => ErrorKind::Misconfigured,
        _ => ErrorKind::Malformed,
    }
}

fn name_of(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

/// How long `Retry-After` asks to wait: a number of seconds, or until a date, which may have passed.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that does not fit is longer than anybody waits.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Whether a connection ended before any part of an answer arrived.
pub(crate) fn is_lost(error: &reqwest::Error) -> bool {
    let chain = chain(error);
    !error.is_connect() && !error.is_builder() && lost(&chain) && !chain.iter().any(|cause| of_cause(*cause).is_some())
}

/// The failure of a request without an answer; on connections that had answered before, or not.
pub(crate) fn of_sending(error: reqwest::Error, url: &Url, had_answered: bool) -> SourceError {
    let never_connected = error.is_connect();
    let failure = of_exchange(error);
    if failure.kind() != ErrorKind::Unreachable || failure.hint().is_some() {
        return failure;
    }
    if never_connected {
        return failure.with_hint(format!("does a server listen at {}?", origin(url)));
    }
    // With TLS 1.3 a server refuses a client after the handshake, and its reason may be lost with the connection.
    if !had_answered && url.scheme() == "https" {
        return failure.with_hint("does the server require a client certificate?");
    }
    failure
}

/// The failure of an exchange that broke.
pub(crate) fn of_exchange(error: reqwest::Error) -> SourceError {
    let error = error.without_url();
    let chain = chain(&error);
    let failure = chain.iter().find_map(|cause| of_cause(*cause));
    let failure = failure.unwrap_or_else(|| match () {
        () if error.is_builder() => SourceError::new(ErrorKind::Misconfigured, "the request cannot be made"),
        () if chain.iter().any(|cause| is_refusal_of_a_proxy(*cause)) => {
            SourceError::new(ErrorKind::Denied, "the proxy asks for a user and a password")
                .with_hint("write them into the URL of the proxy, such as HTTPS_PROXY")
        }
        () if error.is_dns() => SourceError::new(ErrorKind::Unreachable, "the host's name does not resolve")
            .with_hint("is the name spelt right?"),
        () if error.is_connect() => SourceError::new(ErrorKind::Unreachable, "no connection"),
        () if chain.iter().any(|cause| is_broken_framing(*cause)) => {
            SourceError::new(ErrorKind::Unreachable, "the body does not come in the chunks of HTTP")
        }
        () => SourceError::new(ErrorKind::Unreachable, "the connection was lost"),
    });
    // Only the innermost cause says more than the message.
    let is_dns = error.is_dns();
    match chain.last().filter(|cause| is_dns || is_of_the_system(**cause)) {
        Some(cause) => failure.with_cause(cause.to_string()),
        None => failure,
    }
}

/// Whether the text of an error is that of the system or of the client. HTTP/2 lets a server give a reason in its own
/// words, which may hold anything.
fn is_of_the_system(cause: &(dyn Error + 'static)) -> bool {
    let of_the_system = cause.downcast_ref::<io::Error>().is_some_and(|error| error.get_ref().is_none());
    of_the_system || cause.is::<hyper::Error>() || cause.is::<TlsError>()
}

/// All causes of an error, including those that an I/O error carries.
fn chain(error: &reqwest::Error) -> Vec<&(dyn Error + 'static)> {
    let mut chain = Vec::new();
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(cause) = next {
        chain.push(cause);
        let carried = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = carried.map(|carried| carried as &(dyn Error + 'static)).or_else(|| cause.source());
    }
    chain
}

/// The failure that a single cause determines, if it does.
fn of_cause(cause: &(dyn Error + 'static)) -> Option<SourceError> {
    if let Some(tls) = cause.downcast_ref::<TlsError>() {
        return Some(tls_failure::classify(tls, &TLS_HINTS));
    }
    if is_alert(cause) {
        return Some(tls_failure::classify(&TlsError::AlertReceived(AlertDescription::HandshakeFailure), &TLS_HINTS));
    }
    let http = cause.downcast_ref::<hyper::Error>()?;
    is_nonsense(http).then(|| SourceError::new(ErrorKind::Unreachable, "the server does not speak HTTP"))
}

/// Whether the server ended the connection with an alert of TLS, such as for a certificate that is missing. HTTP/2 has it as
/// the text of rustls only.
fn is_alert(cause: &(dyn Error + 'static)) -> bool {
    let carried = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    carried.is_some_and(|carried| carried.to_string().starts_with("received fatal alert: "))
}

/// Whether a proxy answers `CONNECT` with 407. The client has a type for it, which cannot be named, and a fixed text.
fn is_refusal_of_a_proxy(cause: &(dyn Error + 'static)) -> bool {
    cause.to_string() == "tunnel error: proxy authorization required"
}

/// Whether something arrived that is not HTTP. For a server that sends before it is asked, hyper only says that it is none
/// of the other failures.
fn is_nonsense(error: &hyper::Error) -> bool {
    let lost = error.is_canceled() || error.is_closed() || error.is_incomplete_message() || error.is_timeout();
    error.is_parse() || (error.source().is_none() && !lost && !error.is_user())
}

/// Whether the connection broke, and not what arrived on it.
fn lost(chain: &[&(dyn Error + 'static)]) -> bool {
    chain.iter().any(|cause| cause.is::<hyper::Error>())
}

/// Whether a body is not framed as HTTP requires; hyper reports it as an I/O error of a certain kind, without a number of
/// the system.
fn is_broken_framing(cause: &(dyn Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| {
        error.raw_os_error().is_none()
            && matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_of_any_number_of_seconds_is_one() {
        let wait = |text: &'static str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, reqwest::header::HeaderValue::from_static(text))]);
            retry_after(&headers, SystemTime::now())
        };
        assert_eq!(wait("3"), Some(Duration::from_secs(3)));
        assert_eq!(wait("9999999999"), Some(Duration::from_secs(9_999_999_999)));
        assert_eq!(wait("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        assert_eq!((wait(""), wait("-1"), wait("soon")), (None, None, None));
    }

    #[test]
    fn an_alert_of_tls_is_known_by_its_text() {
        let alert = io::Error::new(io::ErrorKind::InvalidData, "received fatal alert: BadCertificate");
        assert_eq!(of_cause(&alert).map(|failure| failure.kind()), Some(ErrorKind::Misconfigured));
        assert!(of_cause(&io::Error::new(io::ErrorKind::InvalidData, "Invalid chunk size line")).is_none());
    }

    #[test]
    fn only_texts_of_the_system_and_of_the_client_are_shown() {
        assert!(is_of_the_system(&io::Error::from_raw_os_error(111)));
        assert!(is_of_the_system(&io::Error::from(io::ErrorKind::UnexpectedEof)));
        assert!(!is_of_the_system(&io::Error::other("hunter2")));
        assert!(!is_of_the_system(&*Box::<dyn Error + Send + Sync>::from("hunter2")));
    }
}
