//! Spreads the expiry of entries that were stored together.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// The largest part of its time by which an entry expires early.
const EARLIEST: f64 = 0.1;

/// Draws how much earlier an entry expires.
pub(super) struct Jitter(Option<RandomState>);

/// The part of its time by which an entry expires early: within [0, 0.1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Early(f64);

impl Jitter {
    pub(super) fn new(on: bool) -> Self {
        Self(on.then(RandomState::new))
    }

    /// The draw with this number, which differs between programs.
    pub(super) fn draw(&self, number: u64) -> Early {
        let Some(random) = &self.0 else { return Early(0.0) };
        // The upper 32 bits, so that the quotient is exact and below 1.
        let random = u32::try_from(random.hash_one(number) >> 32).unwrap_or(0);
        Early(EARLIEST * f64::from(random) / 2f64.powi(32))
    }
}

impl Early {
    /// The time that is left of a duration.
    pub(super) fn of(self, duration: Duration) -> Duration {
        duration.saturating_sub(duration.mul_f64(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_entries_expire_within_the_last_tenth_of_their_time_and_not_together() {
        let jitter = Jitter::new(true);
        let ttl = Duration::from_secs(100);
        let mut ends: Vec<_> = (0..1_000).map(|number| jitter.draw(number).of(ttl)).collect();
        ends.sort();
        assert!(ends[0] >= ttl.mul_f64(0.9) && ends[999] <= ttl, "{:?}", (ends[0], ends[999]));
        let (early, late) = (ends.partition_point(|end| *end < ttl.mul_f64(0.95)), 500);
        assert!(early.abs_diff(late) < 100, "{early} of 1,000 in the first half");
        let fullest = (0..100).map(|bin| {
            let from = ttl.mul_f64(0.9) + Duration::from_millis(100) * bin;
            ends.iter().filter(|end| (from..from + Duration::from_millis(100)).contains(end)).count()
        });
        assert!(fullest.max().unwrap() < 40, "{ends:?}");
    }

    #[test]
    fn the_longest_time_does_not_overflow_and_without_jitter_it_is_exact() {
        assert!(Jitter::new(true).draw(7).of(Duration::MAX) >= Duration::MAX / 10 * 9);
        assert_eq!(Jitter::new(false).draw(7).of(Duration::MAX), Duration::MAX);
    }
}
