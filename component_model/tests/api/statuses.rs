//! What a status means, whatever the body says.

use std::time::Duration;

use component_model::{ErrorKind, fetchers::api::ApiFetcher, prelude::*};
use testbed::http::Reply;

use super::support::{api_of, based_on, get, kind_of, read};

#[tokio::test]
async fn every_status_has_its_kind() {
    let kinds = [
        (ErrorKind::Absent, &[204, 404, 410][..]),
        (ErrorKind::Denied, &[401, 403, 407, 451, 511]),
        (ErrorKind::Throttled, &[429]),
        (ErrorKind::Unavailable, &[408, 425, 500, 502, 503, 504, 599]),
        (ErrorKind::Misconfigured, &[400, 405, 406, 414, 418, 422, 501, 505]),
        (ErrorKind::Malformed, &[202, 206, 300, 304]),
    ];
    for (kind, statuses) in kinds {
        for status in statuses {
            assert_eq!(kind_of(Reply::status(*status)).await, kind, "{status}");
        }
    }
}

#[tokio::test]
async fn retry_after_is_data_and_nothing_else_of_the_server_is_shown() {
    let error = async |status: u16, wait: &str| {
        read::<u8>(Reply::text("hunter2").with_status(status).header("retry-after", wait)).await.unwrap_err()
    };
    let throttled = error(429, "30").await;
    let expected = "throttled: the server answers 429 Too Many Requests and asks to wait for 30 s";
    assert!(throttled.to_string().ends_with(expected), "{throttled}");
    assert_eq!(throttled.retry_after(), Some(Duration::from_secs(30)));
    assert!(throttled.is_transient());

    let past = error(503, "Mon, 23 Nov 2020 18:00:00 GMT").await;
    assert_eq!(past.retry_after(), Some(Duration::ZERO));
    let future = error(503, "Fri, 01 Jan 2100 00:00:00 GMT").await.retry_after().unwrap();
    assert!(future > Duration::from_secs(365 * 24 * 3600), "{future:?}");

    let unreadable = error(503, "hunter2").await;
    assert!(
        unreadable.to_string().ends_with("unavailable: the server answers 503 Service Unavailable"),
        "{unreadable}"
    );
    assert_eq!(unreadable.retry_after(), None);
}

#[tokio::test]
async fn an_absent_value_is_none_to_an_option() {
    assert_eq!(read::<Option<u8>>(Reply::status(404)).await.unwrap(), None);
}

#[tokio::test]
async fn the_right_token_and_the_right_password_are_let_in() {
    let http = testbed::http().await.unwrap();
    http.on("/bearer", Reply::text("7").require_bearer("right"));
    http.on("/basic", Reply::text("8").require_basic("me", "p:w %é"));

    let bearer = based_on(&http).bearer("right").build().unwrap();
    assert_eq!(get::<u8>(&bearer, "bearer").await.unwrap(), 7);
    let basic = based_on(&http).basic("me", "p:w %é").build().unwrap();
    assert_eq!(get::<u8>(&basic, "basic").await.unwrap(), 8);
    let with_user = http.url("/basic").replace("http://", "http://me:p%3Aw%20%25%C3%A9@");
    let fetched: u8 = ApiFetcher::new(with_user).fetch_component().await.unwrap();
    assert_eq!(fetched, 8);
    let typed = ApiFetcher::new(http.url("/bearer")).with_auth_header("right").unwrap();
    let fetched: u8 = typed.fetch_component().await.unwrap();
    assert_eq!(fetched, 7);
}

#[tokio::test]
async fn a_denial_says_whether_anything_was_sent() {
    let http = testbed::http().await.unwrap();
    http.on("/secret", Reply::text("7").require_bearer("right"));
    let wrong = based_on(&http).bearer("wrong").build().unwrap();

    let error = get::<u8>(&wrong, "secret").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.hint().unwrap().contains("refuses what is configured"));
    let error = get::<u8>(&api_of(&http), "secret").await.unwrap_err();
    assert!(error.hint().unwrap().contains("API_TOKEN"));
}
