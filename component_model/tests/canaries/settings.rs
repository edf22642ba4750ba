//! Settings that are refused or lead nowhere: URLs with passwords above all.

use std::process::Command;

use component_model::{
    fetchers::{
        api::{Api, ApiFetcher},
        database::{Database, DatabaseFetcher},
    },
    prelude::*,
};

use crate::listen::{Heard, hear, only};

const DATABASES: &[&str] = &[
    "c4nary",
    "c4nary://user:c4nary@host/name",
    "postgres://user:c4nary@host:c4nary/name",
    "postgres://user:c4nary@[c4nary/name",
    "postgres://user:c4nary@host/name?sslmode=c4nary",
    "postgres://user:c4nary%ff@host/name",
    "mysql://user:c4nary@host:c4nary/name",
    "mysql://user:c4nary@host/name?ssl-mode=c4nary",
    "mysql://user:c4nary%ff@host/name",
    "sqlite:a.db?mode=c4nary",
    "sqlite:a.db?unknown=c4nary",
];

#[test]
fn a_url_of_a_database_that_is_refused_is_not_repeated() {
    let mut heard = Heard::new();
    for url in DATABASES {
        match Database::from_url(url) {
            Err(error) => heard.source_error(url, &error),
            Ok(database) => heard.debug(url, &database),
        };
        match DatabaseFetcher::from_url(url, "SELECT 1") {
            Err(error) => heard.source_error(url, &error),
            Ok(fetcher) => heard.debug(url, &fetcher),
        };
    }
    heard.assert_silent();
}

#[test]
fn a_setting_of_an_api_that_is_refused_is_not_repeated() {
    let mut heard = Heard::new();
    for url in ["c4nary", "ftp://me:c4nary@h/", "http://me:c4nary@:x/", "http://h/?token=c4nary", "http://h:c4nary/"] {
        heard.source_error(url, &Api::builder().base(url).unwrap_err());
    }
    let line = "c4nary\n";
    let builders = [
        Api::builder().bearer(line),
        Api::builder().basic("c4nary:", line),
        Api::builder().header("x-key", line),
        Api::builder().header("c4nary ", "c4nary"),
        Api::builder().ca_pem("c4nary"),
    ];
    for builder in builders {
        heard.debug("builder", &builder).source_error("builder", &builder.build().unwrap_err());
    }
    heard.assert_silent();
}

#[derive(Debug, AsyncAssign)]
struct Lost {
    #[component(fetch_from = "source", key = "port")]
    _port: u16,
}

#[tokio::test]
async fn a_password_is_in_no_text_when_nobody_answers() {
    let mut heard = Heard::new();
    for url in ["postgres://c4nary:c4nary@127.0.0.1:1/name", "mysql://c4nary:c4nary@127.0.0.1:1/name"] {
        let database = Database::from_url(url).unwrap();
        heard.debug(url, &database);
        hear!(heard, url, Lost, 1, &only("source", database));
        let fetcher = DatabaseFetcher::from_url(url, "SELECT 1").unwrap().bind("c4nary");
        heard.debug(url, &fetcher);
        heard.error(url, &ComponentFetcher::<u16>::fetch_component(&fetcher).await.unwrap_err());
    }
    let url = "http://c4nary:c4nary@127.0.0.1:1";
    let api = Api::builder().base(url).unwrap().header("x-key", "c4nary").query("key", "c4nary");
    heard.debug(url, &api);
    hear!(heard, url, Lost, 1, &only("source", api.build().unwrap()));
    let fetcher = ApiFetcher::new(format!("{url}/?token=c4nary")).with_auth_header("c4nary").unwrap();
    heard.debug(url, &fetcher);
    heard.error(url, &ComponentFetcher::<u16>::fetch_component(&fetcher).await.unwrap_err());
    heard.assert_silent();
}

#[tokio::test]
async fn sources_that_are_not_set_up_say_nothing_of_their_settings() {
    let mut heard = Heard::new();
    for url in DATABASES {
        let builder = Sources::builder().try_source("source", Database::from_url(url));
        heard.debug(url, &builder);
        let sources = builder.build();
        if sources.names().is_empty() {
            hear!(heard, url, Lost, 1, &sources);
        }
    }
    heard.assert_silent();
}

#[cfg(unix)]
#[test]
fn a_line_of_the_password_file_is_in_no_text() {
    use std::os::unix::fs::PermissionsExt;
    const TEST: &str = "settings::a_line_of_the_password_file_is_in_no_text";
    const URL: &str = "postgres://me@127.0.0.1:1/d";
    if std::env::var_os("PGPASSFILE").is_some() {
        let mut heard = Heard::new();
        let error = Database::from_url(URL).unwrap_err();
        assert!(error.to_string().starts_with("the line 2 of the password file "), "{error}");
        return heard.source_error("file", &error).assert_silent();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passwords");
    std::fs::write(&path, "# of a test\n*:*:*:c4nary\n").unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", TEST]).env_remove("PGPASSWORD").env("PGPASSFILE", &path);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}
