//! How the fixture answers one request.

use std::future;
use std::io::Write;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;

use super::Seen;

const CHUNK: usize = 64 * 1024;

/// An answer: status, headers and body, optionally with a delay and with authentication.
///
/// ```
/// use std::time::Duration;
/// use testbed::http::Reply;
///
/// let busy = Reply::status(503).header("retry-after", "1");
/// let slow = Reply::text("at last").delay(Duration::from_secs(3));
/// let guarded = Reply::text("42").etag("\"v1\"").require_bearer("token");
/// # let _ = (busy, slow, guarded);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    content: Content,
    delay: Duration,
    authorization: Option<String>,
    etag: Option<String>,
}

#[derive(Debug, Clone)]
enum Content {
    Bytes(Bytes),
    Endless,
    Never,
}

impl Reply {
    /// Only a status.
    pub fn status(status: u16) -> Self {
        Self::new(status, Content::Bytes(Bytes::new()))
    }

    /// 200 with these bytes, and no `content-type`.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(200, Content::Bytes(Bytes::from(bytes.into())))
    }

    /// 200 with plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::bytes(text.into()).header("content-type", "text/plain; charset=utf-8")
    }

    /// 200 with JSON.
    pub fn json(value: &serde_json::Value) -> Self {
        Self::bytes(value.to_string()).header("content-type", "application/json")
    }

    /// 200 with compressed text.
    pub fn gzip(text: &str) -> Self {
        Self::bytes(Self::gzipped(text)).header("content-type", "text/plain").header("content-encoding", "gzip")
    }

    /// Text as one member of a compressed body.
    #[must_use]
    pub fn gzipped(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        // Writing into a vector does not fail.
        let _ = encoder.write_all(text.as_bytes());
        encoder.finish().unwrap_or_default()
    }

    /// 302 to another URL.
    pub fn redirect(to: &str) -> Self {
        Self::status(302).header("location", to)
    }

    /// 200 with a body of the given number of bytes, with a `content-length`.
    pub fn oversized(length: usize) -> Self {
        Self::bytes(vec![b'x'; length])
    }

    /// 200 with a body that never ends, without a `content-length`.
    pub fn endless() -> Self {
        Self::new(200, Content::Endless)
    }

    /// The request is read and never answered.
    pub fn never() -> Self {
        Self::new(200, Content::Never)
    }

    fn new(status: u16, content: Content) -> Self {
        Self { status, headers: Vec::new(), content, delay: Duration::ZERO, authorization: None, etag: None }
    }

    /// The same reply with another status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// One more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Waits before it answers; the request is recorded at once.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sends this `ETag`, and answers 304 to a request whose `If-None-Match` has it.
    pub fn etag(mut self, tag: &str) -> Self {
        self.etag = Some(tag.to_owned());
        self
    }

    /// Answers 401 to a request without this bearer token.
    pub fn require_bearer(mut self, token: &str) -> Self {
        self.authorization = Some(format!("Bearer {token}"));
        self
    }

    /// Answers 401 to a request without this user and password.
    pub fn require_basic(mut self, user: &str, password: &str) -> Self {
        self.authorization = Some(format!("Basic {}", base64(format!("{user}:{password}").as_bytes())));
        self
    }

    pub(super) async fn answer(self, seen: &Seen) -> Response {
        tokio::time::sleep(self.delay).await;
        if self.authorization.as_deref().is_some_and(|wanted| seen.header("authorization") != Some(wanted)) {
            return response(401, Body::empty());
        }
        let known = self.etag.as_deref().is_some_and(|tag| seen.header("if-none-match") == Some(tag));
        let (status, body) = match self.content {
            _ if known => (304, Body::empty()),
            Content::Bytes(bytes) => (self.status, Body::from(bytes)),
            Content::Endless => (self.status, endless()),
            Content::Never => future::pending().await,
        };
        let mut response = response(status, body);
        let tag = self.etag.map(|tag| (header::ETAG.to_string(), tag));
        for (name, value) in self.headers.into_iter().chain(tag) {
            append(&mut response, &name, &value);
        }
        response
    }
}

fn response(status: u16, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

fn append(response: &mut Response, name: &str, value: &str) {
    let pair = HeaderName::try_from(name).ok().zip(HeaderValue::from_bytes(value.as_bytes()).ok());
    match pair {
        Some((name, value)) => _ = response.headers_mut().append(name, value),
        None => eprintln!("not a valid header: {name:?}: {value:?}"),
    }
}

fn endless() -> Body {
    let chunk = Bytes::from(vec![b'x'; CHUNK]);
    Body::from_stream(stream::repeat_with(move || Ok::<_, std::convert::Infallible>(chunk.clone())))
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let value =
            group.iter().fold(0_usize, |value, byte| value << 8 | usize::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let sextet = value >> (18 - 6 * place) & 63;
            text.push(if place <= group.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_matches_the_vectors_of_rfc_4648() {
        let pairs =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (plain, encoded) in pairs {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
