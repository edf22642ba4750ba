//! Counters, gauges and histograms of the crate `metrics`, with the feature `metrics`; nothing without it.
//!
//! What always holds: labels are names of structs and of sources, which are constants of the program, and words of a fixed
//! list. No locator, key, endpoint or value is one.

mod fetch;
mod names;
mod recorder;
mod source;

#[cfg(feature = "metrics")]
pub use self::names::describe_metrics;
pub(crate) use self::{
    fetch::{FetchMetrics, refused},
    recorder::{Held, Key},
    source::SourceMetrics,
};

/// The outcome of a request that nobody waits for any more, and of a fetch that was dropped.
pub(crate) const CANCELLED: &str = "cancelled";
/// The outcome of what went well.
pub(crate) const OK: &str = "ok";
/// The outcome of a fetch without a value for each component.
pub(crate) const FAILED: &str = "failed";

/// An answer is in the cache.
pub(crate) fn cache_entry() -> Held {
    static ENTRIES: Key = Key::plain(names::CACHE_ENTRIES);
    ENTRIES.hold()
}

/// Answers have left the cache because there was no room.
pub(crate) fn cache_evicted(entries: u64) {
    static EVICTIONS: Key = Key::plain(names::CACHE_EVICTIONS);
    EVICTIONS.add(entries);
}

/// The local cache was read, or written.
#[cfg(feature = "local-cache")]
pub(crate) fn local_cache(is_read: bool, is_ok: bool) {
    let name = if is_read { names::LOCAL_CACHE_READS } else { names::LOCAL_CACHE_WRITES };
    Key::plain(name).and("outcome", if is_ok { OK } else { FAILED }).add(1);
}
