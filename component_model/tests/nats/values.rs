//! What is read: values, versions, deletions, buckets of each kind.

use component_model::{Asked, ErrorKind, Reply, Source as _, Version, limit, prelude::*};
use serde::Deserialize;

use super::support::{BUCKET, builder, fetch, get, key, kind_of, nats, server};

#[derive(Debug, Deserialize, PartialEq)]
struct Pool {
    max: u32,
}

#[tokio::test]
async fn the_type_of_the_field_reads_a_value() {
    let keys = [("port", "8080\n"), ("empty", ""), ("shop.pool", r#"{"max": 5}"#), ("a/b_c=d-1", "x")];
    let server = testbed::require!(server(&keys).await);
    server.client().put(BUCKET, "bytes", [0xff, b'\n']).await.unwrap();
    let nats = nats(&server);
    assert_eq!(get::<u16>(&nats, "port").await.unwrap(), 8080);
    assert_eq!(get::<String>(&nats, "port").await.unwrap(), "8080");
    assert_eq!(get::<Option<String>>(&nats, "empty").await.unwrap().as_deref(), Some(""));
    assert_eq!(get::<Pool>(&nats, "shop.pool").await.unwrap(), Pool { max: 5 });
    assert_eq!(get::<String>(&nats, "a/b_c=d-1").await.unwrap(), "x");
    assert_eq!(get::<Option<u16>>(&nats, "none").await.unwrap(), None);
    let bytes = fetch(&nats, &[key(&nats, "bytes")]).await.remove(0).unwrap();
    assert_eq!(bytes.record().unwrap().value(), &component_model::Value::Bytes(vec![0xff, b'\n']));
}

#[tokio::test]
async fn what_was_deleted_or_purged_is_absent_until_it_is_written_again() {
    let server = testbed::require!(server(&[("a", "1"), ("b", "1")]).await);
    let nats = nats(&server);
    server.client().delete(BUCKET, "a").await.unwrap();
    server.client().purge(BUCKET, "b").await.unwrap();
    for key in ["a", "b"] {
        assert_eq!(get::<Option<u8>>(&nats, key).await.unwrap(), None, "{key}");
        server.client().put(BUCKET, key, "2").await.unwrap();
        assert_eq!(get::<u8>(&nats, key).await.unwrap(), 2, "{key}");
    }
}

#[tokio::test]
async fn a_bucket_without_direct_reads_is_read_all_the_same() {
    let server = testbed::require!(testbed::nats().await);
    server.client().create_with(BUCKET, 1, false).await.unwrap();
    for (key, value) in [("port", "8080"), ("gone", "1"), ("large", &"x".repeat(100_000))] {
        server.client().put(BUCKET, key, value).await.unwrap();
    }
    server.client().delete(BUCKET, "gone").await.unwrap();
    let nats = nats(&server);
    for _ in 0..2 {
        assert_eq!(get::<u16>(&nats, "port").await.unwrap(), 8080);
        assert_eq!(get::<Option<u8>>(&nats, "gone").await.unwrap(), None);
        assert_eq!(get::<Option<u8>>(&nats, "none").await.unwrap(), None);
        assert_eq!(get::<String>(&nats, "large").await.unwrap().len(), 100_000);
    }
    // The same version, however it is read.
    let before = version(&nats, "port").await;
    server.client().remove(BUCKET).await.unwrap();
    assert_eq!(kind_of(&nats, "port").await, ErrorKind::Misconfigured);
    server.client().create(BUCKET).await.unwrap();
    server.client().put(BUCKET, "port", "8081").await.unwrap();
    assert_eq!(get::<u16>(&nats, "port").await.unwrap(), 8081);
    assert_ne!(version(&nats, "port").await, before, "another bucket, with the same revision");
}

async fn version(nats: &component_model::fetchers::nats::Nats, name: &str) -> Version {
    nats.fetch(Asked::new(key(nats, name).query())).await.unwrap().version().cloned().unwrap()
}

#[tokio::test]
async fn a_known_version_is_unchanged_until_the_value_is_written_again() {
    let server = testbed::require!(server(&[("a", "1")]).await);
    let nats = nats(&server);
    let (request, known) = (key(&nats, "a"), version(&nats, "a").await);
    let again = async || nats.fetch(Asked::new(request.query()).unless(Some(&known))).await.unwrap();
    assert!(matches!(again().await, Reply::Unchanged { .. }));
    server.client().put(BUCKET, "a", "1").await.unwrap();
    assert!(matches!(again().await, Reply::Found(_)));
    server.client().delete(BUCKET, "a").await.unwrap();
    assert!(again().await.is_absent());
}

#[tokio::test]
async fn hundreds_of_keys_are_answered_each_for_itself() {
    let server = testbed::require!(server(&[]).await);
    for number in (0..300).step_by(3) {
        server.client().put(BUCKET, &format!("key.{number}"), number.to_string()).await.unwrap();
    }
    let nats = nats(&server);
    let requests: Vec<_> = (0..300).map(|number| key(&nats, &format!("key.{number}"))).collect();
    let before = server.connections().await.unwrap();
    for (number, answer) in fetch(&nats, &requests).await.into_iter().enumerate() {
        assert_eq!(answer.unwrap().is_absent(), number % 3 != 0, "{number}");
    }
    assert_eq!(server.connections().await.unwrap(), before + 1);
}

#[tokio::test]
async fn a_value_that_is_too_large_is_one_in_both_kinds_of_buckets() {
    let server = testbed::require!(server(&[]).await);
    server.client().create_with("indirect", 1, false).await.unwrap();
    for bucket in [BUCKET, "indirect"] {
        server.client().put(bucket, "large", vec![b'x'; limit::BYTES + 1]).await.unwrap();
        server.client().put(bucket, "port", "1").await.unwrap();
        let nats = builder(&server).bucket(bucket).build().unwrap();
        let fetched = component_model::fetchers::nats::NatsFetcher::from_nats(&nats, "large")
            .timeout(std::time::Duration::from_secs(20));
        let error = ComponentFetcher::<String>::fetch_component(&fetched).await.unwrap_err();
        // What the server sends of a message is limited, too.
        assert!(matches!(error.kind(), ErrorKind::TooLarge | ErrorKind::Timeout), "{error:?}");
        assert_eq!(get::<u8>(&nats, "port").await.unwrap(), 1);
    }
}

#[tokio::test]
async fn components_name_their_buckets() {
    #[derive(Debug, AsyncAssign)]
    #[component(prefix = "shop", fetch_from = "nats")]
    struct Config {
        port: u16,
        #[component(key = "on", bucket = "flags")]
        dark_mode: String,
        #[component(key = "{dark_mode}.hint", bucket = "flags-{dark_mode}")]
        hint: Option<String>,
    }

    let server = testbed::require!(server(&[("shop.port", "8080")]).await);
    for bucket in ["flags", "flags-yes"] {
        server.client().create(bucket).await.unwrap();
    }
    server.client().put("flags", "on", "yes").await.unwrap();
    server.client().put("flags-yes", "yes.hint", "good").await.unwrap();
    let sources = Sources::builder().source("nats", nats(&server)).build();
    let config = Config::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((config.port, config.dark_mode.as_str(), config.hint.as_deref()), (8080, "yes", Some("good")));
}
