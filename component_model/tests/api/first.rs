//! The brief's own test.

use component_model::{fetchers::api::ApiFetcher, prelude::*};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

#[tokio::test]
async fn the_test_of_the_brief_passes() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/config"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "setting": "value" })))
        .mount(&server)
        .await;

    let fetcher = ApiFetcher::new(format!("{}/config", server.uri()));

    let result: serde_json::Value = fetcher.fetch_component().await.unwrap();
    assert_eq!(result["setting"], "value");
}
