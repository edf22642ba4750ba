//! Tokens and what they may read.

use std::{fs, sync::Arc};

use component_model::{
    ErrorKind, Memory, Sources,
    fetchers::consul::{Consul, ConsulFetcher},
    prelude::*,
};
use serde_json::json;

use super::support::{READ, builder, get, kind_of, with_token};

const UNKNOWN: &str = "5a1ca6c4-0815-4711-8c3e-b0ec48e8f66e";

#[tokio::test]
async fn what_a_token_may_not_read_is_denied_whether_it_is_there_or_not() {
    let rules = r#"key_prefix "app/" { policy = "read" }"#;
    let server = testbed::require!(testbed::Consul::builder().token("app", rules).start().await);
    server.put_all([("app/port", "8080"), ("other/port", "1")]).await.unwrap();
    let app = with_token(&server, "app");
    assert_eq!(get::<u16>(&app, "app/port").await.unwrap(), 8080);
    assert_eq!(kind_of(&app, "app/missing").await, ErrorKind::Absent);
    let anonymous = builder(&server).build().unwrap();
    let unknown = builder(&server).token(UNKNOWN).build().unwrap();
    for (consul, key) in [(&app, "other/port"), (&app, "missing"), (&anonymous, "app/port"), (&unknown, "app/port")] {
        assert_eq!(kind_of(consul, key).await, ErrorKind::Denied, "{key}");
    }
    let error = get::<u16>(&unknown, "app/port").await.unwrap_err();
    assert!(error.to_string().contains("does not know the token"), "{error}");
    let error = get::<u16>(&app, "other/port").await.unwrap_err();
    assert!(error.hint().is_some_and(|hint| hint.contains("policy = \"read\"")), "{error:?}");
}

#[tokio::test]
async fn a_prefix_needs_the_permission_to_list_if_the_server_says_so() {
    let server =
        testbed::Consul::builder().token("reader", READ).token("lister", r#"key_prefix "" { policy = "list" }"#);
    let acl = json!({ "enable_key_list_policy": true });
    let server = testbed::require!(server.setting("acl", acl).start().await);
    server.put("app/a", "1").await.unwrap();
    let read = async |name| {
        let fetched: Result<serde_json::Value, _> =
            ConsulFetcher::of_prefix(&with_token(&server, name), "app").fetch_component().await;
        fetched.map_err(|error| error.kind())
    };
    assert_eq!(read("reader").await, Err(ErrorKind::Denied));
    assert_eq!(read("lister").await, Ok(json!({ "a": "1" })));
}

#[tokio::test]
async fn a_file_with_the_token_is_read_again_for_each_request() {
    let server = testbed::require!(testbed::Consul::builder().token("reader", READ).start().await);
    server.put("port", "8080").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let consul = builder(&server).token_file(&file).build().unwrap();
    let error = get::<u16>(&consul, "port").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSetUp, "{error}");
    fs::write(&file, format!("{UNKNOWN}\n")).unwrap();
    assert_eq!(kind_of(&consul, "port").await, ErrorKind::Denied);
    fs::write(&file, format!("{}\n", server.token("reader"))).unwrap();
    assert_eq!(get::<u16>(&consul, "port").await.unwrap(), 8080);
    fs::write(&file, "two lines\nof text\n").unwrap();
    let error = get::<u16>(&consul, "port").await.unwrap_err();
    assert!(error.kind() == ErrorKind::Misconfigured && !format!("{error:?}").contains("two lines"), "{error:?}");
}

#[tokio::test]
async fn a_token_may_be_a_component_and_is_in_no_text() {
    #[derive(Debug, AsyncAssign)]
    struct Config {
        #[component(fetch_from = "vault", key = "token")]
        token: SecretString,
        #[component(fetch_from = "consul", key = "port", token = "{token}")]
        port: u16,
        #[component(fetch_from = "consul", key = "other", token = "{token}")]
        other: Option<u16>,
    }

    let server = testbed::require!(testbed::Consul::builder().token("reader", READ).start().await);
    server.put("port", "8080").await.unwrap();
    let consul: Consul = builder(&server).build().unwrap();
    let memory = Arc::new(Memory::new([("token", server.token("reader"))]));
    let sources = Sources::builder().source("consul", consul).source("vault", Arc::clone(&memory)).build();
    let fetched = Config::fetch().sources(&sources).report().await.unwrap();
    assert_eq!((fetched.value.port, fetched.value.other), (8080, None));
    assert!(!format!("{fetched:?} {:?} {sources:?}", fetched.report).contains(server.token("reader")));
    memory.set("token", component_model::Value::text(UNKNOWN));
    let errors = Config::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(errors.iter().all(ComponentError::is_denied), "{errors}");
    assert!(!format!("{errors:?} {errors:#} {:?}", errors.report()).contains(UNKNOWN));
}
