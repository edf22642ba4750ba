//! The built-in sources of `component_model`, each in a folder of its own behind its cargo feature.
//!
//! A source here knows what the author of any other knows: the contract, `component_model_source`, and the library of its
//! client. It knows nothing of the engine, which registers it under its name. Programs depend on `component_model`, whose
//! module `fetchers` has a page for each source, and the typed fetchers.

#[cfg(feature = "api")]
pub mod api;
#[cfg(feature = "consul")]
pub mod consul;
#[cfg(any(feature = "api", feature = "nats", feature = "redis", feature = "postgres", feature = "mysql"))]
mod credentials;
#[cfg(feature = "_sql")]
pub mod database;
#[cfg(any(feature = "env", feature = "file", feature = "_sql"))]
mod ended;
#[cfg(feature = "env")]
pub mod env;
#[cfg(feature = "etcd")]
pub mod etcd;
#[cfg(feature = "file")]
pub mod file;
#[cfg(feature = "_http")]
mod http;
#[cfg(feature = "_links")]
mod links;
#[cfg(feature = "nats")]
pub mod nats;
#[cfg(feature = "_remote")]
mod parsers;
#[cfg(feature = "_files")]
mod read;
#[cfg(any(feature = "redis", feature = "vault"))]
mod recent;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(any(feature = "env", feature = "file", feature = "_remote"))]
mod single;
#[cfg(feature = "_trust")]
mod suspicion;
#[cfg(feature = "_tls")]
mod tls_failure;
#[cfg(any(feature = "consul", feature = "vault"))]
mod token;
#[cfg(any(feature = "file", feature = "postgres"))]
mod told;
#[cfg(any(feature = "consul", feature = "etcd"))]
mod tree;
#[cfg(feature = "_trust")]
mod trust;
#[cfg(feature = "_trust")]
mod turn;
#[cfg(feature = "_variables")]
mod variables;
#[cfg(feature = "vault")]
pub mod vault;
#[cfg(feature = "_watching")]
mod watching;
#[cfg(feature = "_links")]
mod written;

/// Text without the newline at its end.
#[cfg(any(feature = "api", feature = "consul", feature = "etcd", feature = "file", feature = "nats"))]
fn without_line_end(text: &str) -> &str {
    text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line))
}

/// A value of a store as the other text sources have it: text without one line end, or bytes that are not text.
#[cfg(feature = "_watching")]
fn text_or_bytes(bytes: Vec<u8>) -> component_model_source::Value {
    match component_model_source::Value::text_or_bytes(bytes) {
        component_model_source::Value::Text(mut text) => {
            text.truncate(without_line_end(&text).len());
            component_model_source::Value::Text(text)
        }
        other => other,
    }
}
