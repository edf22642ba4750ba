//! The `nats` source against real servers.
#![cfg(feature = "nats")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
#[path = "../support/changes.rs"]
mod changes;
mod cluster;
mod environment;
mod failures;
mod support;
mod tls;
mod values;
mod watching;
