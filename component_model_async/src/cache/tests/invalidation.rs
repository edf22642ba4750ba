//! What is forgotten, and what that means for requests in flight.

use super::*;
use crate::cache::Followed;

#[tokio::test(start_paused = true)]
async fn a_request_a_source_or_everything_is_forgotten() {
    let (cache, now) = (cache(), Instant::now());
    let vault: Identity = (Arc::from("vault"), Opaque::new("a".to_owned()));
    let fill = || {
        for name in ["a", "b"] {
            store(&cache, name, found("1"), now);
        }
        cache.store(&vault, &found("1"), cache.start(), now);
    };
    let left = || {
        let kept = [key("a"), key("b"), vault.clone()].map(|key| cache.get(&key, now).is_some());
        assert_eq!(cache.stats().entries, kept.iter().filter(|kept| **kept).count() as u64);
        kept
    };
    fill();
    cache.invalidate(&key("a"));
    assert_eq!(left(), [false, true, true]);
    fill();
    cache.invalidate_source("consul");
    assert_eq!(left(), [false, false, true]);
    fill();
    cache.invalidate_where(|(_, query)| query.get::<String>().is_some_and(|name| name == "a"));
    assert_eq!(left(), [false, true, false]);
    fill();
    cache.invalidate_all();
    assert_eq!(left(), [false, false, false]);
}

#[tokio::test(start_paused = true)]
async fn what_was_in_flight_is_not_stored_after_an_invalidation_that_concerns_it() {
    let (cache, now) = (cache(), Instant::now());
    let (a, b) = (lead(&cache, "a"), lead(&cache, "b"));
    let without_flight = cache.start();
    cache.invalidate(&key("a"));
    assert!(a.finish(&Ok(found("old")), None, now).is_ok());
    assert!(b.finish(&Ok(found("new")), None, now).is_ok());
    cache.store(&key("c"), &found("old"), without_flight, now);
    assert_eq!(look(&cache, "a", ttl(1), now), "miss");
    assert_eq!(look(&cache, "b", ttl(1), now), "fresh new");
    assert_eq!(look(&cache, "c", ttl(1), now), "miss");
    store(&cache, "c", found("new"), now);
    assert_eq!(look(&cache, "c", ttl(1), now), "fresh new");
}

#[tokio::test(start_paused = true)]
async fn who_joins_after_an_invalidation_gets_no_older_answer() {
    let (cache, now) = (cache(), Instant::now());
    let old = lead(&cache, "a");
    let Flight::Follow(before) = join(&cache, "a") else { panic!() };
    cache.invalidate(&key("a"));
    let new = lead(&cache, "a");
    let Flight::Follow(after) = join(&cache, "a") else { panic!() };
    new.finish(&Ok(found("new")), None, now).unwrap();
    old.finish(&Ok(found("old")), None, now).unwrap();
    let answer = |followed| match followed {
        Followed::Answer(answer) => text(&answer.unwrap()).unwrap().to_owned(),
        Followed::Lead(_) => panic!(),
    };
    assert_eq!((answer(before.await), answer(after.await)), ("old".into(), "new".into()));
    assert_eq!(look(&cache, "a", ttl(1), now), "fresh new");
    assert_eq!(cache.stats().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_follower_that_takes_the_lead_after_an_invalidation_stores_its_answer() {
    let (cache, now) = (cache(), Instant::now());
    let old = lead(&cache, "a");
    let Flight::Follow(follower) = join(&cache, "a") else { panic!() };
    cache.invalidate(&key("a"));
    drop(old);
    let Followed::Lead(new) = follower.await else { panic!() };
    assert!(matches!(join(&cache, "a"), Flight::Follow(_)));
    new.finish(&Ok(found("new")), None, now).unwrap();
    assert_eq!(look(&cache, "a", ttl(1), now), "fresh new");
    assert_eq!(cache.stats().in_flight, 0);
}
