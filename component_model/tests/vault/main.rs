//! The `vault` source against real servers.
#![cfg(feature = "vault")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod environment;
mod groups;
mod leases;
mod logins;
mod statuses;
mod support;
mod tls;
mod tokens;
mod values;
mod watching;
