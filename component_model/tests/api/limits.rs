//! No body is read beyond the limit.

use std::time::Duration;

use component_model::{
    ComponentError, ComponentFetcher, ErrorKind,
    fetchers::api::{ApiBuilder, ApiFetcher},
};
use testbed::http::Reply;

use super::support::{api_of, based_on, get, read};

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

/// On a runtime whose only thread for blocking work is occupied.
#[test]
fn a_large_body_is_parsed_off_the_executor() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let http = testbed::http().await.unwrap();
        http.on("/small", Reply::json(&vec![0; 1000].into()));
        http.on("/large", Reply::json(&vec![0; 100_000].into()));
        let api = api_of(&http);
        let (release, released) = std::sync::mpsc::channel::<()>();
        let occupied = tokio::task::spawn_blocking(move || released.recv());
        let fetcher = ApiFetcher::from_api(&api, "large").timeout(Duration::from_secs(60));
        let large = tokio::spawn(async move { ComponentFetcher::<Vec<u8>>::fetch_component(&fetcher).await });
        // If it were parsed on this thread, it would be there by now, unless the machine is busy.
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!large.is_finished());
        assert_eq!(get::<Vec<u8>>(&api, "small").await.unwrap().len(), 1000, "a small one is parsed in place");
        drop(release);
        assert_eq!(large.await.unwrap().unwrap().len(), 100_000);
        assert!(occupied.await.unwrap().is_err());
    });
}

#[tokio::test]
async fn the_limit_is_16_mib_unless_it_is_set() {
    let error = read::<String>(Reply::endless()).await.unwrap_err();
    assert!(error.to_string().ends_with("too large: the body has more than 16777216 bytes"), "{error}");
}
