//! The right to open a connection: so many slots, and fewer while the server refuses further connections.
//!
//! A refused fetch waits in the queue like all others. If it kept its slot and waited beside the queue, those that come
//! later would take each connection that becomes free.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::{
    runtime::Id,
    sync::{Notify, Semaphore},
    time::Instant,
};

use super::queue::{Permit, Queue};

/// How long a server that refused a connection is not asked for a further one.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);

/// How much later it may be asked for another, if it did not refuse that one.
const AFTER_RETURN: Duration = Duration::from_millis(100);

pub(super) struct Slots {
    total: usize,
    free: Arc<Queue>,
    unused: Mutex<Unused>,
}

/// Slots for which the server has no connection.
#[derive(Default)]
struct Unused {
    permits: Vec<Permit>,
    /// When one of them may be used again.
    next: Option<Instant>,
}

impl Slots {
    pub(super) fn new(total: usize) -> Self {
        Self { total, free: Arc::new(Queue::new(total)), unused: Mutex::default() }
    }

    /// A slot for a connection of a runtime, when one is free.
    pub(super) async fn acquire(&self, runtime: Option<Id>) -> Result<Permit, sqlx::Error> {
        self.return_one(Instant::now());
        self.free.acquire(runtime).await.ok_or(sqlx::Error::PoolClosed)
    }

    /// The server has refused a connection to the owner of a slot, while so many were open: only so many slots are used for
    /// a while, but always one.
    pub(super) fn refused(&self, slot: Permit, open: usize) {
        let most = self.total.saturating_sub(open.max(1));
        let mut unused = self.unused();
        unused.next = Some(Instant::now() + AFTER_REFUSAL);
        let mut refused = Some(slot);
        while unused.permits.len() < most {
            let free = || self.free.try_acquire();
            let Some(permit) = refused.take().or_else(free) else { break };
            unused.permits.push(permit);
        }
    }

    pub(super) fn free(&self) -> usize {
        self.free.free()
    }

    pub(super) fn close(&self) {
        self.free.close();
    }

    fn return_one(&self, now: Instant) {
        let mut unused = self.unused();
        if unused.next.is_some_and(|next| next <= now) {
            drop(unused.permits.pop());
            unused.next = (!unused.permits.is_empty()).then(|| now + AFTER_RETURN);
        }
    }

    fn unused(&self) -> MutexGuard<'_, Unused> {
        self.unused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many connections are open, in use or idle.
pub(super) struct OpenConnections {
    count: AtomicUsize,
    /// Told when a connection becomes idle or is closed.
    pub(super) available: Notify,
    /// Has no permit: those who wait for one learn that the pool is closed.
    pub(super) closing: Semaphore,
}

impl OpenConnections {
    pub(super) fn count(&self) -> usize {
        self.count.load(SeqCst)
    }
}

impl Default for OpenConnections {
    fn default() -> Self {
        Self { count: AtomicUsize::new(0), available: Notify::new(), closing: Semaphore::new(0) }
    }
}

/// One of them, until it is dropped.
pub(super) struct Counted(pub(super) Arc<OpenConnections>);

impl Counted {
    pub(super) fn new(open: &Arc<OpenConnections>) -> Self {
        open.count.fetch_add(1, SeqCst);
        Self(Arc::clone(open))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, SeqCst);
        self.0.available.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_a_refusal_there_are_as_many_slots_as_open_connections_and_then_one_more_at_a_time() {
        let slots = Slots::new(16);
        let used = slots.acquire(None).await.unwrap();
        let refused = slots.acquire(None).await.unwrap();
        slots.refused(refused, 3);
        assert_eq!(slots.free(), 2);
        drop(used);
        for expected in 3..=16 {
            tokio::time::advance(AFTER_REFUSAL).await;
            drop(slots.acquire(None).await.unwrap());
            drop(slots.acquire(None).await.unwrap());
            assert_eq!(slots.free(), (expected + 1).min(16));
        }
    }

    #[tokio::test]
    async fn one_slot_is_always_used() {
        let slots = Slots::new(2);
        for _ in 0..3 {
            let slot = slots.acquire(None).await.unwrap();
            slots.refused(slot, 0);
            assert_eq!(slots.free(), 1);
        }
    }
}
