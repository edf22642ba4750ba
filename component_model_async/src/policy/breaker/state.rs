//! The state of a breaker as data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Whether a circuit breaker lets calls through.
///
/// ```
/// use component_model::{BreakerStatus, CircuitBreaker, breaker::Breaker};
/// use tokio::time::Instant;
///
/// let breaker = Breaker::new(CircuitBreaker::new());
/// assert_eq!(breaker.state(Instant::now()).status(), BreakerStatus::Closed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BreakerStatus {
    /// All calls go through.
    Closed,
    /// No call goes through until the open period ends.
    Open,
    /// One call goes through, the probe.
    HalfOpen,
    /// No call goes through, as somebody asked for.
    ForcedOpen,
    /// All calls go through, whatever their outcome, as somebody asked for.
    ForcedClosed,
}

impl BreakerStatus {
    /// The status in snake case, as it is serialized.
    ///
    /// ```
    /// assert_eq!(component_model::BreakerStatus::HalfOpen.name(), "half_open");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::ForcedOpen => "forced_open",
            Self::ForcedClosed => "forced_closed",
        }
    }
}

/// The state of a circuit breaker at one moment: plain data.
///
/// ```
/// use component_model::{CircuitBreaker, breaker::Breaker};
/// use tokio::time::Instant;
///
/// let breaker = Breaker::new(CircuitBreaker::new());
/// breaker.acquire(Instant::now()).unwrap().succeeded(Instant::now());
///
/// let state = breaker.state(Instant::now());
/// assert_eq!((state.calls(), state.failures()), (1, 0));
/// ```
///
/// # As data
///
/// ```text
/// { "status": "open", "calls": 8, "failures": 6, "last_error": "connection refused", "next_probe_us": 4200000 }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerState {
    pub(super) status: BreakerStatus,
    pub(super) calls: u64,
    pub(super) failures: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_error: Option<String>,
    #[serde(default, rename = "next_probe_us", with = "micros", skip_serializing_if = "Option::is_none")]
    pub(super) next_probe: Option<Duration>,
}

impl BreakerState {
    /// Whether calls go through.
    ///
    /// ```
    /// use component_model::{BreakerStatus, CircuitBreaker, breaker::Breaker};
    /// use tokio::time::Instant;
    ///
    /// let breaker = Breaker::new(CircuitBreaker::new());
    /// breaker.force_open();
    /// assert_eq!(breaker.state(Instant::now()).status(), BreakerStatus::ForcedOpen);
    /// ```
    #[must_use]
    pub fn status(&self) -> BreakerStatus {
        self.status
    }

    /// How many calls of the window had an outcome.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, breaker::Breaker};
    /// use tokio::time::Instant;
    ///
    /// assert_eq!(Breaker::new(CircuitBreaker::new()).state(Instant::now()).calls(), 0);
    /// ```
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// How many calls of the window failed.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, breaker::Breaker};
    /// use tokio::time::Instant;
    ///
    /// assert_eq!(Breaker::new(CircuitBreaker::new()).state(Instant::now()).failures(), 0);
    /// ```
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// The last failure that was counted, however long ago.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, ErrorKind, SourceError, breaker::Breaker};
    /// use tokio::time::Instant;
    ///
    /// let breaker = Breaker::new(CircuitBreaker::new());
    /// let error = SourceError::new(ErrorKind::Unreachable, "connection refused");
    /// breaker.acquire(Instant::now()).unwrap().failed(Instant::now(), &error);
    /// assert_eq!(breaker.state(Instant::now()).last_error(), Some("connection refused"));
    /// ```
    #[must_use]
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// How long it takes until a call may be the probe, if it is open; zero if the next call is the probe. `None` while a
    /// probe is running.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, breaker::Breaker};
    /// use tokio::time::Instant;
    ///
    /// assert_eq!(Breaker::new(CircuitBreaker::new()).state(Instant::now()).next_probe(), None);
    /// ```
    #[must_use]
    pub fn next_probe(&self) -> Option<Duration> {
        self.next_probe
    }
}

/// A duration in microseconds.
pub(super) mod micros {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in super::super) fn of(duration: Duration) -> u64 {
        u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
    }

    pub(super) fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        duration.map(of).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_serialized_as_documented_and_read_again() {
        let open = BreakerState {
            status: BreakerStatus::Open,
            calls: 8,
            failures: 6,
            last_error: Some("connection refused".to_owned()),
            next_probe: Some(Duration::from_millis(4200)),
        };
        let text =
            r#"{"status":"open","calls":8,"failures":6,"last_error":"connection refused","next_probe_us":4200000}"#;
        assert_eq!(serde_json::to_string(&open).unwrap(), text);
        assert_eq!(serde_json::from_str::<BreakerState>(text).unwrap(), open);

        let half =
            BreakerState { status: BreakerStatus::HalfOpen, calls: 0, failures: 0, last_error: None, next_probe: None };
        let text = r#"{"status":"half_open","calls":0,"failures":0}"#;
        assert_eq!(serde_json::to_string(&half).unwrap(), text);
        assert_eq!(serde_json::from_str::<BreakerState>(text).unwrap(), half);
    }
}
