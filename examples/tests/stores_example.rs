//! The example is run as a user would: with the stores whose variables are set, and without the others.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::process::Command;

use serde_json::json;

/// The variables of the stores that have an address without one.
const OTHERS: [&str; 3] = ["CONSUL_HTTP_ADDR", "ETCD_ENDPOINTS", "VAULT_ADDR"];

async fn run(variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stores_example"));
    // What listens where the stores do by default is not asked.
    command
        .env_remove("REDIS_URL")
        .env_remove("NATS_URL")
        .env_remove("NATS_BUCKET")
        .envs(OTHERS.map(|variable| (variable, "http://127.0.0.1:1")));
    command.envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}");
    shown
}

#[tokio::test]
async fn without_a_store_every_value_is_its_fallback() {
    let shown = run(&[]).await;
    assert_eq!(shown.matches(": not available").count(), 5, "{shown}");
    assert!(shown.contains("5 fallback"), "{shown}");
}

#[tokio::test]
async fn each_store_whose_variable_is_set_is_asked() {
    let consul = testbed::require!(testbed::consul().await);
    let etcd = testbed::require!(testbed::etcd().await);
    let nats = testbed::require!(testbed::nats().await);
    let redis = testbed::require!(testbed::redis().await);
    let vault = testbed::require!(testbed::vault().await);
    consul.put("shop/greeting", "from Consul").await.unwrap();
    etcd.client().put("shop/greeting", "from etcd").await.unwrap();
    nats.client().create("app").await.unwrap();
    nats.client().put("app", "shop.greeting", "from NATS").await.unwrap();
    redis.execute(&["SET", "shop:greeting", "from Redis"]).await.unwrap();
    vault.put("secret", "shop/greeting", json!({ "greeting": "from Vault" })).await.unwrap();
    let shown = run(&[
        ("CONSUL_HTTP_ADDR", &consul.url()),
        ("ETCD_ENDPOINTS", &etcd.url()),
        ("NATS_URL", &nats.url()),
        ("NATS_BUCKET", "app"),
        ("REDIS_URL", &redis.url()),
        ("VAULT_ADDR", &vault.url()),
        ("VAULT_TOKEN", vault.root_token()),
    ])
    .await;
    for expected in [
        "consul: from Consul",
        "etcd: from etcd",
        "nats: from NATS",
        "redis: from Redis",
        "vault: from Vault",
        "5 fetched",
    ] {
        assert!(shown.contains(expected), "{expected} in {shown}");
    }
}

#[tokio::test]
async fn a_key_that_is_not_there_is_the_default() {
    let redis = testbed::require!(testbed::redis().await);
    let shown = run(&[("REDIS_URL", &redis.url())]).await;
    assert!(shown.contains("redis: no such key"), "{shown}");
}
