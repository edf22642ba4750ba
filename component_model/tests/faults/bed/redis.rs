//! Strings of a Redis server, behind a proxy.

use component_model::{SourcesBuilder, fetchers::redis::Redis as Source};
use testbed::{BedError, Redis as Server, proxy::Proxy};

use super::{KEYS, NAME, VALUE, WRONG};
use crate::{
    fault::Fault,
    gate::{Gate, Gated},
};

pub(crate) struct Redis {
    server: Server,
    proxy: Proxy,
}

impl Redis {
    pub(super) async fn start() -> Result<Self, BedError> {
        let server = Server::builder().password().user("app", "~* +@read").start().await?;
        let proxy = testbed::proxy(([127, 0, 0, 1], server.program().port()).into()).await?;
        let bed = Self { server, proxy };
        bed.write(VALUE).await;
        Ok(bed)
    }

    pub(super) fn register(&self, builder: SourcesBuilder, gate: Gate) -> SourcesBuilder {
        let source = Source::from_url(&self.proxy.instead_in(&self.server.url_of("app"))).unwrap();
        builder.source(NAME, Gated { source, gate })
    }

    pub(super) async fn strike(&self, fault: Fault) {
        match fault {
            Fault::Deleted => self.execute(&["FLUSHALL"]).await,
            Fault::Wrong => self.write(WRONG).await,
            Fault::Denied => self.execute(&["ACL", "SETUSER", "app", "resetkeys"]).await,
            fault => super::strike_server(self.server.program(), &self.proxy, fault).await,
        }
    }

    pub(super) async fn heal(&self, fault: Fault) {
        match fault {
            Fault::Deleted | Fault::Wrong => self.write(VALUE).await,
            Fault::Denied => self.execute(&["ACL", "SETUSER", "app", "~*"]).await,
            fault => super::heal_server(self.server.program(), &self.proxy, fault).await,
        }
    }

    pub(super) fn connections(&self) -> usize {
        self.proxy.connections()
    }

    /// The keys expire, so that an answer, which then has the time, has more bytes than trickle within the timeout.
    async fn write(&self, value: &str) {
        let script = "for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[1], 'EX', 86400) end";
        let number = KEYS.len().to_string();
        let command = ["EVAL", script, &number].into_iter().chain(KEYS).chain([value]);
        self.execute(&command.collect::<Vec<_>>()).await;
    }

    async fn execute(&self, command: &[&str]) {
        self.server.execute(command).await.unwrap();
    }
}
