//! The policies: retries, the limit, the circuit breaker, timeouts and deadlines. On a paused clock.
#![cfg(feature = "async")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod breaker;
mod cache;
mod deadlines;
mod groups;
mod hedge;
mod late;
mod limit;
mod mistakes;
mod other;
mod retry;
mod stored;
mod stored_by_default;
#[path = "../support/mod.rs"]
mod support;
mod together;
mod unpolled;
mod wrong;

use component_model::{Policies, prelude::*, test_util::Scripted};

/// Sources with one scripted source.
fn sources(remote: &Scripted) -> Sources {
    with(remote, Policies::new())
}

/// Sources with one scripted source and its policies.
fn with(remote: &Scripted, policies: Policies) -> Sources {
    Sources::builder().source("remote", remote.clone()).policies("remote", policies).build()
}
