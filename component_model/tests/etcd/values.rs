//! What stands behind a key, and keys of all kinds.

use std::collections::BTreeMap;

use component_model::ErrorKind;
use serde::Deserialize;
use serde_json::json;

use super::support::{base64, etcd, get, kind_of};

#[tokio::test]
async fn the_field_s_type_reads_the_text() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Pool {
        max: u8,
    }

    let server = testbed::require!(testbed::etcd().await);
    for (key, value) in
        [("port", "8080\n"), ("pin", "0042"), ("pool", r#"{"max": 5}"#), ("empty", ""), ("list", "[1,2]")]
    {
        server.client().put(key, value).await.unwrap();
    }
    let etcd = etcd(&server);
    assert_eq!(get::<u16>(&etcd, "port").await.unwrap(), 8080);
    assert_eq!(get::<String>(&etcd, "port").await.unwrap(), "8080");
    assert_eq!(get::<String>(&etcd, "pin").await.unwrap(), "0042");
    assert_eq!(get::<Pool>(&etcd, "pool").await.unwrap(), Pool { max: 5 });
    assert_eq!(get::<BTreeMap<String, u8>>(&etcd, "pool").await.unwrap()["max"], 5);
    assert_eq!(get::<Vec<u8>>(&etcd, "list").await.unwrap(), [1, 2]);
    assert_eq!(get::<String>(&etcd, "empty").await.unwrap(), "");
    assert_eq!(get::<Option<u16>>(&etcd, "none").await.unwrap(), None);
    assert_eq!(kind_of(&etcd, "none").await, ErrorKind::Absent);
    server.client().put("word", "hunter2").await.unwrap();
    let error = get::<u16>(&etcd, "word").await.unwrap_err();
    assert!(error.kind() == ErrorKind::Malformed && !format!("{error:?} {error:#}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn bytes_that_are_not_text_are_malformed_for_text() {
    let server = testbed::require!(testbed::etcd().await);
    let request = json!({"key": base64("bytes"), "value": "//79"});
    server.client().call("kv/put", request).await.unwrap();
    let etcd = etcd(&server);
    assert_eq!(kind_of(&etcd, "bytes").await, ErrorKind::Malformed);
}

#[tokio::test]
async fn a_key_is_asked_for_exactly_as_it_is_written() {
    let server = testbed::require!(testbed::etcd().await);
    let keys = ["a", "a/", "/a", "a//b", "a/../b", "a b", "a%2Fb", "é/鍵", "a?b#c", "\"", "\n", "A", "a\\", "*"];
    for key in keys {
        server.client().put(key, &format!("<{key}>")).await.unwrap();
    }
    let etcd = etcd(&server);
    for key in keys {
        assert_eq!(get::<String>(&etcd, key).await.unwrap(), format!("<{key}>"), "{key:?}");
    }
    for key in ["b", "a/b", "/a/", "aa", "a/../"] {
        assert_eq!(get::<Option<String>>(&etcd, key).await.unwrap(), None, "{key:?}");
    }
}

#[tokio::test]
async fn a_key_is_absent_once_its_lease_has_ended() {
    let server = testbed::require!(testbed::etcd().await);
    let lease = server.client().call("lease/grant", json!({"TTL": "60", "ID": "7"})).await.unwrap();
    let request = json!({"key": base64("leased"), "value": base64("1"), "lease": lease["ID"]});
    server.client().call("kv/put", request).await.unwrap();
    let etcd = etcd(&server);
    assert_eq!(get::<u8>(&etcd, "leased").await.unwrap(), 1);
    server.client().call("lease/revoke", json!({"ID": "7"})).await.unwrap();
    assert_eq!(get::<Option<u8>>(&etcd, "leased").await.unwrap(), None);
}
