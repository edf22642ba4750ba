//! Vault: each key is a secret with one field, of version 2 of the KV engine.

use std::sync::Arc;

use component_model::{ErrorKind, Sources, SourcesBuilder, fetchers::vault::Vault as Source};
use serde_json::{Value, json};
use testbed::{BedError, proxy::Proxy};

use crate::{
    member::{Authenticated, Content, Entry, Guarded, Killable, Member, Mortal, NAME, Networked, Watching},
    transport::{Plain, Transport},
};

pub(crate) struct Vault<T> {
    server: testbed::Vault,
    proxy: Proxy,
    transport: T,
    /// A server of one's own is reached directly.
    direct: bool,
}

const WRONG_TOKEN: &str = "hvs.5a1ca6c408154711";

impl<T: Transport> Vault<T> {
    async fn with(entries: &[Entry], direct: bool) -> Result<Self, BedError> {
        let transport = T::new()?;
        let builder = testbed::Vault::builder()
            .token("reader", r#"path "secret/data/*" { capabilities = ["read"] }"#)
            .token("stranger", r#"path "secret/data/elsewhere/*" { capabilities = ["read"] }"#);
        let builder = match transport.authority() {
            Some(authority) => builder.tls(&authority.server(&[])?),
            None => builder,
        };
        let server = builder.start().await?;
        for (key, content) in entries.iter().filter(|(key, _)| Self::takes(key)) {
            server.put("secret", key, data(*content)).await?;
        }
        let proxy = testbed::proxy(([127, 0, 0, 1], server.program().port()).into()).await?;
        Ok(Self { server, proxy, transport, direct })
    }

    fn with_token(&self, token: &str) -> SourcesBuilder {
        Sources::builder().source(NAME, self.vault(token))
    }

    fn vault(&self, token: &str) -> Source {
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

fn data(content: Content) -> Value {
    match content {
        Content::Text(text) => json!({ "value": text }),
        Content::Number(number) => json!({ "value": number }),
        Content::Large(length) => json!({ "value": "x".repeat(length) }),
    }
}

impl<T: Transport> Member for Vault<T> {
    async fn start(entries: &[Entry]) -> Result<Self, BedError> {
        Self::with(entries, false).await
    }

    fn source(&self) -> SourcesBuilder {
        self.with_token(self.server.token("reader"))
    }

    fn locator(&self, key: &str) -> String {
        format!("secret/{key}")
    }

    fn secrets(&self) -> Vec<String> {
        let tokens = ["reader", "stranger"].map(|name| self.server.token(name).to_owned());
        tokens.into_iter().chain([WRONG_TOKEN.to_owned(), self.server.root_token().to_owned()]).collect()
    }

    fn takes(key: &str) -> bool {
        !key.contains("..") && !key.contains(char::is_control)
    }
}

impl<T: Transport> Networked for Vault<T> {
    fn proxy(&self) -> &Proxy {
        &self.proxy
    }
}

impl<T: Transport> Authenticated for Vault<T> {
    fn with_wrong_password(&self) -> SourcesBuilder {
        self.with_token(WRONG_TOKEN)
    }
}

impl<T: Transport> Guarded for Vault<T> {
    async fn without_permission(&self) -> SourcesBuilder {
        self.with_token(self.server.token("stranger"))
    }
}

impl<T: Transport> Mortal for Vault<T> {
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

impl<T: Transport> Killable for Vault<T> {
    async fn kill(&mut self) {
        self.server.program().kill().await.unwrap();
    }
}

impl<T: Transport> Watching for Vault<T> {
    type Source = Source;

    // Each key is a secret of its own, which is polled; no more at once than the source allows.
    const CONNECTIONS: usize = 16;

    fn watchable(&self) -> Arc<Source> {
        Arc::new(self.vault(self.server.token("reader")))
    }

    async fn write(&self, changes: &[(&str, &str)]) {
        for (key, text) in changes {
            self.server.put("secret", key, json!({ "value": text })).await.unwrap();
        }
    }

    async fn delete(&self, key: &str) {
        self.server.delete("secret", key).await.unwrap();
    }

    async fn held(&self) -> usize {
        self.proxy.open_connections()
    }
}

suite! {
    Vault<Plain>, "vault",
    passes [
        present, absent, malformed, too_large, secret, denied, wrong_password, layered, fallback, exact_keys, odd_keys,
        many_keys, many_keys_at_a_distance, load, many_runtimes, delayed, slow, half_open, silent, ended_while_idle, cut,
        garbage, gone_and_back, killed_and_back, shut_down, watch_changes, watch_from_version, watch_many, watch_burst,
        watch_wrong_value, watch_restart, watch_cut, watch_silent, watch_dropped, watch_shut_down,
    ],
    lacks {
        many_keys_in_one_round_trip: "each secret is a request of its own; the fields of one secret share it",
        broken_document: "a field is text, which its type reads: it is malformed only for a type",
    }
}
