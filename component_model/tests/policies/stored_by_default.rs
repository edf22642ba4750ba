//! The local cache of the default sources, which the environment names. The tests run themselves again in a process that has
//! the variables.

use std::{path::Path, process::Command};

use component_model::{
    ErrorKind, ExposeSecret, Outcome, SourcesBuilder,
    prelude::*,
    test_util::{Script, Scripted},
};

const INNER: &str = "COMPONENT_MODEL_INNER_TEST";
const KEY: &str = "c4nary00c4nary00c4nary00c4nary00c4nary00c4nary00c4nary00c4nary00";

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "remote", fallback_to = "local_cache")]
    token: SecretString,
}

/// Runs a test of this file with these variables.
fn run(test: &str, file: &Path, key: &str) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", &format!("stored_by_default::{test}")]).env(INNER, "1");
    let output = command.env("LOCAL_CACHE", file).env("LOCAL_CACHE_KEY", key).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    text.into_owned()
}

fn with(answer: Script) -> Sources {
    SourcesBuilder::from_env().source("remote", Scripted::new().answers("token", [answer])).build()
}

#[tokio::test]
async fn the_variables_name_the_file_and_its_key() {
    if std::env::var_os(INNER).is_some() {
        Config::fetch_all_components_from(&with(Script::value("hunter2"))).await.unwrap();
        let fetched = Config::fetch().sources(&with(Script::fails(ErrorKind::Unreachable))).report().await.unwrap();
        assert_eq!(fetched.value.token.expose_secret(), "hunter2");
        fetched.report.assert_outcome("token", Outcome::LastKnownGood);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    run("the_variables_name_the_file_and_its_key", &file, &"0f".repeat(32));
    let stored = std::fs::read(&file).unwrap();
    assert!(!stored.windows(7).any(|window| window == b"hunter2"));
}

#[tokio::test]
async fn a_malformed_key_is_an_error_of_the_components_that_need_it() {
    #[derive(Debug, AsyncAssign)]
    struct Other {
        #[component(fetch_from = "remote")]
        token: String,
    }
    if std::env::var_os(INNER).is_some() {
        let sources = with(Script::value("hunter2"));
        let errors = Config::fetch_all_components_from(&sources).await.unwrap_err();
        assert_eq!((errors.len(), errors[0].kind()), (1, ErrorKind::Misconfigured));
        println!("{errors} {errors:?}");
        assert!(errors.to_string().contains("`LOCAL_CACHE_KEY` is neither 64 hexadecimal digits"), "{errors}");
        println!("{}", Config::check(&sources).unwrap_err());
        println!("{}", Config::describe(&sources));
        assert_eq!(Other::fetch_all_components_from(&sources).await.unwrap().token, "hunter2");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.cache");
    let told = run("a_malformed_key_is_an_error_of_the_components_that_need_it", &file, KEY);
    assert!(!told.contains("c4nary"), "{told}");
    assert!(!file.exists());
}
