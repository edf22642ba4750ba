//! All keys below a prefix as one value.

use std::collections::BTreeMap;

use component_model::{
    ErrorKind, Sources,
    fetchers::etcd::{Etcd, EtcdFetcher},
    prelude::*,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::support::{etcd, put_all, with_user};

async fn read<T: DeserializeOwned + Send>(etcd: &Etcd, prefix: &str) -> Result<T, ComponentError> {
    EtcdFetcher::of_prefix(etcd, prefix).fetch_component().await
}

#[tokio::test]
async fn a_prefix_is_a_struct_without_its_lookalikes() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct App {
        port: u16,
        pool: Pool,
        missing: Option<String>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Pool {
        max: u8,
    }

    #[derive(Debug, AsyncAssign)]
    struct Config {
        #[component(fetch_from = "etcd", prefix = "app")]
        app: App,
        #[component(fetch_from = "etcd", prefix = "/labels/")]
        labels: BTreeMap<String, String>,
        #[component(fetch_from = "etcd", prefix = "nothing")]
        nothing: Option<App>,
        #[component(fetch_from = "etcd", key = "app2")]
        other: String,
    }

    let server = testbed::require!(testbed::etcd().await);
    let entries = [
        ("app", "a value beside the prefix"),
        ("app/port", "8080"),
        ("app/pool/max", "5"),
        ("app0", "the first key after the prefix"),
        ("app2", "lookalike"),
        ("app2/port", "1"),
        ("/labels/a b", "1"),
        ("/labels/é", "2"),
    ];
    put_all(&server, entries).await;
    let sources = Sources::builder().source("etcd", etcd(&server)).build();
    let config = Config::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(config.app, App { port: 8080, pool: Pool { max: 5 }, missing: None });
    let labels = [("a b", "1"), ("é", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(config.labels, BTreeMap::from(labels));
    assert_eq!((config.nothing, config.other.as_str()), (None, "lookalike"));
}

#[tokio::test]
async fn what_is_no_document_is_malformed_and_what_may_not_be_read_whole_is_denied() {
    let server = testbed::require!(testbed::Etcd::builder().user("app", "app/").start().await);
    put_all(&server, [("app/both", "1"), ("app/both/a", "2"), ("other/a", "1")]).await;
    let etcd = with_user(&server, "app");
    let error = read::<BTreeMap<String, String>>(&etcd, "app").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
    let error = read::<BTreeMap<String, String>>(&etcd, "other").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    // `app/` and a byte that no text has.
    server.client().delete("app/both").await.unwrap();
    server.client().call("kv/put", json!({"key": "YXBwL/8=", "value": "MQ=="})).await.unwrap();
    let error = read::<BTreeMap<String, BTreeMap<String, String>>>(&etcd, "app").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
}
