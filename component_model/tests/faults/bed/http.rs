//! An HTTP API, whose server is in this process, if need be behind another one.

use component_model::{SourcesBuilder, fetchers::api::Api};
use testbed::{
    BedError,
    http::{HttpServer, Reply},
    proxy::Proxy,
};

use super::{KEYS, Kind, NAME, VALUE, WRONG, relay::Relay};
use crate::{
    fault::Fault,
    gate::{Gate, Gated},
};

pub(crate) struct Http {
    server: HttpServer,
    proxy: Proxy,
    /// Only where a process is stopped or killed.
    relay: Option<Relay>,
}

impl Http {
    pub(super) async fn start(kind: Kind, fault: Fault) -> Result<Self, BedError> {
        let server = if kind == Kind::Http1 { testbed::http().await? } else { testbed::http2().await? };
        let needs_process = matches!(fault, Fault::Stopped | Fault::Killed);
        let relay = if needs_process { Some(Relay::start(server.address()).await) } else { None };
        let target = relay.as_ref().map_or(server.address(), Relay::address);
        let proxy = testbed::proxy(target).await?;
        let bed = Self { server, proxy, relay };
        bed.answer(&Reply::text(VALUE));
        Ok(bed)
    }

    fn answer(&self, reply: &Reply) {
        for key in KEYS {
            self.server.on(&format!("/{key}"), reply.clone());
        }
    }

    pub(super) fn register(&self, builder: SourcesBuilder, gate: Gate) -> SourcesBuilder {
        let api = Api::builder().base(self.proxy.instead_in(&self.server.url(""))).unwrap();
        let api = self.server.authority().into_iter().fold(api, |api, authority| api.ca_pem(authority));
        builder.source(NAME, Gated { source: api.build().unwrap(), gate })
    }

    pub(super) async fn strike(&mut self, fault: Fault) {
        match fault {
            Fault::Status(status) => self.answer(&Reply::text("no").with_status(status)),
            Fault::Throttled(seconds) => {
                self.answer(&Reply::status(429).header("retry-after", &seconds.to_string()));
            }
            Fault::Wrong => self.answer(&Reply::text(WRONG)),
            Fault::Stopped => self.relay().pause(),
            Fault::Killed => self.relay().kill(),
            fault => super::strike_network(&self.proxy, fault).await,
        }
    }

    pub(super) async fn heal(&mut self, fault: Fault) {
        match fault {
            Fault::Stopped => self.relay().resume(),
            Fault::Killed => self.relay().start_again().await,
            _ => {
                self.answer(&Reply::text(VALUE));
                self.proxy.heal().await.unwrap();
            }
        }
    }

    fn relay(&mut self) -> &mut Relay {
        self.relay.as_mut().unwrap()
    }

    pub(super) fn arrived(&self, key: &str) -> usize {
        self.server.count(&format!("/{key}"))
    }

    pub(super) fn connections(&self) -> usize {
        self.proxy.connections()
    }
}
