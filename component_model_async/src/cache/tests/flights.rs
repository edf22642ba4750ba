//! Single-flight: one request for all.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures_util::future::join_all;

use super::*;
use crate::{ErrorKind, SourceError, cache::Followed};

#[tokio::test(start_paused = true)]
async fn a_thousand_tasks_send_one_request_for_an_expired_value() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", found("1"), now);
    tokio::time::advance(SECOND).await;
    let requests = Arc::new(AtomicUsize::new(0));
    let tasks = (0..1_000).map(|_| {
        let (cache, requests) = (cache.clone(), Arc::clone(&requests));
        tokio::spawn(async move {
            assert_eq!(look(&cache, "a", ttl(1), Instant::now()), "expired 1");
            match join(&cache, "a") {
                Flight::Lead(lead) => {
                    requests.fetch_add(1, SeqCst);
                    tokio::time::sleep(SECOND).await;
                    lead.finish(&Ok(found("2")), None, Instant::now()).unwrap()
                }
                Flight::Follow(follower) => match follower.await {
                    Followed::Answer(answer) => answer.unwrap(),
                    Followed::Lead(_) => panic!("the leader is still there"),
                },
            }
        })
    });
    for reply in join_all(tasks).await {
        assert_eq!(text(&reply.unwrap()), Some("2"));
    }
    assert_eq!(requests.load(SeqCst), 1);
    assert_eq!((cache.stats().in_flight, cache.stats().followers), (0, 999));
}

#[tokio::test(start_paused = true)]
async fn followers_get_an_error_too() {
    let (cache, now) = (cache(), Instant::now());
    let leader = lead(&cache, "a");
    let Flight::Follow(follower) = join(&cache, "a") else { panic!() };
    let error = Err(SourceError::new(ErrorKind::Unreachable, "no route"));
    assert!(leader.finish(&error, None, now).is_err());
    let Followed::Answer(Err(error)) = follower.await else { panic!() };
    assert_eq!(error.kind(), ErrorKind::Unreachable);
}

