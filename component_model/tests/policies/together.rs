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

/// A source whose circuit is open, and which answers again.
async fn open_circuit(remote: &Scripted) -> Sources {
    #[derive(Debug, AsyncAssign)]
    struct Failing {
        #[component(fetch_from = "remote", key = "guarded", circuit_breaker, fallback = 1)]
        _guarded: u16,
    }
    remote.set("guarded", [Script::fails(ErrorKind::Unavailable)]);
    let slow = Scripted::new().answers("x", [Script::value(1).after(MS * 100)]);
    let policies = Policies::new().circuit_breaker(CircuitBreaker::new().minimum_calls(2));
    let sources =
        Sources::builder().source("remote", remote.clone()).source("slow", slow).policies("remote", policies).build();
    for _ in 0..3 {
        Failing::fetch_all_components_from(&sources).await.unwrap();
    }
    assert_eq!(status(&sources), BreakerStatus::Open);
    remote.set("guarded", [Script::value(7)]);
    sources
}

#[derive(Debug, AsyncAssign)]
struct Led {
    #[component(fetch_from = "remote", ttl = "1m", circuit_breaker = false)]
    free: u16,
}

#[derive(Debug, AsyncAssign)]
struct Beside {
    #[component(fetch_from = "remote", circuit_breaker, fallback = 1)]
    guarded: u16,
    #[component(fetch_from = "remote", ttl = "1m", circuit_breaker = false)]
    free: u16,
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_for_nobody_if_one_is_refused_and_the_other_follows() {
    let remote = Scripted::new().grouped().answers("free", [Script::value(2).after(SECOND)]);
    let sources = open_circuit(&remote).await;
    let (before, others) = (remote.calls(), sources.clone());
    let other = tokio::spawn(async move { Led::fetch_all_components_from(&others).await.unwrap().free });
    sleep(MS * 10).await;
    let beside = Beside::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((beside.guarded, beside.free, other.await.unwrap()), (1, 2, 2));
    assert_eq!(remote.calls() - before, 1);
}

#[derive(Debug, AsyncAssign)]
struct LateFree {
    #[component(fetch_from = "remote", circuit_breaker, fallback = 1)]
    guarded: u16,
    #[component(fetch_from = "slow", key = "x")]
    _x: u16,
    #[component(fetch_from = "remote", key = "guarded", circuit_breaker = false, depends_on = ["_x"])]
    late: u16,
}

#[tokio::test(start_paused = true)]
async fn who_has_no_breaker_takes_no_refusal_of_another_one() {
    let remote = Scripted::new();
    let sources = open_circuit(&remote).await;
    let fetched = LateFree::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((fetched.guarded, fetched.late), (1, 7));
}

#[derive(Debug, AsyncAssign)]
struct Probing {
    #[component(fetch_from = "remote", key = "guarded", circuit_breaker, timeout = "10s")]
    _probe: u16,
    #[component(fetch_from = "remote", key = "b", circuit_breaker, timeout = "10s")]
    _waits: u16,
    #[component(fetch_from = "remote", key = "free", circuit_breaker = false, timeout = "1s")]
    free: u16,
}

#[tokio::test(start_paused = true)]
async fn who_has_no_breaker_does_not_wait_for_a_probe() {
    let remote = Scripted::new().answers("b", [Script::value(1)]).answers("free", [Script::value(2)]);
    let sources = open_circuit(&remote).await;
    remote.set("guarded", [Script::value(7).after(SECOND * 5)]);
    sleep(SECOND * 6).await;
    assert_eq!(Probing::fetch_all_components_from(&sources).await.unwrap().free, 2);
}

#[derive(Debug, AsyncAssign)]
struct Shared {
    #[component(fetch_from = "remote", key = "token", ttl = "60s", refresh_ahead = "10s", circuit_breaker)]
    _plain: String,
    #[component(fetch_from = "remote", key = "token", ttl = "60s", refresh_ahead = "10s", circuit_breaker)]
    _secret: SecretString,
}

#[tokio::test(start_paused = true)]
async fn what_a_source_says_of_a_shared_secret_is_in_no_state() {
    let foreign = component_model::SourceError::new(ErrorKind::Unavailable, "hunter2 is gone");
    let remote = Scripted::new().answers("token", [Script::value("x"), Script::error(foreign)]);
    let sources = breaker(&remote);
    for _ in 0..53 {
        Shared::fetch_all_components_from(&sources).await.unwrap();
        sleep(SECOND).await;
    }
    assert!(remote.calls() > 1, "it was fetched again in the background");
    let state = serde_json::to_string(&sources.state()).unwrap();
    assert!(state.contains("last_error") && !state.contains("hunter2"), "{state}");
}

#[tokio::test(start_paused = true)]
async fn callers_that_give_up_have_one_request_beside_that_of_a_slow_source() {
    let remote = Scripted::new().answers("port", [Script::value(8080).after(SECOND * 30)]);
    let sources = with(&remote, Policies::new().timeout(SECOND * 60));
    let others = sources.clone();
    let patient = tokio::spawn(async move { Stuck::fetch_all_components_from(&others).await.unwrap().port });
    sleep(MS * 10).await;
    for _ in 0..15 {
        let _ = timeout(MS * 1600, Stuck::fetch_all_components_from(&sources)).await;
    }
    assert_eq!(patient.await.unwrap(), 8080);
    assert_eq!((remote.most_in_flight(), remote.calls()), (2, 15));
}
