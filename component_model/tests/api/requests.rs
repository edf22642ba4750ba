//! What is sent, and what is refused before anything is.

use component_model::{
    ErrorKind,
    fetchers::api::{Api, ApiFetcher},
    prelude::*,
};
use testbed::http::Reply;

use super::support::{api_of, based_on, get};

#[derive(Debug, AsyncAssign)]
#[component(prefix = "app")]
struct Keyed {
    #[component(fetch_from = "api")]
    port: u16,
    #[component(fetch_from = "api", key = "odd key/ä?#%")]
    odd: u32,
}

#[tokio::test]
async fn a_key_is_a_path_below_the_base_and_a_field_s_name_is_a_key() {
    let http = testbed::http().await.unwrap();
    http.on("/v1/app/port", Reply::text("1"));
    http.on("/v1/odd%20key/%C3%A4%3F%23%25", Reply::text("2"));
    let api = Api::builder().base(http.url("/v1")).unwrap().build().unwrap();
    let sources = Sources::builder().source("api", api).build();

    let keyed = Keyed::fetch_all_components_from(&sources).await.unwrap();

    assert_eq!((keyed.port, keyed.odd), (1, 2));
}

#[tokio::test]
async fn configured_headers_and_parameters_are_sent_encoded() {
    let http = testbed::http().await.unwrap();
    http.on("/x", Reply::text("1"));
    let api = based_on(&http).header("X-Tenant", "blue").query("a b", "c&d=é").build().unwrap();

    get::<u8>(&api, "x?first=1").await.unwrap();

    let seen = &http.seen_at("/x")[0];
    assert_eq!(seen.header("x-tenant"), Some("blue"));
    assert_eq!(seen.query.as_deref(), Some("first=1&a+b=c%26d%3D%C3%A9"));
    assert!(seen.header("accept").unwrap().contains("application/json"));
    assert_eq!(seen.header("authorization"), None);
}

#[tokio::test]
async fn connections_are_kept_and_shared() {
    let http = testbed::http().await.unwrap();
    http.on("/x", Reply::text("1"));
    let proxy = testbed::proxy(http.address()).await.unwrap();
    let api = Api::builder().base(proxy.instead_in(&http.url(""))).unwrap().build().unwrap();
    for _ in 0..5 {
        get::<u8>(&api.clone(), "x").await.unwrap();
    }
    assert_eq!(proxy.connections(), 1);
}

#[test]
fn a_bad_setting_is_an_error_and_never_a_panic() {
    let kind = |builder: component_model::fetchers::api::ApiBuilder| builder.build().unwrap_err().kind();
    let new = Api::builder;
    assert_eq!(kind(new().header("bad name", "x")), ErrorKind::Misconfigured);
    assert_eq!(kind(new().header("x-name", "line\nend")), ErrorKind::Misconfigured);
    assert_eq!(kind(new().header("Host", "elsewhere")), ErrorKind::Misconfigured);
    assert_eq!(kind(new().bearer("token\n")), ErrorKind::Misconfigured);
    assert_eq!(kind(new().bearer("")), ErrorKind::Misconfigured);
    assert_eq!(kind(new().basic("a:b", "c")), ErrorKind::Misconfigured);
    assert_eq!(kind(new().ca_pem("no certificate")), ErrorKind::Misconfigured);
    for url in ["", "config.service", "ftp://h", "http://", "http://h:99999", "http://h/?a", "http://h/#a", "data:x"] {
        assert!(Api::builder().base(url).is_err(), "{url}");
    }
}

#[tokio::test]
async fn a_fetcher_says_at_the_fetch_what_is_wrong_with_its_url() {
    for (urls, kind) in [
        (&["", "not a url", "/relative"][..], ErrorKind::NotSetUp),
        (&["http://[", "mailto:a@b", "http//h"], ErrorKind::Misconfigured),
    ] {
        for url in urls {
            let result: Result<u8, _> = ApiFetcher::new(*url).fetch_component().await;
            assert_eq!(result.unwrap_err().kind(), kind, "{url}");
        }
    }
    let pointed = ApiFetcher::new("http://127.0.0.1:1/").with_pointer("no/slash");
    let result: Result<u8, _> = pointed.fetch_component().await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Misconfigured);
}

#[derive(Debug, AsyncAssign)]
struct Wrong {
    #[component(fetch_from = "api", url = "x", pointer = "no/slash")]
    _pointer: u8,
    #[component(fetch_from = "api", key = "../x")]
    _dots: u16,
    #[component(fetch_from = "api", url = "x#/a")]
    _fragment: u32,
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_for_all_components_before_any_request() {
    let http = testbed::http().await.unwrap();
    let sources = Sources::builder().source("api", api_of(&http)).build();

    let errors = Wrong::fetch_all_components_from(&sources).await.unwrap_err();

    assert_eq!(errors.len(), 3);
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::Misconfigured));
    assert!(http.seen().is_empty());
}

#[derive(Debug, Default, AsyncAssign)]
struct Assigned {
    port: u16,
}

#[tokio::test]
async fn a_fetcher_is_assigned_by_type() {
    let http = testbed::http().await.unwrap();
    http.on("/port", Reply::text("8080"));
    let mut assigned = Assigned::default();
    assigned.async_assign(ApiFetcher::new(http.url("/port"))).await.unwrap();
    assert_eq!(assigned.port, 8080);
}