#[tokio::test(start_paused = true)]
async fn followers_of_a_conditional_request_get_the_value() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", record("1").with_version(version("7")), now);
    let leader = lead(&cache, "a");
    let Flight::Follow(follower) = join(&cache, "a") else { panic!() };
    leader.finish(&Ok(Reply::Unchanged { good_for: None }), None, now).unwrap();
    let Followed::Answer(Ok(reply)) = follower.await else { panic!() };
    assert_eq!(text(&reply), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn exactly_one_follower_takes_the_lead_of_a_cancelled_leader() {
    let cache = cache();
    let woken = Arc::new(AtomicUsize::new(0));
    let leader = lead(&cache, "a");
    let tasks: Vec<_> = (0..1_000)
        .map(|_| {
            let Flight::Follow(follower) = join(&cache, "a") else { panic!() };
            let woken = Arc::clone(&woken);
            tokio::spawn(async move {
                let followed = follower.await;
                woken.fetch_add(1, SeqCst);
                match followed {
                    Followed::Lead(lead) => {
                        tokio::time::sleep(SECOND).await;
                        lead.finish(&Ok(found("2")), None, Instant::now()).unwrap();
                        true
                    }
                    Followed::Answer(answer) => text(&answer.unwrap()) != Some("2"),
                }
            })
        })
        .collect();
    tokio::time::sleep(SECOND / 2).await;
    drop(leader);
    tokio::time::sleep(SECOND / 2).await;
    assert_eq!(woken.load(SeqCst), 1);
    let led = join_all(tasks).await.into_iter().filter(|led| *led.as_ref().unwrap()).count();
    assert_eq!((led, cache.stats().in_flight), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_lead_that_a_dropped_follower_was_offered_goes_to_the_next() {
    let cache = cache();
    let leader = lead(&cache, "a");
    let mut followers: Vec<_> = (0..3)
        .map(|_| match join(&cache, "a") {
            Flight::Follow(follower) => tokio::spawn(follower),
            Flight::Lead(_) => panic!(),
        })
        .collect();
    let last = followers.pop().unwrap();
    tokio::task::yield_now().await;
    drop(leader);
    for follower in followers {
        follower.abort();
    }
    assert!(matches!(last.await.unwrap(), Followed::Lead(_)));
    assert_eq!(cache.stats().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_flight_that_all_have_left_is_forgotten() {
    let cache = cache();
    let leader = lead(&cache, "a");
    let Flight::Follow(follower) = join(&cache, "a") else { panic!() };
    drop(leader);
    assert_eq!(cache.stats().in_flight, 1);
    drop(follower);
    assert_eq!(cache.stats().in_flight, 0);
    drop(lead(&cache, "a"));
    assert_eq!(cache.stats().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn several_requests_are_led_and_followed_at_once() {
    let (cache, now) = (cache(), Instant::now());
    let other = lead(&cache, "b");
    let keys = [key("a"), key("b"), key("c"), key("a")];
    let joined = cache.join_many(&keys);
    let positions = |list: Vec<usize>| list;
    assert_eq!(positions(joined.lead.iter().map(|(position, _)| *position).collect()), [0, 2]);
    assert_eq!(positions(joined.follow.iter().map(|(position, _)| *position).collect()), [1, 3]);
    for (position, lead) in joined.lead {
        assert_eq!(lead.key(), &keys[position]);
        lead.finish(&Ok(found("own")), None, now).unwrap();
    }
    other.finish(&Ok(found("other")), None, now).unwrap();
    let answers = join_all(joined.follow.into_iter().map(|(_, follower)| follower)).await;
    let texts = answers.iter().map(|followed| match followed {
        Followed::Answer(Ok(reply)) => text(reply).unwrap(),
        _ => panic!(),
    });
    assert_eq!(texts.collect::<Vec<_>>(), ["other", "own"]);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_comes_too_late_takes_the_answer_of_the_one_before() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", found("1"), now);
    let leader = lead(&cache, "a");
    let Flight::Follow(follower) = join(&cache, "a") else { panic!() };
    let leader = leader.unless_fresh(ttl(1), now + SECOND).unwrap();
    assert_eq!(text(&leader.unless_fresh(ttl(1), now).unwrap_err().reply), Some("1"));
    assert!(matches!(follower.await, Followed::Answer(Ok(_))));
}

#[tokio::test(start_paused = true)]
async fn a_value_is_revalidated_once() {
    let (cache, now) = (cache(), Instant::now());
    store(&cache, "a", found("1"), now);
    let seen = cache.get(&key("a"), now).unwrap();
    let refresh = cache.lead_refresh(&key("a"), &seen).unwrap();
    assert!(cache.lead_refresh(&key("a"), &seen).is_none());
    refresh.finish(&Ok(found("2")), None, now).unwrap();
    assert!(cache.lead_refresh(&key("a"), &seen).is_none(), "it was seen before it was revalidated");
    let seen = cache.get(&key("a"), now).unwrap();
    assert!(cache.lead_refresh(&key("a"), &seen).is_some());
    assert_eq!(cache.stats().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_lead_that_was_taken_over_neither_answers_nor_hands_over() {
    for lands in [true, false] {
        let cache = cache();
        let former = lead(&cache, "a");
        tokio::time::advance(SECOND).await;
        let current = lead(&cache, "a");
        let Flight::Follow(follower) = join(&cache, "a") else { panic!() };
        let mut follower = std::pin::pin!(follower);
        if lands {
            let own = former.finish(&Ok(found("1")), None, Instant::now()).unwrap();
            assert_eq!(text(&own), Some("1"));
        } else {
            drop(former);
        }
        assert!(futures_util::FutureExt::now_or_never(follower.as_mut()).is_none());
        assert_eq!(look(&cache, "a", ttl(60), Instant::now()), "miss");
        current.finish(&Ok(found("2")), None, Instant::now()).unwrap();
        let Followed::Answer(Ok(reply)) = follower.await else { panic!() };
        assert_eq!((text(&reply), cache.stats().in_flight), (Some("2"), 0));
        assert_eq!(look(&cache, "a", ttl(60), Instant::now()), "fresh 2");
    }
}

#[tokio::test(start_paused = true)]
async fn one_follower_takes_over_a_lead_that_is_not_renewed() {
    let cache = cache();
    let former = lead(&cache, "a");
    let begun = Instant::now();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let Flight::Follow(follower) = join(&cache, "a") else { panic!() };
            tokio::spawn(async move {
                match follower.await {
                    Followed::Lead(lead) => lead.finish(&Ok(found("2")), None, Instant::now()).is_ok(),
                    Followed::Answer(answer) => text(&answer.unwrap()) != Some("2"),
                }
            })
        })
        .collect();
    for _ in 0..10 {
        tokio::time::sleep(SECOND / 2).await;
        former.renew();
    }
    let leaders = join_all(tasks).await.into_iter().filter(|led| *led.as_ref().unwrap()).count();
    assert_eq!((leaders, begun.elapsed()), (1, SECOND * 6 + SECOND / 10));
}
