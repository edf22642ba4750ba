//! The task that closes connections which have been idle for too long.
//!
//! It starts when a connection is put back and ends when none is idle, so a pool without idle connections has no task. It
//! does not keep its pool. Each runtime has its own, since a connection can be closed only on the runtime that opened it;
//! when a runtime ends, its task ends with it and drops what is idle there.

use std::sync::{Arc, Weak};

use tokio::{
    runtime::{Handle, Id},
    time::{Instant, sleep_until},
};

use super::own_pool::OwnPool;
use crate::database::server::Server;

/// Starts the task for the idle connections of a runtime. Without a current runtime there is none: a further fetch closes
/// them.
pub(super) fn start<S: Server>(pool: &Arc<OwnPool<S>>, runtime: Option<Id>) {
    let Ok(handle) = Handle::try_current() else { return };
    if runtime.is_none_or(|runtime| runtime == handle.id()) && pool.idle().start_sweeping(runtime) {
        let sweeper = Sweeper { pool: Arc::downgrade(pool), runtime, ended: false };
        drop(handle.spawn(sweeper.run()));
    }
}

struct Sweeper<S: Server> {
    pool: Weak<OwnPool<S>>,
    runtime: Option<Id>,
    ended: bool,
}

impl<S: Server> Sweeper<S> {
    async fn run(mut self) {
        while let Some(next) = self.next() {
            sleep_until(next).await;
            let Some(pool) = self.pool.upgrade() else { return };
            pool.close_expired().await;
        }
    }

    /// When the next connection expires. Without one the task ends, under the lock, so that the next connection starts
    /// another.
    fn next(&mut self) -> Option<Instant> {
        let pool = self.pool.upgrade()?;
        let mut idle = pool.idle();
        let next = idle.next_expiry(self.runtime);
        if next.is_none() {
            idle.stop_sweeping(self.runtime);
            self.ended = true;
        }
        next
    }
}

impl<S: Server> Drop for Sweeper<S> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // The runtime ends, and its connections with it.
        if let Some(pool) = self.pool.upgrade() {
            let mut idle = pool.idle();
            idle.stop_sweeping(self.runtime);
            let lost = idle.take_runtime(self.runtime);
            drop(idle);
            drop(lost);
        }
    }
}
