//! The retry budget of a registration, so that retries do not multiply the load of a source that is down.
//!
//! The idea is that of Finagle's `RetryBudget`, which `tower::retry::budget` follows too.
//!
//! What always holds: over a sliding window the retries are at most a share of the requests, or the floor, whichever is
//! more; memory does not depend on the number of requests; nothing waits.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::{Serialize, Serializer};
use tokio::time::Instant;

use super::window::Window;
use crate::{ErrorKind, SourceError};

/// How much load retries may add to a source: a share of its requests over a window of time.
///
/// ```
/// use component_model::RetryBudget;
/// use std::time::Duration;
///
/// // At most one retry for every two requests of the last minute, but always 5.
/// let budget = RetryBudget::new().percent(50).floor(5).window(Duration::from_secs(60));
/// assert_ne!(budget, RetryBudget::new());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryBudget {
    percent: u32,
    floor: u32,
    window: Duration,
    unlimited: bool,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { percent: 20, floor: 10, window: Duration::from_secs(10), unlimited: false }
    }
}

impl RetryBudget {
    /// The default: retries for 20 % of the requests of the last 10 seconds, but always 10.
    ///
    /// ```
    /// use component_model::RetryBudget;
    ///
    /// assert_eq!(RetryBudget::new(), RetryBudget::new().percent(20).floor(10));
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No limit: every failed request may be retried.
    ///
    /// ```
    /// use component_model::RetryBudget;
    ///
    /// assert_ne!(RetryBudget::unlimited(), RetryBudget::new());
    /// ```
    #[must_use]
    pub fn unlimited() -> Self {
        Self { unlimited: true, ..Self::default() }
    }

    /// Sets how many retries are allowed for 100 requests: from 0, then only the [floor](Self::floor) is allowed, to 100, which
    /// doubles the load of a source that is down. More makes the source unusable, as misconfigured; for no limit there is
    /// [`unlimited`](Self::unlimited).
    ///
    /// ```
    /// use component_model::RetryBudget;
    ///
    /// let budget = RetryBudget::new().percent(10);
    /// ```
    #[must_use]
    pub fn percent(self, percent: u32) -> Self {
        Self { percent, ..self }
    }

    /// Sets how many retries a window always allows, however few its requests are.
    ///
    /// ```
    /// use component_model::RetryBudget;
    ///
    /// let budget = RetryBudget::new().floor(0);
    /// ```
    #[must_use]
    pub fn floor(self, retries: u32) -> Self {
        Self { floor: retries, ..self }
    }

    /// Sets the length of the window in which requests and retries are counted. A window of zero makes the source unusable,
    /// as misconfigured.
    ///
    /// ```
    /// use component_model::RetryBudget;
    /// use std::time::Duration;
    ///
    /// let budget = RetryBudget::new().window(Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn window(self, window: Duration) -> Self {
        Self { window, ..self }
    }

    /// Checks figures that the program sets.
    /// Whether no request is ever repeated.
    pub(crate) fn allows_none(self) -> bool {
        !self.unlimited && self.percent == 0 && self.floor == 0
    }

    pub(crate) fn check(self) -> Result<(), SourceError> {
        let wrong = |message: String, hint| Err(SourceError::new(ErrorKind::Misconfigured, message).with_hint(hint));
        match self {
            Self { unlimited: true, .. } => Ok(()),
            Self { percent: 101.., .. } => wrong(
                format!("the retry budget is {} % of the requests", self.percent),
                "`RetryBudget::percent` takes 0 to 100; `RetryBudget::unlimited()` allows every retry",
            ),
            Self { window: Duration::ZERO, .. } => wrong(
                "the window of the retry budget is 0, so no request would be counted".to_owned(),
                "leave `RetryBudget::window` out for the default of 10 s",
            ),
            _ => Ok(()),
        }
    }

    /// How many retries a window with this many requests allows.
    fn allowed(self, requests: u64) -> u64 {
        u64::from(self.floor).max(requests.saturating_mul(self.percent.into()) / 100)
    }
}

impl Serialize for RetryBudget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Shape {
            Unlimited { unlimited: bool },
            Limited { percent: u32, floor: u32, window_us: u64 },
        }
        let shape = match self.unlimited {
            true => Shape::Unlimited { unlimited: true },
            false => Shape::Limited {
                percent: self.percent,
                floor: self.floor,
                window_us: u64::try_from(self.window.as_micros()).unwrap_or(u64::MAX),
            },
        };
        shape.serialize(serializer)
    }
}

