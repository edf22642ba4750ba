//! Logins: when they are made, and when again.

use std::time::Duration;

use component_model::{ErrorKind, fetchers::vault::VaultBuilder};
use serde_json::{Value, json};
use testbed::Authority;

use super::support::{audit, builder, get, kind_of, requests};

const POLICY: &str = r#"path "secret/data/app/*" { capabilities = ["read"] }"#;

async fn server() -> Result<testbed::Vault, testbed::BedError> {
    let server = testbed::Vault::builder().token("app", POLICY).start().await?;
    server.put("secret", "app/port", json!({ "value": 8080 })).await?;
    Ok(server)
}

async fn post(server: &testbed::Vault, path: &str, body: Value) -> Value {
    server.request("POST", path, Some(body)).await.unwrap()
}

/// Role id and secret id of a role whose tokens live for so long.
async fn app_role(server: &testbed::Vault, ttl: &str, max_ttl: &str) -> (String, String) {
    post(server, "/v1/sys/auth/approle", json!({ "type": "approle" })).await;
    let role = json!({ "token_policies": "app", "token_ttl": ttl, "token_max_ttl": max_ttl });
    post(server, "/v1/auth/approle/role/app", role).await;
    let role = server.request("GET", "/v1/auth/approle/role/app/role-id", None).await.unwrap();
    let secret = post(server, "/v1/auth/approle/role/app/secret-id", json!({})).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&role["data"]["role_id"]), text(&secret["data"]["secret_id"]))
}

#[tokio::test]
async fn an_app_role_logs_in_once_for_many_fetches_and_its_token_is_revoked_at_the_end() {
    let server = testbed::require!(server().await);
    let (role, secret) = app_role(&server, "1h", "2h").await;
    audit(&server).await;
    let vault = builder(&server).app_role(&role, Some(&secret)).build().unwrap();
    let fetches = (0..10).map(|_| get::<u16>(&vault, "app/port"));
    for port in futures_util::future::join_all(fetches).await {
        assert_eq!(port.unwrap(), 8080);
    }
    assert_eq!(requests(&server, "auth/approle/login"), 1);
    assert!(!format!("{vault:?}").contains(&secret));
    vault.close().await;
    assert_eq!(requests(&server, "auth/token/revoke-self"), 1);
    assert_eq!(kind_of(&vault, "app/port").await, ErrorKind::ShutDown);
}

#[tokio::test]
async fn a_refused_login_is_denied_and_repeats_nothing() {
    let server = testbed::require!(server().await);
    let (role, _) = app_role(&server, "1h", "2h").await;
    for secret in [Some("hunter2"), None] {
        let vault = builder(&server).app_role(&role, secret).build().unwrap();
        let error = get::<u16>(&vault, "app/port").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        assert!(!format!("{error:?} {error:#}").contains("hunter2"));
    }
}

#[tokio::test]
async fn a_token_that_was_revoked_is_replaced_once_and_a_missing_permission_makes_no_logins() {
    let server = testbed::require!(server().await);
    let (role, secret) = app_role(&server, "1h", "2h").await;
    audit(&server).await;
    let vault = builder(&server).app_role(&role, Some(&secret)).build().unwrap();
    assert_eq!(get::<u16>(&vault, "app/port").await.unwrap(), 8080);
    server.request("PUT", "/v1/sys/leases/revoke-prefix/auth/approle", Some(json!({}))).await.unwrap();
    assert_eq!(get::<u16>(&vault, "app/port").await.unwrap(), 8080);
    assert_eq!(requests(&server, "auth/approle/login"), 2);
    for _ in 0..5 {
        assert_eq!(kind_of(&vault, "other").await, ErrorKind::Denied);
    }
    assert_eq!(requests(&server, "auth/approle/login"), 2, "the token is good, and may not do that");
    assert_eq!(requests(&server, "auth/token/lookup-self"), 2, "once for each token, however many requests are denied");
    // That something was denied does not keep a token that is revoked later from being replaced.
    server.request("PUT", "/v1/sys/leases/revoke-prefix/auth/approle", Some(json!({}))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(get::<u16>(&vault, "app/port").await.unwrap(), 8080);
    assert_eq!(requests(&server, "auth/approle/login"), 3);
}

#[tokio::test]
async fn a_token_that_may_not_ask_whether_it_is_good_is_replaced_once_in_a_while() {
    let server = testbed::require!(server().await);
    let (role, secret) = app_role(&server, "1h", "2h").await;
    let bare = json!({ "token_policies": "app", "token_no_default_policy": true });
    post(&server, "/v1/auth/approle/role/app", bare).await;
    audit(&server).await;
    let vault = builder(&server).app_role(&role, Some(&secret)).build().unwrap();
    for _ in 0..5 {
        assert_eq!(kind_of(&vault, "other").await, ErrorKind::Denied);
    }
    assert_eq!(requests(&server, "auth/approle/login"), 2, "one to see whether a new token may");
}

#[tokio::test]
async fn a_token_is_renewed_at_two_thirds_of_its_life_and_replaced_at_its_end() {
    let server = testbed::require!(server().await);
    let (role, secret) = app_role(&server, "3s", "6s").await;
    audit(&server).await;
    let vault = builder(&server).app_role(&role, Some(&secret)).build().unwrap();
    assert_eq!(get::<u16>(&vault, "app/port").await.unwrap(), 8080);
    tokio::time::sleep(Duration::from_millis(2200)).await;
    assert_eq!(get::<u16>(&vault, "app/port").await.unwrap(), 8080);
    assert_eq!((requests(&server, "auth/token/renew-self"), requests(&server, "auth/approle/login")), (1, 1));
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert_eq!(get::<u16>(&vault, "app/port").await.unwrap(), 8080);
    }
    assert!(requests(&server, "auth/approle/login") >= 2, "it cannot be renewed for ever");
}

