//! What a value is read as.

use std::collections::BTreeMap;

use component_model::{
    Asked, ErrorKind, Reply, Source as _, Sources, Value, Version,
    fetchers::consul::{Consistency, ConsulFetcher},
    prelude::*,
};
use serde::Deserialize;

use super::support::{builder, consul, get, key};

#[derive(Debug, Deserialize, PartialEq)]
struct Pool {
    max: u16,
    hosts: Vec<String>,
}

#[tokio::test]
async fn the_field_s_type_reads_the_value() {
    let server = testbed::require!(testbed::consul().await);
    let entries: [(&str, &[u8]); 7] = [
        ("port", b"8080"),
        ("lines", b"two\nlines\r\n"),
        ("pin", b"0042"),
        ("empty", b""),
        ("pool", br#"{"max": 5, "hosts": ["a", "b"]}"#),
        ("bytes", b"\xff\xfe\n"),
        ("flag", b"true\n"),
    ];
    server.put_all(entries).await.unwrap();
    let consul = consul(&server);
    assert_eq!(get::<u16>(&consul, "port").await.unwrap(), 8080);
    assert_eq!(get::<String>(&consul, "port").await.unwrap(), "8080");
    assert_eq!(get::<String>(&consul, "lines").await.unwrap(), "two\nlines");
    assert_eq!(get::<String>(&consul, "pin").await.unwrap(), "0042");
    assert_eq!(get::<String>(&consul, "empty").await.unwrap(), "");
    assert!(get::<bool>(&consul, "flag").await.unwrap());
    let pool = Pool { max: 5, hosts: vec!["a".to_owned(), "b".to_owned()] };
    assert_eq!(get::<Pool>(&consul, "pool").await.unwrap(), pool);
    assert_eq!(get::<Option<u16>>(&consul, "missing").await.unwrap(), None);
    let error = get::<u16>(&consul, "missing").await.unwrap_err();
    assert!(error.is_absent() && error.to_string().contains("missing"), "{error}");
    let error = get::<u16>(&consul, "bytes").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    let Ok(Reply::Found(record)) = consul.fetch(Asked::new(key(&consul, "bytes").query())).await else { panic!() };
    assert_eq!(record.value(), &Value::Bytes(b"\xff\xfe\n".to_vec()));
}

#[tokio::test]
async fn keys_are_derived_as_paths_and_options_and_templates_are_obeyed() {
    #[derive(Debug, AsyncAssign)]
    #[component(prefix = "shop", fetch_from = "consul")]
    struct Shop {
        region: String,
        #[component(key = "limits/{region}/{pool.max}")]
        limit: u32,
        #[component(key = "limits/{{region}}", dc = "dc1", consistency = "consistent")]
        braces: u32,
        #[component(nested)]
        pool: Size,
    }

    #[derive(Debug, AsyncAssign)]
    struct Size {
        #[component(fetch_from = "consul")]
        max: u16,
    }

    let server = testbed::require!(testbed::consul().await);
    let entries =
        [("shop/region", "a b%2f"), ("shop/pool/max", "5"), ("limits/a b%2f/5", "7"), ("limits/{region}", "8")];
    server.put_all(entries).await.unwrap();
    let sources = Sources::builder().source("consul", consul(&server)).build();
    let shop = Shop::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((shop.region.as_str(), shop.pool.max, shop.limit, shop.braces), ("a b%2f", 5, 7, 8));

    server.put("shop/region", "../secrets").await.unwrap();
    let errors = Shop::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!((errors.len(), errors[0].kind()), (1, ErrorKind::Invalid), "{errors}");
}

#[tokio::test]
async fn a_version_that_is_known_is_not_answered_again() {
    let server = testbed::require!(testbed::consul().await);
    server.put_all([("a", "1"), ("b", "1")]).await.unwrap();
    for consistency in [Consistency::Default, Consistency::Consistent, Consistency::Stale] {
        let consul = builder(&server).consistency(consistency).build().unwrap();
        let (a, b) = (key(&consul, "a"), key(&consul, "b"));
        let Ok(Reply::Found(first)) = consul.fetch(Asked::new(a.query())).await else { panic!() };
        let version = first.version().unwrap().clone();
        let again = consul.fetch(Asked::new(a.query()).unless(&version)).await.unwrap();
        assert!(matches!(again, Reply::Unchanged { .. }));
        let asked = [Asked::new(a.query()).unless(&version), Asked::new(b.query()).unless(&version)];
        server.put("b", format!("{consistency:?}")).await.unwrap();
        let [Ok(Reply::Unchanged { .. }), Ok(Reply::Found(changed))] = &consul.fetch_many(&asked).await[..] else {
            panic!()
        };
        assert_eq!(changed.value(), &Value::text(format!("{consistency:?}")));
        assert_ne!(changed.version(), Some(&Version::new("")));
    }
}

#[tokio::test]
async fn a_fetcher_shares_the_source_and_is_closed_with_it() {
    let server = testbed::require!(testbed::consul().await);
    server.put_all([("app/a", "1"), ("app/b/c", "2")]).await.unwrap();
    let consul = consul(&server);
    #[derive(Debug, Deserialize, PartialEq)]
    struct App {
        a: u8,
        b: BTreeMap<String, u8>,
    }
    let app: App = ConsulFetcher::of_prefix(&consul, "app").fetch_component().await.unwrap();
    assert_eq!(app, App { a: 1, b: BTreeMap::from([("c".to_owned(), 2)]) });
    let none: Option<App> = ConsulFetcher::of_prefix(&consul, "ap").fetch_component().await.unwrap();
    assert_eq!(none, None);
    let error = get::<u8>(&consul, "a//b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    consul.close().await;
    assert_eq!(get::<u8>(&consul, "app/a").await.unwrap_err().kind(), ErrorKind::ShutDown);
}
