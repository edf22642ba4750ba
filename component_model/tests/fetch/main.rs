//! The engine and the policies: concurrency, merging, layers, fallbacks, timeouts, the deadline, all or nothing.
#![cfg(feature = "async")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod fetchers;
mod layers;
mod merging;
mod refused;
mod shared;
mod sources;
mod substitutes;
#[path = "../support/mod.rs"]
mod support;
