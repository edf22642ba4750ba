//! Retries: how often a request is attempted, and how long the pauses are.
//!
//! What always holds: only transient failures are retried, a request is not sent again for a component that has spent its
//! attempts, and the budget of the registration limits all retries together.

use component_model_types::plan::Policy;

use super::{backoff::Backoff, mode::Mode};
use crate::Policies;

/// The retries of a component at a source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retry {
    /// The most attempts, the first included.
    pub(crate) attempts: u32,
    pub(crate) backoff: Backoff,
}

impl Retry {
    /// Those of the attributes, of the registration, of the mode, or the default, in this order.
    pub(crate) fn new(attributes: &Policy<'_>, registration: &Policies, mode: Mode) -> Self {
        let default = Backoff::default();
        let attempts = attributes.retry_attempts.or(registration.most_attempts()).unwrap_or(mode.attempts());
        let first = attributes.retry_backoff.or(registration.first_backoff()).unwrap_or(default.first);
        let max = attributes.retry_max_backoff.or(registration.longest_backoff()).unwrap_or(default.max.max(first));
        Self { attempts, backoff: Backoff { first, max } }
    }

    /// The retries of a request for which several components wait: the most attempts and the longest pauses.
    pub(crate) fn merged(self, other: Self) -> Self {
        let first = self.backoff.first.max(other.backoff.first);
        let max = self.backoff.max.max(other.backoff.max);
        Self { attempts: self.attempts.max(other.attempts), backoff: Backoff { first, max } }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn merged_retries_are_the_most_attempts_with_the_longest_pauses() {
        let retry = |attempts, first, max| {
            let (first, max) = (Duration::from_millis(first), Duration::from_millis(max));
            Retry { attempts, backoff: Backoff { first, max } }
        };
        let figures = |retry: Retry| (retry.attempts, retry.backoff);
        let merged = figures(retry(5, 30, 7000));
        assert_eq!(figures(retry(3, 10, 7000).merged(retry(5, 30, 1000))), merged);
        assert_eq!(figures(retry(5, 30, 1000).merged(retry(3, 10, 7000))), merged);
    }
}
