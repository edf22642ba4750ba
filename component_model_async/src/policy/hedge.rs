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

use crate::{ErrorKind, SourceError, text::duration_text};

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
    /// After a fixed time, more than zero and less than the timeout of the source's [`Policies`](crate::Policies::timeout),
    /// which is 2 s unless it is set. Any other makes the source unusable, as misconfigured.
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

    /// After the time in which this percentage of the last 64 requests to the source was answered; never before 16 were. It is
    /// at least 1 and at most 99. Any other makes the source unusable, as misconfigured.
    ///
    /// ```
    /// use component_model::Hedge;
    ///
    /// let hedge = Hedge::at_percentile(95);
    /// ```
    #[must_use]
    pub fn at_percentile(percent: u8) -> Self {
        Self(When::Percentile(percent))
    }

    /// Checks figures that the program sets, for a source with this timeout.
    /// Its delay, if it is a fixed one.
    pub(crate) fn delay(self) -> Option<Duration> {
        if let When::After(delay) = self.0 { Some(delay) } else { None }
    }

    pub(crate) fn check(self, timeout: Duration) -> Result<(), SourceError> {
        let (message, hint) = match self.0 {
            When::Percentile(1..=99) => return Ok(()),
            When::Percentile(0) => {
                ("the percentile of the hedge is 0, so every request would be sent twice".into(), PERCENTILE)
            }
            When::Percentile(percent) => {
                (format!("the percentile of the hedge is {percent}, which no request is slower than"), PERCENTILE)
            }
            When::After(Duration::ZERO) => {
                ("the delay of the hedge is 0, so every request would be sent twice".into(), DELAY)
            }
            When::After(delay) if delay >= timeout => {
                let (delay, timeout) = (duration_text(delay), duration_text(timeout));
                let message = format!("the hedge waits {delay}, but an attempt ends after {timeout}");
                (message, "write a shorter delay in `Hedge::after`, or a longer `Policies::timeout`")
            }
            When::After(_) => return Ok(()),
        };
        Err(SourceError::new(ErrorKind::Misconfigured, message).with_hint(hint))
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

const PERCENTILE: &str = "`Hedge::at_percentile` takes 1 to 99, such as 95";
const DELAY: &str = "write a longer delay in `Hedge::after`, such as `Duration::from_millis(50)`";

/// How many times are remembered, and how many of them are enough for a percentile.
const REMEMBERED: usize = 64;
const ENOUGH: usize = 16;

/// The times that the last requests to a source took, or would have taken at least.
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

/// Runs a request, and after a delay a second one, if there may be one; the first answer that is good, or else both, in the
/// order in which they came.
///
/// # Cancel safety
/// Dropping it drops both requests.
pub(crate) async fn hedged<T, F: Future<Output = T>, S: Future<Output = T>>(
    first: F,
    delay: Duration,
    second: impl FnOnce() -> Option<S>,
    is_good: impl Fn(&T) -> bool,
    merged: impl FnOnce(T, T) -> T,
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
                merged(answer, second.await)
            }
        }
        Either::Right((answer, first)) => {
            if is_good(&answer) {
                answer
            } else {
                merged(answer, first.await)
            }
        }
    }
}

/// The time of a request, which is recorded when it ends. If it is dropped before, it would have taken at least as long: that
/// is recorded once it says something, which is after the delay.
pub(crate) struct Timing<'l> {
    latencies: &'l Latencies,
    begun: Instant,
    delay: Option<Duration>,
}

impl<'l> Timing<'l> {
    pub(crate) fn begin(latencies: &'l Latencies, delay: Option<Duration>) -> Self {
        Self { latencies, begun: Instant::now(), delay }
    }

    /// The request is answered.
    pub(crate) fn end(mut self) {
        self.delay = Some(Duration::ZERO);
    }
}

impl Drop for Timing<'_> {
    fn drop(&mut self) {
        let time = Instant::now().saturating_duration_since(self.begun);
        if self.delay.is_some_and(|delay| delay <= time) {
            self.latencies.record(time);
        }
    }
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
        assert_eq!(percentile(1), Some(Duration::from_millis(37)));
        assert_eq!(percentile(50), Some(Duration::from_millis(68)));
        assert_eq!(percentile(99), Some(Duration::from_millis(100)));
    }
}
