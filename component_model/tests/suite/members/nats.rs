//! A bucket of NATS, whose users may read what the server lets them ask for.

use std::sync::Arc;

use component_model::{ErrorKind, Sources, SourcesBuilder, fetchers::nats::Nats as Source};
use testbed::{BedError, proxy::Proxy};

use crate::{
    member::{Authenticated, Content, Entry, Guarded, Killable, Member, Mortal, NAME, Networked, Watching},
    transport::{Plain, Transport},
};

pub(crate) struct Nats<T> {
    server: testbed::Nats,
    proxy: Proxy,
    transport: T,
    /// A server of one's own is reached directly.
    direct: bool,
}

const BUCKET: &str = "app";

/// The least that reading and watching need.
const READS: &[&str] =
    &["$JS.API.DIRECT.GET.KV_app.>", "$JS.API.STREAM.INFO.KV_app", "$JS.API.CONSUMER.CREATE.KV_app", "$JS.FC.KV_app.>"];

const WRONG_PASSWORD: &str = "wrong-hunter2-password";

impl<T: Transport> Nats<T> {
    async fn with(entries: &[Entry], direct: bool) -> Result<Self, BedError> {
        let transport = T::new()?;
        let builder = testbed::Nats::builder().user("reader", READS).user("stranger", &["elsewhere.>"]);
        let builder = match transport.authority() {
            Some(authority) => builder.tls(&authority.server(&[])?),
            None => builder,
        };
        let server = builder.start().await?;
        server.client().create(BUCKET).await?;
        for (key, content) in entries {
            server.client().put(BUCKET, key, text(*content)).await?;
        }
        let proxy = testbed::proxy(server.address()).await?;
        Ok(Self { server, proxy, transport, direct })
    }

    fn with_login(&self, user: &str, password: &str) -> SourcesBuilder {
        Sources::builder().source(NAME, self.nats(user, password))
    }

    fn nats(&self, user: &str, password: &str) -> Source {
        let url = self.server.url();
        let url = if self.direct { url } else { self.proxy.instead_in(&url) };
        let builder = Source::builder(&url).login(user, password).bucket(BUCKET);
        let builder = match self.transport.authority() {
            Some(authority) => builder.ca_pem(authority.pem()).without_system_roots(),
            None => builder,
        };
        builder.build().unwrap()
    }
}

fn text(content: Content) -> String {
    match content {
        Content::Text(text) => text.into(),
        Content::Number(number) => number.to_string(),
        Content::Large(length) => "x".repeat(length),
    }
}

impl<T: Transport> Member for Nats<T> {
    async fn start(entries: &[Entry]) -> Result<Self, BedError> {
        Self::with(entries, false).await
    }

    fn source(&self) -> SourcesBuilder {
        self.with_login("reader", self.server.password())
    }

    fn locator(&self, key: &str) -> String {
        format!("{BUCKET}/{key}")
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.server.password().to_owned(), WRONG_PASSWORD.to_owned()]
    }

    fn takes(key: &str) -> bool {
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-/_=".contains(&byte);
        key.split('.').all(|token| !token.is_empty() && token.bytes().all(is_valid))
    }
}

impl<T: Transport> Networked for Nats<T> {
    fn proxy(&self) -> &Proxy {
        &self.proxy
    }
}

impl<T: Transport> Authenticated for Nats<T> {
    fn with_wrong_password(&self) -> SourcesBuilder {
        self.with_login("reader", WRONG_PASSWORD)
    }
}

impl<T: Transport> Guarded for Nats<T> {
    async fn without_permission(&self) -> SourcesBuilder {
        self.with_login("stranger", self.server.password())
    }
}

impl<T: Transport> Mortal for Nats<T> {
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

impl<T: Transport> Killable for Nats<T> {
    async fn kill(&mut self) {
        self.server.program().kill().await.unwrap();
    }
}

impl<T: Transport> Watching for Nats<T> {
    type Source = Source;

    const CONNECTIONS: usize = 1;

    fn watchable(&self) -> Arc<Source> {
        Arc::new(self.nats("reader", self.server.password()))
    }

    async fn write(&self, changes: &[(&str, &str)]) {
        for (key, text) in changes {
            self.server.client().put(BUCKET, key, text).await.unwrap();
        }
    }

    async fn delete(&self, key: &str) {
        self.server.client().delete(BUCKET, key).await.unwrap();
    }

    async fn held(&self) -> usize {
        self.proxy.open_connections()
    }
}

suite! {
    Nats<Plain>, "nats",
    passes [
        present, absent, malformed, too_large, secret, denied, wrong_password, layered, fallback, exact_keys, odd_keys,
        many_keys, many_keys_at_a_distance, load, many_runtimes, delayed, slow, half_open, silent, ended_while_idle, cut,
        garbage, gone_and_back, killed_and_back, shut_down, watch_changes, watch_from_version, watch_many, watch_burst,
        watch_wrong_value, watch_restart, watch_cut, watch_silent, watch_dropped, watch_shut_down,
    ],
    lacks {
        broken_document: "a value is text, which the field's type reads: it is malformed only for a type",
        many_keys_in_one_round_trip: "the server counts messages; many requests travel together, and each has a reply of its own",
    }
}
