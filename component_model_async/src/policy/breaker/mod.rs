//! A circuit breaker: a source that fails too often is not asked for a while.
//!
//! The engine has one for each endpoint of a registration; [`CircuitBreaker`] has the figures. A [`Breaker`] can also be used
//! on its own, such as in a source that calls a service of yours:
//!
//! ```
//! use component_model::{CircuitBreaker, ErrorKind, SourceError, breaker::Breaker};
//! use tokio::time::Instant;
//!
//! async fn call() -> Result<String, SourceError> {
//!     Err(SourceError::new(ErrorKind::Unreachable, "connection refused"))
//! }
//!
//! async fn guarded(breaker: &Breaker) -> Result<String, SourceError> {
//!     let permit = breaker.acquire(Instant::now())?;
//!     let outcome = call().await;
//!     match &outcome {
//!         Err(error) if error.is_transient() => permit.failed(Instant::now(), error),
//!         _ => permit.succeeded(Instant::now()),
//!     }
//!     outcome
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let breaker = Breaker::new(CircuitBreaker::new().minimum_calls(2));
//! for _ in 0..2 {
//!     assert_eq!(guarded(&breaker).await.unwrap_err().kind(), ErrorKind::Unreachable);
//! }
//! assert_eq!(guarded(&breaker).await.unwrap_err().kind(), ErrorKind::CircuitOpen);
//! # }
//! ```
//!
//! | status | calls | changes to |
//! | --- | --- | --- |
//! | closed | all | open, when a failure is counted and enough of the recent calls failed |
//! | open | none | half-open, at the first call after the open period |
//! | half-open | one, the probe | closed, if the probe succeeds; open for twice as long, if it fails |
//! | forced open | none | closed, by [`automatic`](Breaker::automatic) |
//! | forced closed | all | closed, by [`automatic`](Breaker::automatic) |
//!
//! What always holds: while it is half-open, at most one permit exists. A permit that is dropped without an outcome, by
//! cancellation or by a panic, counts as nothing, and another call may be the probe. An outcome of a call that began before
//! the last change of status counts as nothing. The closed breaker neither allocates nor waits for more than a short lock.
//! Observers are called while no lock is held.

mod event;
mod machine;
mod permit;
mod settings;
mod state;

pub(crate) use self::permit::OwnedPermit;
pub use self::{
    event::{BreakerCause, BreakerEvent, BreakerObserver},
    permit::{Breaker, Permit, Rejected},
    settings::CircuitBreaker,
    state::{BreakerState, BreakerStatus},
};
