//! Secrets with a lease: the users of a real PostgreSQL.

use std::time::Duration;

use component_model::{
    Asked, Record, Reply, Request, Source as _,
    fetchers::vault::{Vault, VaultQuery},
};
use serde_json::json;

use super::support::{audit, request, requests, vault};

/// A database, and a Vault that makes users for it whose leases last so long.
async fn bed(ttl: &str, max_ttl: &str) -> Result<(testbed::Database, testbed::Vault), testbed::BedError> {
    let database = testbed::postgres().await?.database().await?;
    let server = testbed::vault().await?;
    let post = async |path: &str, body| server.request("POST", path, Some(body)).await;
    post("/v1/sys/mounts/database", json!({ "type": "database" })).await?;
    // `postgres://user:password@host:port/database`
    let url = database.superuser_url();
    let (scheme, rest) = url.split_once("://").unwrap();
    let (login, place) = rest.rsplit_once('@').unwrap();
    let (user, password) = login.split_once(':').unwrap_or((login, "none"));
    let place = place.split('?').next().unwrap_or(place);
    let connection = format!("{scheme}://{{{{username}}}}:{{{{password}}}}@{place}?sslmode=disable");
    let config = json!({
        "plugin_name": "postgresql-database-plugin", "allowed_roles": "*", "connection_url": connection,
        "username": user, "password": password,
    });
    post("/v1/database/config/shop", config).await?;
    let create = "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}';";
    let role = json!({
        "db_name": "shop", "creation_statements": [create], "default_ttl": ttl, "max_ttl": max_ttl,
    });
    post("/v1/database/roles/shop", role).await?;
    audit(&server).await;
    Ok((database, server))
}

/// The name of a user.
fn name(vault: &Vault) -> Request<VaultQuery> {
    request(vault, &[("mount", "database"), ("secret", "creds/shop"), ("field", "username")])
}

async fn user(vault: &Vault) -> Record {
    let Reply::Found(record) = vault.fetch(Asked::new(name(vault).query())).await.unwrap() else { panic!("no user") };
    record
}

#[tokio::test]
async fn a_user_is_made_once_and_revoked_at_the_end() {
    let (database, server) = testbed::require!(bed("1h", "2h").await);
    let vault = vault(&server);
    let users = futures_util::future::join_all((0..10).map(|_| user(&vault))).await;
    assert!(users.iter().all(|user| user.value() == users[0].value() && user.is_sensitive()));
    assert_eq!(requests(&server, "database/creds/shop"), 1);
    let lease = users[0].lease().unwrap();
    assert!(lease.is_renewable() && lease.duration() > Duration::from_secs(3000), "{lease:?}");
    assert!(users[0].good_for().unwrap() < lease.duration());
    let renewed = vault.renew(name(&vault).query(), lease).await.unwrap();
    assert_eq!((renewed.id(), renewed.is_renewable()), (lease.id(), true));
    let count = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'v-%'";
    assert_eq!(database.query_at(&database.superuser_url(), count).await.unwrap(), "1");
    vault.close().await;
    assert_eq!(requests(&server, "sys/leases/revoke"), 1);
    for _ in 0..50 {
        if database.query_at(&database.superuser_url(), count).await.unwrap() == "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the user is still there");
}

#[tokio::test]
async fn a_lease_is_renewed_at_two_thirds_and_the_user_replaced_before_the_longest_life_ends() {
    let (_database, server) = testbed::require!(bed("3s", "5s").await);
    let vault = vault(&server);
    let first = user(&vault).await;
    tokio::time::sleep(Duration::from_millis(2200)).await;
    assert_eq!(user(&vault).await.value(), first.value());
    assert_eq!((requests(&server, "sys/leases/renew"), requests(&server, "database/creds/shop")), (1, 1));
    let mut last = first.clone();
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        last = user(&vault).await;
    }
    assert!(last.value() != first.value() && last.version() != first.version());
}

