//! Consul with access lists, behind a proxy.

use component_model::{SourcesBuilder, fetchers::consul::Consul as Source};
use serde_json::{Value, json};
use testbed::{BedError, proxy::Proxy};

use super::{KEYS, NAME, VALUE, WRONG};
use crate::{
    fault::Fault,
    gate::{Gate, Gated},
};

const TOKEN: &str = "reader";
const READ: &str = r#"key_prefix "" { policy = "read" }"#;

pub(crate) struct Consul {
    server: testbed::Consul,
    proxy: Proxy,
}

impl Consul {
    pub(super) async fn start() -> Result<Self, BedError> {
        let server = testbed::Consul::builder().token(TOKEN, READ).start().await?;
        let proxy = testbed::proxy(([127, 0, 0, 1], server.program().port()).into()).await?;
        let bed = Self { server, proxy };
        bed.write(VALUE).await;
        Ok(bed)
    }

    pub(super) fn register(&self, builder: SourcesBuilder, gate: Gate) -> SourcesBuilder {
        let address = self.proxy.instead_in(&self.server.url());
        let source = Source::builder().address(address).token(self.server.token(TOKEN)).build().unwrap();
        builder.source(NAME, Gated { source, gate })
    }

    pub(super) async fn strike(&self, fault: Fault) {
        match fault {
            Fault::Deleted => {
                for key in KEYS {
                    self.server.delete(key).await.unwrap();
                }
            }
            Fault::Wrong => self.write(WRONG).await,
            Fault::Denied => self.permit("").await,
            fault => super::strike_server(self.server.program(), &self.proxy, fault).await,
        }
    }

    pub(super) async fn heal(&self, fault: Fault) {
        match fault {
            Fault::Deleted | Fault::Wrong => self.write(VALUE).await,
            Fault::Denied => self.permit(READ).await,
            fault => super::heal_server(self.server.program(), &self.proxy, fault).await,
        }
    }

    pub(super) fn connections(&self) -> usize {
        self.proxy.connections()
    }

    async fn write(&self, value: &str) {
        self.server.put_all(KEYS.map(|key| (key, value))).await.unwrap();
    }

    /// Gives the token other rules.
    async fn permit(&self, rules: &str) {
        let policies = self.server.request("GET", "/v1/acl/policies", None).await.unwrap();
        let policies: Vec<Value> = serde_json::from_str(&policies).unwrap();
        let policy = policies.iter().find(|policy| policy["Name"] == TOKEN).unwrap();
        let path = format!("/v1/acl/policy/{}", policy["ID"].as_str().unwrap());
        self.server.request("PUT", &path, Some(json!({ "Name": TOKEN, "Rules": rules }))).await.unwrap();
    }
}