/// The retry budget of one registration.
#[derive(Debug)]
pub(crate) struct Budget {
    settings: RetryBudget,
    /// The requests and the retries.
    window: Mutex<Window>,
}

impl Budget {
    pub(crate) fn new(settings: RetryBudget) -> Self {
        Self { settings, window: Mutex::new(Window::new(settings.window)) }
    }

    /// Counts a request, which is the first attempt and no retry.
    pub(crate) fn record_request(&self, now: Instant) {
        if !self.settings.unlimited {
            self.window.lock().unwrap_or_else(PoisonError::into_inner).add(now, [1, 0]);
        }
    }

    /// Whether there is a retry in the budget, which is taken when it is sent.
    pub(crate) fn has_room(&self, now: Instant) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let [requests, retries] = window.totals(now);
        self.settings.unlimited || retries < self.settings.allowed(requests)
    }

    /// Takes one retry from the budget; whether there was one.
    pub(crate) fn try_retry(&self, now: Instant) -> bool {
        if self.settings.unlimited {
            return true;
        }
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let [requests, retries] = window.totals(now);
        let allowed = retries < self.settings.allowed(requests);
        if allowed {
            window.add(now, [0, 1]);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    fn retries(budget: &Budget, now: Instant) -> usize {
        (0..1000).take_while(|_| budget.try_retry(now)).count()
    }

    #[test]
    fn the_floor_holds_without_any_request() {
        assert_eq!(retries(&Budget::new(RetryBudget::new()), Instant::now()), 10);
    }

    #[test]
    fn retries_are_a_share_of_the_requests() {
        let (budget, now) = (Budget::new(RetryBudget::new()), Instant::now());
        (0..200).for_each(|_| budget.record_request(now));
        assert_eq!(retries(&budget, now), 40);
    }

    #[test]
    fn the_budget_is_whole_again_after_the_window() {
        let (budget, now) = (Budget::new(RetryBudget::new()), Instant::now());
        assert_eq!(retries(&budget, now), 10);
        assert_eq!(retries(&budget, now + Duration::from_nanos(9_999_999_999)), 0);
        assert_eq!(retries(&budget, now + Duration::from_secs(10)), 10);
    }

    #[test]
    fn an_unlimited_budget_allows_every_retry() {
        assert_eq!(retries(&Budget::new(RetryBudget::unlimited()), Instant::now()), 1000);
    }

    #[test]
    fn figures_of_any_size_are_taken() {
        let budget = Budget::new(RetryBudget::new().percent(u32::MAX).floor(0).window(Duration::MAX));
        let now = Instant::now();
        assert!(!budget.try_retry(now));
        budget.record_request(now);
        assert!(budget.try_retry(now));
    }

    #[test]
    fn threads_share_one_budget() {
        let (budget, now) = (Budget::new(RetryBudget::new().floor(100)), Instant::now());
        let taken: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| retries(&budget, now))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 100);
    }

    #[test]
    fn the_settings_are_data() {
        assert_eq!(
            serde_json::to_value(RetryBudget::new()).unwrap(),
            serde_json::json!({ "percent": 20, "floor": 10, "window_us": 10_000_000 })
        );
        assert_eq!(serde_json::to_value(RetryBudget::unlimited()).unwrap(), serde_json::json!({ "unlimited": true }));
    }

    proptest! {
        /// The model is the list of what happened. A slot lasts half a second.
        #[test]
        fn a_retry_is_allowed_as_the_model_says(
            percent in 0..150_u32,
            floor in 0..6_u32,
            steps in proptest::collection::vec((0..900_u64, proptest::bool::weighted(0.4)), 1..200),
        ) {
            let budget = Budget::new(RetryBudget::new().percent(percent).floor(floor));
            let start = Instant::now();
            let (mut requests, mut retries, mut slot, mut now) = (Vec::new(), Vec::new(), 0, 0);
            for (step, (pause, retry)) in steps.into_iter().enumerate() {
                // The first event starts the first slot.
                now += if step == 0 { 0 } else { pause };
                slot = slot.max(now / 500);
                let in_window = |events: &Vec<u64>| events.iter().filter(|event| **event + 20 > slot).count() as u64;
                let at = start + Duration::from_millis(now);
                if retry {
                    let share = in_window(&requests) * u64::from(percent) / 100;
                    let allowed = in_window(&retries) < share.max(floor.into());
                    prop_assert_eq!(budget.try_retry(at), allowed);
                    retries.extend(allowed.then_some(slot));
                } else {
                    budget.record_request(at);
                    requests.push(slot);
                }
            }
        }
    }
}
