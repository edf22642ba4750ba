//! When the connections of a pool have most likely gone silent, so that those that are idle are closed.

use std::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

/// How long a statement must have waited in vain for its abandonment to say something about the network.
const LIMIT: Duration = Duration::from_millis(100);

/// How many statements in a row may be abandoned earlier: their timeout may be shorter. Statements that run at the same
/// time count as one.
const EARLY: u32 = 3;

/// The statements of a pool that were abandoned early, since the last answer.
#[derive(Debug, Default)]
pub(super) struct Silence(AtomicU32);

impl Silence {
    /// How many there are, for a statement that starts now.
    pub(super) fn before(&self) -> u32 {
        self.0.load(Relaxed)
    }

    pub(super) fn answered(&self) {
        self.0.store(0, Relaxed);
    }

    /// Whether a statement that is abandoned, after it waited in vain, is enough to say that the connections are silent.
    pub(super) fn is_likely(&self, waited: Duration, before: u32) -> bool {
        waited >= LIMIT || self.is_last(before)
    }

    /// Counts a statement, unless another one that ran at the same time has been counted.
    fn is_last(&self, before: u32) -> bool {
        let now = if before + 1 >= EARLY { 0 } else { before + 1 };
        self.0.compare_exchange(before, now, Relaxed, Relaxed).is_ok() && now == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(99);

    fn abandon(silence: &Silence) -> bool {
        silence.is_likely(SHORT, silence.before())
    }

    #[test]
    fn a_long_wait_is_enough_and_so_is_every_third_short_one_without_an_answer_in_between() {
        let silence = Silence::default();
        assert!(silence.is_likely(LIMIT, 0));
        for _ in 0..2 {
            assert_eq!([(); 3].map(|()| abandon(&silence)), [false, false, true]);
        }
        assert!(!abandon(&silence) && !abandon(&silence));
        silence.answered();
        assert!(!abandon(&silence));
    }

    #[test]
    fn statements_that_run_at_the_same_time_count_as_one() {
        let silence = Silence::default();
        let before = silence.before();
        assert!((0..9).all(|_| !silence.is_likely(SHORT, before)));
        assert_eq!(silence.before(), 1);
    }
}
