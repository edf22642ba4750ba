//! What a struct can say about its components: keys by convention, nested structs, templates and dependencies, defaults,
//! validation, and plans that are created at run time.
#![cfg(feature = "async")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod check;
mod defaults;
mod describe;
mod garde;
mod graphs;
mod inserted;
mod keys;
mod late;
mod mistakes;
mod nested;
mod rebound;
mod run_time;
mod staged;
#[path = "../support/mod.rs"]
mod support;
mod templates;
mod unknown;
mod validation;

use component_model::{Memory, prelude::*};

/// Sources with one memory, under a name.
fn memory<const N: usize>(name: &str, values: [(&str, &str); N]) -> Sources {
    Sources::builder().source(name, Memory::new(values)).build()
}

/// The errors, each on a line.
fn lines(errors: &ComponentErrors) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}
