//! What variables set up; the test runs itself again in a process that has them.

use std::process::{Command, Output};

use component_model::prelude::*;
use serde_json::json;
use testbed::Authority;

const INNER: &str = "COMPONENT_MODEL_INNER_TEST";

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "vault", secret = "app/port")]
    port: u16,
}

async fn again(test: &str, variables: Vec<(&str, String)>) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", &format!("environment::{test}")]).env(INNER, test);
    command.envs(variables);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn address_token_and_certificates_come_from_the_variables_of_vault_s_own_client() {
    if std::env::var_os(INNER).is_some() {
        assert_eq!(Config::fetch_all_components().await.unwrap().port, 8080);
        return;
    }
    let authority = Authority::new().unwrap();
    let server = testbed::Vault::builder().tls(&authority.server(&[]).unwrap());
    let server = testbed::require!(server.start().await);
    server.put("secret", "app/port", json!({ "value": 8080 })).await.unwrap();
    for own in [
        ("VAULT_CACERT", authority.file().display().to_string()),
        ("VAULT_CAPATH", authority.folder().display().to_string()),
        ("VAULT_CACERT_BYTES", authority.pem().to_owned()),
    ] {
        let test = "address_token_and_certificates_come_from_the_variables_of_vault_s_own_client";
        let variables = vec![("VAULT_ADDR", server.url()), ("VAULT_TOKEN", server.root_token().to_owned()), own];
        let output = again(test, variables).await;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }
}
