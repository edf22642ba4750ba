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
            Fault::Stopped => self.server.program().pause().await.unwrap(),
            Fault::Killed => self.server.program().kill().await.unwrap(),
            fault => super::strike_network(&self.proxy, fault).await,
        }
    }

    pub(super) async fn heal(&self, fault: Fault) {
        match fault {
            Fault::Deleted | Fault::Wrong => self.write(VALUE).await,
            Fault::Denied => self.execute(&["ACL", "SETUSER", "app", "~*"]).await,
            Fault::Stopped => self.server.program().resume().await.unwrap(),
            Fault::Killed => self.server.program().start().await.unwrap(),
            _ => self.proxy.heal().await.unwrap(),
        }
    }

    pub(super) fn connections(&self) -> usize {
        self.proxy.connections()
    }

    async fn write(&self, value: &str) {
        let pairs = KEYS.iter().flat_map(|key| [*key, value]);
        self.execute(&["MSET"].into_iter().chain(pairs).collect::<Vec<_>>()).await;
    }

    async fn execute(&self, command: &[&str]) {
        self.server.execute(command).await.unwrap();
    }
}
