//! What the benchmark `policies` measures: what the policy stack adds to a call that succeeds, the same faults beside a
//! stack of `tower`, and a start while sources are dead.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used, clippy::print_stdout)]

pub mod faults;
pub mod stack;
pub mod start;
