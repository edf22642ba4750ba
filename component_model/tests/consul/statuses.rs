//! What failures of a server are, and what is not a server of Consul.

use std::time::Duration;

use component_model::{ErrorKind, fetchers::consul::Consul, prelude::*};
use testbed::http::Reply;

use super::support::{builder, get, key, kind_of};

async fn answered(reply: Reply) -> ComponentError {
    let http = testbed::http().await.unwrap();
    http.on("/v1/kv/port", reply);
    let consul = Consul::builder().address(http.url("")).token("hunter2-token").build().unwrap();
    let error = get::<u16>(&consul, "port").await.unwrap_err();
    assert!(!format!("{error:?} {error:#}").contains("hunter2"), "{error:?}");
    error
}

#[tokio::test]
async fn each_failure_has_its_kind_and_repeats_nothing() {
    let index = |reply: Reply| reply.header("x-consul-index", "7");
    for (reply, kind) in [
        (Reply::text("hunter2").with_status(429), ErrorKind::Throttled),
        (Reply::text("rpc error: No cluster leader").with_status(500), ErrorKind::Unavailable),
        (Reply::text("hunter2").with_status(503), ErrorKind::Unavailable),
        (Reply::text("hunter2").with_status(404), ErrorKind::Malformed),
        (Reply::text("<html>hunter2</html>"), ErrorKind::Malformed),
        (index(Reply::text("hunter2")), ErrorKind::Malformed),
        (index(Reply::text("[{\"hunter2\": 1}]")), ErrorKind::Malformed),
        (Reply::text("hunter2").with_status(400), ErrorKind::Misconfigured),
    ] {
        let error = answered(reply).await;
        assert_eq!(error.kind(), kind, "{error}");
    }
    let error = answered(Reply::text("slow down").with_status(429).header("retry-after", "7")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let (http, other) = (testbed::http().await.unwrap(), testbed::http().await.unwrap());
    other.on("/v1/kv/port", Reply::text("hunter2"));
    http.on("/v1/kv/port", Reply::text("").with_status(307).header("location", &other.url("/v1/kv/port")));
    let consul = Consul::builder().address(http.url("")).token("hunter2-token").build().unwrap();
    assert_eq!(kind_of(&consul, "port").await, ErrorKind::Malformed);
    assert_eq!(other.count("/v1/kv/port"), 0);
}

#[tokio::test]
async fn an_unknown_datacenter_is_unavailable_and_a_namespace_needs_enterprise() {
    let server = testbed::require!(testbed::consul().await);
    server.put_all([("a", "1"), ("b", "2")]).await.unwrap();
    let elsewhere = builder(&server).datacenter("nowhere").build().unwrap();
    let namespace = builder(&server).namespace("team").build().unwrap();
    for (consul, kind) in [(elsewhere, ErrorKind::Unavailable), (namespace, ErrorKind::Misconfigured)] {
        let error = get::<u8>(&consul, "a").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.hint().is_some(), "{error}");
        let (a, b) = (key(&consul, "a"), key(&consul, "b"));
        for answer in super::support::fetch(&consul, &[a, b]).await {
            assert_eq!(answer.unwrap_err().kind(), kind);
        }
    }
}
