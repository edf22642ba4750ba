//! Secrets leave memory with the entry. That dropping the last holder overwrites the value is tested with
//! [`Record`](crate::Record).

use super::*;

/// A way for an entry to leave.
type Leave = fn(&Cache);

/// A sensitive record, and what tells how many clones of it there are.
fn secret() -> (Record, Arc<()>) {
    let holder = Arc::new(());
    let held = Arc::clone(&holder);
    let places = move |_: &[usize]| Some(format!("{held:?}"));
    (record("hunter2").sensitive().with_places(places), holder)
}

#[test]
fn nothing_holds_a_secret_after_its_entry_has_left() {
    let now = Instant::now();
    let leave: [(&str, Leave); 4] = [
        ("invalidated", |cache| {
            cache.invalidate(&key("a"));
        }),
        ("replaced", |cache| store(cache, "a", found("2"), Instant::now())),
        ("evicted", |cache| {
            for number in 0..1_000 {
                store(cache, &number.to_string(), found("1"), Instant::now());
            }
        }),
        ("dropped", |_| {}),
    ];
    for (name, leave) in leave {
        let cache = Cache::new(CacheSettings::new().entries(10));
        let (record, holder) = secret();
        store(&cache, "a", record, now);
        let hit = cache.get(&key("a"), now).unwrap();
        assert_eq!(Arc::strong_count(&holder), 2, "the cache's clone and the hit's share one");
        leave(&cache);
        drop(cache);
        assert_eq!(text(&hit.reply), Some("hunter2"), "{name}: it is not taken from a reader");
        drop(hit);
        assert_eq!(Arc::strong_count(&holder), 1, "{name}");
    }
}

#[test]
fn the_value_of_a_sensitive_component_is_not_shared_with_others_that_do_not_wipe_it() {
    let (cache, now) = (cache(), Instant::now());
    let value = Arc::new(Value::text("hunter2"));
    let reply = Reply::from(Record::shared(Arc::clone(&value)));
    cache.store(&key("a"), &reply, cache.start().sensitive(true), now);
    cache.store(&key("b"), &reply, cache.start().sensitive(false), now);
    lead(&cache, "c").sensitive(true).finish(&Ok(reply.clone()), None, now).unwrap();
    let shares =
        |name: &str| std::ptr::eq(cache.get(&key(name), now).unwrap().reply.record().unwrap().value(), &*value);
    assert_eq!(["a", "b", "c"].map(shares), [false, true, false]);
}
