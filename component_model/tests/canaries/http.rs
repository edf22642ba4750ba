//! What HTTP carries: tokens, passwords, headers, query values, and bodies that fail.

use component_model::{
    fetchers::api::{Api, ApiBuilder},
    prelude::*,
};
use testbed::http::{HttpServer, Reply};

use crate::listen::{CANARY, Heard, hear, only};

#[derive(Debug, AsyncAssign)]
struct Asked {
    #[component(fetch_from = "source", url = "document?session=c4nary", pointer = "/port")]
    _pointed: u16,
    #[component(fetch_from = "source", key = "text")]
    _text: u32,
    #[component(fetch_from = "source", url = "http://me:c4nary@127.0.0.1:1/closed?k=c4nary")]
    _closed: u64,
}

fn builders(server: &HttpServer) -> Vec<ApiBuilder> {
    let based = |url: &str| Api::builder().base(url).unwrap();
    let url = server.url("");
    vec![
        based(&url).bearer(CANARY),
        based(&url).basic(CANARY, CANARY),
        based(&url).header("x-key", CANARY),
        based(&url).query("key", CANARY),
        based(&url.replace("http://", "http://c4nary:c4nary@")),
    ]
}

fn replies(server: &HttpServer) -> Vec<Reply> {
    let json = |text: &str| Reply::bytes(text).header("content-type", "application/json");
    vec![
        Reply::status(401).header("www-authenticate", "Basic realm=c4nary"),
        Reply::text(CANARY).with_status(403),
        Reply::text(CANARY).with_status(500),
        Reply::text(CANARY).with_status(503).header("retry-after", CANARY),
        Reply::text(CANARY).header("set-cookie", "session=c4nary"),
        json("{\"port\": c4nary}"),
        json("{\"port\": \"c4nary\"}"),
        Reply::bytes(CANARY).header("content-type", "text/plain; charset=c4nary"),
        Reply::bytes(CANARY).header("content-encoding", "gzip"),
        Reply::redirect(&server.localhost_url("/elsewhere?token=c4nary")),
        Reply::redirect("ftp://me:c4nary@h/"),
    ]
}

#[tokio::test]
async fn no_text_holds_what_travels_over_http() {
    let server = testbed::http().await.unwrap();
    let mut heard = Heard::new();
    for builder in builders(&server) {
        heard.debug("builder", &builder);
        let api = builder.build().unwrap();
        heard.debug("source", &api);
        for reply in replies(&server) {
            server.on("/document", reply.clone());
            server.on("/text", reply);
            hear!(heard, "http", Asked, 3, &only("source", api.clone()));
        }
    }
    heard.assert_silent();
}
