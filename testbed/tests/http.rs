//! The HTTP fixture sends its configured replies exactly, and records its requests.

#![allow(clippy::unwrap_used, reason = "clippy knows a test function by its attribute, and these have helpers")]

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use testbed::http::{HttpServer, Reply};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

/// Sends a request over a new connection; returns the answer with its head in lower case, and the body unchanged.
async fn ask(http: &HttpServer, path: &str, headers: &str) -> (String, Vec<u8>) {
    converse(TcpStream::connect(http.address()).await.unwrap(), path, headers).await
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str, headers: &str) -> (String, Vec<u8>) {
    let question = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(question.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let body = answer.split_off(end + 4);
    (String::from_utf8(answer).unwrap().to_lowercase(), body)
}

fn status(head: &str) -> &str {
    head.split(' ').nth(1).unwrap()
}

#[tokio::test]
async fn a_route_answers_with_its_status_headers_and_body() {
    let http = testbed::http().await.unwrap();
    http.on("/busy", Reply::text("later").with_status(503).header("Retry-After", "7"));
    let (head, body) = ask(&http, "/busy", "").await;
    assert_eq!(status(&head), "503");
    assert!(head.contains("retry-after: 7\r\n"));
    assert_eq!(body, b"later");
    assert_eq!(status(&ask(&http, "/unknown", "").await.0), "404");
}

#[tokio::test]
async fn a_sequence_is_sent_one_after_another_and_its_last_reply_is_repeated() {
    let http = testbed::http().await.unwrap();
    http.on_sequence("/flaky", [Reply::status(503), Reply::status(429), Reply::text("well")]);
    for expected in ["503", "429", "200", "200"] {
        assert_eq!(status(&ask(&http, "/flaky", "").await.0), expected);
    }
}

#[tokio::test]
async fn it_records_method_path_query_and_headers() {
    let http = testbed::http().await.unwrap();
    ask(&http, "/a%2Fb?x=1&y", "X-Trace: 5\r\n").await;
    let seen = http.seen();
    assert_eq!((seen.len(), http.count("/a%2Fb")), (1, 1));
    assert_eq!((seen[0].method.as_str(), seen[0].query.as_deref()), ("GET", Some("x=1&y")));
    assert_eq!(seen[0].header("x-trace"), Some("5"));
    assert_eq!(seen[0].answered, Some(404));
}

#[tokio::test]
async fn an_etag_is_sent_and_answered_with_304() {
    let http = testbed::http().await.unwrap();
    http.on("/price", Reply::text("12").etag("\"v1\""));
    let (head, body) = ask(&http, "/price", "").await;
    assert!(head.contains("etag: \"v1\"\r\n") && body == b"12");
    let (head, body) = ask(&http, "/price", "If-None-Match: \"v1\"\r\n").await;
    assert_eq!((status(&head), body.len()), ("304", 0));
    assert_eq!(status(&ask(&http, "/price", "If-None-Match: \"v0\"\r\n").await.0), "200");
    assert_eq!((http.count_status("/price", 200), http.count_status("/price", 304)), (2, 1));
}

#[tokio::test]
async fn a_guarded_route_requires_its_token_or_password() {
    let http = testbed::http().await.unwrap();
    http.on("/bearer", Reply::text("in").require_bearer("token"));
    http.on("/basic", Reply::text("in").require_basic("user", "word"));
    for (path, header, expected) in [
        ("/bearer", "", "401"),
        ("/bearer", "Authorization: Bearer wrong\r\n", "401"),
        ("/bearer", "Authorization: Bearer token\r\n", "200"),
        ("/basic", "", "401"),
        ("/basic", "Authorization: Basic dXNlcjp3b3Jk\r\n", "200"),
    ] {
        assert_eq!(status(&ask(&http, path, header).await.0), expected, "{path} with {header:?}");
    }
}

#[tokio::test]
async fn a_redirect_leads_to_another_host_and_port() {
    let (http, other) = (testbed::http().await.unwrap(), testbed::http().await.unwrap());
    http.on("/moved", Reply::redirect(&other.localhost_url("/here")));
    let (head, _) = ask(&http, "/moved", "").await;
    assert_eq!(status(&head), "302");
    assert!(head.contains(&format!("location: http://localhost:{}/here\r\n", other.address().port())));
}

#[tokio::test]
async fn a_compressed_body_decompresses_to_its_text() {
    let http = testbed::http().await.unwrap();
    http.on("/packed", Reply::gzip("a text, a text, a text"));
    let (head, body) = ask(&http, "/packed", "").await;
    assert!(head.contains("content-encoding: gzip\r\n"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, "a text, a text, a text");
}

#[tokio::test]
async fn an_oversized_body_has_a_length_and_an_endless_one_never_ends() {
    let http = testbed::http().await.unwrap();
    http.on("/large", Reply::oversized(3_000_000));
    http.on("/endless", Reply::endless());
    let (head, body) = ask(&http, "/large", "").await;
    assert!(head.contains("content-length: 3000000\r\n") && body.len() == 3_000_000);
    let mut stream = TcpStream::connect(http.address()).await.unwrap();
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    let mut part = vec![0; 20_000_000];
    stream.read_exact(&mut part).await.unwrap();
    assert!(!String::from_utf8_lossy(&part).contains("content-length"));
}

#[tokio::test]
async fn a_delayed_reply_is_late_and_never_sends_no_reply() {
    let http = testbed::http().await.unwrap();
    http.on("/late", Reply::text("late").delay(Duration::from_millis(200)));
    http.on("/never", Reply::never());
    let start = Instant::now();
    assert_eq!(ask(&http, "/late", "").await.1, b"late");
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert!(timeout(Duration::from_millis(300), ask(&http, "/never", "")).await.is_err());
    assert_eq!((http.count("/never"), http.seen_at("/never")[0].answered), (1, None));
}

async fn over_tls(https: &HttpServer, roots: RootCertStore) -> std::io::Result<String> {
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect(https.address()).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
    Ok(converse(stream, "/secret", "").await.0)
}

#[tokio::test]
async fn https_is_trusted_with_its_authority_and_refused_without() {
    let https = testbed::https().await.unwrap();
    https.on("/secret", Reply::text("42"));
    assert!(over_tls(&https, RootCertStore::empty()).await.is_err());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(https.authority().unwrap().as_bytes()).unwrap()).unwrap();
    assert_eq!(status(&over_tls(&https, roots).await.unwrap()), "200");
}
