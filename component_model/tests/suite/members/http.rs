//! An HTTP API that wants a token.

use component_model::{
    ErrorKind, Sources, SourcesBuilder,
    fetchers::api::{Api, ApiBuilder},
};
use testbed::{
    BedError,
    http::{HttpServer, Reply},
    proxy::Proxy,
};

use crate::member::{Authenticated, Content, Documented, Entry, Guarded, Member, Mortal, NAME, Networked};

const TOKEN: &str = "token-4711";
const WRONG_TOKEN: &str = "token-0815";

pub(crate) struct Http {
    server: HttpServer,
    proxy: Proxy,
}

impl Http {
    async fn empty() -> Result<Self, BedError> {
        let server = testbed::http().await?;
        let proxy = testbed::proxy(server.address()).await?;
        Ok(Self { server, proxy })
    }

    fn builder(&self) -> ApiBuilder {
        Api::builder().base(self.proxy.instead_in(&self.server.url(""))).unwrap()
    }
}

impl Member for Http {
    async fn start(entries: &[Entry]) -> Result<Self, BedError> {
        let member = Self::empty().await?;
        for (key, content) in entries {
            member.server.on(&path(key), reply(*content).require_bearer(TOKEN));
        }
        Ok(member)
    }

    fn source(&self) -> SourcesBuilder {
        Sources::builder().source(NAME, self.builder().bearer(TOKEN).build().unwrap())
    }

    fn locator(&self, key: &str) -> String {
        format!("http://{}/{key}", self.proxy.address())
    }

    fn secrets(&self) -> Vec<String> {
        vec![TOKEN.to_owned(), WRONG_TOKEN.to_owned()]
    }

    fn takes(key: &str) -> bool {
        !key.contains("..") && !key.contains(char::is_control)
    }
}

fn reply(content: Content) -> Reply {
    match content {
        Content::Text(text) => Reply::text(text),
        Content::Number(number) => Reply::text(number.to_string()),
        Content::Large(length) => Reply::oversized(length),
    }
}

/// The path that stands for a key: RFC 3986, segment by segment.
fn path(key: &str) -> String {
    let encoded = |byte: u8| match char::from(byte) {
        plain if plain.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/".contains(plain) => plain.to_string(),
        _ => format!("%{byte:02X}"),
    };
    format!("/{}", key.bytes().map(encoded).collect::<String>())
}

impl Networked for Http {
    fn proxy(&self) -> &Proxy {
        &self.proxy
    }
}

impl Authenticated for Http {
    fn with_wrong_password(&self) -> SourcesBuilder {
        Sources::builder().source(NAME, self.builder().bearer(WRONG_TOKEN).build().unwrap())
    }
}

impl Guarded for Http {
    async fn without_permission(&self) -> SourcesBuilder {
        self.server.on("/port", Reply::text("hunter2").with_status(403));
        self.source()
    }
}

impl Documented for Http {
    async fn broken(text: &str) -> Result<Self, BedError> {
        let member = Self::empty().await?;
        member.server.on("/port", Reply::bytes(text).header("content-type", "application/json"));
        Ok(member)
    }
}

/// To a client a server that was stopped is a closed port.
impl Mortal for Http {
    const GONE: ErrorKind = ErrorKind::Unreachable;

    async fn stop(&mut self) {
        self.proxy.refuse().await.unwrap();
    }

    async fn start_again(&mut self) {
        self.proxy.heal().await.unwrap();
    }
}

suite! {
    Http, "http",
    passes [
        present, absent, malformed, broken_document, too_large, secret, denied, wrong_password, layered, fallback, exact_keys,
        odd_keys, many_keys, many_keys_at_a_distance, delayed, slow, half_open, silent, cut, garbage, gone_and_back,
        shut_down,
    ],
    lacks {
        many_keys_in_one_round_trip: "each key is a URL of its own; those that point into one document share its GET",
        killed_and_back: "the fixture runs in the test's own process; `cut` is how a client sees its end",
    }
}
