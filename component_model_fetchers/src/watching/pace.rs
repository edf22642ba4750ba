//! How long a watch waits: for an answer, after a failure, and after an answer that was no news.

use std::time::Duration;

use component_model_source::{ErrorKind, SourceError};

/// The longest that a watch goes without an answer of the server, while nothing changes. Short, since a connection that went
/// silent is noticed only by an answer that does not come.
#[cfg_attr(
    not(any(feature = "consul", feature = "etcd")),
    allow(dead_code, reason = "a server that sends signs of life")
)]
pub(crate) const WAIT: Duration = Duration::from_secs(4);

/// The time that an answer may take beyond that, at first and at most: it may be large, and the line slow.
const PATIENCE: Duration = Duration::from_secs(2);
const LONGEST_PATIENCE: Duration = Duration::from_secs(32);

/// The pause after the first failure, and the longest one; between them it doubles, and it begins anywhere below.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// The same after answers that were no news: a query for a key that is missing is answered at each write to any key.
const FIRST_IDLE: Duration = Duration::from_millis(50);
const LONGEST_IDLE: Duration = Duration::from_secs(1);

/// How the queries of one part fared.
#[derive(Debug)]
pub(crate) struct Pace {
    failures: u32,
    idle: u32,
    asked_to_wait: Duration,
    patience: Duration,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { failures: 0, idle: 0, asked_to_wait: Duration::ZERO, patience: PATIENCE }
    }

    /// How long to wait before the next query; `random` is between 0 and 1.
    pub(crate) fn pause(&self, random: f64) -> Duration {
        let backoff = doubled(FIRST, self.failures, LONGEST).mul_f64(random).max(self.asked_to_wait);
        backoff.max(doubled(FIRST_IDLE, self.idle, LONGEST_IDLE))
    }

    /// How long an answer may take, beyond the time that the server waits.
    #[cfg_attr(
        not(any(feature = "consul", feature = "etcd")),
        allow(dead_code, reason = "a server that sends signs of life")
    )]
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    pub(crate) fn failed(&mut self, error: &SourceError) {
        self.failures = self.failures.saturating_add(1);
        self.asked_to_wait = error.retry_after().unwrap_or_default().min(LONGEST * 30);
        if error.kind() == ErrorKind::Timeout {
            self.patience = (self.patience * 2).min(LONGEST_PATIENCE);
        }
    }

    /// An answer that the server did not hold back took so long.
    #[cfg_attr(
        not(any(feature = "consul", feature = "etcd")),
        allow(dead_code, reason = "a server that sends signs of life")
    )]
    pub(crate) fn answered_after(&mut self, took: Duration) {
        self.patience = (took * 2).clamp(PATIENCE, LONGEST_PATIENCE);
    }

    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
        self.asked_to_wait = Duration::ZERO;
    }

    /// Whether an answer that says that something changed had news.
    #[cfg_attr(not(feature = "consul"), allow(dead_code, reason = "a stream tells only news"))]
    pub(crate) fn was_news(&mut self, news: bool) {
        self.idle = if news { 0 } else { self.idle.saturating_add(1) };
    }
}

/// Nothing, and then from the first pause to the longest one.
fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    match times.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => first.saturating_mul(1 << doublings.min(16)).min(longest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind) -> SourceError {
        SourceError::new(kind, "no answer")
    }

    #[test]
    fn pauses_double_up_to_ten_seconds_are_random_and_end_with_success() {
        let mut pace = Pace::new();
        assert_eq!(pace.pause(1.0), Duration::ZERO);
        let mut longest = Vec::new();
        for _ in 0..9 {
            pace.failed(&error(ErrorKind::Unreachable));
            longest.push(pace.pause(1.0).as_millis());
            assert_eq!(pace.pause(0.0), Duration::ZERO);
        }
        assert_eq!(longest, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        pace.succeeded();
        assert_eq!(pace.pause(1.0), Duration::ZERO);
    }

    #[test]
    fn a_server_that_asks_to_wait_is_obeyed() {
        let mut pace = Pace::new();
        pace.failed(&error(ErrorKind::Throttled).with_retry_after(Duration::from_secs(20)));
        assert_eq!(pace.pause(0.0), Duration::from_secs(20));
        pace.failed(&error(ErrorKind::Throttled).with_retry_after(Duration::MAX));
        assert_eq!(pace.pause(0.0), Duration::from_secs(300));
    }

    #[test]
    fn answers_without_news_are_asked_for_less_often() {
        let mut pace = Pace::new();
        for expected in [50, 100, 200, 400, 800, 1000, 1000] {
            pace.was_news(false);
            assert_eq!(pace.pause(0.0).as_millis(), expected);
        }
        pace.was_news(true);
        assert_eq!(pace.pause(0.0), Duration::ZERO);
    }

    #[test]
    fn a_line_that_is_slow_gets_more_time_and_no_more_than_it_needs() {
        let mut pace = Pace::new();
        for expected in [4, 8, 16, 32, 32] {
            pace.failed(&error(ErrorKind::Timeout));
            assert_eq!(pace.patience().as_secs(), expected);
        }
        pace.answered_after(Duration::from_secs(5));
        assert_eq!(pace.patience().as_secs(), 10);
        pace.answered_after(Duration::from_millis(5));
        assert_eq!(pace.patience(), PATIENCE);
    }
}
