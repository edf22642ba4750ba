//! What the benchmarks share: structs of 1, 10, 100 and 1000 components, the code that a careful author would write
//! by hand to fill them, and a way to measure several ways of doing one thing side by side.
//!
//! What always holds: both sides of a comparison read the same values by the same keys behind a boxed source call, give
//! the same struct, and collect all failures; both run in the same process, in turn, so that a busy machine slows both.
//!
//! `scripts/bench` runs everything and writes the figures into `benches/README.md`.
#![allow(clippy::print_stdout)]

pub mod by_hand;
pub mod caching;
pub mod callgrind;
#[cfg(feature = "documents")]
pub mod documents;
pub mod groups;
pub mod policies;
pub mod ready;
#[cfg(feature = "sources")]
pub mod round_trips;
pub mod side_by_side;
pub mod sizes;
#[cfg(feature = "sources")]
pub mod stores;
pub mod structure;
#[cfg(feature = "sources")]
pub mod watching;
