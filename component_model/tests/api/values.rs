//! What a component gets of a body.

use std::{net::IpAddr, time::Duration};

use component_model::{ErrorKind, fetchers::api::ApiFetcher, prelude::*};
use serde_json::json;
use testbed::http::Reply;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use super::support::{api_of, based_on, get, kind_of, read};

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

#[derive(Debug, AsyncAssign)]
struct Limits {
    #[component(fetch_from = "api", url = "limits", pointer = "/max")]
    max: u32,
    #[component(fetch_from = "api", url = "limits", pointer = "/hosts/1")]
    host: IpAddr,
    #[component(fetch_from = "api", url = "limits", pointer = "/a~1b")]
    escaped: String,
    #[component(fetch_from = "api", url = "limits", pointer = "/missing")]
    missing: Option<String>,
    #[component(fetch_from = "api", url = "limits")]
    all: serde_json::Value,
}

#[tokio::test]
async fn all_pointers_into_one_document_are_one_get() {
    let http = testbed::http().await.unwrap();
    http.on("/limits", Reply::json(&json!({ "max": 7, "hosts": ["::1", "127.0.0.1"], "a/b": "x" })));
    let sources = Sources::builder().source("api", api_of(&http)).build();

    let limits = Limits::fetch_all_components_from(&sources).await.unwrap();

    assert_eq!((limits.max, limits.escaped.as_str(), limits.missing), (7, "x", None));
    assert!(limits.host.is_ipv4());
    assert_eq!(limits.all["max"], 7);
    assert_eq!(http.count("/limits"), 1);
}

#[derive(Debug, AsyncAssign)]
struct Strict {
    #[component(fetch_from = "api", url = "limits", pointer = "/pools")]
    _pools: Vec<std::collections::BTreeMap<String, u8>>,
    #[component(fetch_from = "api", url = "limits", pointer = "/missing")]
    _missing: String,
}

#[tokio::test]
async fn an_error_names_the_place_within_the_document() {
    let http = testbed::http().await.unwrap();
    http.on("/limits", Reply::json(&json!({ "pools": [{ "size": 1 }, { "size": "many" }] })));
    let sources = Sources::builder().source("api", api_of(&http)).build();

    let errors = Strict::fetch_all_components_from(&sources).await.unwrap_err();

    let place = http.url("/limits#/pools/1/size");
    assert!(errors.iter().any(|error| error.is_malformed() && error.locator() == Some(&place)), "{errors}");
    let place = http.url("/limits#/missing");
    assert!(errors.iter().any(|error| error.is_absent() && error.locator() == Some(&place)), "{errors}");
}

#[tokio::test]
async fn text_is_read_by_the_type_and_json_keeps_its_types() {
    assert_eq!(read::<u16>(Reply::text("8080\n")).await.unwrap(), 8080);
    assert_eq!(read::<String>(Reply::text("0042")).await.unwrap(), "0042");
    assert_eq!(read::<u16>(Reply::json(&json!(8080))).await.unwrap(), 8080);
    assert_eq!(read::<u16>(Reply::json(&json!("8080"))).await.unwrap_err().kind(), ErrorKind::Malformed);
    let problem = Reply::bytes("[1]").header("content-type", "Application/Vnd.Limits+JSON; v=1");
    assert_eq!(read::<Vec<u8>>(problem).await.unwrap(), [1]);
}

#[tokio::test]
async fn text_loses_one_line_end_and_nothing_else() {
    for (body, expected) in [("x\n", "x"), ("x\r\n", "x"), ("x\n\n", "x\n"), (" x ", " x "), ("\n", ""), ("", "")] {
        assert_eq!(read::<String>(Reply::text(body)).await.unwrap(), expected, "{body:?}");
    }
}

#[tokio::test]
async fn the_charset_is_honoured() {
    let body = |bytes: &[u8], media: &str| Reply::bytes(bytes).header("content-type", media);
    assert_eq!(read::<String>(body(b"caf\xe9", "text/plain; charset=ISO-8859-1")).await.unwrap(), "café");
    assert_eq!(read::<String>(body(b"\xef\xbb\xbfcaf\xc3\xa9", "text/plain")).await.unwrap(), "café");
    assert_eq!(read::<String>(body(b"\xef\xbb\xbf\"x\"", "application/json")).await.unwrap(), "x");
    assert_eq!(kind_of(body(b"caf\xe9", "text/plain; charset=\"utf-8\"")).await, ErrorKind::Malformed);
    assert_eq!(kind_of(body(b"x", "text/plain; charset=x-unheard-of")).await, ErrorKind::Malformed);
    assert_eq!(kind_of(body(b"\"caf\xe9\"", "application/json")).await, ErrorKind::Malformed);
    assert_eq!(kind_of(body(b"caf\xe9", "text/plain")).await, ErrorKind::Malformed);
}

