//! Real servers and faults for the tests of this workspace.
//!
//! | call | what it gives |
//! | --- | --- |
//! | [`postgres`], [`mariadb`], [`redis`](redis()) | a server of one's own; its [`Program`] can be stopped, killed, paused and started again |
//! | [`postgres_database`], [`mariadb_database`] | a database of one's own on the server that this process shares |
//! | [`redis_cluster`] | several servers that are one, a [`Cluster`] |
//! | [`Authority`] | certificates for servers and clients, and such that must be refused |
//! | [`http`](http()), [`https`] | an HTTP server that answers as it is told and remembers what it was asked |
//! | [`proxy`](proxy()) | a TCP proxy that delays, stalls, cuts, refuses or talks nonsense |
//!
//! What always holds: everything listens on loopback only, on a port that was free, with a data folder of its own;
//! nothing is shared between two tests but the process behind two separate databases; and when the value is dropped,
//! or the test process dies in any way, the server goes and its folder with it.
//!
//! A server that cannot be had is an error that names it and says how to get it. Only a server that was left out by
//! name (`COMPONENT_MODEL_WITHOUT=postgresql,mariadb`, which `scripts/test --without postgresql` sets) lets a test
//! end early, through [`require!`], and that is printed and recorded.
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
mod error;
pub mod http;
mod program;
pub mod proxy;
mod random;
mod record;
mod redis;
mod sql;

pub use authority::{Authority, Certificate, CertificateFiles};
pub use error::BedError;

pub use http::{http, http2, https};
pub use program::{Cluster, Program, unused_port};
pub use proxy::proxy;
pub use redis::{Redis, RedisBuilder, redis, redis_cluster};
pub use sql::{
    Database, SqlServer, mariadb, mariadb_database, mariadb_with_tls, postgres, postgres_database, postgres_with_tls,
};

/// Takes the server out of a result, and ends the test early when the server was left out by name.
///
/// A second argument is what the test returns then; without it the test returns `()`.
///
/// # Panics
///
/// When the server is missing or does not start: that is never passed over in silence.
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
