//! Components and fetches whose policies differ, at one source: none of them takes anything away from another.

use std::time::Duration;

use component_model::{
    BreakerStatus, CircuitBreaker, ErrorKind, Hedge, LocalCache, Policies, RetryBudget,
    prelude::*,
    test_util::{Script, Scripted},
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{sources, with};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn breaker(source: &Scripted) -> Sources {
    with(source, Policies::new().circuit_breaker(CircuitBreaker::new().minimum_calls(2)))
}

fn status(sources: &Sources) -> BreakerStatus {
    let state = sources.state();
    state.source("remote").unwrap().breakers().next().unwrap().1.status()
}

#[derive(Debug, AsyncAssign)]
struct Hurried {
    #[component(fetch_from = "remote", key = "k", circuit_breaker, timeout = "50ms", retry_attempts = 3, fallback = 1)]
    _hurried: u16,
    #[component(fetch_from = "remote", key = "k", circuit_breaker, timeout = "2s", fallback = 1)]
    patient: u16,
}

#[tokio::test(start_paused = true)]
async fn a_probe_lasts_as_long_as_its_most_patient_component_waits() {
    let remote = Scripted::new().answers("k", [Script::fails(ErrorKind::Unavailable)]);
    let sources = breaker(&remote);
    for _ in 0..3 {
        Hurried::fetch_all_components_from(&sources).await.unwrap();
    }
    assert_eq!(status(&sources), BreakerStatus::Open);
    // It is healthy again, and slower than the hurried component waits.
    remote.set("k", [Script::value(8080).after(MS * 400)]);
    sleep(SECOND * 6).await;
    let mut fetches = JoinSet::new();
    for _ in 0..50 {
        let sources = sources.clone();
        fetches.spawn(async move { Hurried::fetch_all_components_from(&sources).await.unwrap().patient });
        sleep(MS * 100).await;
    }
    let good = fetches.join_all().await.into_iter().filter(|port| *port == 8080).count();
    assert_eq!(status(&sources), BreakerStatus::Closed);
    assert!(good >= 45, "{good} of 50");
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_one_request_also_if_the_source_is_hedged() {
    let remote = Scripted::new().answers("port", [Script::fails(ErrorKind::Unavailable)]);
    let policies = Policies::new().circuit_breaker(CircuitBreaker::new().minimum_calls(2)).hedge(Hedge::after(MS * 10));
    let sources = with(&remote, policies);
    for _ in 0..3 {
        Port::fetch_all_components_from(&sources).await.unwrap_err();
    }
    remote.set("port", [Script::value(8080).after(MS * 200)]);
    sleep(SECOND * 6).await;
    let before = remote.calls();
    assert_eq!(Port::fetch_all_components_from(&sources).await.unwrap().port, 8080);
    assert_eq!(remote.calls() - before, 1);
    Port::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(remote.calls() - before, 3, "the next one is hedged again");
}

#[derive(Debug, AsyncAssign)]
struct Port {
    #[component(fetch_from = "remote")]
    port: u16,
}

#[derive(Debug, AsyncAssign)]
struct Mixed {
    #[component(fetch_from = "remote", key = "a", circuit_breaker, fallback = 1)]
    a: u16,
    #[component(fetch_from = "remote", key = "a", circuit_breaker = false)]
    same: u16,
    #[component(fetch_from = "remote", key = "b", circuit_breaker = false)]
    b: u16,
}

#[tokio::test(start_paused = true)]
async fn a_component_without_a_breaker_is_fetched_beside_one_whose_circuit_is_open() {
    for grouped in [false, true] {
        let script = || [Script::fails(ErrorKind::Unavailable)];
        let remote = Scripted::new().answers("a", script()).answers("b", script());
        let remote = if grouped { remote.grouped() } else { remote };
        let sources = breaker(&remote);
        for _ in 0..3 {
            let _ = Mixed::fetch_all_components_from(&sources).await;
        }
        assert_eq!(status(&sources), BreakerStatus::Open);
        remote.set("a", [Script::value(3)]);
        remote.set("b", [Script::value(2)]);
        let mixed = Mixed::fetch_all_components_from(&sources).await.unwrap();
        assert_eq!((mixed.a, mixed.same, mixed.b), (1, 3, 2), "grouped: {grouped}");
    }
}

#[derive(Debug, AsyncAssign)]
struct Throttled {
    #[component(fetch_from = "remote", retry_attempts = 2)]
    a: u16,
    #[component(fetch_from = "remote", retry_attempts = 2, fallback = 9)]
    b: u16,
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_in_time_is_made_although_that_of_another_one_is_not() {
    for millis in [5100, 8000] {
        let throttled = |millis: u32| Script::fails(ErrorKind::Throttled).retry_after(MS * millis);
        let remote = Scripted::new()
            .grouped()
            .answers("a", [throttled(4200), Script::value(1)])
            .answers("b", [throttled(millis), Script::value(2)]);
        let began = Instant::now();
        let fetched = Throttled::fetch().sources(&sources(&remote)).deadline(SECOND * 5).value().await.unwrap();
        assert_eq!((fetched.a, fetched.b, remote.asked("b")), (1, 9, 1), "{millis} ms");
        assert!(began.elapsed() < MS * 4300);
    }
}

#[derive(Debug, AsyncAssign)]
struct Deadline {
    #[component(fetch_from = "remote", retry_attempts = 2, deadline = "5s")]
    _a: u16,
}

#[derive(Debug, AsyncAssign)]
struct Impatient {
    #[component(fetch_from = "slow", key = "x")]
    _slow: u16,
    #[component(fetch_from = "remote", key = "a", retry_attempts = 2, retry_max_backoff = "1s", fallback = 1)]
    impatient: u16,
    #[component(fetch_from = "remote", key = "a", retry_attempts = 2, retry_max_backoff = "10s")]
    patient: u16,
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_in_vain_for_what_is_asked_to_wait_too_long() {
    let remote = || {
        let throttled = Script::fails(ErrorKind::Throttled).retry_after(SECOND * 8);
        Scripted::new().answers("_a", [throttled.clone()]).answers("a", [throttled, Script::value(7)])
    };
    let began = Instant::now();
    let errors = Deadline::fetch_all_components_from(&sources(&remote())).await.unwrap_err();
    assert_eq!((errors[0].kind(), began.elapsed()), (ErrorKind::Throttled, Duration::ZERO));

    // For the other one it is not too long.
    let slow = Scripted::new().answers("x", [Script::value(1)]);
    let sources = Sources::builder().source("remote", remote()).source("slow", slow).build();
    let fetched = Impatient::fetch_with_report_from(&sources).await;
    let fetched = fetched.unwrap();
    assert_eq!((fetched.value.impatient, fetched.value.patient), (1, 7));
    assert_eq!(fetched.report.entry("impatient").unwrap().elapsed(), Duration::ZERO);
}

impl Impatient {
    async fn fetch_with_report_from(sources: &Sources) -> Result<component_model::Fetched<Self>, ComponentErrors> {
        Self::fetch().sources(sources).report().await
    }
}

#[derive(Debug, AsyncAssign)]
struct Group {
    #[component(fetch_from = "remote", ttl = "1m", timeout = "50ms", fallback = 1)]
    _a: u16,
    #[component(fetch_from = "remote", ttl = "1m")]
    _b: u16,
    #[component(fetch_from = "slow", key = "x")]
    _x: u16,
    #[component(fetch_from = "remote", key = "_a", ttl = "1m", depends_on = ["_x"])]
    late: u16,
}

#[derive(Debug, AsyncAssign)]
struct Other {
    #[component(fetch_from = "remote", ttl = "1m")]
    _b: u16,
}

#[tokio::test(start_paused = true)]
async fn who_comes_late_to_a_group_that_was_dropped_asks_for_its_own_key_alone() {
    let answer = |value: u16| [Script::value(value).after(SECOND)];
    let remote = Scripted::new().grouped().answers("_a", answer(1)).answers("_b", answer(2));
    let slow = Scripted::new().answers("x", [Script::value(1).after(MS * 100)]);
    let sources = Sources::builder().source("remote", remote.clone()).source("slow", slow).build();
    let others = sources.clone();
    let other = tokio::spawn(async move { Other::fetch_all_components_from(&others).await });
    sleep(MS * 10).await;
    assert_eq!(Group::fetch_all_components_from(&sources).await.unwrap().late, 1);
    other.await.unwrap().unwrap();
    assert_eq!((remote.asked("_a"), remote.asked("_b")), (2, 1));
}

#[derive(Debug, AsyncAssign)]
struct Late {
    #[component(fetch_from = "remote", key = "k", retry_attempts = 2, retry_backoff = "1ms", fallback = 1)]
    _first: u16,
    #[component(fetch_from = "slow", key = "x")]
    _x: u16,
    #[component(fetch_from = "slow", key = "y")]
    _y: u16,
    #[component(fetch_from = "remote", key = "k", retry_attempts = 2, depends_on = ["_x"], fallback = 1)]
    _second: u16,
    #[component(fetch_from = "remote", key = "k", retry_attempts = 2, depends_on = ["_y"], fallback = 1)]
    _third: u16,
}

#[tokio::test(start_paused = true)]
async fn who_repeats_what_has_failed_for_another_one_pays_for_it() {
    let remote = Scripted::new().answers("k", [Script::fails(ErrorKind::Unavailable)]);
    let after = |millis: u32| [Script::value(1).after(MS * millis)];
    let slow = Scripted::new().answers("x", after(100)).answers("y", after(200));
    let sources = Sources::builder()
        .source("remote", remote.clone())
        .source("slow", slow)
        .policies("remote", Policies::new().retry_budget(RetryBudget::new().percent(0).floor(0)))
        .build();
    Late::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(remote.calls(), 1);
}

#[derive(Debug, AsyncAssign)]
struct Stuck {
    #[component(fetch_from = "remote", ttl = "10m")]
    port: u16,
}

#[derive(Debug, AsyncAssign)]
struct Bounded {
    #[component(fetch_from = "remote", ttl = "10m", deadline = "2s")]
    port: u16,
}

#[tokio::test(start_paused = true)]
async fn a_stuck_request_is_doubted_also_by_a_deadline_and_by_who_gives_up() {
    for is_cancelled in [false, true] {
        let remote = Scripted::new().answers("port", [Script::hangs(), Script::value(8080)]);
        let sources = with(&remote, Policies::new().timeout(SECOND * 60));
        let others = sources.clone();
        let stuck = tokio::spawn(async move { Stuck::fetch_all_components_from(&others).await });
        sleep(MS * 10).await;
        let mut good = 0;
        for _ in 0..5 {
            good += usize::from(match is_cancelled {
                true => timeout(SECOND * 2, Stuck::fetch_all_components_from(&sources)).await.is_ok_and(|fetched| {
                    assert_eq!(fetched.unwrap().port, 8080);
                    true
                }),
                false => Bounded::fetch_all_components_from(&sources).await.is_ok_and(|fetched| fetched.port == 8080),
            });
            sleep(MS * 200).await;
        }
        assert_eq!((good, remote.calls()), (4, 2), "cancelled: {is_cancelled}");
        stuck.abort();
    }
}

#[derive(Debug, AsyncAssign)]
struct Refreshed {
    #[component(fetch_from = "remote", ttl = "60s", refresh_ahead = "10s")]
    port: u16,
}

#[tokio::test(start_paused = true)]
async fn a_value_is_not_fetched_again_before_the_source_allows_it() {
    let throttled = Script::fails(ErrorKind::Throttled).retry_after(SECOND * 30);
    let remote = Scripted::new().answers("port", [Script::value(1), throttled.clone(), throttled, Script::value(2)]);
    let sources = sources(&remote);
    for _ in 0..53 {
        assert_eq!(Refreshed::fetch_all_components_from(&sources).await.unwrap().port, 1);
        sleep(SECOND).await;
    }
    assert_eq!(remote.calls(), 2, "the first one, and one in the background");
}

#[derive(Debug, AsyncAssign)]
struct Kept {
    #[component(fetch_from = "remote", fallback_to = "local_cache", default = "default")]
    shared: String,
    #[component(fetch_from = "remote", fallback_to = "local_cache")]
    _slow: u16,
}

#[tokio::test]
async fn what_was_answered_later_stays_stored_whoever_ends_first() {
    for first in [Script::value("old"), Script::absent()] {
        let folder = tempfile::tempdir().unwrap();
        let instance = |shared: Script, millis: u32| {
            let slow = Script::value(1).after(MS * millis);
            let remote = Scripted::new().answers("shared", [shared]).answers("_slow", [slow]);
            let cache = LocalCache::at(folder.path().join("config.cache"));
            Sources::builder().source("remote", remote).local_cache(cache).build()
        };
        let (one, other) = (instance(first, 600), instance(Script::value("new"), 0));
        let fetched = tokio::spawn(async move {
            let fetched = Kept::fetch_all_components_from(&one).await;
            one.shutdown().await;
            fetched
        });
        sleep(MS * 200).await;
        Kept::fetch_all_components_from(&other).await.unwrap();
        other.shutdown().await;
        fetched.await.unwrap().unwrap();
        let down = instance(Script::fails(ErrorKind::Unreachable), 0);
        assert_eq!(Kept::fetch_all_components_from(&down).await.unwrap().shared, "new");
    }
}
