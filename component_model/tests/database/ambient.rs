//! Fetches that name no sources share the default of their runtime. The test runs itself again in a process that has
//! `DATABASE_URL`.

use std::process::Command;

use component_model::prelude::*;
use futures_util::future::join_all;

const INNER: &str = "COMPONENT_MODEL_INNER_TEST";
const TEST: &str = "ambient::many_fetches_at_once_share_the_connections_of_the_default_sources";
const AT_ONCE: usize = 200;

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "database", query = "SELECT 1 FROM pg_sleep(0.02)", timeout = "30s")]
    one: u8,
}

#[tokio::test]
async fn many_fetches_at_once_share_the_connections_of_the_default_sources() {
    if std::env::var_os(INNER).is_some() {
        for fetched in join_all((0..AT_ONCE).map(|_| Config::fetch_all_components())).await {
            assert_eq!(fetched.unwrap().one, 1);
        }
        return;
    }
    let database = testbed::require!(testbed::postgres_database().await);
    let server = database.url();
    let address = server.rsplit_once('@').unwrap().1.split_once('/').unwrap().0.parse().unwrap();
    let proxy = testbed::proxy(address).await.unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", TEST]).env(INNER, "1").env("DATABASE_URL", proxy.instead_in(&server));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(proxy.connections() <= 16, "{} connections", proxy.connections());
}

#[tokio::test]
async fn an_empty_url_counts_as_none() {
    const TEST: &str = "ambient::an_empty_url_counts_as_none";
    if std::env::var_os(INNER).is_some() {
        let errors = Config::fetch_all_components().await.unwrap_err();
        assert!(errors.to_string().contains("`DATABASE_URL` is not set"), "{errors}");
        return;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", TEST]).env(INNER, "1").env("DATABASE_URL", "");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[cfg(unix)]
#[tokio::test]
async fn a_password_that_the_url_lacks_is_taken_from_the_password_file() {
    use std::os::unix::fs::PermissionsExt;
    const TEST: &str = "ambient::a_password_that_the_url_lacks_is_taken_from_the_password_file";
    if std::env::var_os(INNER).is_some() {
        assert_eq!(Config::fetch_all_components().await.unwrap().one, 1);
        return;
    }
    let database = testbed::require!(testbed::postgres_database().await);
    let url = database.url().replace(&format!(":{}@", database.password()), "@");
    assert_ne!(url, database.url());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passwords");
    std::fs::write(&path, format!("127.0.0.1:*:{}:*:{}\n", database.name(), database.password())).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", TEST]).env(INNER, "1").env("DATABASE_URL", url);
    command.env_remove("PGPASSWORD").env("PGPASSFILE", &path);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}
