//! Requests to a server's HTTP API, as simple as they can be.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::BedError;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// One request, with a body if there is one.
pub(crate) struct Request<'r> {
    pub(crate) method: &'r str,
    pub(crate) path: &'r str,
    pub(crate) headers: &'r [(&'r str, &'r str)],
    pub(crate) body: Option<&'r Value>,
}

impl Request<'_> {
    /// Status and body. With HTTP/1.0 the body ends with the connection.
    pub(crate) fn send(&self, server: &str, port: u16) -> Result<(u16, String), BedError> {
        let failed = |error: std::io::Error| BedError::io(&format!("no answer from {server}"), &error);
        let mut connection = TcpStream::connect(("127.0.0.1", port)).map_err(failed)?;
        connection.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        let body = self.body.map(Value::to_string).unwrap_or_default();
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let (method, path, length) = (self.method, self.path, body.len());
        let head = format!("{method} {path} HTTP/1.0\r\n{headers}Content-Length: {length}\r\n\r\n");
        connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(body.as_bytes())).map_err(failed)?;
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).map_err(failed)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) =
            answer.split_once("\r\n\r\n").ok_or_else(|| BedError::failed(format!("{server} does not speak HTTP")))?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Ok((status, body.to_owned()))
    }
}

/// A path with each character encoded that has a meaning in a URL.
pub(crate) fn encoded(path: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    path.bytes().map(encode).collect()
}
