//! Secrets of both versions of the KV engine.

use component_model::{
    Asked, ErrorKind, Reply, Source as _, Version,
    fetchers::vault::{Vault, VaultFetcher},
    prelude::*,
};
use serde::Deserialize;
use serde_json::json;

use super::support::{get, kind_of, request, vault};

#[derive(Debug, Deserialize, PartialEq)]
struct Login {
    user: String,
    port: u16,
}

async fn field<T: serde::de::DeserializeOwned + Send>(vault: &Vault, mount: &str, name: &str) -> Result<T, ErrorKind> {
    let fetcher = VaultFetcher::new(vault, "app/db").mount(mount).field(name);
    fetcher.fetch_component().await.map_err(|error| error.kind())
}

#[tokio::test]
async fn both_versions_of_the_engine_are_told_apart_and_read_alike() {
    let server = testbed::require!(testbed::vault().await);
    let vault = vault(&server);
    for mount in ["secret", "kv"] {
        let data = json!({ "user": "shop", "port": "5432", "limits": { "max": 5 } });
        server.put(mount, "app/db", data).await.unwrap();
        server.put(mount, "app/key", json!({ "value": "8080" })).await.unwrap();
        assert_eq!(field::<u16>(&vault, mount, "port").await, Ok(5432), "text is read by the type");
        assert_eq!(field::<serde_json::Value>(&vault, mount, "limits").await, Ok(json!({ "max": 5 })));
        assert_eq!(field::<String>(&vault, mount, "other").await, Err(ErrorKind::Absent));
        assert_eq!(field::<Option<String>>(&vault, mount, "other").await, Ok(None));
        let whole: Login = VaultFetcher::new(&vault, "app/db").mount(mount).fetch_component().await.unwrap();
        assert_eq!(whole, Login { user: "shop".to_owned(), port: 5432 });
        let only: u16 = VaultFetcher::new(&vault, "app/key").mount(mount).fetch_component().await.unwrap();
        assert_eq!(only, 8080, "a single field is the value too");
        let map: std::collections::BTreeMap<String, String> =
            VaultFetcher::new(&vault, "app/key").mount(mount).fetch_component().await.unwrap();
        assert_eq!(map["value"], "8080");
        let missing: Result<String, _> = VaultFetcher::new(&vault, "app").mount(mount).fetch_component().await;
        assert_eq!(missing.unwrap_err().kind(), ErrorKind::Absent);
    }
}

#[tokio::test]
async fn versions_are_read_one_by_one_and_those_that_are_gone_are_absent() {
    let server = testbed::require!(testbed::vault().await);
    let vault = vault(&server);
    for number in 1..=4 {
        server.put("secret", "port", json!({ "value": number })).await.unwrap();
    }
    let version = async |number| {
        let fetched: Result<u16, _> = VaultFetcher::new(&vault, "port").version(number).fetch_component().await;
        fetched.map_err(|error| error.kind())
    };
    assert_eq!(get::<u16>(&vault, "port").await.unwrap(), 4);
    assert_eq!(version(2).await, Ok(2));
    assert_eq!(version(9).await, Err(ErrorKind::Absent));
    let versions = |number: u8| Some(json!({ "versions": [number] }));
    server.request("POST", "/v1/secret/destroy/port", versions(1)).await.unwrap();
    server.request("POST", "/v1/secret/delete/port", versions(2)).await.unwrap();
    assert_eq!(version(1).await, Err(ErrorKind::Absent), "destroyed");
    assert_eq!(version(2).await, Err(ErrorKind::Absent), "deleted");
    server.request("POST", "/v1/secret/undelete/port", versions(2)).await.unwrap();
    assert_eq!(version(2).await, Ok(2));
    server.delete("secret", "port").await.unwrap();
    assert_eq!(kind_of(&vault, "port").await, ErrorKind::Absent, "the latest is deleted");
    let plain: Result<u16, _> = VaultFetcher::new(&vault, "port").mount("kv").version(1).fetch_component().await;
    assert_eq!(plain.unwrap_err().kind(), ErrorKind::Misconfigured, "version 1 of the engine has no versions");
}

#[tokio::test]
async fn a_known_version_is_unchanged_and_a_secret_that_was_made_again_is_not() {
    let server = testbed::require!(testbed::vault().await);
    let vault = vault(&server);
    for mount in ["secret", "kv"] {
        let request = request(&vault, &[("secret", "app"), ("mount", mount)]);
        let known =
            async |known: Option<&Version>| vault.fetch(Asked::new(request.query()).unless(known)).await.unwrap();
        server.put(mount, "app", json!({ "value": "1" })).await.unwrap();
        let first = known(None).await.version().cloned().unwrap();
        assert!(matches!(known(Some(&first)).await, Reply::Unchanged { .. }), "{mount}");
        server.put(mount, "app", json!({ "value": "2" })).await.unwrap();
        assert!(known(Some(&first)).await.record().is_some(), "{mount}");
        if mount == "secret" {
            server.request("DELETE", "/v1/secret/metadata/app", None).await.unwrap();
            server.put(mount, "app", json!({ "value": "3" })).await.unwrap();
            assert!(known(Some(&first)).await.record().is_some(), "it is the first version again");
        }
    }
}

#[tokio::test]
async fn every_value_is_sensitive_whatever_its_type() {
    #[derive(Debug, AsyncAssign)]
    #[allow(dead_code)]
    struct Config {
        #[component(fetch_from = "vault", secret = "app/db", field = "port")]
        port: u16,
    }

    let server = testbed::require!(testbed::vault().await);
    server.put("secret", "app/db", json!({ "port": "hunter2" })).await.unwrap();
    let sources = Sources::builder().source("vault", vault(&server)).build();
    let errors = Config::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Malformed);
    let texts = format!("{errors} {errors:?} {errors:#} {:?} {sources:?}", errors.report());
    assert!(!texts.contains("hunter2") && !texts.contains(server.root_token()), "{texts}");
    assert!(texts.contains("vault:secret/app/db#port"), "{texts}");
}

#[tokio::test]
async fn a_secret_is_found_at_once_after_its_mount_was_upgraded() {
    let server = testbed::require!(testbed::vault().await);
    let vault = vault(&server);
    server.put("kv", "app/key", json!({ "value": "8080" })).await.unwrap();
    let port = async || -> Result<u16, ComponentError> {
        VaultFetcher::new(&vault, "app/key").mount("kv").fetch_component().await
    };
    assert_eq!(port().await.unwrap(), 8080);
    let versioned = json!({ "options": { "version": "2" } });
    server.request("POST", "/v1/sys/mounts/kv/tune", Some(versioned)).await.unwrap();
    // Vault moves the secrets in the background.
    for _ in 0..100 {
        if server.request("GET", "/v1/kv/data/app/key", None).await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(port().await.unwrap(), 8080);
}
