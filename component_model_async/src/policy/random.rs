//! Where random pauses come from.
//!
//! What always holds: each user owns its generator, so that a test with a seed affects no other test.

use std::sync::{Mutex, PoisonError};

use fastrand::Rng;

/// A generator that threads can share.
#[derive(Debug)]
pub(crate) struct Random(Mutex<Rng>);

impl Default for Random {
    fn default() -> Self {
        Self(Mutex::new(Rng::new()))
    }
}

impl Random {
    /// A generator that returns the same numbers for the same seed.
    #[cfg(test)]
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(Mutex::new(Rng::with_seed(seed)))
    }

    /// A number in `[0, 1)`.
    pub(crate) fn unit(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_the_unit_interval_and_differ() {
        let random = Random::default();
        let numbers: Vec<f64> = (0..1000).map(|_| random.unit()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number < 0.1) && numbers.iter().any(|number| *number > 0.9));
    }

    #[test]
    fn a_seed_gives_the_same_numbers_again() {
        let (one, same) = (Random::seeded(7), Random::seeded(7));
        assert!((0..100).all(|_| one.unit() == same.unit()));
    }
}
