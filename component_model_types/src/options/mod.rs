//! The options of a source: what an attribute may contain, and the rules between options.
//!
//! A source declares its options as constant data, [`OptionSpec`]. The derive checks the built-in sources with it at
//! compile time, and the engine checks every source with it before any I/O. Both apply the same [rules](mistakes).

mod rules;
mod spec;

pub use self::{
    rules::{Layer, Mistake, mistakes},
    spec::{OptionKind, OptionSpec},
};
