//! What is broken: one source of each kind with its server, which a row of the matrix has for itself.

mod consul;
mod etcd;
mod file;
mod http;
mod nats;
mod redis;
mod relay;
mod sql;
mod sqlite;
mod vault;

use component_model::SourcesBuilder;
use testbed::BedError;

use crate::{fault::Fault, gate::Gate};

/// The name of the source.
pub(crate) const NAME: &str = "source";

/// The keys that are there, one for each column.
pub(crate) const KEYS: [&str; 9] =
    ["plain", "fallback", "default", "retry", "heals", "breaker", "stale", "other", "stored"];

/// What is there under each key.
pub(crate) const VALUE: &str = "8080";

/// What a field of the type `u16` cannot be.
pub(crate) const WRONG: &str = "80800";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Postgres,
    MariaDb,
    Sqlite,
    Http1,
    Http2,
    Consul,
    Etcd,
    Nats,
    Vault,
    File,
    Redis,
}

impl Kind {
    pub(crate) const ALL: [Self; 11] = [
        Self::Postgres,
        Self::MariaDb,
        Self::Sqlite,
        Self::Http1,
        Self::Http2,
        Self::Consul,
        Self::Etcd,
        Self::Nats,
        Self::Redis,
        Self::Vault,
        Self::File,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::MariaDb => "MariaDB",
            Self::Sqlite => "SQLite",
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
            Self::Consul => "Consul",
            Self::Etcd => "etcd",
            Self::Nats => "NATS",
            Self::Vault => "Vault",
            Self::File => "file",
            Self::Redis => "Redis",
        }
    }

    /// Whether its faults are those of a file system, which the superuser does not meet.
    pub(crate) fn is_file(self) -> bool {
        matches!(self, Self::Sqlite | Self::File)
    }
}

pub(crate) enum Bed {
    Sql(sql::Sql),
    Http(http::Http),
    Consul(consul::Consul),
    Etcd(etcd::Etcd),
    Nats(nats::Nats),
    Vault(vault::Vault),
    Sqlite(sqlite::Sqlite),
    File(file::JsonFile),
    Redis(redis::Redis),
}

impl Bed {
    pub(crate) async fn start(kind: Kind, fault: Fault) -> Result<Self, BedError> {
        Ok(match kind {
            Kind::Postgres | Kind::MariaDb => Self::Sql(sql::Sql::start(kind, fault).await?),
            Kind::Http1 | Kind::Http2 => Self::Http(http::Http::start(kind, fault).await?),
            Kind::Consul => Self::Consul(consul::Consul::start().await?),
            Kind::Etcd => Self::Etcd(etcd::Etcd::start().await?),
            Kind::Nats => Self::Nats(nats::Nats::start().await?),
            Kind::Vault => Self::Vault(vault::Vault::start().await?),
            Kind::Sqlite => Self::Sqlite(sqlite::Sqlite::start().await),
            Kind::File => Self::File(file::JsonFile::start()),
            Kind::Redis => Self::Redis(redis::Redis::start().await?),
        })
    }

    /// Registers a new source, without connections.
    pub(crate) fn register(&self, builder: SourcesBuilder, gate: Gate) -> SourcesBuilder {
        match self {
            Self::Sql(bed) => bed.register(builder, gate),
            Self::Http(bed) => bed.register(builder, gate),
            Self::Consul(bed) => bed.register(builder, gate),
            Self::Etcd(bed) => bed.register(builder, gate),
            Self::Nats(bed) => bed.register(builder, gate),
            Self::Vault(bed) => bed.register(builder, gate),
            Self::Sqlite(bed) => bed.register(builder, gate),
            Self::File(bed) => bed.register(builder, gate),
            Self::Redis(bed) => bed.register(builder, gate),
        }
    }

    pub(crate) async fn strike(&mut self, fault: Fault) {
        match self {
            Self::Sql(bed) => bed.strike(fault).await,
            Self::Http(bed) => bed.strike(fault).await,
            Self::Consul(bed) => bed.strike(fault).await,
            Self::Etcd(bed) => bed.strike(fault).await,
            Self::Nats(bed) => bed.strike(fault).await,
            Self::Vault(bed) => bed.strike(fault).await,
            Self::Sqlite(bed) => bed.strike(fault).await,
            Self::File(bed) => bed.strike(fault),
            Self::Redis(bed) => bed.strike(fault).await,
        }
    }

    pub(crate) async fn heal(&mut self, fault: Fault) {
        match self {
            Self::Sql(bed) => bed.heal(fault).await,
            Self::Http(bed) => bed.heal(fault).await,
            Self::Consul(bed) => bed.heal(fault).await,
            Self::Etcd(bed) => bed.heal(fault).await,
            Self::Nats(bed) => bed.heal(fault).await,
            Self::Vault(bed) => bed.heal(fault).await,
            Self::Sqlite(bed) => bed.heal(fault).await,
            Self::File(bed) => bed.heal(fault),
            Self::Redis(bed) => bed.heal(fault).await,
        }
    }

    /// How many requests for this key have arrived, where the server tells.
    pub(crate) fn arrived(&self, key: &str) -> Option<usize> {
        match self {
            Self::Http(bed) => Some(bed.arrived(key)),
            _ => None,
        }
    }

    /// How many connections were opened, if there are any.
    pub(crate) fn connections(&self) -> usize {
        match self {
            Self::Sql(bed) => bed.connections(),
            Self::Http(bed) => bed.connections(),
            Self::Consul(bed) => bed.connections(),
            Self::Redis(bed) => bed.connections(),
            Self::Etcd(bed) => bed.connections(),
            Self::Nats(bed) => bed.connections(),
            Self::Vault(bed) => bed.connections(),
            Self::Sqlite(_) | Self::File(_) => 0,
        }
    }
}

/// Switches a fault on of a server that stands behind a proxy, or of the network before it.
async fn strike_server(program: &testbed::Program, proxy: &testbed::proxy::Proxy, fault: Fault) {
    match fault {
        Fault::Stopped => program.pause().await.unwrap(),
        Fault::Killed => program.kill().await.unwrap(),
        fault => strike_network(proxy, fault).await,
    }
}

/// Ends what [`strike_server`] began.
async fn heal_server(program: &testbed::Program, proxy: &testbed::proxy::Proxy, fault: Fault) {
    match fault {
        Fault::Stopped => program.resume().await.unwrap(),
        Fault::Killed => program.start().await.unwrap(),
        _ => proxy.heal().await.unwrap(),
    }
}

/// Switches a fault of the network on.
async fn strike_network(proxy: &testbed::proxy::Proxy, fault: Fault) {
    use std::time::Duration;
    match fault {
        Fault::Refused => proxy.refuse().await,
        Fault::Reset => proxy.reset().await,
        Fault::Slow => proxy.delay(Duration::from_millis(5)).await,
        Fault::TooSlow => proxy.delay(3 * crate::columns::TIMEOUT).await,
        Fault::Silent => proxy.stall().await,
        Fault::SilentOnes => {
            proxy.silence();
            Ok(())
        }
        Fault::Trickling => proxy.trickle(crate::columns::TIMEOUT / 10).await,
        Fault::Garbage => proxy.garbage().await,
        _ => panic!("{fault:?} is not a fault of the network"),
    }
    .unwrap();
}
