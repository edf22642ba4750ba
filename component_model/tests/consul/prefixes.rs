//! All keys below a prefix as one value.

use std::collections::BTreeMap;

use component_model::{
    ErrorKind, Sources,
    fetchers::consul::{Consul, ConsulFetcher},
    prelude::*,
};
use serde::{Deserialize, de::DeserializeOwned};

use super::support::{consul, fetch, prefix, with_token};

async fn read<T: DeserializeOwned + Send>(consul: &Consul, prefix: &str) -> Result<T, ComponentError> {
    ConsulFetcher::of_prefix(consul, prefix).fetch_component().await
}

#[tokio::test]
async fn a_prefix_is_a_struct_without_its_lookalikes_and_folders() {
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
        #[component(fetch_from = "consul", prefix = "app")]
        app: App,
        #[component(fetch_from = "consul", prefix = "labels/")]
        labels: BTreeMap<String, String>,
        #[component(fetch_from = "consul", prefix = "nothing")]
        nothing: Option<App>,
        #[component(fetch_from = "consul", key = "app2")]
        other: String,
    }

    let server = testbed::require!(testbed::consul().await);
    let entries = [
        ("app", "a value beside the prefix"),
        ("app/", ""),
        ("app/port", "8080"),
        ("app/pool/", ""),
        ("app/pool/max", "5"),
        ("app2", "lookalike"),
        ("app2/port", "1"),
        ("labels/a b", "1"),
        ("labels/é", "2"),
    ];
    server.put_all(entries).await.unwrap();
    let sources = Sources::builder().source("consul", consul(&server)).build();
    let config = Config::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(config.app, App { port: 8080, pool: Pool { max: 5 }, missing: None });
    let labels = [("a b", "1"), ("é", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(config.labels, BTreeMap::from(labels));
    assert!(config.nothing.is_none() && config.other == "lookalike");

    server.put("app/pool/max", "hunter2").await.unwrap();
    let errors = Config::fetch_all_components_from(&sources).await.unwrap_err();
    let text = errors.to_string();
    assert!(errors[0].is_malformed() && text.contains("app/pool/max") && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_name_that_is_a_value_and_a_folder_is_malformed() {
    let server = testbed::require!(testbed::consul().await);
    server.put_all([("app/pool", "5"), ("app/pool/max", "5")]).await.unwrap();
    let error = read::<BTreeMap<String, String>>(&consul(&server), "app").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.hint().is_some_and(|hint| hint.contains("a value or a map")), "{error:#}");
}

#[tokio::test]
async fn a_prefix_that_is_denied_is_not_absent_and_denied_keys_below_it_are_left_out() {
    let rules = r#"key_prefix "app/" { policy = "read" } key "app/denied" { policy = "deny" }"#;
    let server = testbed::require!(testbed::Consul::builder().token("app", rules).start().await);
    server.put_all([("app/a", "1"), ("app/denied", "hunter2"), ("other/a", "1")]).await.unwrap();
    let consul = with_token(&server, "app");
    let read = async |prefix| read::<Option<BTreeMap<String, u8>>>(&consul, prefix).await;
    assert_eq!(read("app").await.unwrap(), Some(BTreeMap::from([("a".to_owned(), 1)])));
    assert_eq!(read("app/missing").await.unwrap(), None);
    for prefix in ["other", "missing"] {
        assert_eq!(read(prefix).await.unwrap_err().kind(), ErrorKind::Denied, "{prefix}");
    }
}

#[tokio::test]
async fn several_prefixes_are_answered_together_each_with_its_own_version() {
    let server = testbed::require!(testbed::consul().await);
    server.put("a/x", "1").await.unwrap();
    server.put("b/x", "2").await.unwrap();
    let consul = consul(&server);
    let answers = fetch(&consul, &["a", "b", "c"].map(|name| prefix(&consul, name))).await;
    let versions: Vec<_> = answers.iter().map(|answer| answer.as_ref().unwrap().version().cloned()).collect();
    assert!(versions[0].is_some() && versions[1].is_some() && versions[0] != versions[1] && versions[2].is_none());
    server.delete("a/x").await.unwrap();
    server.put("a/x", "1").await.unwrap();
    let again = fetch(&consul, &[prefix(&consul, "a"), prefix(&consul, "b")]).await;
    assert_ne!(again[0].as_ref().unwrap().version(), versions[0].as_ref());
    assert_eq!(again[1].as_ref().unwrap().version(), versions[1].as_ref());
}
