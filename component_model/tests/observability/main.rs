//! What a fetch looks like from outside: a real Prometheus exposition, and an OpenTelemetry export of its spans.
#![cfg(all(feature = "metrics", feature = "tracing", feature = "local-cache"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod canaries;
mod guide;
mod metrics;
mod spans;
mod support;
