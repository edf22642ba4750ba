//! What was seen of a user's pool, by all who use it: a fetcher is often made for a single fetch.

use std::{
    any::Any,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::{abandoned::Abandoned, silence::Silence};

static POOLS: Mutex<Vec<Seen>> = Mutex::new(Vec::new());

/// What was seen of one pool.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) abandoned: Abandoned,
    pub(super) silence: Silence,
}

struct Seen {
    /// The settings of the pool, which all of its clones share: sqlx has no other identity of a pool.
    pool: Weak<dyn Any + Send + Sync>,
    history: Arc<History>,
}

impl History {
    /// The history of the pool that has these settings. It is forgotten once the pool is gone.
    pub(super) fn of(settings: Arc<dyn Any + Send + Sync>) -> Arc<Self> {
        let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|seen| seen.pool.strong_count() > 0);
        let pool = Arc::downgrade(&settings);
        if let Some(seen) = pools.iter().find(|seen| Weak::ptr_eq(&seen.pool, &pool)) {
            return Arc::clone(&seen.history);
        }
        let history = Arc::<Self>::default();
        pools.push(Seen { pool, history: Arc::clone(&history) });
        history
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_has_one_history_until_it_is_gone() {
        let (first, second) = (Arc::new(1_u64), Arc::new(1_u64));
        let history = History::of(first.clone());
        assert!(Arc::ptr_eq(&history, &History::of(first.clone())));
        assert!(!Arc::ptr_eq(&history, &History::of(second.clone())));
        drop(first);
        let _ = History::of(second);
        assert_eq!(Arc::strong_count(&history), 1);
    }
}
