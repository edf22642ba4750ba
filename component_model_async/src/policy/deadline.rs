//! The deadline of the whole fetch: how long all components together may wait for their sources.
//!
//! Values that need no waiting, such as a `fallback` literal, are still used after the deadline.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, timeout_at};

use crate::{ErrorKind, SourceError, text::duration_text};

/// The deadline of `fetch_with_resilience`.
pub(crate) const RESILIENT: Duration = Duration::from_secs(30);

/// When the waiting ends, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    allowed: Duration,
    end: Instant,
}

impl Deadline {
    /// The deadline of what began at an instant; none if its end is out of range.
    pub(crate) fn after(began: Instant, allowed: Duration) -> Option<Self> {
        began.checked_add(allowed).map(|end| Self { allowed, end })
    }

    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.end <= now
    }

    /// How long it is until then.
    #[cfg(feature = "local-cache")]
    pub(crate) fn left(&self, now: Instant) -> Duration {
        self.end.saturating_duration_since(now)
    }

    /// Whether something that lasts this long from now ends in time.
    pub(crate) fn allows(&self, now: Instant, duration: Duration) -> bool {
        now.checked_add(duration).is_some_and(|end| end < self.end)
    }
}

/// Waits for the sources until the deadline, if there is one.
///
/// # Cancel safety
/// Dropping it drops the work.
pub(crate) async fn until<T>(deadline: Option<Deadline>, work: impl Future<Output = T>) -> Result<T, SourceError> {
    let Some(deadline) = deadline else { return Ok(work.await) };
    timeout_at(deadline.end, work).await.map_err(|_| {
        let message = format!("the fetch did not end within {}", duration_text(deadline.allowed));
        SourceError::new(ErrorKind::Deadline, message)
    })
}
