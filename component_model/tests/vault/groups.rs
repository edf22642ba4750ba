//! Fields of one secret share a request.

use component_model::{ExposeSecret, prelude::*};
use serde_json::json;

use super::support::{audit, requests, vault};

#[derive(Debug, AsyncAssign)]
#[component(fetch_from = "vault")]
struct Database {
    #[component(secret = "app/db", field = "user")]
    user: String,
    #[component(secret = "app/db", field = "password")]
    password: SecretString,
    #[component(secret = "app/db", field = "port")]
    port: u16,
    #[component(secret = "app/db", field = "missing")]
    missing: Option<String>,
    #[component(secret = "app/db")]
    whole: std::collections::BTreeMap<String, String>,
    #[component(key = "app/other")]
    other: u16,
}

#[tokio::test]
async fn the_fields_of_a_secret_are_one_request_and_a_mount_is_asked_about_once() {
    let server = testbed::require!(testbed::vault().await);
    server.put("secret", "app/db", json!({ "user": "shop", "password": "hunter2", "port": "5432" })).await.unwrap();
    server.put("secret", "app/other", json!({ "value": 1 })).await.unwrap();
    audit(&server).await;
    let sources = Sources::builder().source("vault", vault(&server)).build();
    for fetches in 1..=2 {
        let database = Database::fetch_all_components_from(&sources).await.unwrap();
        assert_eq!((database.user.as_str(), database.port, database.other), ("shop", 5432, 1));
        assert_eq!(database.password.expose_secret(), "hunter2");
        assert_eq!((database.missing, database.whole.len()), (None, 3));
        assert_eq!(requests(&server, "secret/data/app/db"), fetches);
    }
    assert_eq!(requests(&server, "sys/internal/ui/mounts/secret"), 1);
}
