//! No body is read beyond the limit.

use component_model::{ComponentError, ErrorKind, fetchers::api::ApiBuilder};
use testbed::http::Reply;

use super::support::{based_on, get, read};

const LIMIT: usize = 64 * 1024;

async fn limited(reply: Reply, limit: impl FnOnce(ApiBuilder) -> ApiBuilder) -> Result<String, ComponentError> {
    let http = testbed::http().await.unwrap();
    http.on("/x", reply);
    let api = limit(based_on(&http)).build().unwrap();
    get(&api, "x").await
}

#[tokio::test]
async fn a_body_of_the_limit_passes_and_one_byte_more_does_not() {
    let fits = limited(Reply::oversized(LIMIT), |api| api.limit(LIMIT)).await.unwrap();
    assert_eq!(fits.len(), LIMIT);
    let error = limited(Reply::oversized(LIMIT + 1), |api| api.limit(LIMIT)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut_at_the_limit() {
    let error = limited(Reply::endless(), |api| api.limit(LIMIT)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_small_body_that_decompresses_to_a_large_one_is_cut_at_the_limit() {
    let error = limited(Reply::gzip(&"x".repeat(40 * LIMIT)), |api| api.limit(LIMIT)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn the_limit_is_16_mib_unless_it_is_set() {
    let error = read::<String>(Reply::endless()).await.unwrap_err();
    assert!(error.to_string().ends_with("too large: the body has more than 16777216 bytes"), "{error}");
}
