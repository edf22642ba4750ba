//! Consul, whose access lists know who asks.

use std::{fs, sync::Arc};

use component_model::{ErrorKind, Sources, SourcesBuilder, fetchers::consul::Consul as Source};
use serde_json::json;
use testbed::{BedError, proxy::Proxy};

use crate::{
    member::{Authenticated, Content, Counted, Entry, Guarded, Killable, Member, Mortal, NAME, Networked, Watching},
    transport::{Plain, Transport},
};

pub(crate) struct Consul<T> {
    server: testbed::Consul,
    proxy: Proxy,
    transport: T,
    /// A server of one's own is reached directly.
    direct: bool,
    /// The requests that wrote the keys.
    before: usize,
}

const WRONG_TOKEN: &str = "5a1ca6c4-0815-4711-8c3e-b0ec48e8f66e";

impl<T: Transport> Consul<T> {
    async fn with(entries: &[Entry], direct: bool) -> Result<Self, BedError> {
        let transport = T::new()?;
        let builder = testbed::Consul::builder()
            .token("reader", r#"key_prefix "" { policy = "read" }"#)
            .token("stranger", r#"key_prefix "elsewhere/" { policy = "read" }"#)
            // Each request is a line of its log.
            .setting("log_level", json!("debug"));
        let builder = match transport.authority() {
            Some(authority) => builder.tls(&authority.server(&[])?),
            None => builder,
        };
        let server = builder.start().await?;
        for (key, content) in entries {
            server.put(key, bytes(*content)).await?;
        }
        let proxy = testbed::proxy(([127, 0, 0, 1], server.program().port()).into()).await?;
        let before = requests(&server);
        Ok(Self { server, proxy, transport, direct, before })
    }

    fn with_token(&self, token: &str) -> SourcesBuilder {
        Sources::builder().source(NAME, self.consul(token))
    }

    fn consul(&self, token: &str) -> Source {
        let url = self.server.url();
        let url = if self.direct { url } else { self.proxy.instead_in(&url) };
        let builder = Source::builder().address(url).token(token);
        let builder = match self.transport.authority() {
            Some(authority) => builder.ca_pem(authority.pem()).without_system_roots(),
            None => builder,
        };
        builder.build().unwrap()
    }
}

/// How many requests for keys a server has answered; it logs each before it sends the answer.
fn requests(server: &testbed::Consul) -> usize {
    let log = fs::read_to_string(server.program().folder().join("server.log")).unwrap();
    let is_request =
        |line: &&str| line.contains("Request finished") && ["/v1/txn", "/v1/kv"].iter().any(|path| line.contains(path));
    log.lines().filter(is_request).count()
}

fn bytes(content: Content) -> Vec<u8> {
    match content {
        Content::Text(text) => text.into(),
        Content::Number(number) => number.to_string().into(),
        Content::Large(length) => vec![b'x'; length],
    }
}

impl<T: Transport> Member for Consul<T> {
    async fn start(entries: &[Entry]) -> Result<Self, BedError> {
        Self::with(entries, false).await
    }

    fn source(&self) -> SourcesBuilder {
        self.with_token(self.server.token("reader"))
    }

    fn locator(&self, key: &str) -> String {
        key.to_owned()
    }

    fn secrets(&self) -> Vec<String> {
        let tokens = ["reader", "stranger"].map(|name| self.server.token(name).to_owned());
        tokens.into_iter().chain([WRONG_TOKEN.to_owned(), self.server.master_token().to_owned()]).collect()
    }

    fn takes(key: &str) -> bool {
        !key.contains("..") && !key.contains(char::is_control)
    }
}

impl<T: Transport> Networked for Consul<T> {
    fn proxy(&self) -> &Proxy {
        &self.proxy
    }
}

impl<T: Transport> Authenticated for Consul<T> {
    fn with_wrong_password(&self) -> SourcesBuilder {
        self.with_token(WRONG_TOKEN)
    }
}

impl<T: Transport> Guarded for Consul<T> {
    async fn without_permission(&self) -> SourcesBuilder {
        self.with_token(self.server.token("stranger"))
    }
}

impl<T: Transport> Mortal for Consul<T> {
    const GONE: ErrorKind = ErrorKind::Unreachable;

    async fn alone(entries: &[Entry]) -> Result<Self, BedError> {
        Self::with(entries, true).await
    }

    async fn stop(&mut self) {
        self.server.program().stop().await.unwrap();
    }

    async fn start_again(&mut self) {
        self.server.program().start().await.unwrap();
    }
}

impl<T: Transport> Killable for Consul<T> {
    async fn kill(&mut self) {
        self.server.program().kill().await.unwrap();
    }
}

impl<T: Transport> Counted for Consul<T> {
    async fn round_trips(&self, sources: Sources) -> usize {
        drop(sources);
        requests(&self.server) - self.before
    }
}

impl<T: Transport> Watching for Consul<T> {
    type Source = Source;

    // A blocking query has one connection, and what it tells is read on another one.
    const CONNECTIONS: usize = 4;

    fn watchable(&self) -> Arc<Source> {
        Arc::new(self.consul(self.server.token("reader")))
    }

    async fn write(&self, changes: &[(&str, &str)]) {
        for (key, text) in changes {
            self.server.put(key, *text).await.unwrap();
        }
    }

    async fn delete(&self, key: &str) {
        self.server.delete(key).await.unwrap();
    }

    async fn held(&self) -> usize {
        self.proxy.open_connections()
    }
}

suite! {
    Consul<Plain>, "consul",
    passes [
        present, absent, malformed, too_large, secret, denied, wrong_password, layered, fallback, exact_keys, odd_keys,
        many_keys, many_keys_at_a_distance, many_keys_in_one_round_trip, load, many_runtimes, delayed, slow, half_open,
        silent, ended_while_idle, cut, garbage, gone_and_back, killed_and_back, shut_down, watch_changes,
        watch_from_version, watch_many, watch_burst, watch_wrong_value, watch_restart, watch_cut, watch_silent,
        watch_dropped, watch_shut_down,
    ],
    lacks {
        broken_document: "a value is text, which the field's type reads: it is malformed only for a type",
    }
}
