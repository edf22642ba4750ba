//! Tokens and what they may read.

use std::fs;

use component_model::ErrorKind;
use serde_json::json;

use super::support::{builder, get, kind_of, vault};

const POLICY: &str = r#"path "secret/data/app/*" { capabilities = ["read"] }"#;

#[tokio::test]
async fn what_a_token_may_not_read_is_denied_whether_it_is_there_or_not() {
    let server = testbed::require!(testbed::Vault::builder().token("app", POLICY).start().await);
    server.put("secret", "app/port", json!({ "value": 8080 })).await.unwrap();
    server.put("secret", "other/port", json!({ "value": 1 })).await.unwrap();
    let app = builder(&server).token(server.token("app")).build().unwrap();
    assert_eq!(get::<u16>(&app, "app/port").await.unwrap(), 8080);
    assert_eq!(kind_of(&app, "app/missing").await, ErrorKind::Absent);
    let anonymous = builder(&server).build().unwrap();
    let unknown = builder(&server).token("hvs.unknown").build().unwrap();
    let elsewhere = builder(&server).token(server.token("app")).mount("nowhere").build().unwrap();
    for (vault, secret) in
        [(&app, "other/port"), (&app, "missing"), (&anonymous, "app/port"), (&unknown, "app/port"), (&elsewhere, "a")]
    {
        let error = get::<u16>(vault, secret).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{secret}: {error}");
        assert!(error.hint().is_some(), "{error}");
    }
    let error = get::<u16>(&anonymous, "app/port").await.unwrap_err();
    assert!(error.hint().is_some_and(|hint| hint.contains("VAULT_TOKEN")), "{error:?}");
}

#[tokio::test]
async fn a_file_with_the_token_is_read_again_for_each_request() {
    let server = testbed::require!(testbed::Vault::builder().token("app", POLICY).start().await);
    server.put("secret", "app/port", json!({ "value": 8080 })).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let vault = builder(&server).token_file(&file).build().unwrap();
    assert_eq!(kind_of(&vault, "app/port").await, ErrorKind::NotSetUp);
    fs::write(&file, "hvs.unknown\n").unwrap();
    assert_eq!(kind_of(&vault, "app/port").await, ErrorKind::Denied);
    fs::write(&file, format!("{}\n", server.token("app"))).unwrap();
    assert_eq!(get::<u16>(&vault, "app/port").await.unwrap(), 8080);
}

#[tokio::test]
async fn a_sealed_server_is_unavailable() {
    let server = testbed::require!(testbed::vault().await);
    server.put("secret", "port", json!({ "value": 8080 })).await.unwrap();
    let vault = vault(&server);
    assert_eq!(get::<u16>(&vault, "port").await.unwrap(), 8080);
    server.request("PUT", "/v1/sys/seal", None).await.unwrap();
    let error = get::<u16>(&vault, "port").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("sealed") && error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_quota_is_throttled() {
    let server = testbed::require!(testbed::vault().await);
    server.put("secret", "port", json!({ "value": 8080 })).await.unwrap();
    let vault = vault(&server);
    assert_eq!(get::<u16>(&vault, "port").await.unwrap(), 8080);
    let quota = json!({ "path": "secret", "rate": 1, "interval": "1h" });
    server.request("POST", "/v1/sys/quotas/rate-limit/all", Some(quota)).await.unwrap();
    let mut last = ErrorKind::Other;
    for _ in 0..5 {
        last = get::<u16>(&vault, "port").await.map_or_else(|error| error.kind(), |_| last);
    }
    assert_eq!(last, ErrorKind::Throttled);
}
