//! No secret is in any text that people read.

use component_model::{
    fetchers::api::{Api, ApiFetcher},
    prelude::*,
};
use testbed::http::{HttpServer, Reply};

const CANARY: &str = "canary-9f81";

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "api", url = "document?session=canary-9f81", pointer = "/port")]
    _pointed: u16,
    #[component(fetch_from = "api", key = "text")]
    _text: u32,
    #[component(fetch_from = "api", url = "http://me:canary-9f81@127.0.0.1:1/closed?k=canary-9f81")]
    _closed: u64,
}

fn with_user(http: &HttpServer) -> String {
    http.url("").replace("http://", &format!("http://me:{CANARY}@"))
}

fn apis(http: &HttpServer) -> Vec<Api> {
    let based = |url: String| Api::builder().base(url).unwrap();
    let builders = [
        based(http.url("")).bearer(CANARY),
        based(http.url("")).basic("me", CANARY),
        based(http.url("")).header("x-key", CANARY).query("key", CANARY),
        based(with_user(http)),
    ];
    builders
        .into_iter()
        .map(|builder| {
            assert_silent(&format!("{builder:?} {builder:#?}"));
            builder.build().unwrap()
        })
        .collect()
}

fn assert_silent(text: &str) {
    assert!(!text.contains(CANARY), "{text}");
}

#[tokio::test]
async fn no_error_debug_or_report_holds_a_secret_whatever_happens() {
    let here = testbed::http().await.unwrap();
    let away = format!("{}?token={CANARY}", here.localhost_url(&format!("/{CANARY}")));
    let replies = [
        Reply::status(401).header("www-authenticate", CANARY),
        Reply::text(CANARY).with_status(500),
        Reply::text(CANARY).with_status(503).header("retry-after", CANARY),
        Reply::text(CANARY),
        Reply::bytes(format!("{{\"port\": {CANARY}}}")).header("content-type", "application/json"),
        Reply::bytes(format!("{{\"port\": \"{CANARY}\"}}")).header("content-type", "application/json"),
        Reply::bytes(CANARY).header("content-type", &format!("text/plain; charset={CANARY}")),
        Reply::redirect(&away),
        Reply::redirect(&format!("ftp://me:{CANARY}@h/")),
    ];
    for api in apis(&here) {
        assert_silent(&format!("{api:?} {api:#?}"));
        let sources = Sources::builder().source("api", api).build();
        for reply in &replies {
            here.on("/document", reply.clone());
            here.on("/text", reply.clone());
            let errors = Config::fetch_all_components_from(&sources).await.unwrap_err();
            assert_eq!(errors.len(), 3, "{errors}");
            assert_silent(&format!("{errors} {errors:#} {errors:?} {:?}", errors.report()));
            for error in errors.iter() {
                assert_silent(&format!("{error} {error:#} {error:?} {:?} {:?}", error.locator(), error.hint()));
            }
        }
    }
}

#[tokio::test]
async fn a_fetcher_shows_no_secret_in_its_debug_output_or_its_errors() {
    let here = testbed::http().await.unwrap();
    let url = format!("{}/absent?key={CANARY}", with_user(&here));
    let fetcher = ApiFetcher::new(url).with_auth_header(CANARY).unwrap().with_header("x-key", CANARY).unwrap();
    assert_silent(&format!("{fetcher:?} {fetcher:#?}"));
    let error = ComponentFetcher::<u8>::fetch_component(&fetcher).await.unwrap_err();
    assert_silent(&format!("{error} {error:?} {:?} {:?}", error.locator(), error.hint()));
    assert!(error.locator().unwrap().ends_with("/absent?key=[REDACTED]"));
}

#[test]
fn a_setting_that_is_refused_is_not_repeated() {
    let bad = format!("{CANARY}\n");
    for builder in [
        Api::builder().bearer(&bad),
        Api::builder().basic(&format!("{CANARY}:"), &bad),
        Api::builder().header("x-key", &bad),
        Api::builder().header(&format!("{CANARY} "), "x"),
        Api::builder().ca_pem(CANARY),
    ] {
        let error = builder.build().unwrap_err();
        assert_silent(&format!("{error} {error:?} {:?}", error.hint()));
    }
    let error = Api::builder().base(format!("http://me:{CANARY}@:x/")).unwrap_err();
    assert_silent(&format!("{error} {error:?} {:?} {:?}", error.hint(), std::error::Error::source(&error)));
}
