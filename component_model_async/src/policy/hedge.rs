//! Hedged requests: a read that takes longer than most is sent a second time, and the first good answer is taken.
//!
//! The idea is that of [The Tail at Scale](https://research.google/pubs/the-tail-at-scale/) (Dean and Barroso, 2013).
//!
//! What always holds: at most one further request, and only if the limit has a permit and the retry budget allows it; the
//! request that is not needed is dropped.

use std::{
    future::Future,
    pin::pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::{Either, select};
use serde::{Serialize, Serializer};
use tokio::time::{Instant, sleep};

/// When a request that was not answered yet is sent a second time.
///
/// ```
/// use component_model::{Hedge, Policies};
/// use std::time::Duration;
///
/// let fixed = Policies::new().hedge(Hedge::after(Duration::from_millis(50)));
/// let measured = Policies::new().hedge(Hedge::at_percentile(95));
/// assert_ne!(fixed, measured);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hedge(When);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    After(Duration),
    Percentile(u8),
}

impl Hedge {
    /// After a fixed time.
    ///
    /// ```
    /// use component_model::Hedge;
    /// use std::time::Duration;
    ///
    /// let hedge = Hedge::after(Duration::from_millis(50));
    /// ```
    #[must_use]
    pub fn after(delay: Duration) -> Self {
        Self(When::After(delay))
    }

    /// After the time in which this percentage of the last 64 requests to the source was answered; never before 16 were. A
    /// percentage of 100 or more is that of the slowest.
    ///
    /// ```
    /// use component_model::Hedge;
    ///
    /// let hedge = Hedge::at_percentile(95);
    /// ```
    #[must_use]
    pub fn at_percentile(percent: u8) -> Self {
        Self(When::Percentile(percent.min(100)))
    }
}

impl Serialize for Hedge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "snake_case")]
        enum Shape {
            AfterUs(u64),
            Percentile(u8),
        }
        let shape = match self.0 {
            When::After(delay) => Shape::AfterUs(u64::try_from(delay.as_micros()).unwrap_or(u64::MAX)),
            When::Percentile(percent) => Shape::Percentile(percent),
        };
        shape.serialize(serializer)
    }
}

/// How many times are remembered, and how many of them are enough for a percentile.
const REMEMBERED: usize = 64;
const ENOUGH: usize = 16;

/// The times that the last requests to a source took.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    times: Vec<Duration>,
    next: usize,
}

impl Latencies {
    pub(crate) fn record(&self, time: Duration) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = ring.next;
        match ring.times.get_mut(next) {
            Some(oldest) => *oldest = time,
            None => ring.times.push(time),
        }
        ring.next = (next + 1) % REMEMBERED;
    }

    /// How long to wait before the second request; `None` if that is not known yet.
    pub(crate) fn delay(&self, hedge: Hedge) -> Option<Duration> {
        let percent = match hedge.0 {
            When::After(delay) => return Some(delay),
            When::Percentile(percent) => usize::from(percent),
        };
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner).times.clone();
        if times.len() < ENOUGH {
            return None;
        }
        times.sort_unstable();
        let rank = (times.len() * percent).div_ceil(100).clamp(1, times.len());
        times.get(rank - 1).copied()
    }
}

/// Runs a request, and after a delay a second one, if there may be one; the first answer that is good, or else the last.
///
/// # Cancel safety
/// Dropping it drops both requests.
pub(crate) async fn hedged<T, F: Future<Output = T>, S: Future<Output = T>>(
    first: F,
    delay: Duration,
    second: impl FnOnce() -> Option<S>,
    is_good: impl Fn(&T) -> bool,
) -> T {
    let mut first = pin!(first);
    let mut wait = pin!(sleep(delay));
    if let Either::Left((answer, _)) = select(first.as_mut(), wait.as_mut()).await {
        return answer;
    }
    let Some(second) = second() else { return first.await };
    let mut second = pin!(second);
    match select(first.as_mut(), second.as_mut()).await {
        Either::Left((answer, second)) => {
            if is_good(&answer) {
                answer
            } else {
                second.await
            }
        }
        Either::Right((answer, first)) => {
            if is_good(&answer) {
                answer
            } else {
                first.await
            }
        }
    }
}

/// The time since an instant, as far as a clock that is paused allows.
pub(crate) fn since(begun: Instant) -> Duration {
    Instant::now().saturating_duration_since(begun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_that_of_the_last_requests() {
        let latencies = Latencies::default();
        let percentile = |percent| latencies.delay(Hedge::at_percentile(percent));
        (1..=15).for_each(|time| latencies.record(Duration::from_millis(time)));
        assert_eq!(percentile(95), None);
        (16..=100).for_each(|time| latencies.record(Duration::from_millis(time)));
        // The last 64 are 37 to 100.
        assert_eq!(percentile(0), Some(Duration::from_millis(37)));
        assert_eq!(percentile(50), Some(Duration::from_millis(68)));
        assert_eq!(percentile(255), Some(Duration::from_millis(100)));
    }
}
