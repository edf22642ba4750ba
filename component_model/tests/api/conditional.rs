//! Conditional requests: what is remembered, and for whom.

use component_model::fetchers::api::ApiFetcher;
use component_model::prelude::*;
use serde_json::json;
use testbed::http::Reply;

use super::support::{api_of, get};

#[tokio::test]
async fn a_document_that_still_holds_is_served_from_memory() {
    let http = testbed::http().await.unwrap();
    http.on("/limits", Reply::json(&json!({ "max": 1 })).etag("\"v1\""));
    let api = api_of(&http);
    let max = async || ApiFetcher::from_api(&api, "limits").with_pointer("/max").fetch_component().await;

    let first: u8 = max().await.unwrap();
    let second: u8 = max().await.unwrap();
    assert_eq!((first, second), (1, 1));
    assert_eq!((http.count_status("/limits", 200), http.count_status("/limits", 304)), (1, 1));

    http.on("/limits", Reply::json(&json!({ "max": 2 })).etag("\"v2\""));
    let third: u8 = max().await.unwrap();
    let fourth: u8 = max().await.unwrap();
    assert_eq!((third, fourth), (2, 2));
    assert_eq!((http.count_status("/limits", 200), http.count_status("/limits", 304)), (2, 2));
}

#[tokio::test]
async fn a_date_of_modification_is_asked_with_too() {
    let http = testbed::http().await.unwrap();
    let date = "Mon, 23 Nov 2026 18:00:00 GMT";
    http.on_sequence("/x", [Reply::text("1").header("last-modified", date), Reply::status(304)]);
    let api = api_of(&http);

    assert_eq!(get::<u8>(&api, "x").await.unwrap(), 1);
    assert_eq!(get::<u8>(&api, "x").await.unwrap(), 1);
    assert_eq!(http.seen_at("/x")[1].header("if-modified-since"), Some(date));
}

#[tokio::test]
async fn neither_an_error_page_nor_a_broken_document_is_remembered() {
    let pages = [
        Reply::text("1").with_status(503),
        Reply::bytes("{").header("content-type", "application/json"),
        Reply::bytes("<p>down</p>").header("content-type", "text/html"),
        Reply::text("1").with_status(404),
        Reply::text("1").header("cache-control", "no-store"),
    ];
    for page in pages {
        let http = testbed::http().await.unwrap();
        http.on_sequence("/x", [page.etag("\"bad\""), Reply::text("2").etag("\"good\"")]);
        let api = api_of(&http);
        let _ = get::<u8>(&api, "x").await;

        assert_eq!(get::<u8>(&api, "x").await.unwrap(), 2);
        assert_eq!(http.seen_at("/x")[1].header("if-none-match"), None);
    }
}

#[tokio::test]
async fn text_that_a_pointer_could_not_read_is_not_remembered() {
    let http = testbed::http().await.unwrap();
    http.on_sequence("/x", [Reply::text("oops").etag("\"bad\""), Reply::text(r#"{"a":1}"#).etag("\"good\"")]);
    let fetcher = ApiFetcher::from_api(&api_of(&http), "x").with_pointer("/a");

    assert!(ComponentFetcher::<u8>::fetch_component(&fetcher).await.is_err());
    let value: u8 = fetcher.fetch_component().await.unwrap();
    assert_eq!(value, 1);
    assert_eq!(http.seen_at("/x")[1].header("if-none-match"), None);
}

#[derive(Debug, AsyncAssign)]
struct Pointed {
    #[component(fetch_from = "api", url = "x", pointer = "/a")]
    a: u8,
}

#[tokio::test]
async fn the_source_remembers_what_every_component_could_read_and_nothing_else() {
    let http = testbed::http().await.unwrap();
    http.on_sequence("/x", [Reply::text("oops").etag("\"bad\""), Reply::text(r#"{"a":1}"#).etag("\"good\"")]);
    let sources = Sources::builder().source("api", api_of(&http)).build();

    assert!(Pointed::fetch_all_components_from(&sources).await.is_err());
    for _ in 0..2 {
        assert_eq!(Pointed::fetch_all_components_from(&sources).await.unwrap().a, 1);
    }
    assert_eq!(http.seen_at("/x")[1].header("if-none-match"), None);
    assert_eq!(http.count_status("/x", 304), 1);
}

#[tokio::test]
async fn a_redirected_document_is_remembered_where_it_stands() {
    let http = testbed::http().await.unwrap();
    http.on("/latest", Reply::redirect("/v1"));
    http.on("/v1", Reply::text("1").etag("\"same\""));
    http.on("/v2", Reply::text("2").etag("\"same\""));
    let api = api_of(&http);

    assert_eq!(get::<u8>(&api, "latest").await.unwrap(), 1);
    assert_eq!(get::<u8>(&api, "latest").await.unwrap(), 1);
    http.on("/latest", Reply::redirect("/v2"));
    assert_eq!(get::<u8>(&api, "latest").await.unwrap(), 2);
    assert_eq!(http.count_status("/v1", 304), 1);
    assert!(http.seen_at("/latest").iter().all(|seen| seen.header("if-none-match").is_none()));
}

#[tokio::test]
async fn what_one_token_may_see_is_not_served_to_another() {
    let http = testbed::http().await.unwrap();
    http.on("/x", Reply::text("1").etag("\"v1\""));
    let shared = ApiFetcher::from_api(&api_of(&http), "x");
    for token in ["a", "b"] {
        let _: u8 = shared.clone().with_auth_header(token).unwrap().fetch_component().await.unwrap();
    }
    assert_eq!(http.count_status("/x", 200), 2);
}
