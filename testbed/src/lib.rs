//! Real servers and faults for the tests of this workspace.
//!
//! | call | what it returns |
//! | --- | --- |
//! | [`postgres`], [`mariadb`], [`redis`](redis()), [`consul`](consul()), [`etcd`](etcd()), [`nats`](nats()), [`vault`](vault()) | a separate server for each call; its [`Program`] can be stopped, killed, paused and started again |
//! | [`postgres_database`], [`mariadb_database`] | a separate database on a server that the tests of this process share |
//! | [`redis_cluster`], [`redis_sentinels`], [`consul_cluster`], [`etcd_cluster`], [`nats_cluster`] | several servers as one [`Cluster`] |
//! | [`Authority`] | certificates for servers and clients, both valid and invalid |
//! | [`http`](http()), [`https`] | an HTTP server with configured replies that records its requests |
//! | [`proxy`](proxy()) | a TCP proxy that delays, trickles, stalls, cuts, resets, refuses or sends garbage |
//!
//! What always holds: everything listens only on loopback, on a free port, with its own data folder. Tests share
//! nothing except a server process with a separate database for each test. When the value is dropped, or the test
//! process ends in any way, the server is stopped and its folder removed.
//!
//! If a server is not available, the error names it and how to install it. A test ends early only if its server was
//! left out by name (`COMPONENT_MODEL_WITHOUT=postgresql,mariadb`, which `scripts/test --without postgresql` sets),
//! through [`require!`]; this is printed and recorded.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let database = testbed::require!(testbed::postgres_database().await);
//! database.execute("CREATE TABLE config (value text); INSERT INTO config VALUES ('on')").await.unwrap();
//! assert_eq!(database.query("SELECT value FROM config").await.unwrap(), "on");
//! # }
//! ```

mod authority;
mod blocking;
mod consul;
mod error;
mod etcd;
pub mod http;
mod nats;
mod plain_http;
mod program;
pub mod proxy;
mod random;
mod record;
mod redis;
mod sql;
mod vault;

pub use authority::{Authority, Certificate, CertificateFiles};
pub use consul::{Consul, ConsulBuilder, consul, consul_cluster};
pub use error::BedError;
pub use etcd::{Etcd, EtcdBuilder, EtcdClient, etcd, etcd_cluster};

pub use http::{http, http2, https};
pub use nats::{Nats, NatsBuilder, NatsClient, nats, nats_cluster};
pub use program::{Cluster, Program, unused_port};
pub use proxy::proxy;
pub use redis::{Redis, RedisBuilder, redis, redis_cluster, redis_sentinels};
pub use sql::{
    Database, SqlServer, mariadb, mariadb_database, mariadb_with_tls, postgres, postgres_database, postgres_with_tls,
};
pub use vault::{Vault, VaultBuilder, vault};

/// Unwraps the server from a result, or ends the test early if the server was left out by name.
///
/// In that case the test returns the second argument, or `()` if there is none.
///
/// # Panics
///
/// If the server is missing or does not start: this is never ignored.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let database = testbed::require!(testbed::mariadb_database().await, Ok(()));
/// assert!(database.url().starts_with("mysql://"));
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! require {
    ($server:expr) => {
        $crate::require!($server, ())
    };
    ($server:expr, $left_out:expr) => {
        match $server {
            ::core::result::Result::Ok(server) => server,
            ::core::result::Result::Err(error) if $crate::BedError::is_left_out(&error) => return $left_out,
            ::core::result::Result::Err(error) => ::core::panic!("{error}"),
        }
    };
}
