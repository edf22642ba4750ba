//! Redis, with access lists, without TLS or with it.

use std::sync::Arc;

use component_model::{
    ErrorKind, Sources, SourcesBuilder,
    fetchers::redis::{Redis as Source, RedisBuilder},
};
use testbed::{BedError, Redis as Server, proxy::Proxy};

use crate::{
    member::{Authenticated, Content, Counted, Entry, Guarded, Killable, Member, Mortal, NAME, Networked, Watching},
    transport::{Plain, Transport},
};

pub(crate) struct Redis<T> {
    server: Server,
    transport: T,
    proxy: Proxy,
    /// Reads of the server before the source.
    reads: u64,
}

const RIGHTS: &str = "resetkeys %R~* -@all +get +mget +type +pttl +hget +select +ping +client|tracking";

impl<T: Transport> Redis<T> {
    fn builder(&self, user: &str) -> RedisBuilder {
        let url = self.proxy.instead_in(&self.server.url_of(user));
        let builder = Source::builder(&url);
        match self.transport.authority() {
            Some(authority) => builder.ca_pem(authority.pem()).without_system_roots(),
            None => builder,
        }
    }

    async fn execute(&self, command: &[&str]) -> Result<String, BedError> {
        self.server.execute(command).await
    }

    async fn fill(&self, key: &str, content: Content) -> Result<String, BedError> {
        match content {
            Content::Text(text) => self.execute(&["SET", key, text]).await,
            Content::Number(number) => self.execute(&["SET", key, &number.to_string()]).await,
            Content::Large(length) => self.execute(&["SETRANGE", key, &(length - 1).to_string(), "x"]).await,
        }
    }

    /// How often the server has read from a connection; this command included.
    async fn reads(&self) -> Result<u64, BedError> {
        let stats = self.execute(&["INFO", "stats"]).await?;
        let reads = stats.lines().find_map(|line| line.strip_prefix("total_reads_processed:"));
        Ok(reads.unwrap().trim().parse().unwrap())
    }
}

impl<T: Transport> Member for Redis<T> {
    async fn start(entries: &[Entry]) -> Result<Self, BedError> {
        let builder = Server::builder().password().user("app", RIGHTS).user("stranger", "~other:* +@read");
        let transport = T::new()?;
        let builder = match transport.authority() {
            Some(authority) => builder.tls(&authority.server(&[])?),
            None => builder,
        };
        let server = builder.start().await?;
        let proxy = testbed::proxy(([127, 0, 0, 1], server.program().port()).into()).await?;
        let mut member = Self { server, transport, proxy, reads: 0 };
        for (key, content) in entries {
            member.fill(key, *content).await?;
        }
        member.reads = member.reads().await?;
        Ok(member)
    }

    fn source(&self) -> SourcesBuilder {
        Sources::builder().source(NAME, self.builder("app").build().unwrap())
    }

    fn locator(&self, key: &str) -> String {
        key.to_owned()
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.server.password().to_owned(), "wrong-password".to_owned()]
    }
}

impl<T: Transport> Networked for Redis<T> {
    // `8080` takes ten; over TLS even a short answer is longer.
    const CUTS: [usize; 3] = [0, 1, 9];

    fn proxy(&self) -> &Proxy {
        &self.proxy
    }
}

impl<T: Transport> Authenticated for Redis<T> {
    fn with_wrong_password(&self) -> SourcesBuilder {
        Sources::builder().source(NAME, self.builder("app").login("app", "wrong-password").build().unwrap())
    }
}

impl<T: Transport> Guarded for Redis<T> {
    async fn without_permission(&self) -> SourcesBuilder {
        Sources::builder().source(NAME, self.builder("stranger").build().unwrap())
    }
}

impl<T: Transport> Mortal for Redis<T> {
    const GONE: ErrorKind = ErrorKind::Unreachable;

    async fn stop(&mut self) {
        self.server.program().stop().await.unwrap();
    }

    async fn start_again(&mut self) {
        self.server.program().start().await.unwrap();
    }
}

impl<T: Transport> Killable for Redis<T> {
    async fn kill(&mut self) {
        self.server.program().kill().await.unwrap();
    }
}

impl<T: Transport> Counted for Redis<T> {
    /// The server counts what it reads: once to sign in, and once for each round trip.
    async fn round_trips(&self, _sources: Sources) -> usize {
        let before = self.reads().await.unwrap();
        let own = self.reads().await.unwrap() - before;
        usize::try_from(before - own - self.reads - 1).unwrap()
    }
}

/// How many changes one command makes.
const CHANGES: usize = 10;

impl<T: Transport> Watching for Redis<T> {
    type Source = Source;

    const CONNECTIONS: usize = 1;

    fn watchable(&self) -> Arc<Source> {
        Arc::new(self.builder("app").build().unwrap())
    }

    async fn write(&self, changes: &[(&str, &str)]) {
        for some in changes.chunks(CHANGES) {
            let number = some.len().to_string();
            let script = "for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[i]) end";
            let keys = some.iter().map(|(key, _)| *key);
            let texts = some.iter().map(|(_, text)| *text);
            let command: Vec<_> = ["EVAL", script, &number].into_iter().chain(keys).chain(texts).collect();
            self.execute(&command).await.unwrap();
        }
    }

    async fn delete(&self, key: &str) {
        self.execute(&["DEL", key]).await.unwrap();
    }

    async fn write_wrong(&self, key: &str) {
        let script = "redis.call('DEL', KEYS[1]); redis.call('XADD', KEYS[1], '*', 'a', '1')";
        self.execute(&["EVAL", script, "1", key]).await.unwrap();
    }

    /// The clients but the one that asks.
    async fn held(&self) -> usize {
        let clients = self.execute(&["CLIENT", "LIST"]).await.unwrap();
        clients.lines().count() - 1
    }
}

suite! {
    Redis<Plain>, "redis",
    passes [
        present, absent, malformed, too_large, secret, denied, wrong_password, layered, fallback, exact_keys, odd_keys,
        many_keys, many_keys_at_a_distance, many_keys_in_one_round_trip, load, many_runtimes, delayed, slow, half_open,
        silent, ended_while_idle, cut, garbage, gone_and_back, killed_and_back,
        shut_down,
        watch_changes, watch_from_version, watch_many, watch_burst, watch_wrong_value, watch_restart, watch_cut,
        watch_silent, watch_dropped, watch_shut_down,
    ],
    lacks {
        broken_document: "a string is a value of its own; the module for JSON refuses what does not parse",
    }
}
