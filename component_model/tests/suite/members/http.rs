//! An HTTP API that wants a token.

use std::{marker::PhantomData, sync::Arc};

use component_model::{
    ErrorKind, Sources, SourcesBuilder,
    fetchers::api::{Api, ApiBuilder},
};
use testbed::{
    BedError,
    http::{HttpServer, Reply},
    proxy::Proxy,
};

use crate::member::{Authenticated, Content, Documented, Entry, Guarded, Member, Mortal, NAME, Networked, Watching};

const TOKEN: &str = "token-4711";
const WRONG_TOKEN: &str = "token-0815";

/// A version of HTTP, with TLS or without it.
pub(crate) trait Protocol {
    async fn server() -> Result<HttpServer, BedError>;
}

/// HTTP/1.1 without TLS.
pub(crate) struct Plain;

impl Protocol for Plain {
    async fn server() -> Result<HttpServer, BedError> {
        testbed::http().await
    }
}

pub(crate) struct Http<P> {
    server: HttpServer,
    proxy: Proxy,
    protocol: PhantomData<P>,
}

impl<P: Protocol> Http<P> {
    async fn empty() -> Result<Self, BedError> {
        let server = P::server().await?;
        let proxy = testbed::proxy(server.address()).await?;
        Ok(Self { server, proxy, protocol: PhantomData })
    }

    fn base(&self) -> String {
        self.proxy.instead_in(&self.server.url(""))
    }

    fn builder(&self) -> ApiBuilder {
        let builder = Api::builder().base(self.base()).unwrap();
        self.server.authority().into_iter().fold(builder, |builder, authority| builder.ca_pem(authority))
    }
}

impl<P: Protocol> Member for Http<P> {
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
        format!("{}/{key}", self.base())
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
        Content::Text(text) => versioned(text),
        Content::Number(number) => Reply::text(number.to_string()),
        Content::Large(length) => Reply::oversized(length),
    }
}

fn versioned(text: &str) -> Reply {
    Reply::text(text).etag(&format!("\"of {text}\""))
}

/// The path that stands for a key: RFC 3986, segment by segment.
fn path(key: &str) -> String {
    let encoded = |byte: u8| match char::from(byte) {
        plain if plain.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/".contains(plain) => plain.to_string(),
        _ => format!("%{byte:02X}"),
    };
    format!("/{}", key.bytes().map(encoded).collect::<String>())
}

impl<P: Protocol> Networked for Http<P> {
    fn proxy(&self) -> &Proxy {
        &self.proxy
    }
}

impl<P: Protocol> Authenticated for Http<P> {
    fn with_wrong_password(&self) -> SourcesBuilder {
        Sources::builder().source(NAME, self.builder().bearer(WRONG_TOKEN).build().unwrap())
    }
}

impl<P: Protocol> Guarded for Http<P> {
    async fn without_permission(&self) -> SourcesBuilder {
        self.server.on("/port", Reply::text("hunter2").with_status(403));
        self.source()
    }
}

impl<P: Protocol> Documented for Http<P> {
    async fn broken(text: &str) -> Result<Self, BedError> {
        let member = Self::empty().await?;
        member.server.on("/port", Reply::bytes(text).header("content-type", "application/json"));
        Ok(member)
    }
}

/// To a client a server that was stopped is a closed port.
impl<P: Protocol> Mortal for Http<P> {
    const GONE: ErrorKind = ErrorKind::Unreachable;

    async fn stop(&mut self) {
        self.proxy.refuse().await.unwrap();
    }

    async fn start_again(&mut self) {
        self.proxy.heal().await.unwrap();
    }
}

impl<P: Protocol> Watching for Http<P> {
    type Source = Api;

    // Each key is a URL of its own, which is polled; no more at once than the source allows.
    const CONNECTIONS: usize = 16;

    fn watchable(&self) -> Arc<Api> {
        Arc::new(self.builder().bearer(TOKEN).build().unwrap())
    }

    async fn write(&self, changes: &[(&str, &str)]) {
        for (key, text) in changes {
            self.server.on(&path(key), versioned(text).require_bearer(TOKEN));
            tokio::task::yield_now().await;
        }
    }

    async fn delete(&self, key: &str) {
        self.server.on(&path(key), Reply::status(404));
    }

    async fn write_wrong(&self, key: &str) {
        self.server.on(&path(key), Reply::bytes("{\"a\": ").header("content-type", "application/json"));
    }

    async fn held(&self) -> usize {
        self.proxy.open_connections()
    }
}

suite! {
    Http<Plain>, "http",
    passes [
        present, absent, malformed, broken_document, too_large, secret, denied, wrong_password, layered, fallback,
        exact_keys, odd_keys, many_keys, many_keys_at_a_distance, load, many_runtimes, delayed, slow, half_open, silent,
        ended_while_idle, cut, garbage, gone_and_back, shut_down, watch_changes, watch_from_version, watch_many,
        watch_burst, watch_wrong_value, watch_restart, watch_cut, watch_silent, watch_dropped, watch_shut_down,
    ],
    lacks {
        many_keys_in_one_round_trip: "each key is a URL of its own; those that point into one document share its GET",
        killed_and_back: "the fixture runs in the test's own process; `cut` is how a client sees its end",
    }
}
