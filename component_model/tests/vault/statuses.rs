//! What failures of a server are, and what is not a server of Vault.

use std::time::Duration;

use component_model::{ErrorKind, fetchers::vault::Vault, prelude::*};
use testbed::http::Reply;

use super::support::get;

const MOUNT: &str = r#"{"data":{"type":"kv","options":{"version":"1"}}}"#;

async fn answered(reply: Reply) -> ComponentError {
    let http = testbed::http().await.unwrap();
    http.on("/v1/sys/internal/ui/mounts/secret", Reply::text(MOUNT));
    http.on("/v1/secret/port", reply);
    let vault = Vault::builder().address(http.url("")).token("hunter2-token").build().unwrap();
    let error = get::<u16>(&vault, "port").await.unwrap_err();
    assert!(!format!("{error:?} {error:#}").contains("hunter2"), "{error:?}");
    error
}

#[tokio::test]
async fn each_failure_has_its_kind_and_repeats_nothing() {
    for (reply, kind) in [
        (Reply::text("hunter2").with_status(429), ErrorKind::Throttled),
        (Reply::text("hunter2").with_status(473), ErrorKind::Unavailable),
        (Reply::text("{\"errors\":[\"Vault is sealed\"]}").with_status(503), ErrorKind::Unavailable),
        (Reply::text("hunter2").with_status(500), ErrorKind::Unavailable),
        (Reply::text("hunter2").with_status(404), ErrorKind::Malformed),
        (Reply::text("<html>hunter2</html>"), ErrorKind::Malformed),
        (Reply::text("{\"data\": \"hunter2\"}"), ErrorKind::Malformed),
        (Reply::text("hunter2").with_status(400), ErrorKind::Misconfigured),
        (Reply::text("{\"errors\":[]}").with_status(404), ErrorKind::Absent),
    ] {
        let error = answered(reply).await;
        assert_eq!(error.kind(), kind, "{error}");
    }
    let error = answered(Reply::text("slow down").with_status(429).header("retry-after", "7")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_standby_that_redirects_is_unavailable_and_gets_no_token_elsewhere() {
    let other = testbed::http().await.unwrap();
    other.on("/v1/secret/port", Reply::text("hunter2"));
    let error = answered(Reply::text("").with_status(307).header("location", &other.url("/v1/secret/port"))).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(other.count("/v1/secret/port"), 0);
}
