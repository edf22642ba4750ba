//! Fifty rows of one table and fifty values of one HTTP document: fetched, by hand, and with `config`.
//!
//! What always holds: all ways fill the same struct and use connections that are open already; the code by hand keeps
//! one connection for all its keys.

pub mod counters;
pub mod document;
pub mod fields;
pub mod table;

/// Whatever goes wrong.
pub type Problem = Box<dyn std::error::Error + Send + Sync>;
