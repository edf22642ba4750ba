//! The built-in sources of `component_model`, each in a folder of its own behind its cargo feature.
//!
//! A source here knows what the author of any other knows: the contract, `component_model_source`, and the library of its
//! client. It knows nothing of the engine, which registers it under its name. Programs depend on `component_model`, whose
//! module `fetchers` has a page for each source, and the typed fetchers.

#[cfg(feature = "api")]
pub mod api;
#[cfg(feature = "consul")]
pub mod consul;
#[cfg(any(feature = "api", feature = "postgres", feature = "mysql"))]
mod credentials;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub mod database;
#[cfg(any(feature = "env", feature = "file"))]
mod ended;
#[cfg(feature = "env")]
pub mod env;
#[cfg(feature = "file")]
pub mod file;
#[cfg(any(feature = "api", feature = "consul", feature = "vault"))]
mod http;
#[cfg(any(
    feature = "api",
    feature = "consul",
    feature = "sqlite",
    feature = "postgres",
    feature = "mysql",
    feature = "vault"
))]
mod parsers;
#[cfg(any(feature = "consul", feature = "env", feature = "file", feature = "sqlite", feature = "vault"))]
mod read;
#[cfg(any(
    feature = "api",
    feature = "consul",
    feature = "env",
    feature = "file",
    feature = "sqlite",
    feature = "postgres",
    feature = "mysql",
    feature = "vault"
))]
mod single;
#[cfg(any(feature = "api", feature = "consul", feature = "postgres", feature = "mysql", feature = "vault"))]
mod tls_failure;
#[cfg(any(feature = "consul", feature = "vault"))]
mod token;
#[cfg(any(feature = "consul", feature = "vault"))]
mod variables;
#[cfg(feature = "vault")]
pub mod vault;

/// Text without the newline at its end.
#[cfg(any(feature = "api", feature = "consul", feature = "file"))]
fn without_line_end(text: &str) -> &str {
    text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line))
}
