//! When a breaker opens, and for how long.

use std::time::Duration;

use component_model_source::{ErrorKind, SourceError};
use serde::{Serialize, Serializer};

use super::state::micros;

/// When a circuit breaker opens, and for how long.
///
/// ```
/// use component_model::CircuitBreaker;
/// use std::time::Duration;
///
/// let settings = CircuitBreaker::new()
///     .failure_rate(0.8)
///     .minimum_calls(10)
///     .open_for(Duration::from_secs(1))
///     .slow_call(Duration::from_millis(800));
/// ```
///
/// The defaults are meant for configuration, which is read seldom: 50 % of the calls of the last 60 seconds failed, and there
/// were at least 5; open for 5 seconds, and twice as long each time that the probe fails, up to 5 minutes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CircuitBreaker {
    pub(super) window: Duration,
    pub(super) minimum_calls: u32,
    pub(super) failure_rate: f64,
    pub(super) open_for: Duration,
    pub(super) longest_open: Duration,
    pub(crate) slow_call: Option<Duration>,
}

/// The rate is a number, since [`CircuitBreaker::failure_rate`] takes no other.
impl Eq for CircuitBreaker {}

impl Default for CircuitBreaker {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(60),
            minimum_calls: 5,
            failure_rate: 0.5,
            open_for: Duration::from_secs(5),
            longest_open: Duration::from_secs(5 * 60),
            slow_call: None,
        }
    }
}

impl CircuitBreaker {
    /// The defaults.
    ///
    /// ```
    /// use component_model::CircuitBreaker;
    ///
    /// assert_eq!(CircuitBreaker::new(), CircuitBreaker::new().failure_rate(0.5).minimum_calls(5));
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the share of failed calls at which it opens, more than 0 and at most 1. Only failures that are
    /// [transient](SourceError::is_transient) count; the answer that a value is absent or denied is a success of its
    /// endpoint.
    ///
    /// ```
    /// use component_model::CircuitBreaker;
    ///
    /// let settings = CircuitBreaker::new().failure_rate(0.8);
    /// ```
    #[must_use]
    pub fn failure_rate(self, failure_rate: f64) -> Self {
        let failure_rate = if failure_rate.is_nan() { 0.0 } else { failure_rate };
        Self { failure_rate, ..self }
    }

    /// Sets how many calls there must be in the window before it opens.
    ///
    /// ```
    /// use component_model::CircuitBreaker;
    ///
    /// let settings = CircuitBreaker::new().minimum_calls(20);
    /// ```
    #[must_use]
    pub fn minimum_calls(self, calls: u32) -> Self {
        Self { minimum_calls: calls, ..self }
    }

    /// Sets how long a call is counted.
    ///
    /// ```
    /// use component_model::CircuitBreaker;
    /// use std::time::Duration;
    ///
    /// let settings = CircuitBreaker::new().window(Duration::from_secs(10));
    /// ```
    #[must_use]
    pub fn window(self, window: Duration) -> Self {
        Self { window, ..self }
    }

    /// Sets how long it is open before the first probe. The period that is used is shorter by up to 20 %, at random, so that
    /// the breakers of several processes do not send their probes at the same time.
    ///
    /// ```
    /// use component_model::CircuitBreaker;
    /// use std::time::Duration;
    ///
    /// let settings = CircuitBreaker::new().open_for(Duration::from_secs(1));
    /// ```
    #[must_use]
    pub fn open_for(self, period: Duration) -> Self {
        Self { open_for: period, ..self }
    }

    /// Sets how long it is open at most; the period doubles each time that a probe fails.
    ///
    /// ```
    /// use component_model::CircuitBreaker;
    /// use std::time::Duration;
    ///
    /// let settings = CircuitBreaker::new().longest_open(Duration::from_secs(30));
    /// ```
    #[must_use]
    pub fn longest_open(self, period: Duration) -> Self {
        Self { longest_open: period, ..self }
    }

    /// Counts a successful call that took longer than this as a failure. By default, it is a success. Zero makes the source
    /// unusable, as misconfigured: every call would be a failure.
    ///
    /// ```
    /// use component_model::CircuitBreaker;
    /// use std::time::Duration;
    ///
    /// let settings = CircuitBreaker::new().slow_call(Duration::from_millis(800));
    /// ```
    #[must_use]
    pub fn slow_call(self, longer_than: Duration) -> Self {
        Self { slow_call: Some(longer_than), ..self }
    }

    /// Checks figures that the program sets.
    pub(crate) fn check(&self) -> Result<(), SourceError> {
        let wrong = |message, hint| Err(SourceError::new(ErrorKind::Misconfigured, message).with_hint(hint));
        if !(self.failure_rate > 0.0 && self.failure_rate <= 1.0) {
            wrong(
                "the failure rate of the circuit breaker is not valid",
                "it is more than 0 and at most 1, such as 0.5",
            )
        } else if self.minimum_calls == 0 || self.window.is_zero() {
            wrong("the circuit breaker counts no calls", "leave out `minimum_calls` and `window` for 5 calls in 60 s")
        } else if self.open_for.is_zero() || self.longest_open < self.open_for {
            wrong(
                "the open period of the circuit breaker is not valid",
                "`open_for` is more than 0, and `longest_open` is not shorter",
            )
        } else if self.slow_call.is_some_and(|limit| limit.is_zero()) {
            wrong("`slow_call` of the circuit breaker is zero", "leave it out, or set how long a good answer may take")
        } else {
            Ok(())
        }
    }

    /// Whether so many failures open it.
    pub(super) fn is_too_much(&self, calls: u64, failures: u64) -> bool {
        calls >= self.minimum_calls.into() && failures as f64 >= self.failure_rate * calls as f64
    }
}

impl Serialize for CircuitBreaker {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape {
            failure_rate: f64,
            minimum_calls: u32,
            window_us: u64,
            open_for_us: u64,
            longest_open_us: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            slow_call_us: Option<u64>,
        }
        let shape = Shape {
            failure_rate: self.failure_rate,
            minimum_calls: self.minimum_calls,
            window_us: micros::of(self.window),
            open_for_us: micros::of(self.open_for),
            longest_open_us: micros::of(self.longest_open),
            slow_call_us: self.slow_call.map(micros::of),
        };
        shape.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_make_no_sense_are_misconfigured() {
        let new = CircuitBreaker::new;
        assert!(new().check().is_ok() && new().failure_rate(1.0).minimum_calls(1).check().is_ok());
        let wrong = [
            new().failure_rate(0.0),
            new().failure_rate(1.5),
            new().failure_rate(f64::NAN),
            new().minimum_calls(0),
            new().slow_call(Duration::ZERO),
            new().window(Duration::ZERO),
            new().open_for(Duration::ZERO),
            new().longest_open(Duration::from_secs(1)),
        ];
        for settings in wrong {
            assert_eq!(settings.check().unwrap_err().kind(), ErrorKind::Misconfigured, "{settings:?}");
        }
    }

    #[test]
    fn the_settings_are_data() {
        let expected = serde_json::json!({
            "failure_rate": 0.5,
            "minimum_calls": 5,
            "window_us": 60_000_000,
            "open_for_us": 5_000_000,
            "longest_open_us": 300_000_000,
            "slow_call_us": 800_000,
        });
        let settings = CircuitBreaker::new().slow_call(Duration::from_millis(800));
        assert_eq!(serde_json::to_value(settings).unwrap(), expected);
    }
}