#[tokio::test]
async fn a_compressed_body_is_decompressed() {
    assert_eq!(read::<u16>(Reply::gzip("8080")).await.unwrap(), 8080);
    assert_eq!(read::<String>(Reply::gzip(&"x".repeat(200_000))).await.unwrap().len(), 200_000);
    for broken in [&b"not gzip"[..], &Reply::gzipped("42")[..12], &[Reply::gzipped("42"), b"x".to_vec()].concat()] {
        let error = read::<u16>(Reply::bytes(broken).header("content-encoding", "gzip")).await.unwrap_err();
        assert!(error.to_string().ends_with("malformed: the body does not decompress"), "{error}");
    }
}

#[tokio::test]
async fn all_members_of_a_compressed_body_are_read() {
    let body = [Reply::gzipped("42"), Reply::gzipped("99")].concat();
    assert_eq!(read::<u16>(Reply::bytes(body).header("content-encoding", "x-gzip")).await.unwrap(), 4299);
}

#[tokio::test]
async fn a_checksum_that_is_wrong_is_not_a_failure_of_the_connection() {
    let mut body = Reply::gzipped("42");
    let checksum = body.len() - 8;
    body[checksum] ^= 1;
    let error = read::<u16>(Reply::bytes(body).header("content-encoding", "gzip")).await.unwrap_err();
    assert!(error.to_string().ends_with("malformed: the body does not decompress"), "{error}");
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_malformed_with_its_name() {
    for name in ["br", "zstd", "deflate", "aes128gcm", "gzip, gzip", "unheard-of"] {
        let error = read::<String>(Reply::bytes("42").header("content-encoding", name)).await.unwrap_err();
        let shown = match name {
            "gzip, gzip" => "more than one encoding",
            "unheard-of" => "an encoding that is not known",
            name => name,
        };
        let expected = format!("malformed: the body is encoded with {shown}, expected gzip or none");
        assert!(error.to_string().ends_with(&expected), "{error}");
    }
    assert_eq!(read::<u8>(Reply::bytes("42").header("content-encoding", "identity")).await.unwrap(), 42);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_malformed_with_line_and_column_and_without_its_text() {
    let reply = Reply::bytes("{\n  \"a\": hunter2\n}").header("content-type", "application/json");
    let error = read::<serde_json::Value>(reply).await.unwrap_err();
    assert!(error.to_string().ends_with("malformed: the body is not JSON, at line 2 column 8"), "{error}");
    let reply = Reply::bytes("{\"é\": \"😀\", \"a\": hunter2}").header("content-type", "application/json");
    let error = read::<serde_json::Value>(reply).await.unwrap_err();
    assert!(error.to_string().ends_with("at line 1 column 17"), "columns are characters: {error}");
    let twice = Reply::bytes(r#"{"a":1,"a":2}"#).header("content-type", "application/json");
    assert!(read::<serde_json::Value>(twice).await.unwrap_err().to_string().contains("names a key twice"));
    let deep = Reply::bytes("[".repeat(100_000)).header("content-type", "application/json");
    assert_eq!(kind_of(deep).await, ErrorKind::Malformed);
}

#[tokio::test]
async fn a_page_of_html_is_no_document() {
    let http = testbed::http().await.unwrap();
    http.on("/limits", Reply::bytes("<html>please log in</html>").header("content-type", "text/html"));
    let fetcher = ApiFetcher::new(http.url("/limits")).with_pointer("/max");

    let error = ComponentFetcher::<u32>::fetch_component(&fetcher).await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.hint().unwrap().contains("login"));
}

#[tokio::test]
async fn a_pointer_reads_json_whatever_its_content_type_says() {
    let http = testbed::http().await.unwrap();
    http.on("/limits", Reply::text(r#"{"max": 3}"#));
    let fetcher = ApiFetcher::new(http.url("/limits"));

    let max: u32 = fetcher.clone().with_pointer("/max").fetch_component().await.unwrap();
    assert_eq!(max, 3);
    let absent: Option<u32> = fetcher.clone().with_pointer("/min").fetch_component().await.unwrap();
    assert_eq!(absent, None);
    let whole: String = fetcher.fetch_component().await.unwrap();
    assert_eq!(whole, r#"{"max": 3}"#);
}

#[tokio::test]
async fn a_page_of_html_is_no_value_unless_it_is_asked_for() {
    let page =
        || Reply::bytes("<html>hunter2, please log in</html>").header("content-type", "text/html; charset=utf-8");
    let error = read::<String>(page()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
    assert!(error.hint().unwrap().contains("login") && !format!("{error:?} {error}").contains("hunter2"));

    let http = testbed::http().await.unwrap();
    http.on("/value", page());
    let api = based_on(&http).accept("text/html").build().unwrap();
    assert!(get::<String>(&api, "value").await.unwrap().contains("log in"));
    assert_eq!(http.seen_at("/value").last().unwrap().header("accept"), Some("text/html"));
}

#[tokio::test]
async fn a_page_of_html_under_another_type_is_no_value_unless_html_is_asked_for() {
    for page in ["<!DOCTYPE html><p>log in", " \n<!doctype HTML>", "<html>log in", "<HTML lang=en>log in"] {
        for reply in [Reply::bytes(page), Reply::text(page)] {
            assert_eq!(read::<String>(reply.clone()).await.unwrap_err().kind(), ErrorKind::Malformed, "{page}");
            let http = testbed::http().await.unwrap();
            http.on("/value", reply);
            let plain = based_on(&http).accept("text/plain").build().unwrap();
            assert_eq!(get::<String>(&plain, "value").await.unwrap_err().kind(), ErrorKind::Malformed, "{page}");
            let html = based_on(&http).accept("text/*").build().unwrap();
            assert_eq!(get::<String>(&html, "value").await.unwrap(), page);
        }
    }
    for text in ["<htmlish>", "a <html>", "<!DOCTYPE note>", "<"] {
        assert_eq!(read::<String>(Reply::text(text)).await.unwrap(), text);
    }
    let markdown = Reply::bytes("<html>").header("content-type", "text/markdown");
    assert_eq!(read::<String>(markdown).await.unwrap(), "<html>");
}

#[tokio::test]
async fn an_answer_of_a_media_type_that_is_not_accepted_is_malformed() {
    let http = testbed::http().await.unwrap();
    http.on("/value", Reply::bytes("7").header("content-type", "application/hunter2"));
    let api = based_on(&http).accept("application/json, text/plain").build().unwrap();
    let error = get::<u8>(&api, "value").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.to_string().contains("expected application/json or text/plain"), "{error}");
    http.on("/value", Reply::bytes("7").header("content-type", "text/plain"));
    assert_eq!(get::<u8>(&api, "value").await.unwrap(), 7);
}

#[tokio::test]
async fn a_pointer_through_a_scalar_and_into_text_is_malformed_and_not_absent() {
    let http = testbed::http().await.unwrap();
    http.on("/json", Reply::json(&json!({ "n": [5], "none": null })));
    http.on("/text", Reply::text("plain"));
    let pointed = async |path: &str, pointer: &str| -> Result<Option<u8>, ComponentError> {
        ApiFetcher::new(http.url(path)).with_pointer(pointer).fetch_component().await
    };

    let error = pointed("/json", "/n/0/x").await.unwrap_err();
    assert!(error.to_string().ends_with("the pointer leads through an integer, expected a map or a list"), "{error}");
    assert_eq!((error.kind(), error.locator()), (ErrorKind::Malformed, Some(http.url("/json#/n/0").as_str())));
    assert_eq!(pointed("/text", "/x").await.unwrap_err().kind(), ErrorKind::Malformed);
    for absent in ["/x", "/n/1", "/none/x"] {
        assert_eq!(pointed("/json", absent).await.unwrap(), None, "{absent}");
    }
}

#[tokio::test]
async fn a_fetcher_that_may_take_no_time_is_a_mistake_and_sends_nothing() {
    let server = MockServer::start().await;
    let fetcher = ApiFetcher::new(server.uri()).timeout(Duration::ZERO);
    let error = ComponentFetcher::<String>::fetch_component(&fetcher).await.unwrap_err();
    assert!(error.to_string().contains("misconfigured: the timeout of the fetcher is 0"), "{error}");
    assert!(server.received_requests().await.unwrap().is_empty());
}
