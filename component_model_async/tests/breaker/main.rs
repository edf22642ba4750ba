//! The circuit breaker, through its public interface: times, permits, observers, and a model.
#![allow(clippy::unwrap_used)]

mod forced;
mod model;
mod observers;
mod permits;
mod times;

use std::time::Duration;

use component_model_async::{
    BreakerStatus, CircuitBreaker, ErrorKind, SourceError,
    breaker::{Breaker, Permit},
};
use tokio::time::Instant;

fn error() -> SourceError {
    SourceError::new(ErrorKind::Unreachable, "connection refused")
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn breaker() -> Breaker {
    Breaker::new(CircuitBreaker::new())
}

fn permit(breaker: &Breaker, now: Instant) -> Permit<'_> {
    breaker.acquire(now).unwrap()
}

fn fail(breaker: &Breaker, now: Instant) {
    permit(breaker, now).failed(now, &error());
}

fn succeed(breaker: &Breaker, now: Instant) {
    permit(breaker, now).succeeded(now);
}

fn status(breaker: &Breaker, now: Instant) -> BreakerStatus {
    breaker.state(now).status()
}

/// Lets as many calls fail as the defaults need.
fn open(breaker: &Breaker, now: Instant) {
    (0..5).for_each(|_| fail(breaker, now));
    assert_eq!(status(breaker, now), BreakerStatus::Open);
}

/// When a breaker that is open lets a probe through.
fn due(breaker: &Breaker, now: Instant) -> Instant {
    now + breaker.state(now).next_probe().unwrap()
}