async fn works(vault: VaultBuilder) {
    let vault = vault.build().unwrap();
    assert_eq!(get::<u16>(&vault, "app/port").await.unwrap(), 8080);
}

#[tokio::test]
async fn a_user_with_a_password_logs_in() {
    let server = testbed::require!(server().await);
    post(&server, "/v1/sys/auth/people", json!({ "type": "userpass" })).await;
    let user = json!({ "password": "hunter2", "token_policies": "app" });
    post(&server, "/v1/auth/people/users/shop", user).await;
    works(builder(&server).user_password("shop", "hunter2").login_mount("people")).await;
    let wrong = builder(&server).user_password("shop", "wrong").login_mount("people").build().unwrap();
    assert_eq!(kind_of(&wrong, "app/port").await, ErrorKind::Denied);
}

#[tokio::test]
async fn a_certificate_logs_in() {
    let authority = Authority::new().unwrap();
    let server = testbed::Vault::builder().token("app", POLICY).tls(&authority.server(&[]).unwrap()).start().await;
    let server = testbed::require!(server);
    server.put("secret", "app/port", json!({ "value": 8080 })).await.unwrap();
    post(&server, "/v1/sys/auth/cert", json!({ "type": "cert" })).await;
    let role = json!({ "certificate": authority.pem(), "token_policies": "app" });
    post(&server, "/v1/auth/cert/certs/shop", role).await;
    let client = authority.client("shop").unwrap();
    let trusting = builder(&server).ca_pem(authority.pem());
    works(trusting.clone().client_pem(client.pem(), client.key_pem()).certificate(Some("shop"))).await;
    let without = trusting.certificate(None).build().unwrap_err();
    assert!(without.hint().is_some_and(|hint| hint.contains("client_pem")), "{without}");
}

/// A fetch may be alive without being polled, in the middle of a login that the others need too.
#[tokio::test]
async fn a_login_that_nobody_polls_holds_up_nobody() {
    let server = testbed::require!(server().await);
    let (role, secret) = app_role(&server, "1h", "2h").await;
    let proxy = testbed::proxy(([127, 0, 0, 1], server.program().port()).into()).await.unwrap();
    let address = proxy.instead_in(&server.url());
    let vault = VaultBuilder::default().address(address).app_role(&role, Some(&secret)).build().unwrap();
    proxy.stall().await.unwrap();
    let mut unpolled = Box::pin(get::<u16>(&vault, "app/port"));
    let polled = tokio::time::timeout(Duration::from_millis(300), unpolled.as_mut()).await;
    assert!(polled.is_err() && proxy.connections() > 0);
    proxy.heal().await.unwrap();
    let (one, other) = tokio::join!(get::<u16>(&vault, "app/port"), get::<u16>(&vault, "app/port"));
    assert_eq!((one.unwrap(), other.unwrap()), (8080, 8080));
    drop(unpolled);
}
