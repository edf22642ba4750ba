//! What variables set up; each test runs itself again in a process that has them.

use std::process::{Command, Output};

use component_model::prelude::*;
use testbed::Authority;

use super::support::READ;

const INNER: &str = "COMPONENT_MODEL_INNER_TEST";

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "consul", key = "app/port")]
    port: u16,
}

async fn again(test: &str, variables: Vec<(&str, String)>) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", &format!("environment::{test}")]).env(INNER, test);
    command.envs(variables);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn address_token_and_certificates_come_from_the_variables_of_consul_s_own_client() {
    if std::env::var_os(INNER).is_some() {
        assert_eq!(Config::fetch_all_components().await.unwrap().port, 8080);
        return;
    }
    let authority = Authority::new().unwrap();
    let server = testbed::Consul::builder().token("reader", READ).mutual_tls(&authority.server(&[]).unwrap());
    let server = testbed::require!(server.start().await);
    server.put("app/port", "8080").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = authority.client("app").unwrap().write(folder.path()).unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, server.token("reader")).unwrap();
    let shown = |path: &std::path::Path| path.display().to_string();
    let common = [
        ("CONSUL_HTTP_ADDR", server.address()),
        ("CONSUL_HTTP_SSL", "true".to_owned()),
        ("CONSUL_CLIENT_CERT", shown(&client.certificate)),
        ("CONSUL_CLIENT_KEY", shown(&client.key)),
    ];
    for own in [
        [("CONSUL_CACERT", shown(authority.file())), ("CONSUL_HTTP_TOKEN", server.token("reader").to_owned())],
        [("CONSUL_CAPATH", shown(authority.folder())), ("CONSUL_HTTP_TOKEN_FILE", shown(&token))],
    ] {
        let test = "address_token_and_certificates_come_from_the_variables_of_consul_s_own_client";
        let output = again(test, common.iter().cloned().chain(own).collect()).await;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }
}
