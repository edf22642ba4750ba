//! What the examples in the documentation share: they import it in hidden lines.
//!
//! It uses the facade `component_model` as any program does, so that no crate has public items for its examples alone.

use component_model::{Fetch, Memory, Report, prelude::*};
use futures_util::FutureExt;

/// Two components from the source `settings`.
#[derive(Debug, Default, PartialEq, ComponentModel, AsyncAssign)]
pub struct AppConfig {
    /// From the key `host`.
    #[component(fetch_from = "settings")]
    pub host: String,
    /// From the key `port`.
    #[component(fetch_from = "settings")]
    pub port: u16,
}

/// Sources that have both components.
#[must_use]
pub fn sources() -> Sources {
    Sources::builder().source("settings", Memory::new([("host", "localhost"), ("port", "8080")])).build()
}

/// The errors of a fetch in which both components fail: the host is absent, and the port is not a number.
///
/// # Panics
/// If the fetch succeeds or waits for something.
#[must_use]
#[expect(clippy::expect_used, reason = "an example that cannot be set up has to fail")]
pub fn errors() -> ComponentErrors {
    let sources = Sources::builder().source("settings", Memory::new([("port", "http")])).build();
    let fetched = Fetch::<AppConfig>::new().sources(&sources).value().now_or_never();
    fetched.expect("values in memory are available without I/O").expect_err("both components fail")
}

/// A report with everything that a report can contain: `host` is stale, `port` and `region` share a call.
///
/// # Panics
/// If the report cannot be read.
#[must_use]
#[expect(clippy::expect_used, reason = "an example that cannot be set up has to fail")]
pub fn report() -> Report {
    serde_json::from_str(include_str!("report.json")).expect("the file is a report")
}
