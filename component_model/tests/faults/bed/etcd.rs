//! etcd with users, behind a proxy.

use component_model::{SourcesBuilder, fetchers::etcd::Etcd as Source};
use serde_json::json;
use testbed::{BedError, proxy::Proxy};

use super::{KEYS, NAME, VALUE, WRONG};
use crate::{
    fault::Fault,
    gate::{Gate, Gated},
};

const USER: &str = "reader";

/// The key 0, and as the end of a range that of all keys.
const ALL: &str = "AA==";

pub(crate) struct Etcd {
    server: testbed::Etcd,
    proxy: Proxy,
}

impl Etcd {
    pub(super) async fn start() -> Result<Self, BedError> {
        let server = testbed::Etcd::builder().user(USER, "").start().await?;
        let proxy = testbed::proxy(server.address()).await?;
        let bed = Self { server, proxy };
        bed.write(VALUE).await;
        Ok(bed)
    }

    pub(super) fn register(&self, builder: SourcesBuilder, gate: Gate) -> SourcesBuilder {
        let endpoint = self.proxy.instead_in(&self.server.url());
        let source = Source::builder().endpoints([endpoint]).login(USER, self.server.password()).build().unwrap();
        builder.source(NAME, Gated { source, gate })
    }

    pub(super) async fn strike(&self, fault: Fault) {
        match fault {
            Fault::Deleted => {
                for key in KEYS {
                    self.server.client().delete(key).await.unwrap();
                }
            }
            Fault::Wrong => self.write(WRONG).await,
            Fault::Denied => {
                let permission = json!({"role": USER, "key": ALL, "range_end": ALL});
                self.server.client().call("auth/role/revoke", permission).await.unwrap();
            }
            fault => super::strike_server(self.server.program(), &self.proxy, fault).await,
        }
    }

    pub(super) async fn heal(&self, fault: Fault) {
        match fault {
            Fault::Deleted | Fault::Wrong => self.write(VALUE).await,
            Fault::Denied => {
                let permission = json!({"name": USER, "perm": {"permType": "READ", "key": ALL, "range_end": ALL}});
                self.server.client().call("auth/role/grant", permission).await.unwrap();
            }
            fault => super::heal_server(self.server.program(), &self.proxy, fault).await,
        }
    }

    pub(super) fn connections(&self) -> usize {
        self.proxy.connections()
    }

    async fn write(&self, value: &str) {
        for key in KEYS {
            self.server.client().put(key, value).await.unwrap();
        }
    }
}
