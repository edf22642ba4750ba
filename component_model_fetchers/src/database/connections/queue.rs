//! Those who wait for a slot.
//!
//! A connection is used only on the runtime that opened it. If a slot always went to the one who has waited the longest,
//! several runtimes that share a pool would reconnect for almost every statement. So it goes to one of the same runtime, who
//! finds the connection that was in the slot. After [`PASSED_OVER`] such slots the next one goes to the one who has waited
//! the longest, so that no runtime waits for ever.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{runtime::Id, sync::oneshot};

/// How many slots in a row may go to others than the one who has waited the longest: connecting takes as long as many
/// statements.
const PASSED_OVER: usize = 64;

/// The free slots, and those who wait because there is none.
#[derive(Debug)]
pub(super) struct Queue(Mutex<State>);

#[derive(Debug)]
struct State {
    free: usize,
    waiting: VecDeque<Waiter>,
    passed_over: usize,
    next_number: u64,
    closed: bool,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    runtime: Option<Id>,
    granted: oneshot::Sender<Permit>,
}

impl Queue {
    pub(super) fn new(free: usize) -> Self {
        let state = State { free, waiting: VecDeque::new(), passed_over: 0, next_number: 0, closed: false };
        Self(Mutex::new(state))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A slot for a connection of a runtime, when one is free; none if the queue is closed.
    ///
    /// # Cancel safety
    /// Dropping it gives up the place in the queue.
    pub(super) async fn acquire(self: &Arc<Self>, runtime: Option<Id>) -> Option<Permit> {
        let mut place = {
            let mut state = self.state();
            if state.closed {
                return None;
            }
            if state.free > 0 {
                state.free -= 1;
                return Some(Permit::new(self, runtime));
            }
            let (granted, receiver) = oneshot::channel();
            let number = state.next_number;
            state.next_number += 1;
            state.waiting.push_back(Waiter { number, runtime, granted });
            Place { queue: self, number, receiver }
        };
        (&mut place.receiver).await.ok()
    }

    /// A slot, if one is free.
    pub(super) fn try_acquire(self: &Arc<Self>) -> Option<Permit> {
        let mut state = self.state();
        state.free = state.free.checked_sub(1)?;
        Some(Permit::new(self, None))
    }

    pub(super) fn free(&self) -> usize {
        self.state().free
    }

    /// Nobody gets a slot any more.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        drop(waiting);
    }

    /// Hands a slot of a runtime to one of those who wait.
    fn release(self: &Arc<Self>, runtime: Option<Id>) {
        loop {
            let mut state = self.state();
            let Some(waiter) = state.next(runtime) else {
                state.free += 1;
                return;
            };
            drop(state);
            match waiter.granted.send(Permit::new(self, waiter.runtime)) {
                Ok(()) => return,
                // It gave up meanwhile.
                Err(mut unused) => unused.queue = None,
            }
        }
    }
}

impl State {
    fn next(&mut self, runtime: Option<Id>) -> Option<Waiter> {
        let same = |waiter: &Waiter| waiter.runtime == runtime;
        let near = self.waiting.iter().position(same).filter(|_| self.passed_over < PASSED_OVER).unwrap_or(0);
        self.passed_over = if near == 0 { 0 } else { self.passed_over + 1 };
        self.waiting.remove(near)
    }
}

/// A place in the queue, which is given up when it is dropped.
struct Place<'q> {
    queue: &'q Queue,
    number: u64,
    receiver: oneshot::Receiver<Permit>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        // In order, since they are only added at the end.
        if let Ok(index) = state.waiting.binary_search_by_key(&self.number, |waiter| waiter.number) {
            let waiter = state.waiting.remove(index);
            drop(state);
            drop(waiter);
        }
    }
}

/// A slot, until it is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    queue: Option<Arc<Queue>>,
    /// The runtime that its connection belongs to.
    runtime: Option<Id>,
}

impl Permit {
    fn new(queue: &Arc<Queue>, runtime: Option<Id>) -> Self {
        Self { queue: Some(Arc::clone(queue)), runtime }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(queue) = self.queue.take() {
            queue.release(self.runtime);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future, pin::Pin};

    use futures_util::FutureExt as _;

    use super::*;

    type Waiting = Pin<Box<dyn Future<Output = Option<Permit>>>>;

    fn ids() -> [Option<Id>; 2] {
        let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
        [runtime(), runtime()].map(|runtime| Some(runtime.handle().id()))
    }

    /// Waits in a queue without a free slot.
    fn waits(queue: &Arc<Queue>, runtime: Option<Id>) -> Waiting {
        let queue = Arc::clone(queue);
        let mut waiting: Waiting = Box::pin(async move { queue.acquire(runtime).await });
        assert!(waiting.as_mut().now_or_never().is_none());
        waiting
    }

    fn get(waiting: &mut Waiting) -> Option<Permit> {
        waiting.as_mut().now_or_never().flatten()
    }

    #[test]
    fn a_slot_goes_to_the_same_runtime_and_after_a_while_to_the_one_who_has_waited_the_longest() {
        let [here, there] = ids();
        let queue = Arc::new(Queue::new(1));
        let mut slot = queue.acquire(here).now_or_never().flatten();
        let mut longest = waits(&queue, there);
        for _ in 0..PASSED_OVER {
            let mut near = waits(&queue, here);
            drop(slot.take());
            slot = get(&mut near);
            assert!(slot.is_some());
        }
        let mut near = waits(&queue, here);
        drop(slot.take());
        slot = get(&mut longest);
        assert!(slot.is_some() && get(&mut near).is_none());
        // The count starts again.
        let mut longest = waits(&queue, there);
        drop(slot);
        assert!(get(&mut longest).is_some());
    }

    #[test]
    fn a_slot_goes_to_another_runtime_if_nobody_of_its_own_waits() {
        let [here, there] = ids();
        let queue = Arc::new(Queue::new(1));
        let slot = queue.acquire(here).now_or_never().flatten();
        let (mut first, mut second) = (waits(&queue, there), waits(&queue, there));
        drop(slot);
        let slot = get(&mut first);
        assert!(slot.is_some() && get(&mut second).is_none());
    }

    #[test]
    fn one_who_gives_up_leaves_the_slot_to_the_next_before_and_after_it_was_granted() {
        let queue = Arc::new(Queue::new(1));
        let slot = queue.acquire(None).now_or_never().flatten();
        let (before, after, mut last) = (waits(&queue, None), waits(&queue, None), waits(&queue, None));
        drop(before);
        drop(slot);
        drop(after);
        let slot = get(&mut last);
        assert!(slot.is_some() && queue.free() == 0);
        drop(slot);
        assert_eq!(queue.free(), 1);
    }

    #[test]
    fn a_closed_queue_ends_the_waiting() {
        let queue = Arc::new(Queue::new(1));
        let slot = queue.acquire(None).now_or_never().flatten();
        let mut waiting = waits(&queue, None);
        queue.close();
        assert!(waiting.as_mut().now_or_never().is_some_and(|slot| slot.is_none()));
        drop(slot);
        assert!(queue.acquire(None).now_or_never().is_some_and(|slot| slot.is_none()));
    }
}
