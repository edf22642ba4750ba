//! Redirects: what travels on, and what does not.

use component_model::{ErrorKind, fetchers::api::Api};
use testbed::http::{HttpServer, Reply};

use super::support::{api_of, based_on, get};

const CANARY: &str = "canary-5c2e";

fn configured(http: &HttpServer) -> Api {
    based_on(http).bearer(CANARY).header("x-api-key", CANARY).query("key", CANARY).build().unwrap()
}

fn saw_the_canary(http: &HttpServer, path: &str) -> bool {
    let seen = http.seen_at(path);
    assert!(!seen.is_empty(), "nobody asked for {path}");
    format!("{seen:?}").contains(CANARY)
}

#[tokio::test]
async fn credentials_stay_with_their_origin() {
    let (here, there) = (testbed::http().await.unwrap(), testbed::http().await.unwrap());
    here.on("/port", Reply::redirect(&there.url("/end")));
    here.on("/host", Reply::redirect(&here.localhost_url("/end")));
    there.on("/end", Reply::text("7"));
    here.on("/end", Reply::text("8"));
    let api = configured(&here);

    assert_eq!(get::<u8>(&api, "port").await.unwrap(), 7);
    assert!(saw_the_canary(&here, "/port"));
    assert!(!saw_the_canary(&there, "/end"), "another port");
    assert_eq!(get::<u8>(&api, "host").await.unwrap(), 8);
    assert!(!saw_the_canary(&here, "/end"), "another host");
}

#[tokio::test]
async fn credentials_travel_on_within_their_origin() {
    let http = testbed::http().await.unwrap();
    http.on("/a/old", Reply::redirect("new"));
    http.on("/a/new", Reply::text("7").require_bearer(CANARY));
    assert_eq!(get::<u8>(&configured(&http), "a/old").await.unwrap(), 7);
    assert_eq!(http.seen_at("/a/new")[0].header("x-api-key"), Some(CANARY));
}

#[tokio::test]
async fn credentials_do_not_come_back_from_another_origin() {
    let (here, there) = (testbed::http().await.unwrap(), testbed::http().await.unwrap());
    here.on("/start", Reply::redirect(&there.url("/turn")));
    there.on("/turn", Reply::redirect(&here.url("/delete-everything")));
    here.on("/delete-everything", Reply::status(401));

    let error = get::<u8>(&configured(&here), "start").await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.hint().unwrap().contains("redirected"), "{:?}", error.hint());
    assert!(!saw_the_canary(&here, "/delete-everything"));
}

#[tokio::test]
async fn user_and_password_of_a_url_stay_with_their_origin() {
    let (here, there) = (testbed::http().await.unwrap(), testbed::http().await.unwrap());
    here.on("/same", Reply::redirect("/guarded"));
    here.on("/guarded", Reply::text("7").require_basic("me", CANARY));
    let elsewhere = there.url("/end").replace("http://", "http://smuggled:password@");
    here.on("/other", Reply::redirect(&elsewhere));
    there.on("/end", Reply::text("8"));
    let base = here.url("").replace("http://", &format!("http://me:{CANARY}@"));
    let api = Api::builder().base(base).unwrap().build().unwrap();

    assert_eq!(get::<u8>(&api, "same").await.unwrap(), 7);
    assert_eq!(get::<u8>(&api, "other").await.unwrap(), 8);
    assert_eq!(there.seen_at("/end")[0].header("authorization"), None);
}

#[tokio::test]
async fn credentials_of_the_base_are_not_sent_to_an_absolute_url_elsewhere() {
    let (here, there) = (testbed::http().await.unwrap(), testbed::http().await.unwrap());
    there.on("/end", Reply::status(401));

    let error = get::<u8>(&configured(&here), &there.url("/end")).await.unwrap_err();

    assert!(!saw_the_canary(&there, "/end"));
    assert!(error.hint().unwrap().contains("not the base's origin"));
}

#[tokio::test]
async fn a_redirect_from_https_to_http_is_not_followed() {
    let (secure, plain) = (testbed::https().await.unwrap(), testbed::http().await.unwrap());
    secure.on("/down", Reply::redirect(&plain.url("/end")));
    plain.on("/end", Reply::text("7"));
    let api = based_on(&secure).ca_pem(secure.authority().unwrap()).build().unwrap();

    let error = get::<u8>(&api, "down").await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert_eq!(plain.count("/end"), 0);
}

#[tokio::test]
async fn a_redirect_to_https_is_followed_without_credentials() {
    let (secure, plain) = (testbed::https().await.unwrap(), testbed::http().await.unwrap());
    plain.on("/up", Reply::redirect(&secure.url("/end")));
    secure.on("/end", Reply::text("7"));
    let api = based_on(&plain).bearer(CANARY).ca_pem(secure.authority().unwrap()).build().unwrap();

    assert_eq!(get::<u8>(&api, "up").await.unwrap(), 7);
    assert!(!saw_the_canary(&secure, "/end"));
}

#[tokio::test]
async fn ten_redirects_are_followed_and_no_more() {
    let http = testbed::http().await.unwrap();
    for hop in 0..10 {
        http.on(&format!("/{hop}"), Reply::redirect(&format!("/{}", hop + 1)));
    }
    http.on("/10", Reply::text("7"));
    http.on("/loop", Reply::redirect("/loop"));
    let api = api_of(&http);

    assert_eq!(get::<u8>(&api, "0").await.unwrap(), 7);
    assert_eq!(get::<u8>(&api, "loop").await.unwrap_err().kind(), ErrorKind::Malformed);
    assert_eq!(http.count("/loop"), 11);
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_malformed() {
    let http = testbed::http().await.unwrap();
    let api = api_of(&http);
    for location in ["", "ftp://h/", "file:///etc/passwd", "http://[", "http://h:99999/"] {
        let reply = if location.is_empty() { Reply::status(302) } else { Reply::redirect(location) };
        http.on("/away", reply);
        assert_eq!(get::<u8>(&api, "away").await.unwrap_err().kind(), ErrorKind::Malformed, "{location}");
    }
}
