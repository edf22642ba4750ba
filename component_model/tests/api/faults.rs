//! What breaks below HTTP, and servers that come back.

use std::time::Duration;

use component_model::{ErrorKind, fetchers::api::ApiFetcher, prelude::*};
use testbed::http::Reply;

use super::support::{api_of, read};

async fn ask(url: &str) -> Result<String, ComponentError> {
    ApiFetcher::new(url).fetch_component().await
}

#[tokio::test]
async fn a_refused_connection_is_unreachable_and_names_the_cause() {
    let http = testbed::http().await.unwrap();
    let proxy = testbed::proxy(http.address()).await.unwrap();
    proxy.refuse().await.unwrap();

    let error = ask(&proxy.instead_in(&http.url("/x"))).await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Unreachable);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.to_lowercase().contains("refused"), "{cause}");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_unreachable() {
    let error = ask("http://no-such-host.invalid/x").await.unwrap_err();
    assert!(error.to_string().contains("unreachable: the host's name does not resolve: "), "{error}");
}

#[tokio::test]
async fn what_is_not_http_is_unreachable() {
    let http = testbed::http().await.unwrap();
    let proxy = testbed::proxy(http.address()).await.unwrap();
    proxy.garbage().await.unwrap();
    let error = ask(&proxy.instead_in(&http.url("/x"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error} {:?}", std::error::Error::source(&error));
}

#[tokio::test]
async fn a_connection_that_is_cut_is_unreachable_wherever_it_is_cut() {
    let http = testbed::http().await.unwrap();
    http.on("/x", Reply::oversized(100_000));
    http.on("/zip", Reply::gzip(&"0123456789".repeat(20_000)));
    for (path, after) in [("/x", 0), ("/x", 10), ("/x", 5_000), ("/zip", 300)] {
        let proxy = testbed::proxy(http.address()).await.unwrap();
        proxy.cut(after).await.unwrap();
        let error = ask(&proxy.instead_in(&http.url(path))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{path} {after}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_is_gone_and_back_is_asked_again() {
    let http = testbed::http().await.unwrap();
    http.on("/x", Reply::text("7"));
    let proxy = testbed::proxy(http.address()).await.unwrap();
    let fetcher = ApiFetcher::new(proxy.instead_in(&http.url("/x")));

    let before: u8 = fetcher.fetch_component().await.unwrap();
    proxy.refuse().await.unwrap();
    assert!(ComponentFetcher::<u8>::fetch_component(&fetcher).await.is_err());
    proxy.heal().await.unwrap();
    let after: u8 = fetcher.fetch_component().await.unwrap();
    assert_eq!((before, after), (7, 7));
}

#[derive(Debug, AsyncAssign)]
struct Hasty {
    #[component(fetch_from = "api", timeout = "100ms")]
    _slow: String,
}

#[tokio::test]
async fn a_server_that_never_answers_costs_the_time_of_the_attempt() {
    let http = testbed::http().await.unwrap();
    http.on("/_slow", Reply::never());
    let sources = Sources::builder().source("api", api_of(&http)).build();

    let errors = Hasty::fetch_all_components_from(&sources).await.unwrap_err();

    assert!(errors[0].is_timeout());
    assert!(errors[0].elapsed() < Duration::from_secs(2));
    assert_eq!(http.count("/_slow"), 1);
}

#[tokio::test]
async fn a_slow_server_is_waited_for() {
    assert_eq!(read::<u8>(Reply::text("7").delay(Duration::from_millis(50))).await.unwrap(), 7);
}
