//! The example is run as a user would: without any server, and with the database that `DATABASE_URL` names.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

use std::process::{Command, Output};

async fn run(variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_async_config_example"));
    command.env_remove("DATABASE_URL").env_remove("API_URL").envs(variables.iter().copied());
    let output: Output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}");
    shown
}

fn assert_complete(shown: &str) {
    for expected in [
        "port: 8080,",
        "SecretBox<str>([REDACTED])",
        "11 fetched, 1 absent",
        "5 of 12 components failed",
        "shop.toml:2:8",
        "hint     write a whole number from 0 to 65535, without quotes",
        "Connection refused",
        "does a server listen at",
        "the field `discount` is missing",
        "dark_mode        Fallback from api",
    ] {
        assert!(shown.contains(expected), "{expected} in {shown}");
    }
    assert!(!shown.contains("tok_4242") && !shown.contains("example-token") && !shown.contains("eighty"), "{shown}");
}

#[tokio::test]
async fn it_runs_on_a_machine_without_any_server() {
    assert_complete(&run(&[]).await);
}

#[tokio::test]
async fn it_uses_the_postgresql_that_database_url_names() {
    let database = testbed::require!(testbed::postgres_database().await);
    let shown = run(&[("DATABASE_URL", &database.url())]).await;
    assert_complete(&shown);
    assert!(!shown.contains(database.password()), "{shown}");
    assert!(database.query("SELECT count(*) FROM component_model_example").await.is_err(), "the table is dropped");
}

#[tokio::test]
async fn it_uses_the_mariadb_that_database_url_names() {
    let database = testbed::require!(testbed::mariadb_database().await);
    assert_complete(&run(&[("DATABASE_URL", &database.url())]).await);
    assert!(database.query("SELECT count(*) FROM component_model_example").await.is_err(), "the table is dropped");
}
