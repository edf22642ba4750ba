//! When each component stops waiting for the call that it needs.

use std::{cmp::Reverse, collections::BinaryHeap};

use tokio::time::Instant;

/// One component that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wait {
    /// When it stops waiting.
    pub(super) until: Instant,
    pub(super) component: usize,
    /// Which of its waits this is.
    pub(super) ticket: u32,
}

impl Wait {
    /// The ticket of the wait for the component itself, which ends at its own deadline.
    pub(super) const OF_COMPONENT: u32 = u32::MAX;

    pub(super) fn is_of_component(&self) -> bool {
        self.ticket == Self::OF_COMPONENT
    }
}

/// The waits, with the one that ends first at the top. A wait that was answered stays until it reaches the top.
#[derive(Default)]
pub(super) struct Waiting(BinaryHeap<Reverse<Wait>>);

impl Waiting {
    pub(super) fn add(&mut self, wait: Wait) {
        self.0.push(Reverse(wait));
    }

    /// When the first of the current waits ends.
    pub(super) fn first_end(&mut self, goes_on: impl Fn(Wait) -> bool) -> Option<Instant> {
        while let Some(Reverse(wait)) = self.0.peek() {
            if goes_on(*wait) {
                return Some(wait.until);
            }
            self.0.pop();
        }
        None
    }

    /// The next wait that has ended by now.
    pub(super) fn pop_over(&mut self, now: Instant) -> Option<Wait> {
        self.0.peek().filter(|wait| wait.0.until <= now)?;
        self.0.pop().map(|wait| wait.0)
    }
}
