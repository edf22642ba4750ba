//! Both twins read the same.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{path::Path, time::Duration};

use secrecy::ExposeSecret;
use sqlx::{Connection, Executor, SqliteConnection};
use testbed::http::{HttpServer, Reply};
use twins::{with_component_model, with_figment};

async fn world(folder: &Path) -> (String, HttpServer) {
    std::fs::write(folder.join("shop.toml"), "region = \"eu\"\nworkers = 8\ntimeout = \"1m30s\"\n").unwrap();
    std::fs::write(folder.join("token"), "hunter2\n").unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.join("shop.db").display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    database
        .execute("CREATE TABLE limits (region TEXT, amount INTEGER); INSERT INTO limits VALUES ('eu', 100)")
        .await
        .unwrap();
    database.close().await.unwrap();
    let api = testbed::http().await.unwrap();
    let rates = Reply::text(r#"{"usd": 1.09}"#).header("content-type", "application/json");
    api.on_sequence("/shop/rates", [Reply::status(503), rates]);
    (url, api)
}

#[tokio::test]
async fn both_read_the_same() {
    // In this workspace, a client of `reqwest` is given its cryptography.
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (database, api) = world(folder.path()).await;
    let sources = with_component_model::sources(folder.path(), &database, &api.url("")).unwrap();
    let one = with_component_model::Config::fetch_all_components_from(&sources).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (database, api) = world(folder.path()).await;
    let other =
        with_figment::fetch(&with_figment::Sources::new(folder.path(), &database, &api.url("/shop"))).await.unwrap();
    let expected = ("127.0.0.1:8080".parse().unwrap(), "eu", 8, Duration::from_secs(90), "hunter2", 100, Some("eu-7"));
    assert_eq!(
        (
            one.listen,
            &*one.region,
            one.workers,
            one.timeout,
            one.token.expose_secret(),
            one.limit,
            one.leader.as_deref()
        ),
        expected
    );
    assert_eq!(
        (
            other.listen,
            &*other.region,
            other.workers,
            other.timeout,
            other.token.expose_secret(),
            other.limit,
            other.leader.as_deref()
        ),
        expected
    );
    assert_eq!((one.rates["usd"], other.rates["usd"]), (1.09, 1.09));
}

/// Lines that are neither empty nor comments.
fn lines(name: &str) -> usize {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

/// `cargo test -p twins -- --nocapture` prints them.
#[test]
fn one_has_less_than_half_of_the_lines_which_the_readme_tells() {
    let (one, other) = (lines("with_component_model.rs"), lines("with_figment.rs"));
    println!("with component_model {one} lines, with figment {other}");
    assert!(one * 2 < other);
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap();
    let told = format!("{one} lines instead of {other}");
    assert!(readme.contains(&told), "the README does not say: {told}");
}
