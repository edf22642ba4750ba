//! How old a value may be.

use super::*;
use crate::Lease;

#[tokio::test(start_paused = true)]
async fn each_reader_judges_the_age_by_its_own_ttl() {
    let cache = cache();
    store(&cache, "a", found("1"), Instant::now());
    tokio::time::advance(SECOND * 10 - NANO).await;
    assert_eq!(look(&cache, "a", ttl(10), Instant::now()), "fresh 1");
    tokio::time::advance(NANO).await;
    let now = Instant::now();
    assert_eq!(look(&cache, "a", ttl(10), now), "expired 1");
    assert_eq!(look(&cache, "a", ttl(11), now), "fresh 1");
    assert_eq!(look(&cache, "a", ttl(0), now), "expired 1");
    assert_eq!(look(&cache, "b", ttl(10), now), "miss");
    assert_eq!(cache.get(&key("a"), now).unwrap().age, SECOND * 10);
}

#[tokio::test(start_paused = true)]
async fn an_age_is_never_negative() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", found("1"), now + SECOND);
    assert_eq!(cache.get(&key("a"), now).unwrap().age, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_value_is_not_fresh_beyond_what_its_source_said() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", record("1").with_good_for(SECOND * 5), now);
    assert_eq!(look(&cache, "a", ttl(60), now + SECOND * 5 - NANO), "fresh 1");
    assert_eq!(look(&cache, "a", ttl(60), now + SECOND * 5), "expired 1");
    assert_eq!(look(&cache, "a", ttl(3), now + SECOND * 3), "expired 1");
    let freshness = Freshness { stale_for: SECOND * 2, ..ttl(60) };
    assert_eq!(stale(&cache, "a", freshness, now + SECOND * 7 - NANO).as_deref(), Some("1"));
    assert_eq!(stale(&cache, "a", freshness, now + SECOND * 7), None);
}

#[tokio::test(start_paused = true)]
async fn a_value_is_revalidated_before_it_expires_and_not_in_the_first_half_of_its_time() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", found("1"), now);
    let freshness = Freshness { refresh_ahead: SECOND * 2, ..ttl(10) };
    assert_eq!(look(&cache, "a", freshness, now + SECOND * 8 - NANO), "fresh 1");
    assert_eq!(look(&cache, "a", freshness, now + SECOND * 8), "ahead 1");
    assert_eq!(look(&cache, "a", freshness, now + SECOND * 10), "expired 1");
    let too_early = Freshness { refresh_ahead: SECOND * 60, ..ttl(10) };
    assert_eq!(look(&cache, "a", too_early, now + SECOND * 5 - NANO), "fresh 1");
    assert_eq!(look(&cache, "a", too_early, now + SECOND * 5), "ahead 1");
    store(&cache, "b", Reply::ABSENT, now);
    assert_eq!(look(&cache, "b", too_early, now + SECOND * 4), "fresh absent");
}

#[tokio::test(start_paused = true)]
async fn absence_is_fresh_for_a_short_time_and_never_stale() {
    let now = Instant::now();
    let freshness = Freshness { stale_for: SECOND * 600, ..ttl(60) };
    for (settings, reply, expected) in [
        (CacheSettings::new(), Reply::ABSENT, 5),
        (CacheSettings::new().absent_for(SECOND * 20), Reply::ABSENT, 20),
        (CacheSettings::new().absent_for(SECOND * 90), Reply::ABSENT, 60),
        (CacheSettings::new().absent_for(Duration::ZERO), Reply::ABSENT, 0),
        (CacheSettings::new(), Reply::Absent { version: None, good_for: Some(SECOND * 2), note: None }, 2),
    ] {
        let cache = Cache::new(settings.without_jitter());
        store(&cache, "a", reply, now);
        let end = now + SECOND * expected;
        if expected > 0 {
            assert_eq!(look(&cache, "a", freshness, end - NANO), "fresh absent");
        }
        assert_eq!(look(&cache, "a", freshness, end), "expired absent");
        assert!(cache.stale(&key("a"), freshness, now).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn absence_is_asked_for_again_by_its_version() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", Reply::Absent { version: Some(version("7")), good_for: None, note: None }, now);
    assert_eq!(look(&cache, "a", ttl(1), now + SECOND), "expired absent");
    assert_eq!(cache.get(&key("a"), now + SECOND).unwrap().version(), Some(&version("7")));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_used_after_its_lease() {
    let (cache, now) = (cache(), Instant::now());
    let lease = |duration| Lease::new("id", duration);
    let freshness = Freshness { stale_for: SECOND * 600, ..ttl(60) };
    store(&cache, "a", record("1").with_lease(lease(SECOND * 5)), now);
    assert_eq!(look(&cache, "a", freshness, now + SECOND * 5 - NANO), "fresh 1");
    assert_eq!(cache.stats().entries, 1);
    assert_eq!(look(&cache, "a", freshness, now + SECOND * 5), "miss");
    assert_eq!(cache.stats().entries, 0, "it is not kept either");

    store(&cache, "a", record("1").with_lease(lease(SECOND * 5)), now);
    assert_eq!(stale(&cache, "a", freshness, now + SECOND * 5), None);

    store(&cache, "b", record("1").with_lease(lease(Duration::MAX)), now);
    assert_eq!(look(&cache, "b", freshness, now + SECOND), "fresh 1");
}

#[tokio::test(start_paused = true)]
async fn the_longest_times_do_not_overflow() {
    let (cache, now) = (Cache::new(CacheSettings::new()), Instant::now());
    let longest = Freshness { ttl: Duration::MAX, stale_for: Duration::MAX, refresh_ahead: Duration::MAX };
    store(&cache, "a", record("1").with_good_for(Duration::MAX), now);
    assert_eq!(look(&cache, "a", longest, now), "fresh 1");
    assert_eq!(stale(&cache, "a", longest, now).as_deref(), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn entries_that_were_stored_together_do_not_expire_together() {
    let (cache, now) = (Cache::new(CacheSettings::new()), Instant::now());
    let names: Vec<_> = (0..1_000).map(|number| number.to_string()).collect();
    for name in &names {
        store(&cache, name, found("1"), now);
    }
    let fresh = |at| names.iter().filter(|name| look(&cache, name, ttl(100), at).starts_with("fresh")).count();
    assert_eq!(fresh(now + SECOND * 90 - NANO), 1_000);
    assert!((350..650).contains(&fresh(now + SECOND * 95)));
    assert_eq!(fresh(now + SECOND * 100), 0);
}
