//! Retries: how often a request is attempted, and how long the pauses are.
//!
//! What always holds: only transient failures are retried, a request is not sent again for a component that has spent its
//! attempts, and the budget of the registration limits all retries together.

use std::time::Duration;

use component_model_types::plan::Policy;

use super::{backoff::Backoff, mode::Mode};
use crate::Policies;

/// What the attributes of a component say about its retries.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RetryAttributes {
    attempts: Option<u32>,
    first: Option<Duration>,
    max: Option<Duration>,
}

impl RetryAttributes {
    pub(crate) fn new(policy: &Policy<'_>) -> Self {
        Self { attempts: policy.retry_attempts, first: policy.retry_backoff, max: policy.retry_max_backoff }
    }
}

/// The retries of a component at a source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retry {
    /// The most attempts, the first included.
    pub(crate) attempts: u32,
    pub(crate) backoff: Backoff,
}

impl Retry {
    /// Those of the attributes, of the registration, of the mode, or the default, in this order.
    pub(crate) fn new(attributes: &RetryAttributes, registration: &Policies, mode: Mode) -> Self {
        let default = Backoff::default();
        let attempts = attributes.attempts.or(registration.most_attempts()).unwrap_or(mode.attempts());
        let first = attributes.first.or(registration.first_backoff()).unwrap_or(default.first);
        let max = attributes.max.or(registration.longest_backoff()).unwrap_or(default.max.max(first));
        Self { attempts, backoff: Backoff { first, max } }
    }

    /// The retries of a request for which several components wait: the most attempts and the longest pauses.
    pub(crate) fn merged(self, other: Self) -> Self {
        let first = self.backoff.first.max(other.backoff.first);
        let max = self.backoff.max.max(other.backoff.max);
        Self { attempts: self.attempts.max(other.attempts), backoff: Backoff { first, max } }
    }
}
