//! Fetches that are alive and not polled do not hold up others.

use std::time::Duration;

use component_model::{
    BreakerStatus, CircuitBreaker, ErrorKind, Hedge, Policies,
    prelude::*,
    test_util::{Script, Scripted},
};
use futures_util::{FutureExt, StreamExt, future::join_all, stream};
use tokio::time::{Instant, sleep, timeout};

use super::{sources, with};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, AsyncAssign)]
struct Cached {
    #[component(fetch_from = "remote", ttl = "60", timeout = "5s")]
    port: u16,
}

#[derive(Debug, AsyncAssign)]
struct Patient {
    #[component(fetch_from = "remote", ttl = "60", timeout = "1h")]
    port: u16,
}

#[derive(Debug, AsyncAssign)]
struct Probed {
    #[component(fetch_from = "remote", circuit_breaker = true)]
    port: u16,
}

#[derive(Debug, AsyncAssign)]
struct Plain {
    #[component(fetch_from = "remote")]
    port: u16,
}

/// Begins a fetch that nobody polls any more.
macro_rules! leave {
    ($fetch:expr) => {{
        let mut fetch = Box::pin($fetch);
        assert!(fetch.as_mut().now_or_never().is_none());
        fetch
    }};
}

#[tokio::test(start_paused = true)]
async fn who_follows_a_leader_that_is_not_polled_takes_over() {
    let remote = Scripted::new().answers("port", [Script::value(1).after(SECOND / 10), Script::value(2)]);
    let sources = sources(&remote);
    let leader = leave!(Patient::fetch().sources(&sources).value());
    let start = Instant::now();
    let followers: Vec<_> = (0..100).map(|_| tokio::spawn(Cached::fetch().sources(&sources).value())).collect();
    for follower in followers {
        assert_eq!(follower.await.unwrap().unwrap().port, 2);
    }
    assert_eq!((start.elapsed(), remote.calls()), (SECOND + SECOND / 10, 2));
    // Its answer is its own, and no newer one.
    assert_eq!(leader.await.unwrap().port, 1);
    assert_eq!((Cached::fetch().sources(&sources).value().await.unwrap().port, remote.calls()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn who_comes_later_does_not_wait_at_all() {
    let remote = Scripted::new().answers("port", [Script::value(1).after(SECOND), Script::value(2)]);
    let sources = sources(&remote);
    let _leader = leave!(Patient::fetch().sources(&sources).value());
    sleep(SECOND * 2).await;
    let start = Instant::now();
    assert_eq!(Cached::fetch().sources(&sources).value().await.unwrap().port, 2);
    assert_eq!((start.elapsed(), remote.calls()), (Duration::ZERO, 2));
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_slow_or_waits_for_a_permit_leads() {
    let remote = Scripted::new().answers("port", [Script::value(1).after(SECOND * 30)]);
    let sources = with(&remote, Policies::new().limit(1));
    let first = tokio::spawn(Patient::fetch().sources(&sources).value());
    sleep(SECOND / 10).await;
    let others: Vec<_> = (0..10).map(|_| tokio::spawn(Patient::fetch().sources(&sources).value())).collect();
    assert_eq!(first.await.unwrap().unwrap().port, 1);
    assert!(join_all(others).await.into_iter().all(|other| other.unwrap().is_ok()));
    assert_eq!(remote.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_leader_ends_its_lead() {
    let remote = Scripted::new().answers("port", [Script::hangs(), Script::value(2)]);
    let sources = sources(&remote);
    let leader = tokio::spawn(Patient::fetch().sources(&sources).deadline(SECOND / 10).value());
    sleep(SECOND / 20).await;
    let start = Instant::now();
    assert_eq!(Cached::fetch().sources(&sources).value().await.unwrap().port, 2);
    assert_eq!(start.elapsed(), SECOND / 20);
    assert!(leader.await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_not_polled_lets_another_one_through_after_its_timeout() {
    let script = [Script::fails(ErrorKind::Unavailable), Script::value(1).after(SECOND), Script::value(2)];
    let remote = Scripted::new().answers("port", script);
    let breaker = CircuitBreaker::new().minimum_calls(1);
    let sources = with(&remote, Policies::new().circuit_breaker(breaker));
    let fetch = || Probed::fetch().sources(&sources).value();
    assert!(fetch().await.is_err());
    sleep(SECOND * 5).await;
    let probe = leave!(fetch());
    assert_eq!(fetch().await.unwrap_err()[0].kind(), ErrorKind::CircuitOpen);
    sleep(SECOND * 2 + SECOND / 10).await;
    assert_eq!(fetch().await.unwrap().port, 2);
    let status = || sources.state().source("remote").unwrap().breakers().next().unwrap().1.status();
    assert_eq!(status(), BreakerStatus::Closed);
    assert!(probe.await.is_ok());
    assert_eq!((status(), remote.calls()), (BreakerStatus::Closed, 3));
}

#[tokio::test(start_paused = true)]
async fn the_permit_of_a_fetch_that_is_not_polled_goes_to_the_next_after_its_timeout() {
    for limit in [1, 2, 3, 16] {
        let remote = Scripted::new().answers("port", [Script::value(1).after(SECOND)]);
        let sources = with(&remote, Policies::new().limit(limit));
        let fetch = || Plain::fetch().sources(&sources).value();
        let left: Vec<_> = (0..limit).map(|_| leave!(fetch())).collect();
        let start = Instant::now();
        assert_eq!(timeout(SECOND * 10, fetch()).await.unwrap().unwrap().port, 1, "{limit}");
        assert_eq!(start.elapsed(), SECOND * 3 + SECOND / 10);
        drop(left);
        let all = join_all((0..limit).map(|_| fetch())).await;
        assert!(all.into_iter().all(|one| one.is_ok()) && start.elapsed() == SECOND * 4 + SECOND / 10, "{limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_is_given_to_a_fetch_that_is_not_polled_goes_to_the_next() {
    let remote = Scripted::new().answers("port", [Script::value(1).after(SECOND)]);
    let sources = with(&remote, Policies::new().limit(1));
    let fetch = || Plain::fetch().sources(&sources).value();
    let first = leave!(fetch());
    let others: Vec<_> = (0..3).map(|_| leave!(fetch())).collect();
    assert!(first.await.is_ok());
    let start = Instant::now();
    for _ in 0..3 {
        assert!(timeout(SECOND * 10, fetch()).await.unwrap().is_ok());
    }
    assert!(start.elapsed() < SECOND * 4, "{:?}", start.elapsed());
    assert!(timeout(SECOND * 10, join_all(others)).await.unwrap().into_iter().all(|other| other.is_ok()));
    let state = sources.state();
    let state = state.source("remote").unwrap();
    assert_eq!((state.requests(), state.queued(), remote.calls()), (0, 0, 7));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_for_each_of_a_stream_of_fetches_ends() {
    let remote = Scripted::new().answers("port", [Script::value(1).after(SECOND / 100)]);
    let sources = with(&remote, Policies::new().limit(4));
    let fetch = || Plain::fetch().sources(&sources).value();
    let mut fetches = stream::iter(0..100).map(|_| fetch()).buffer_unordered(50);
    let all = async {
        let mut ended = 0;
        while let Some(fetched) = fetches.next().await {
            fetched.unwrap();
            fetch().await.unwrap();
            ended += 1;
        }
        ended
    };
    assert_eq!(timeout(SECOND * 600, all).await.ok(), Some(100));
}

#[tokio::test(start_paused = true)]
async fn both_permits_of_a_hedged_request_go_to_the_next() {
    let script = [Script::hangs(), Script::hangs(), Script::value(1).after(SECOND / 25)];
    let remote = Scripted::new().answers("port", script);
    let sources = with(&remote, Policies::new().limit(2).hedge(Hedge::after(SECOND / 20)));
    let fetch = || Plain::fetch().sources(&sources).value();
    let start = Instant::now();
    let mut hedged = Box::pin(fetch());
    assert!(timeout(SECOND / 10, &mut hedged).await.is_err() && remote.calls() == 2);
    let (one, other) = futures_util::join!(fetch(), fetch());
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(start.elapsed(), SECOND * 2 + SECOND / 10 + SECOND / 25);
}
