//! The behaviour that every source shares, proven against real servers.
//!
//! A member ([`member::Member`]) says how its server is started with given keys, and which of the [`cases`] it passes
//! and which it cannot have, with the reason; the test `matrix` prints both. Each case of each member is a test of its
//! own: `members::file::absent`. A new source is one file in `members` and one line below.
#![cfg(all(feature = "async", feature = "derive"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[macro_use]
mod macros;
mod cases;
mod check;
mod matrix;
mod member;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod sql;
#[cfg(any(feature = "consul", feature = "etcd", feature = "nats", feature = "redis", feature = "vault"))]
mod transport;
mod unprivileged;

members! {
    #[cfg(feature = "env")] env;
    #[cfg(feature = "file")] file;
    #[cfg(feature = "sqlite")] sqlite;
    #[cfg(feature = "postgres")] postgres;
    #[cfg(feature = "mysql")] mariadb;
    #[cfg(feature = "api")] http;
    #[cfg(feature = "api")] http2;
    #[cfg(feature = "consul")] consul;
    #[cfg(feature = "consul")] consul_tls;
    #[cfg(feature = "etcd")] etcd;
    #[cfg(feature = "etcd")] etcd_tls;
    #[cfg(feature = "nats")] nats;
    #[cfg(feature = "nats")] nats_tls;
    #[cfg(feature = "redis")] redis;
    #[cfg(feature = "redis")] redis_tls;
    #[cfg(feature = "vault")] vault;
    #[cfg(feature = "vault")] vault_tls;
}
