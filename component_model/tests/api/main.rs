//! The `api` source against real sockets.
#![cfg(feature = "api")]
#![allow(missing_docs, clippy::unwrap_used)]

mod conditional;
mod connections;
mod environment;
mod faults;
mod limits;
mod redirects;
mod requests;
mod secrets;
mod statuses;
mod support;
mod tls;
mod values;
