//! What a save keeps, replaces and removes.

use super::*;
use crate::{ErrorKind, limit, local_cache::merge};

/// Whether a save wrote the file: each write creates a new one.
fn writes(cache: &LocalCache, time: SystemTime, updates: Vec<Entry>) -> bool {
    let before = std::fs::read(&cache.path).unwrap();
    let modified = || std::fs::metadata(&cache.path).unwrap().modified().unwrap();
    std::fs::File::options().write(true).open(&cache.path).unwrap().set_modified(UNIX_EPOCH).unwrap();
    save_at(cache, time, updates).unwrap();
    let is_written = modified() != UNIX_EPOCH;
    assert!(is_written || std::fs::read(&cache.path).unwrap() == before);
    is_written
}

#[test]
fn what_is_there_stays_and_what_is_new_replaces_it() {
    let (_folder, path) = folder();
    save(&LocalCache::at(&path), vec![entry("host", "a"), entry("port", "1")]);
    let later = Entry { fetched: now() + MINUTE, ..entry("port", "2") };
    save_at(&LocalCache::at(&path), now() + MINUTE, vec![later.clone(), entry("region", "eu")]).unwrap();
    assert_eq!(entries(&LocalCache::at(&path)), [entry("host", "a"), later, entry("region", "eu")]);
}

#[test]
fn a_value_that_is_fetched_again_is_written_at_most_once_a_minute() {
    let (_folder, path) = folder();
    for cache in [LocalCache::at(&path), LocalCache::at(path.with_extension("sealed")).encrypted_with(key(1))] {
        save(&cache, vec![entry("port", "1")]);
        let again = |seconds| {
            let fetched = now() + Duration::from_secs(seconds);
            writes(&cache, fetched, vec![Entry { fetched, ..entry("port", "1") }])
        };
        assert_eq!([0, 59, 60, 61, 119, 120].map(again), [false, false, true, false, false, true]);
        let fetched = now() + Duration::from_secs(121);
        assert!(writes(&cache, fetched, vec![Entry { fetched, ..entry("port", "2") }]));
        let version = Some(Version::new("43"));
        assert!(writes(&cache, fetched, vec![Entry { fetched, version, ..entry("port", "2") }]));
        assert!(!writes(&cache, fetched, vec![]));
    }
}

#[test]
fn a_short_max_age_is_written_often_enough() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(path).max_age(Duration::from_secs(10));
    save(&cache, vec![entry("port", "1")]);
    let again = |seconds| {
        let fetched = now() + Duration::from_secs(seconds);
        writes(&cache, fetched, vec![Entry { fetched, ..entry("port", "1") }])
    };
    assert_eq!([4, 5].map(again), [false, true]);
}

#[test]
fn a_slow_process_does_not_replace_what_another_fetched_later() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(path);
    let later = Entry { fetched: now() + MINUTE, ..entry("port", "2") };
    save_at(&cache, now() + MINUTE, vec![later.clone()]).unwrap();
    save_at(&cache, now() + MINUTE, vec![entry("port", "1")]).unwrap();
    assert_eq!(entries(&cache), [later]);
}

#[test]
fn an_entry_from_the_future_is_replaced() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(path);
    save(&cache, vec![Entry { fetched: now() + 365 * DAY, ..entry("port", "1") }]);
    save(&cache, vec![entry("port", "2")]);
    assert_eq!(entries(&cache), [entry("port", "2")]);
}

#[test]
fn an_entry_that_is_not_fetched_any_more_is_removed() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(&path);
    save(&cache, vec![entry("old", "1")]);
    let after = |days| {
        let fetched = now() + days * DAY;
        save_at(&cache, fetched, vec![Entry { fetched, ..entry("port", "1") }]).unwrap();
        value(&cache, "old").is_some()
    };
    assert_eq!([89, 90, 91].map(after), [true, true, false]);
    let fetched = now() + 121 * DAY;
    save_at(&cache.clone().retention(29 * DAY), fetched, vec![Entry { fetched, ..entry("new", "1") }]).unwrap();
    assert_eq!((value(&cache, "port"), value(&cache, "new")), (None, Some(Value::text("1"))));
}

#[test]
fn the_oldest_entries_are_removed_if_there_are_too_many() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(path);
    let numbered = |number: usize| Entry {
        fetched: now() - DAY + Duration::from_secs(number as u64),
        ..entry(&number.to_string(), "1")
    };
    save(&cache, (0..merge::ENTRIES).map(numbered).collect());
    assert_eq!(entries(&cache).len(), merge::ENTRIES);
    save(&cache, vec![entry("new", "1"), Entry { fetched: now() - 2 * DAY, ..entry("older", "1") }]);
    let loaded = load(&cache);
    assert_eq!(loaded.entries.len(), merge::ENTRIES);
    assert!(loaded.find(&id("new")).is_some() && loaded.find(&id("older")).is_some());
    assert_eq!(["0", "1", "2"].map(|name| loaded.find(&id(name)).is_some()), [false, false, true]);
}

#[test]
fn the_file_stays_within_its_size() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(&path);
    let mebibytes = |count: usize| Value::text("x".repeat(count << 20));
    let old = Entry { fetched: now() - DAY, ..entry("old", mebibytes(6)) };
    save(&cache, vec![old, entry("kept", mebibytes(6))]);
    save(&cache, vec![entry("new", mebibytes(6))]);
    assert!(std::fs::metadata(&path).unwrap().len() <= limit::BYTES as u64);
    let names: Vec<_> = entries(&cache).into_iter().map(|entry| entry.id.component).collect();
    assert_eq!(names, ["AppConfig.kept", "AppConfig.new"]);

    let error = save_at(&cache, now(), vec![entry("huge", mebibytes(16)), entry("port", "1")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains("`AppConfig.huge`"), "{error}");
    assert_eq!(entries(&cache).len(), 3, "the others are stored, and none is removed");
}

#[test]
fn a_value_that_cannot_be_written_is_refused_and_the_others_are_stored() {
    let (_folder, path) = folder();
    let cache = LocalCache::at(&path);
    let deep = (0..1000).fold(Value::Null, |value, _| Value::List(vec![value]));
    let error = save_at(&cache, now(), vec![entry("deep", deep), entry("port", "1")]).unwrap_err();
    assert!(error.to_string().contains("`AppConfig.deep`: its lists and maps are nested too deeply"), "{error}");
    assert_eq!(entries(&cache), [entry("port", "1")]);
}
