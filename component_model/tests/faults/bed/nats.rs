//! A bucket of NATS with users, behind a proxy.

use component_model::{SourcesBuilder, fetchers::nats::Nats as Source};
use testbed::{BedError, proxy::Proxy};

use super::{KEYS, NAME, VALUE, WRONG};
use crate::{
    fault::Fault,
    gate::{Gate, Gated},
};

const USER: &str = "reader";

const BUCKET: &str = "app";

const READS: &[&str] = &["$JS.API.DIRECT.GET.KV_app.>", "$JS.API.STREAM.INFO.KV_app"];

pub(crate) struct Nats {
    server: testbed::Nats,
    proxy: Proxy,
}

impl Nats {
    pub(super) async fn start() -> Result<Self, BedError> {
        let server = testbed::Nats::builder().user(USER, READS).start().await?;
        server.client().create(BUCKET).await?;
        let proxy = testbed::proxy(server.address()).await?;
        let bed = Self { server, proxy };
        bed.write(VALUE).await;
        Ok(bed)
    }

    pub(super) fn register(&self, builder: SourcesBuilder, gate: Gate) -> SourcesBuilder {
        let url = self.proxy.instead_in(&self.server.url_of(USER));
        let source = Source::builder(&url).bucket(BUCKET).build().unwrap();
        builder.source(NAME, Gated { source, gate })
    }

    pub(super) async fn strike(&self, fault: Fault) {
        match fault {
            Fault::Deleted => {
                for key in KEYS {
                    self.server.client().delete(BUCKET, key).await.unwrap();
                }
            }
            Fault::Wrong => self.write(WRONG).await,
            Fault::Denied => self.server.permit(USER, &["elsewhere.>"]).await.unwrap(),
            fault => super::strike_server(self.server.program(), &self.proxy, fault).await,
        }
    }

    pub(super) async fn heal(&self, fault: Fault) {
        match fault {
            Fault::Deleted | Fault::Wrong => self.write(VALUE).await,
            Fault::Denied => self.server.permit(USER, READS).await.unwrap(),
            fault => super::heal_server(self.server.program(), &self.proxy, fault).await,
        }
    }

    pub(super) fn connections(&self) -> usize {
        self.proxy.connections()
    }

    async fn write(&self, value: &str) {
        for key in KEYS {
            self.server.client().put(BUCKET, key, value).await.unwrap();
        }
    }
}
