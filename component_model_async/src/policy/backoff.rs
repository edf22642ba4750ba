//! The pause before a retry: exponential backoff with full jitter.
//!
//! The algorithm is "full jitter" of the article
//! [Exponential Backoff And Jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/) in the AWS
//! Architecture Blog: the pause is chosen at random between zero and a bound that doubles with each failed attempt, so that
//! clients that failed together do not come back together.
//!
//! What always holds: a pause is never longer than [`Backoff::max`], and never shorter than what the source asked for.

use std::time::Duration;

/// The bounds of the pauses between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backoff {
    /// The longest pause after the first failed attempt. It doubles with every further one.
    pub first: Duration,
    /// The longest pause of all.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_millis(100), max: Duration::from_secs(10) }
    }
}

impl Backoff {
    /// The pause after `failed_attempts`; `None` if no attempt should follow, because the source asks for a longer pause
    /// than [`max`](Self::max).
    ///
    /// `random` is in `[0, 1)`. A `retry_after` is obeyed: the jitter is added to it, up to `max`.
    pub(crate) fn pause(&self, failed_attempts: u32, retry_after: Option<Duration>, random: f64) -> Option<Duration> {
        let asked = retry_after.unwrap_or_default();
        let room = self.max.checked_sub(asked)?;
        Some(asked + fraction(self.longest(failed_attempts).min(room), random))
    }

    /// The longest pause after `failed_attempts`, if the source asks for none.
    pub(crate) fn longest(&self, failed_attempts: u32) -> Duration {
        doubled(self.first, failed_attempts.saturating_sub(1), self.max)
    }
}

/// A duration that doubles a number of times, up to `max`.
pub(super) fn doubled(first: Duration, times: u32, max: Duration) -> Duration {
    let nanos = first.as_nanos();
    let fits = nanos.leading_zeros() >= times.min(u128::BITS);
    let nanos = if fits { nanos.checked_shl(times).unwrap_or(nanos) } else { u128::MAX };
    Duration::from_nanos_u128(nanos.min(max.as_nanos()))
}

/// A part of a duration, for a random number in `[0, 1)`.
pub(super) fn fraction(whole: Duration, random: f64) -> Duration {
    Duration::try_from_secs_f64(whole.as_secs_f64() * random.clamp(0.0, 1.0)).map_or(whole, |part| part.min(whole))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALMOST_ONE: f64 = 1.0 - f64::EPSILON;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn the_longest_pause_doubles_up_to_the_maximum() {
        let longest: Vec<_> =
            (1..=9).map(|failed| Backoff::default().longest(failed)).map(|pause| pause.as_millis()).collect();
        assert_eq!(longest, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        assert_eq!(Backoff::default().longest(0), Backoff::default().longest(1));
    }

    #[test]
    fn a_pause_is_uniform_between_zero_and_the_longest() {
        let backoff = Backoff::default();
        assert_eq!(backoff.pause(3, None, 0.0), Some(Duration::ZERO));
        assert_eq!(backoff.pause(3, None, 0.25), Some(seconds(0.1)));
        assert_eq!(backoff.pause(3, None, 0.5), Some(seconds(0.2)));
        assert!(backoff.pause(3, None, ALMOST_ONE).unwrap() <= seconds(0.4));
    }

    #[test]
    fn a_pause_is_as_long_as_the_source_asks_and_the_jitter_more() {
        let backoff = Backoff::default();
        assert_eq!(backoff.pause(1, Some(seconds(3.0)), 0.0), Some(seconds(3.0)));
        assert_eq!(backoff.pause(1, Some(seconds(3.0)), 0.5), Some(seconds(3.05)));
        assert_eq!(backoff.pause(1, Some(seconds(10.0)), 0.5), Some(seconds(10.0)));
    }

    #[test]
    fn a_longer_pause_than_the_maximum_ends_the_retrying() {
        assert_eq!(Backoff::default().pause(1, Some(seconds(10.001)), 0.0), None);
        assert_eq!(Backoff::default().pause(1, Some(Duration::MAX), 0.0), None);
    }

    fn durations() -> impl Strategy<Value = Duration> {
        prop_oneof![
            Just(Duration::ZERO),
            Just(Duration::from_nanos(1)),
            Just(Duration::MAX),
            (any::<u64>(), 0..1_000_000_000_u32).prop_map(|(seconds, nanos)| Duration::new(seconds, nanos)),
            (0..100_000_u64).prop_map(Duration::from_millis),
        ]
    }

    proptest! {
        #[test]
        fn a_pause_is_within_its_bounds_for_any_input(
            first in durations(),
            max in durations(),
            failed in prop_oneof![0..200_u32, any::<u32>()],
            asked in proptest::option::of(durations()),
            random in prop_oneof![0.0..1.0, proptest::num::f64::ANY],
        ) {
            let backoff = Backoff { first, max };
            let longest = backoff.longest(failed);
            prop_assert!(longest <= max && (longest >= first || longest == max));
            prop_assert!(longest <= backoff.longest(failed.saturating_add(1)));
            match backoff.pause(failed, asked, random) {
                Some(pause) => {
                    let asked = asked.unwrap_or_default();
                    prop_assert!(asked <= pause && pause <= max && pause - asked <= longest);
                }
                None => prop_assert!(asked.unwrap() > max),
            }
        }
    }
}
