//! What is stored, and what it replaces.

use super::*;
use crate::{ErrorKind, Lease, SourceError};

#[tokio::test(start_paused = true)]
async fn an_answer_does_not_replace_that_of_a_later_request() {
    let (cache, now) = (cache(), Instant::now());
    let (first, second) = (cache.start(), cache.start());
    cache.store(&key("a"), &found("2"), second, now);
    cache.store(&key("a"), &found("1"), first, now + SECOND);
    assert_eq!(look(&cache, "a", ttl(10), now + SECOND), "fresh 2");
    cache.store(&key("a"), &Reply::ABSENT, first, now + SECOND);
    assert_eq!(look(&cache, "a", ttl(10), now + SECOND), "fresh 2");
    store(&cache, "a", Reply::ABSENT, now + SECOND);
    assert_eq!(look(&cache, "a", ttl(10), now + SECOND), "fresh absent");
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_value_is_as_fresh_as_a_new_one() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", record("1").with_version(version("7")).with_good_for(SECOND * 5), now);
    let later = now + SECOND * 20;
    store(&cache, "a", Reply::Unchanged { good_for: None }, later);
    assert_eq!(look(&cache, "a", ttl(60), later + SECOND * 5 - NANO), "fresh 1");
    assert_eq!(look(&cache, "a", ttl(60), later + SECOND * 5), "expired 1");
    store(&cache, "a", Reply::Unchanged { good_for: Some(SECOND * 9) }, later);
    assert_eq!(look(&cache, "a", ttl(60), later + SECOND * 9 - NANO), "fresh 1");
    let hit = cache.get(&key("a"), later).unwrap();
    assert_eq!((hit.version(), hit.age), (Some(&version("7")), Duration::ZERO));
    assert_eq!(hit.reply.record().unwrap().good_for(), Some(SECOND * 9));

    store(&cache, "b", Reply::Unchanged { good_for: None }, now);
    assert_eq!(look(&cache, "b", ttl(60), now), "miss");
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_value_keeps_the_end_of_its_lease() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", record("1").with_lease(Lease::new("id", SECOND * 5)), now);
    store(&cache, "a", Reply::Unchanged { good_for: None }, now + SECOND * 4);
    assert_eq!(look(&cache, "a", ttl(60), now + SECOND * 5 - NANO), "fresh 1");
    assert_eq!(look(&cache, "a", ttl(60), now + SECOND * 5), "miss");
}

#[tokio::test(start_paused = true)]
async fn a_leader_gets_the_value_that_it_knew_even_if_the_cache_has_lost_it() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", record("1").with_version(version("7")), now);
    let known = cache.get(&key("a"), now).unwrap();
    cache.invalidate_all();
    let unchanged = Ok(Reply::Unchanged { good_for: None });
    let answer = lead(&cache, "a").finish(&unchanged, Some(&known), now).unwrap();
    assert_eq!(text(&answer), Some("1"));
    assert_eq!(look(&cache, "a", ttl(60), now), "fresh 1");
    let answer = lead(&cache, "b").finish(&unchanged, None, now).unwrap();
    assert!(matches!(answer, Reply::Unchanged { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_value_whose_lease_ended_during_the_request_is_not_the_answer() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", record("1").with_lease(Lease::new("id", SECOND)), now);
    let known = cache.get(&key("a"), now).unwrap();
    let answer = lead(&cache, "a").finish(&Ok(Reply::Unchanged { good_for: None }), Some(&known), now + SECOND);
    assert!(matches!(answer, Ok(Reply::Unchanged { .. })));
}

#[tokio::test(start_paused = true)]
async fn an_error_is_not_stored_and_does_not_remove_what_is() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", found("1"), now);
    let error = Err(SourceError::new(ErrorKind::Denied, "the token has expired"));
    assert!(lead(&cache, "a").finish(&error, None, now).is_err());
    assert!(lead(&cache, "b").finish(&error, None, now).is_err());
    assert_eq!((look(&cache, "a", ttl(1), now), look(&cache, "b", ttl(1), now)), ("fresh 1".into(), "miss".into()));
}

#[tokio::test(start_paused = true)]
async fn hits_and_misses_are_counted_and_nothing_is_shown() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "hunter2", found("hunter2"), now);
    look(&cache, "hunter2", ttl(1), now);
    look(&cache, "hunter2", ttl(1), now + SECOND);
    look(&cache, "other", ttl(1), now);
    let _lead = lead(&cache, "hunter2");
    let _follow = join(&cache, "hunter2");
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses, stats.entries, stats.evictions), (1, 2, 1, 0));
    assert_eq!((stats.flights, stats.followers, stats.in_flight), (1, 1, 1));
    assert!(stats.bytes > 0);
    let hit = cache.get(&key("hunter2"), now);
    assert!(!format!("{cache:?} {hit:?} {_lead:?} {_follow:?}").contains("hunter2"));
}
