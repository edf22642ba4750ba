//! The options of a source: what an attribute may say to it, and the rules that hold between options.
//!
//! A source declares its options as constant data, [`OptionSpec`]. The derive checks the built-in sources with it at
//! compile time, and the engine checks every source with it before any I/O.

mod spec;

pub use self::spec::{OptionKind, OptionSpec};
