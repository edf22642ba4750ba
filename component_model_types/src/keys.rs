//! The keys of `#[component(..)]`. The derive reads these lists, and a test compares them with the documentation. The options
//! of the sources, which are keys too, are those of [`built_in`](crate::built_in).

/// The keys of a struct.
pub const OF_STRUCT: [&str; 5] = ["prefix", "crate", "fetch_from", "validate", "deny_unknown"];

/// The keys of a field that say where it comes from.
pub const OF_FIELD: [&str; 4] = ["fetch_from", "nested", "prefix", "skip"];

/// The keys of a field that apply whatever its sources are.
pub const OF_EVERY_SOURCE: [&str; 17] = [
    "timeout",
    "deadline",
    "retry_attempts",
    "retry_backoff",
    "retry_max_backoff",
    "circuit_breaker",
    "ttl",
    "cache_for",
    "stale_for",
    "refresh_ahead",
    "fallback_to",
    "default",
    "fallback",
    "fallback_on",
    "depends_on",
    "validate",
    "sensitive",
];
