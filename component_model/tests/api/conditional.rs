//! Versions: what a document's is, what is asked with it, and what a page without one is.

use component_model::{
    Answer, Asked, ErrorKind, Request, RequestSpec, Source, Version,
    fetchers::api::{Api, ApiQuery},
    plan::Layer,
};
use serde_json::json;
use testbed::http::Reply;

use super::support::api_of;

fn request(api: &Api, url: &'static str, options: &'static [(&'static str, &'static str)]) -> Request<ApiQuery> {
    let layer = Layer { key: Some(url), options, ..Layer::NEW };
    api.bind(&RequestSpec::new(&layer, &[])).unwrap()
}

/// A pointer into the document at `limits`.
const MAX: &[(&str, &str)] = &[("pointer", "/max")];

fn version_of(answer: &Answer) -> Option<Version> {
    answer.as_ref().unwrap().record().unwrap().version().cloned()
}

fn is_unchanged(answer: &Answer) -> bool {
    matches!(answer, Ok(component_model::Reply::Unchanged { .. }))
}

#[tokio::test]
async fn a_document_that_has_the_known_version_is_not_sent_again() {
    let http = testbed::http().await.unwrap();
    let reply = |max: u8, tag| Reply::json(&json!({ "max": max })).etag(tag).header("cache-control", "max-age=60");
    http.on("/limits", reply(1, "\"v1\""));
    let api = api_of(&http);
    let max = request(&api, "limits", MAX);

    let first = api.fetch(Asked::new(max.query())).await;
    let version = version_of(&first).unwrap();
    assert_eq!(version.as_str(), "\"v1\"");
    assert_eq!(first.unwrap().record().unwrap().good_for().unwrap().as_secs(), 60);
    assert!(is_unchanged(&api.fetch(Asked::new(max.query()).unless(&version)).await));
    assert_eq!((http.count_status("/limits", 200), http.count_status("/limits", 304)), (1, 1));

    http.on("/limits", reply(2, "\"v2\""));
    let changed = api.fetch(Asked::new(max.query()).unless(&version)).await;
    assert_eq!(version_of(&changed).unwrap().as_str(), "\"v2\"");
    assert_eq!(http.count_status("/limits", 200), 2);
}

#[tokio::test]
async fn a_date_of_modification_is_a_version_too() {
    let http = testbed::http().await.unwrap();
    let date = "Mon, 23 Nov 2020 18:00:00 GMT";
    http.on_sequence("/x", [Reply::text("1").header("last-modified", date), Reply::status(304)]);
    let api = api_of(&http);
    let x = request(&api, "x", &[]);

    let version = version_of(&api.fetch(Asked::new(x.query())).await).unwrap();
    assert!(is_unchanged(&api.fetch(Asked::new(x.query()).unless(&version)).await));
    assert_eq!(http.seen_at("/x")[1].header("if-modified-since"), Some(date));
}

#[tokio::test]
async fn a_part_of_a_document_is_asked_for_while_another_part_is_known() {
    let http = testbed::http().await.unwrap();
    http.on("/limits", Reply::json(&json!({ "max": 1, "min": 0 })).etag("\"v1\""));
    let api = api_of(&http);
    let (max, min) = (request(&api, "limits", MAX), request(&api, "limits", &[("pointer", "/min")]));
    assert_eq!(max.group(), min.group());

    let version = version_of(&api.fetch(Asked::new(max.query())).await).unwrap();
    // Who has no version needs the document, and the other one may get it too.
    let answers = api.fetch_many(&[Asked::new(max.query()).unless(&version), Asked::new(min.query())]).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().record().is_some()));
    let known = [&max, &min].map(|request| Asked::new(request.query()).unless(&version));
    assert!(api.fetch_many(&known).await.iter().all(is_unchanged));
    assert_eq!(http.seen_at("/limits").len(), 3);
}

#[tokio::test]
async fn neither_an_error_page_nor_what_must_not_be_stored_has_a_version() {
    for page in [
        Reply::bytes("<p>login</p>").header("content-type", "text/html").etag("\"bad\""),
        Reply::text("1").with_status(503).etag("\"bad\""),
        Reply::bytes("{").header("content-type", "application/json").etag("\"bad\""),
    ] {
        let http = testbed::http().await.unwrap();
        http.on("/x", page);
        let api = api_of(&http);
        let error = api.fetch(Asked::new(request(&api, "x", &[]).query())).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unavailable), "{error}");
    }
    let http = testbed::http().await.unwrap();
    http.on("/x", Reply::text("1").etag("\"v1\"").header("cache-control", "no-store"));
    let api = api_of(&http);
    assert_eq!(version_of(&api.fetch(Asked::new(request(&api, "x", &[]).query())).await), None);
}

#[tokio::test]
async fn what_is_behind_a_redirect_has_no_version() {
    let http = testbed::http().await.unwrap();
    http.on("/latest", Reply::redirect("/v1"));
    http.on("/v1", Reply::text("1").etag("\"same\""));
    let api = api_of(&http);
    let latest = request(&api, "latest", &[]);

    assert_eq!(version_of(&api.fetch(Asked::new(latest.query())).await), None);
    let known = Version::new("\"same\"");
    assert!(!is_unchanged(&api.fetch(Asked::new(latest.query()).unless(&known)).await));
    assert_eq!(http.seen_at("/v1")[1].header("if-none-match"), None);
}

#[tokio::test]
async fn a_304_that_nobody_asked_for_is_malformed() {
    let http = testbed::http().await.unwrap();
    http.on("/x", Reply::status(304));
    let api = api_of(&http);
    let error = api.fetch(Asked::new(request(&api, "x", &[]).query())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
}

#[tokio::test]
async fn the_endpoint_is_scheme_host_and_port() {
    let api = Api::builder().base("https://config.service/v1").unwrap().build().unwrap();
    assert_eq!(request(&api, "port", &[]).endpoint(), Some("https://config.service"));
}
