//! The requests that the fixture has received.

use axum::body::to_bytes;
use axum::extract::Request;

const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// One received request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path as it was sent, percent-encoding included.
    pub path: String,
    /// The query after the `?`, as it was sent.
    pub query: Option<String>,
    /// The headers in their order, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body, up to 16 MiB.
    pub body: Vec<u8>,
    /// The status of the answer, once there is one.
    pub answered: Option<u16>,
}

impl Seen {
    pub(super) async fn read(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: to_bytes(body, BODY_LIMIT).await.unwrap_or_default().to_vec(),
            answered: None,
        }
    }

    /// The first value of a header; the case of its name is ignored.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}