#[tokio::test]
async fn the_old_user_is_kept_while_the_network_fails() {
    let (_database, server) = testbed::require!(bed("3s", "1h").await);
    let proxy = testbed::proxy(([127, 0, 0, 1], server.program().port()).into()).await.unwrap();
    let address = proxy.instead_in(&server.url());
    let vault = Vault::builder().address(address).token(server.root_token()).build().unwrap();
    for fault in ["refuses", "is silent"] {
        let first = user(&vault).await;
        tokio::time::sleep(Duration::from_millis(2200)).await;
        if fault == "refuses" {
            proxy.refuse().await.unwrap();
        } else {
            proxy.stall().await.unwrap();
        }
        let kept = tokio::time::timeout(Duration::from_secs(2), user(&vault)).await;
        assert_eq!(kept.unwrap().value(), first.value(), "while the network {fault}");
        proxy.heal().await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// An agent has replaced the token: what was made with the one before ends with it.
#[tokio::test]
async fn another_token_in_the_file_gets_another_user() {
    let (_database, server) = testbed::require!(bed("1h", "1h").await);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let token = async || {
        let made = server.request("POST", "/v1/auth/token/create", Some(json!({ "ttl": "1h" }))).await.unwrap();
        std::fs::write(&file, made["auth"]["client_token"].as_str().unwrap()).unwrap();
    };
    token().await;
    let vault = Vault::builder().address(server.url()).token_file(&file).build().unwrap();
    let first = user(&vault).await;
    assert_eq!(user(&vault).await.value(), first.value());
    token().await;
    let second = user(&vault).await;
    assert_ne!(second.value(), first.value());
    assert_eq!(user(&vault).await.value(), second.value());
}

#[tokio::test]
async fn a_user_that_somebody_else_revoked_is_replaced_once_it_is_forgotten() {
    let (_database, server) = testbed::require!(bed("1h", "1h").await);
    let vault = vault(&server);
    let first = user(&vault).await;
    let revoke = server.request("PUT", "/v1/sys/leases/revoke-prefix/database/creds", Some(json!({}))).await;
    revoke.unwrap();
    vault.forget_leases();
    assert_ne!(user(&vault).await.value(), first.value());
}

/// How many users there are, once there are none or after a while.
async fn users_left(database: &testbed::Database) -> String {
    let count = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'v-%'";
    for _ in 0..50 {
        if database.query_at(&database.superuser_url(), count).await.unwrap() == "0" {
            return "0".to_owned();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    database.query_at(&database.superuser_url(), count).await.unwrap()
}

/// An AppRole whose tokens live for so long, and may make users.
async fn app_role(server: &testbed::Vault, ttl: &str) -> (String, String) {
    let post = async |path: &str, body| server.request("POST", path, Some(body)).await.unwrap();
    let policy = r#"path "database/creds/*" { capabilities = ["read"] }"#;
    post("/v1/sys/policies/acl/users", json!({ "policy": policy })).await;
    post("/v1/sys/auth/approle", json!({ "type": "approle" })).await;
    post("/v1/auth/approle/role/app", json!({ "token_policies": "users", "token_ttl": ttl })).await;
    let role = server.request("GET", "/v1/auth/approle/role/app/role-id", None).await.unwrap();
    let secret = post("/v1/auth/approle/role/app/secret-id", json!({})).await;
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    (text(&role["data"]["role_id"]), text(&secret["data"]["secret_id"]))
}

#[tokio::test]
async fn what_is_being_made_when_the_source_is_closed_is_revoked_too() {
    let (database, server) = testbed::require!(bed("1h", "2h").await);
    let (role, secret) = app_role(&server, "1h").await;
    for millis in [0, 5, 10, 20, 40, 80] {
        let builder = Vault::builder().address(server.url());
        let vault = builder.app_role(&role, Some(&secret)).build().unwrap();
        let others = vault.clone();
        let fetch = tokio::spawn(async move { others.fetch(Asked::new(name(&others).query())).await });
        tokio::time::sleep(Duration::from_millis(millis)).await;
        vault.close().await;
        let _ = fetch.await.unwrap();
    }
    assert_eq!(users_left(&database).await, "0");
    let tokens = server.request("LIST", "/v1/auth/token/accessors", None).await.unwrap();
    assert_eq!(tokens["data"]["keys"].as_array().unwrap().len(), 1, "only that of the test itself: {tokens}");
}

#[tokio::test]
async fn a_good_user_is_used_in_time_although_neither_it_nor_the_token_can_be_renewed() {
    let (_database, server) = testbed::require!(bed("6s", "1h").await);
    let (role, secret) = app_role(&server, "6s").await;
    let proxy = testbed::proxy(([127, 0, 0, 1], server.program().port()).into()).await.unwrap();
    let builder = Vault::builder().address(proxy.instead_in(&server.url()));
    let vault = builder.app_role(&role, Some(&secret)).build().unwrap();
    let first = user(&vault).await;
    tokio::time::sleep(Duration::from_millis(4200)).await;
    proxy.stall().await.unwrap();
    let kept = tokio::time::timeout(Duration::from_millis(1800), user(&vault)).await;
    assert_eq!(kept.unwrap().value(), first.value());
}
