//! The changes of a breaker's status, for observers.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::BreakerStatus;

/// A change of a circuit breaker's status.
///
/// ```
/// use component_model::{BreakerEvent, BreakerObserver};
///
/// let observer = BreakerObserver::new(|event: &BreakerEvent| {
///     println!("{} at {}: {:?}, because of {:?}", event.source, event.endpoint, event.to, event.cause);
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BreakerEvent {
    /// The name under which the source is registered.
    pub source: String,
    /// The endpoint of the source, such as a host; empty if the source has only one.
    pub endpoint: String,
    /// The status before.
    pub from: BreakerStatus,
    /// The status after.
    pub to: BreakerStatus,
    /// Why it changed.
    pub cause: BreakerCause,
    /// The last failure that was counted.
    pub last_error: Option<String>,
    /// The number of the change; the first is 1. Threads may deliver their changes in another order.
    pub number: u64,
}

/// Why the status of a circuit breaker changed.
///
/// ```
/// use component_model::BreakerCause;
///
/// assert_ne!(BreakerCause::ProbeSucceeded, BreakerCause::ProbeFailed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BreakerCause {
    /// Too many of the calls in the window failed.
    Failures {
        /// How many calls had an outcome.
        calls: u64,
        /// How many of them failed.
        failures: u64,
    },
    /// The open period has ended, and a call is the probe.
    ProbeStarted,
    /// The probe succeeded.
    ProbeSucceeded,
    /// The probe failed.
    ProbeFailed,
    /// Somebody [forced it open](super::Breaker::force_open) or [closed](super::Breaker::force_closed).
    Forced,
    /// Somebody [ended that](super::Breaker::automatic).
    Automatic,
}

/// A function that is called with every [`BreakerEvent`]. It runs in the task whose call changed the status: it must not
/// block. It may use the breaker.
///
/// ```
/// use component_model::{BreakerObserver, CircuitBreaker, breaker::Breaker};
///
/// let observer = BreakerObserver::new(|event| println!("{event:?}"));
/// let breaker = Breaker::new(CircuitBreaker::new()).observe(observer.clone());
/// ```
#[derive(Clone)]
pub struct BreakerObserver(Arc<dyn Fn(&BreakerEvent) + Send + Sync>);

impl BreakerObserver {
    /// An observer that calls a function.
    ///
    /// ```
    /// use component_model::BreakerObserver;
    ///
    /// let observer = BreakerObserver::new(|event| println!("{event:?}"));
    /// ```
    pub fn new(function: impl Fn(&BreakerEvent) + Send + Sync + 'static) -> Self {
        Self(Arc::new(function))
    }

    pub(crate) fn tell(&self, event: &BreakerEvent) {
        (self.0)(event);
    }
}

impl fmt::Debug for BreakerObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BreakerObserver")
    }
}
