//! Memory is bounded.

use std::sync::Weak;

use super::*;

const KEYS: usize = 100_000;

/// Stores values of a size under 100,000 keys; returns how many of them are still in memory.
fn fill(cache: &Cache, size: usize) -> usize {
    let now = Instant::now();
    let values: Vec<Weak<Value>> = (0..KEYS)
        .map(|number| {
            let value = Arc::new(Value::text("x".repeat(size)));
            store(cache, &number.to_string(), Record::shared(Arc::clone(&value)), now);
            Arc::downgrade(&value)
        })
        .collect();
    values.iter().filter(|value| value.strong_count() > 0).count()
}

#[test]
fn the_number_of_values_is_bounded() {
    let cache = Cache::new(CacheSettings::new().entries(1_000));
    let kept = fill(&cache, 8);
    let stats = cache.stats();
    assert!((900..=1_000).contains(&stats.entries), "{stats:?}");
    assert_eq!((kept as u64, stats.evictions), (stats.entries, KEYS as u64 - stats.entries));
}

#[test]
fn their_bytes_are_bounded() {
    let cache = Cache::new(CacheSettings::new().bytes(1 << 20));
    let kept = fill(&cache, 1_000);
    let stats = cache.stats();
    assert!((900 << 10..=1 << 20).contains(&stats.bytes), "{stats:?}");
    assert_eq!(kept as u64, stats.entries);
}

#[test]
fn a_single_entry_or_none_at_all_is_possible() {
    for (settings, expected) in [
        (CacheSettings::new().entries(1), 1),
        (CacheSettings::new().entries(2), 2),
        (CacheSettings::new().entries(0), 0),
        (CacheSettings::new().bytes(0), 0),
        (CacheSettings::new().bytes(1), 0),
    ] {
        let cache = Cache::new(settings);
        for number in 0..100 {
            store(&cache, &number.to_string(), found("1"), Instant::now());
        }
        assert_eq!(cache.stats().entries, expected);
    }
}

#[test]
fn a_value_that_is_too_large_is_not_stored_and_neither_is_what_it_replaces() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", found("1"), now);
    store(&cache, "a", found(&"x".repeat(9 << 20)), now);
    assert_eq!(look(&cache, "a", ttl(1), now), "miss");
    store(&cache, "a", found(&"x".repeat(7 << 20)), now);
    assert!(look(&cache, "a", ttl(1), now).starts_with("fresh"));
}

#[test]
fn a_part_counts_as_the_document_that_it_keeps_in_memory() {
    let (cache, now) = (cache(), Instant::now());
    let items = vec![Value::List(vec![Value::Null; 2]), Value::text("x".repeat(1 << 20))];
    store(&cache, "a", Record::shared(Value::List(items)).part(&[0]).unwrap(), now);
    assert!(cache.stats().bytes > 1 << 20);
}

#[test]
fn flights_of_many_keys_leave_nothing() {
    let (cache, now) = (Cache::new(CacheSettings::new().entries(100)), Instant::now());
    for number in 0..KEYS {
        lead(&cache, &number.to_string()).finish(&Ok(found("1")), None, now).unwrap();
    }
    assert_eq!(cache.stats().in_flight, 0);
}
