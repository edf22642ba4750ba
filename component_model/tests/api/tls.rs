//! Whom an https request trusts.

use component_model::{ComponentError, ErrorKind, fetchers::api::ApiBuilder};
use testbed::http::{HttpServer, Reply};

use super::support::{based_on, get};

async fn trusting(https: &HttpServer, trust: impl FnOnce(ApiBuilder) -> ApiBuilder) -> Result<u8, ComponentError> {
    https.on("/x", Reply::text("7"));
    get(&trust(based_on(https)).build().unwrap(), "x").await
}

#[tokio::test]
async fn a_given_authority_is_trusted_with_or_without_the_system_s() {
    let https = testbed::https().await.unwrap();
    let authority = https.authority().unwrap().to_owned();
    assert_eq!(trusting(&https, |api| api.ca_pem(&authority)).await.unwrap(), 7);
    assert_eq!(trusting(&https, |api| api.ca_pem(&authority).without_system_roots()).await.unwrap(), 7);
}

#[tokio::test]
async fn an_authority_that_nobody_gave_is_misconfigured_and_the_hint_says_how_to_give_it() {
    let (https, other) = (testbed::https().await.unwrap(), testbed::https().await.unwrap());
    let error = trusting(&https, |api| api.ca_pem(other.authority().unwrap())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(error.hint().unwrap().contains("ca_pem"), "{error} {:?}", error.hint());
    assert_eq!(https.count("/x"), 0);
}

#[tokio::test]
async fn no_authority_at_all_is_said_before_anything_is_sent() {
    let https = testbed::https().await.unwrap();
    let error = trusting(&https, ApiBuilder::without_system_roots).await.unwrap_err();
    assert!(error.to_string().contains("misconfigured: no certificate authority is known"), "{error}");
}

#[tokio::test]
async fn plain_http_needs_no_authority() {
    let http = testbed::http().await.unwrap();
    assert_eq!(trusting(&http, ApiBuilder::without_system_roots).await.unwrap(), 7);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_misconfigured() {
    let https = testbed::https().await.unwrap();
    // The same address in another notation, which the certificate does not have.
    let url = https.url("/x").replace("127.0.0.1", "[::ffff:127.0.0.1]");
    let api = based_on(&https).ca_pem(https.authority().unwrap()).build().unwrap();
    let error = get::<u8>(&api, &url).await.unwrap_err();
    assert!(error.to_string().contains("misconfigured: the server's certificate is for another name: "), "{error}");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
}

#[tokio::test]
async fn a_server_without_tls_is_unreachable_and_the_hint_asks_for_the_scheme() {
    let http = testbed::http().await.unwrap();
    let https = testbed::https().await.unwrap();
    let api = based_on(&https).ca_pem(https.authority().unwrap()).build().unwrap();
    let error = get::<u8>(&api, &http.url("/x").replace("http:", "https:")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    assert!(error.hint().unwrap().contains("http://"));
}
