//! Vault, whose tokens have policies, behind a proxy.

use component_model::{SourcesBuilder, fetchers::vault::Vault as Source};
use serde_json::json;
use testbed::{BedError, proxy::Proxy};

use super::{KEYS, NAME, VALUE, WRONG};
use crate::{
    fault::Fault,
    gate::{Gate, Gated},
};

const TOKEN: &str = "reader";
const READ: &str = r#"path "secret/data/*" { capabilities = ["read"] }"#;
const NOTHING: &str = r#"path "secret/data/*" { capabilities = ["deny"] }"#;

pub(crate) struct Vault {
    server: testbed::Vault,
    proxy: Proxy,
}

impl Vault {
    pub(super) async fn start() -> Result<Self, BedError> {
        let server = testbed::Vault::builder().token(TOKEN, READ).start().await?;
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
                    self.server.delete("secret", key).await.unwrap();
                }
            }
            Fault::Wrong => self.write(WRONG).await,
            Fault::Denied => self.permit(NOTHING).await,
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
        for key in KEYS {
            self.server.put("secret", key, json!({ "value": value })).await.unwrap();
        }
    }

    /// Gives the token another policy.
    async fn permit(&self, policy: &str) {
        let body = json!({ "policy": policy });
        self.server.request("POST", &format!("/v1/sys/policies/acl/{TOKEN}"), Some(body)).await.unwrap();
    }
}
