//! A table on a server, behind a proxy.

use component_model::{SourcesBuilder, fetchers::database::Database as Source};
use testbed::{BedError, Database, SqlServer, proxy::Proxy};

use super::{KEYS, Kind, NAME, VALUE, WRONG};
use crate::{
    fault::Fault,
    gate::{Gate, Gated},
};

pub(crate) struct Sql {
    kind: Kind,
    database: Database,
    proxy: Proxy,
    /// A server that no other row uses, where it is stopped or killed.
    server: Option<SqlServer>,
}

impl Sql {
    pub(super) async fn start(kind: Kind, fault: Fault) -> Result<Self, BedError> {
        let (database, server) = if matches!(fault, Fault::Stopped | Fault::Killed) {
            let server = if kind == Kind::Postgres { testbed::postgres().await? } else { testbed::mariadb().await? };
            (server.database().await?, Some(server))
        } else if kind == Kind::Postgres {
            (testbed::postgres_database().await?, None)
        } else {
            (testbed::mariadb_database().await?, None)
        };
        database.execute(&format!("{}; {}", table(kind), rows())).await?;
        let port = database.url().split('/').nth(2).unwrap().rsplit(':').next().unwrap().parse().unwrap();
        let proxy = testbed::proxy(([127, 0, 0, 1], port).into()).await?;
        Ok(Self { kind, database, proxy, server })
    }

    pub(super) fn register(&self, builder: SourcesBuilder, gate: Gate) -> SourcesBuilder {
        let source = Source::from_url(&self.proxy.instead_in(&self.database.url())).unwrap();
        builder.source(NAME, Gated { source, gate })
    }

    pub(super) async fn strike(&self, fault: Fault) {
        match fault {
            Fault::Deleted => self.execute("DELETE FROM config").await,
            Fault::Wrong => self.execute(&format!("UPDATE config SET value = '{WRONG}'")).await,
            Fault::Denied => self.permit("REVOKE", "FROM").await,
            Fault::Stopped => self.server().program().pause().await.unwrap(),
            Fault::Killed => self.server().kill().await.unwrap(),
            fault => super::strike_network(&self.proxy, fault).await,
        }
    }

    pub(super) async fn heal(&self, fault: Fault) {
        match fault {
            Fault::Deleted => self.execute(&rows()).await,
            Fault::Wrong => self.execute(&format!("UPDATE config SET value = '{VALUE}'")).await,
            Fault::Denied => self.permit("GRANT", "TO").await,
            Fault::Stopped => self.server().program().resume().await.unwrap(),
            Fault::Killed => self.server().start().await.unwrap(),
            _ => self.proxy.heal().await.unwrap(),
        }
    }

    pub(super) fn connections(&self) -> usize {
        self.proxy.connections()
    }

    fn server(&self) -> &SqlServer {
        self.server.as_ref().unwrap()
    }

    async fn execute(&self, statements: &str) {
        self.database.execute(statements).await.unwrap();
    }

    async fn permit(&self, verb: &str, to: &str) {
        let name = self.database.name();
        if self.kind == Kind::Postgres {
            return self.execute(&format!("{verb} SELECT ON config {to} {name}")).await;
        }
        self.execute(&format!("{verb} ALL ON {name}.* {to} {name}@'127.0.0.1'")).await;
        // A connection keeps the rights to its database that it began with.
        self.proxy.refuse().await.unwrap();
        self.proxy.heal().await.unwrap();
    }
}

fn table(kind: Kind) -> &'static str {
    if kind == Kind::Postgres {
        // What is committed survives a crash, as it does anywhere but in a testbed.
        "SET synchronous_commit = on; CREATE TABLE config (key text, value text)"
    } else {
        "SET GLOBAL innodb_flush_log_at_trx_commit = 1; CREATE TABLE config (`key` text, `value` text) CHARACTER SET utf8mb4"
    }
}

fn rows() -> String {
    let rows: Vec<_> = KEYS.iter().map(|key| format!("('{key}', '{VALUE}')")).collect();
    format!("INSERT INTO config VALUES {}", rows.join(", "))
}
