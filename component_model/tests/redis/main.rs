//! The `redis` source against real servers: what only it has.
#![cfg(feature = "redis")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod failures;
mod groups;
mod json;
mod rights;
mod support;
mod tls;
mod topology;
mod values;
mod watch;
