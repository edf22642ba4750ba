//! What variables set up; each test runs itself again in a process that has them.

use std::process::{Command, Output};

use component_model::{fetchers::api::Api, prelude::*};
use testbed::http::Reply;

use super::support::get;

const INNER: &str = "COMPONENT_MODEL_INNER_TEST";

/// Runs one test of this file in a process with other variables.
async fn again(test: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", &format!("environment::{test}")]).env(INNER, test);
    command.envs(variables.iter().copied());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn is_inner() -> bool {
    std::env::var_os(INNER).is_some()
}

fn assert_passed(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "api")]
    port: u16,
}

#[tokio::test]
async fn url_and_token_come_from_the_environment_and_loopback_goes_through_no_proxy() {
    if is_inner() {
        assert_eq!(Config::fetch_all_components().await.unwrap().port, 8080);
        return;
    }
    let http = testbed::http().await.unwrap();
    http.on("/v1/port", Reply::text("8080").require_bearer("token"));
    let url = http.url("/v1");
    // Nobody listens on port 1: a request through this proxy fails.
    let variables = [("API_URL", url.as_str()), ("API_TOKEN", "token"), ("http_proxy", "http://127.0.0.1:1")];

    let output = again("url_and_token_come_from_the_environment_and_loopback_goes_through_no_proxy", &variables).await;

    assert_passed(&output);
    assert_eq!(http.count("/v1/port"), 1);
}

#[tokio::test]
async fn another_host_goes_through_the_proxy() {
    if is_inner() {
        assert_eq!(get::<u8>(&Api::from_env().unwrap(), "http://config.invalid/x").await.unwrap(), 7);
        return;
    }
    let proxy = testbed::http().await.unwrap();
    proxy.on("/x", Reply::text("7"));
    let output = again("another_host_goes_through_the_proxy", &[("http_proxy", &proxy.url(""))]).await;
    assert_passed(&output);
}

#[tokio::test]
async fn a_proxy_that_wants_a_password_denies_the_tunnel() {
    if is_inner() {
        let error = get::<u8>(&Api::from_env().unwrap(), "https://config.invalid/x").await.unwrap_err();
        assert!(error.to_string().ends_with("denied: the proxy asks for a user and a password"), "{error}");
        return;
    }
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = proxy.accept().await {
            let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
            let _ = tokio::io::AsyncReadExt::read(&mut client, &mut [0; 1024]).await;
            let _ = tokio::io::AsyncWriteExt::write_all(&mut client, answer).await;
        }
    });
    assert_passed(&again("a_proxy_that_wants_a_password_denies_the_tunnel", &[("https_proxy", &url)]).await);
}

#[tokio::test]
async fn a_bad_variable_is_the_error_of_the_components_that_need_it() {
    if is_inner() {
        let errors = Config::fetch_all_components().await.unwrap_err();
        assert_eq!(errors[0].locator(), Some("API_URL"));
        assert!(!format!("{errors} {errors:?}").contains("hunter2"));
        return;
    }
    let test = "a_bad_variable_is_the_error_of_the_components_that_need_it";
    assert_passed(&again(test, &[("API_URL", "ftp://me:hunter2@h")]).await);
}

#[tokio::test]
async fn an_empty_variable_counts_as_unset() {
    if is_inner() {
        let errors = Config::fetch_all_components().await.unwrap_err();
        assert_eq!(errors[0].kind(), component_model::ErrorKind::NotSetUp, "{errors}");
        let url = std::env::var("URL_OF_THE_TEST").unwrap();
        assert_eq!(get::<u8>(&Api::from_env().unwrap(), &url).await.unwrap(), 7);
        return;
    }
    let http = testbed::http().await.unwrap();
    http.on("/x", Reply::text("7"));
    let url = http.url("/x");
    let variables = [("API_URL", ""), ("API_TOKEN", ""), ("URL_OF_THE_TEST", &url)];
    assert_passed(&again("an_empty_variable_counts_as_unset", &variables).await);
    assert_eq!(http.seen_at("/x")[0].header("authorization"), None);
}

#[tokio::test]
async fn a_fallback_is_used_if_there_is_no_base_and_without_one_it_is_not_set_up() {
    #[derive(Debug, AsyncAssign)]
    struct Covered {
        #[component(fetch_from = "api", url = "port", fallback = "80")]
        port: u16,
    }
    let sources = Sources::builder().source("api", Api::builder().build().unwrap()).build();
    assert_eq!(Covered::fetch_all_components_from(&sources).await.unwrap().port, 80);
    let errors = Config::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors[0].kind(), component_model::ErrorKind::NotSetUp);
    assert!(errors[0].hint().unwrap().contains("API_URL"), "{errors}");
}
