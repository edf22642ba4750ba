//! What variables set up; the test runs itself again in a process that has them.

use std::process::{Command, Output};

use component_model::prelude::*;
use testbed::Authority;

use super::support::fill;

const INNER: &str = "COMPONENT_MODEL_INNER_TEST";

const TEST: &str = "environment::servers_bucket_credentials_and_authority_come_from_the_variables_of_nats_own_client";

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "nats", key = "shop.port")]
    port: u16,
}

async fn again(variables: Vec<(&str, String)>) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", TEST]).env(INNER, "1").envs(variables);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn servers_bucket_credentials_and_authority_come_from_the_variables_of_nats_own_client() {
    if std::env::var_os(INNER).is_some() {
        assert_eq!(Config::fetch_all_components().await.unwrap().port, 8080);
        return;
    }
    let authority = Authority::new().unwrap();
    let server = testbed::Nats::builder().operator().tls(&authority.server(&[]).unwrap()).start().await;
    let server = testbed::require!(server);
    fill(&server, &[("shop.port", "8080")]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("user.creds");
    std::fs::write(&file, server.credentials()).unwrap();
    let dead = format!("127.0.0.1:{}", testbed::unused_port().unwrap());
    let set = [
        ("NATS_URL", format!("nats://{dead},{}", server.url())),
        ("NATS_BUCKET", "app".to_owned()),
        ("NATS_CA", authority.file().display().to_string()),
        ("NATS_CREDS", file.display().to_string()),
    ];
    let output = again(set.to_vec()).await;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    // Each is needed.
    for index in 1..set.len() {
        let mut fewer = set.to_vec();
        let (name, _) = fewer.remove(index);
        assert!(!again(fewer).await.status.success(), "without {name}");
    }
}
