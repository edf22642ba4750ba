//! etcd, whose users may read what their roles say.

use std::sync::Arc;

use component_model::{ErrorKind, Sources, SourcesBuilder, fetchers::etcd::Etcd as Source};
use testbed::{BedError, proxy::Proxy};

use crate::{
    member::{Authenticated, Content, Counted, Entry, Guarded, Killable, Member, Mortal, NAME, Networked, Watching},
    transport::{Plain, Transport},
};

pub(crate) struct Etcd<T> {
    server: testbed::Etcd,
    proxy: Proxy,
    transport: T,
    /// A server of one's own is reached directly.
    direct: bool,
    /// The requests that wrote the keys.
    before: usize,
}

const WRONG_PASSWORD: &str = "wrong-hunter2-password";

impl<T: Transport> Etcd<T> {
    async fn with(entries: &[Entry], direct: bool) -> Result<Self, BedError> {
        let transport = T::new()?;
        let builder = testbed::Etcd::builder().user("reader", "").user("stranger", "elsewhere/");
        let builder = match transport.authority() {
            Some(authority) => builder.tls(&authority.server(&[])?),
            None => builder,
        };
        let server = builder.start().await?;
        for (key, content) in entries {
            server.client().put(key, &text(*content)).await?;
        }
        let proxy = testbed::proxy(server.address()).await?;
        let before = requests(&server).await;
        Ok(Self { server, proxy, transport, direct, before })
    }

    fn with_login(&self, user: &str, password: &str) -> SourcesBuilder {
        Sources::builder().source(NAME, self.etcd(user, password))
    }

    fn etcd(&self, user: &str, password: &str) -> Source {
        let url = self.server.url();
        let url = if self.direct { url } else { self.proxy.instead_in(&url) };
        let builder = Source::builder().endpoints([url]).login(user, password);
        let builder = match self.transport.authority() {
            Some(authority) => builder.ca_pem(authority.pem()).without_system_roots(),
            None => builder,
        };
        builder.build().unwrap()
    }
}

/// How many ranges and transactions a server has answered.
async fn requests(server: &testbed::Etcd) -> usize {
    let mut sum = 0.0;
    for method in ["Range", "Txn"] {
        let labels = format!(r#"{{grpc_method="{method}",grpc_service="etcdserverpb.KV",grpc_type="unary"}}"#);
        sum += server.client().metric(&format!("grpc_server_started_total{labels}")).await.unwrap();
    }
    sum as usize
}

fn text(content: Content) -> String {
    match content {
        Content::Text(text) => text.into(),
        Content::Number(number) => number.to_string(),
        Content::Large(length) => "x".repeat(length),
    }
}

impl<T: Transport> Member for Etcd<T> {
    async fn start(entries: &[Entry]) -> Result<Self, BedError> {
        Self::with(entries, false).await
    }

    fn source(&self) -> SourcesBuilder {
        self.with_login("reader", self.server.password())
    }

    fn locator(&self, key: &str) -> String {
        key.to_owned()
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.server.password().to_owned(), WRONG_PASSWORD.to_owned()]
    }
}

impl<T: Transport> Networked for Etcd<T> {
    fn proxy(&self) -> &Proxy {
        &self.proxy
    }
}

impl<T: Transport> Authenticated for Etcd<T> {
    fn with_wrong_password(&self) -> SourcesBuilder {
        self.with_login("reader", WRONG_PASSWORD)
    }
}

impl<T: Transport> Guarded for Etcd<T> {
    async fn without_permission(&self) -> SourcesBuilder {
        self.with_login("stranger", self.server.password())
    }
}

impl<T: Transport> Mortal for Etcd<T> {
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

impl<T: Transport> Killable for Etcd<T> {
    async fn kill(&mut self) {
        self.server.program().kill().await.unwrap();
    }
}

impl<T: Transport> Counted for Etcd<T> {
    async fn round_trips(&self, sources: Sources) -> usize {
        drop(sources);
        requests(&self.server).await - self.before
    }
}

impl<T: Transport> Watching for Etcd<T> {
    type Source = Source;

    // A stream, and what is asked beside it.
    const CONNECTIONS: usize = 4;

    fn watchable(&self) -> Arc<Source> {
        Arc::new(self.etcd("reader", self.server.password()))
    }

    async fn write(&self, changes: &[(&str, &str)]) {
        for (key, text) in changes {
            self.server.client().put(key, text).await.unwrap();
        }
    }

    async fn delete(&self, key: &str) {
        self.server.client().delete(key).await.unwrap();
    }

    async fn held(&self) -> usize {
        self.proxy.open_connections()
    }
}

suite! {
    Etcd<Plain>, "etcd",
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
