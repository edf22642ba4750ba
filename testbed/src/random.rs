//! Randomness for ports and passwords, from the operating system.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// An unpredictable number: the keys of `RandomState` come from the operating system.
pub(crate) fn number() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A password of letters and digits, which needs no quoting in a URL or a configuration file.
pub(crate) fn password() -> String {
    format!("{:016x}", number())
}
