//! The `etcd` source against real servers.
#![cfg(feature = "etcd")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
#[path = "../support/changes.rs"]
mod changes;
mod cluster;
mod environment;
mod groups;
mod load;
mod lost_data;
mod prefixes;
mod statuses;
mod support;
mod tls;
mod values;
mod watching;
mod watching_faults;
