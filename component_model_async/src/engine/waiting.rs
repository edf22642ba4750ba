//! Until when each component waits for the call that it needs.

use std::{cmp::Reverse, collections::BinaryHeap};

use tokio::time::Instant;

/// One component that waits for one of its layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wait {
    /// When it stops waiting.
    pub(super) until: Instant,
    pub(super) component: usize,
    /// Which of its layers it waits for.
    pub(super) layer: usize,
}

/// Who waits, the one that stops first at the top. A wait that was answered stays until it gets there.
#[derive(Default)]
pub(super) struct Waiting(BinaryHeap<Reverse<Wait>>);

impl Waiting {
    pub(super) fn add(&mut self, wait: Wait) {
        self.0.push(Reverse(wait));
    }

    /// When the first wait is over of those that go on.
    pub(super) fn first_end(&mut self, goes_on: impl Fn(Wait) -> bool) -> Option<Instant> {
        while let Some(Reverse(wait)) = self.0.peek() {
            if goes_on(*wait) {
                return Some(wait.until);
            }
            self.0.pop();
        }
        None
    }

    /// The next wait that is over by now.
    pub(super) fn pop_over(&mut self, now: Instant) -> Option<Wait> {
        self.0.peek().filter(|wait| wait.0.until <= now)?;
        self.0.pop().map(|wait| wait.0)
    }
}
