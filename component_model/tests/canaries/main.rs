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

mod databases;
mod documents;
mod http;
mod listen;
mod log;
mod settings;
mod wrong;
