//! Canaries: secrets and values are planted wherever they can be, everything fails, and no text that people read may
//! sing: errors, reports, `Debug`, and the log at its most talkative.
#![cfg(all(
    feature = "env",
    feature = "file",
    feature = "api",
    feature = "sqlite",
    feature = "postgres",
    feature = "mysql",
    feature = "tracing"
))]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "canaries/databases.rs"]
mod databases;
#[path = "canaries/documents.rs"]
mod documents;
#[path = "canaries/http.rs"]
mod http;
#[path = "canaries/listen.rs"]
mod listen;
#[path = "canaries/log.rs"]
mod log;
#[path = "canaries/settings.rs"]
mod settings;
#[path = "canaries/wrong.rs"]
mod wrong;
