//! What failures of a server are, and what is not a server of etcd.

use std::time::Duration;

use component_model::{ErrorKind, fetchers::etcd::Etcd, prelude::*};
use testbed::http::Reply;

use super::support::{get, kind_of};

const RANGE: &str = "/v3/kv/range";

async fn answered(reply: Reply) -> ComponentError {
    let http = testbed::http().await.unwrap();
    http.on(RANGE, reply);
    http.on("/v3/auth/authenticate", Reply::text(r#"{"token":"hunter2-token"}"#));
    let etcd = Etcd::builder().endpoints([http.url("")]).login("app", "hunter2-password").build().unwrap();
    let error = get::<u16>(&etcd, "port").await.unwrap_err();
    assert!(!format!("{error:?} {error:#}").contains("hunter2"), "{error:?}");
    error
}

#[tokio::test]
async fn each_failure_has_its_kind_and_repeats_nothing() {
    let error = |text: &str| Reply::text(format!(r#"{{"error":"etcdserver: {text}","code":2}}"#));
    for (reply, kind) in [
        (error("too many requests").with_status(429), ErrorKind::Throttled),
        (Reply::text("hunter2").with_status(429), ErrorKind::Throttled),
        (error("no leader").with_status(503), ErrorKind::Unavailable),
        (error("request timed out").with_status(503), ErrorKind::Unavailable),
        (Reply::text("hunter2").with_status(503), ErrorKind::Unavailable),
        (Reply::text("hunter2").with_status(404), ErrorKind::Malformed),
        (Reply::text("<html>hunter2</html>"), ErrorKind::Malformed),
        (Reply::text("[{\"hunter2\": 1}]"), ErrorKind::Malformed),
        (Reply::text("hunter2").with_status(400), ErrorKind::Misconfigured),
        (Reply::text("hunter2").with_status(403), ErrorKind::Denied),
    ] {
        let error = answered(reply).await;
        assert_eq!(error.kind(), kind, "{error}");
    }
    let error = answered(Reply::text("slow down").with_status(429).header("retry-after", "7")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_token_that_is_refused_twice_is_not_tried_again() {
    let http = testbed::http().await.unwrap();
    http.on(RANGE, Reply::text(r#"{"error":"etcdserver: invalid auth token","code":16}"#).with_status(401));
    http.on("/v3/auth/authenticate", Reply::text(r#"{"token":"hunter2-token"}"#));
    let etcd = Etcd::builder().endpoints([http.url("")]).login("app", "hunter2-password").build().unwrap();
    assert_eq!(kind_of(&etcd, "port").await, ErrorKind::Denied);
    assert_eq!((http.count(RANGE), http.count("/v3/auth/authenticate")), (2, 2));
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let (http, other) = (testbed::http().await.unwrap(), testbed::http().await.unwrap());
    other.on(RANGE, Reply::text("hunter2"));
    http.on(RANGE, Reply::text("").with_status(307).header("location", &other.url(RANGE)));
    let etcd = Etcd::builder().endpoints([http.url("")]).build().unwrap();
    assert_eq!(kind_of(&etcd, "port").await, ErrorKind::Malformed);
    assert_eq!(other.count(RANGE), 0);
}

#[tokio::test]
async fn a_gateway_below_a_path_is_asked_there() {
    let http = testbed::http().await.unwrap();
    let found = r#"{"header":{"cluster_id":"1","revision":"7"},"kvs":[{"key":"cG9ydA==","value":"ODA4MA==","mod_revision":"7"}]}"#;
    http.on("/etcd/v3/kv/range", Reply::text(found));
    let etcd = Etcd::builder().endpoints([http.url("/etcd/")]).build().unwrap();
    assert_eq!(get::<u16>(&etcd, "port").await.unwrap(), 8080);
}
