//! What variables set up; each test runs itself again in a process that has them.

use std::process::{Command, Output};

use component_model::prelude::*;
use testbed::Authority;

const INNER: &str = "COMPONENT_MODEL_INNER_TEST";

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "etcd", key = "app/port")]
    port: u16,
}

async fn again(test: &str, variables: Vec<(&str, String)>) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", &format!("environment::{test}")]).env(INNER, test);
    command.envs(variables);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn endpoints_user_and_certificates_come_from_the_variables_of_etcd_s_own_client() {
    if std::env::var_os(INNER).is_some() {
        assert_eq!(Config::fetch_all_components().await.unwrap().port, 8080);
        return;
    }
    let authority = Authority::new().unwrap();
    let server = testbed::Etcd::builder().user("app", "app/").mutual_tls(&authority.server(&[]).unwrap());
    let server = testbed::require!(server.start().await);
    server.client().put("app/port", "8080").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    // The gateway refuses a certificate with a name where there are users.
    let client = authority.client("").unwrap().write(folder.path()).unwrap();
    let shown = |path: &std::path::Path| path.display().to_string();
    let common = [
        ("ETCDCTL_CACERT", shown(authority.file())),
        ("ETCDCTL_CERT", shown(&client.certificate)),
        ("ETCDCTL_KEY", shown(&client.key)),
    ];
    let dead = format!("https://127.0.0.1:{}", testbed::unused_port().unwrap());
    for own in [
        vec![
            ("ETCDCTL_ENDPOINTS", server.address().to_string()),
            ("ETCDCTL_USER", format!("app:{}", server.password())),
        ],
        vec![
            ("ETCD_ENDPOINTS", format!("{dead},{}", server.url())),
            ("ETCDCTL_USER", "app".to_owned()),
            ("ETCDCTL_PASSWORD", server.password().to_owned()),
        ],
    ] {
        let test = "endpoints_user_and_certificates_come_from_the_variables_of_etcd_s_own_client";
        let output = again(test, common.iter().cloned().chain(own).collect()).await;
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }
}
