//! Where entries are kept, in bounded memory: `quick_cache` decides which ones leave.
//!
//! It has one bound, the sum of weights. An entry weighs its bytes, but at least the share of one of the largest number of
//! entries: then neither bound is exceeded.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter, sync};

use super::{CacheSettings, entry::Entry};
use crate::{bind::Identity, metrics};

/// Parts with a lock and a share of the bounds of their own.
const SHARDS: usize = 8;

/// The part of the bytes that an entry may take together with what it has replaced: half of the most for one entry.
const SHARE: u64 = 16;

pub(super) struct Storage {
    /// None if nothing may be stored.
    entries: Option<sync::Cache<Identity, Arc<Entry>, Weight, DefaultHashBuilder, Evictions>>,
    evicted: Arc<AtomicU64>,
    /// The most bytes of an entry together with what it has replaced.
    most: u64,
}

/// Entries that have left. They are dropped, and secrets wiped, by whoever gets them, outside of the locks.
#[derive(Default)]
#[must_use]
pub(super) struct Leaving {
    entries: Vec<Arc<Entry>>,
    /// How many of them were evicted.
    evicted: u64,
}

impl Leaving {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[derive(Clone)]
struct Weight {
    least: u64,
}

#[derive(Clone)]
struct Evictions(Arc<AtomicU64>);

impl Storage {
    pub(super) fn new(settings: &CacheSettings) -> Self {
        let evicted = Arc::default();
        let entries = u64::try_from(settings.entries).unwrap_or(u64::MAX).min(settings.bytes);
        let weight = Weight { least: settings.bytes.checked_div(entries).unwrap_or(0).max(1) };
        let mut options = OptionsBuilder::new();
        options.shards(SHARDS).estimated_items_capacity(settings.entries).weight_capacity(settings.bytes);
        if entries == 1 {
            // The part for entries that have not proven themselves would leave too little for the only one.
            options.hot_allocation(1.0);
        }
        let evictions = Evictions(Arc::clone(&evicted));
        let store = |options| sync::Cache::with_options(options, weight, DefaultHashBuilder::default(), evictions);
        let entries = if entries == 0 { None } else { options.build().ok().map(store) };
        Self { entries, evicted, most: settings.bytes / SHARE }
    }

    /// The most bytes of an entry together with what it has replaced.
    pub(super) fn most(&self) -> u64 {
        self.most
    }

    /// The entry, which is thereby kept longer.
    pub(super) fn get(&self, key: &Identity) -> Option<Arc<Entry>> {
        self.entries.as_ref()?.get(key)
    }

    pub(super) fn peek(&self, key: &Identity) -> Option<Arc<Entry>> {
        self.entries.as_ref()?.peek(key)
    }

    pub(super) fn insert(&self, key: &Identity, entry: Arc<Entry>) -> Leaving {
        let mut leaving = Leaving::default();
        if let Some(entries) = &self.entries {
            // Otherwise the replaced entry would be dropped within the lock.
            leaving.entries.extend(entries.peek(key));
            entries.insert_with_lifecycle(key.clone(), entry, &mut leaving);
        }
        leaving
    }

    /// Removes an entry unless it was replaced meanwhile.
    pub(super) fn remove(&self, key: &Identity, entry: &Arc<Entry>) {
        if let Some(entries) = &self.entries {
            drop(entries.remove_if(key, |stored| Arc::ptr_eq(stored, entry)));
        }
    }

    pub(super) fn remove_where(&self, which: impl Fn(&Identity, &Entry) -> bool) -> Leaving {
        let leaving = RefCell::new(Leaving::default());
        if let Some(entries) = &self.entries {
            entries.retain(|key, entry| {
                let leaves = which(key, entry);
                if leaves {
                    leaving.borrow_mut().entries.push(Arc::clone(entry));
                }
                !leaves
            });
        }
        leaving.into_inner()
    }

    /// How many entries there are, and how many bytes they take.
    pub(super) fn size(&self) -> (u64, u64) {
        let entries = self.entries.iter().flat_map(sync::Cache::iter);
        entries.fold((0, 0), |(count, bytes), (_, entry)| (count + 1, bytes + entry.bytes))
    }

    pub(super) fn evicted(&self) -> u64 {
        self.evicted.load(Relaxed)
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if self.evicted > 0 {
            metrics::cache_evicted(self.evicted);
        }
    }
}

impl Weighter<Identity, Arc<Entry>> for Weight {
    fn weight(&self, _: &Identity, entry: &Arc<Entry>) -> u64 {
        entry.bytes.max(self.least)
    }
}

impl Lifecycle<Identity, Arc<Entry>> for Evictions {
    type RequestState = Leaving;

    fn on_evict(&self, leaving: &mut Leaving, _: Identity, entry: Arc<Entry>) {
        self.0.fetch_add(1, Relaxed);
        leaving.evicted += 1;
        leaving.entries.push(entry);
    }
}
