//! Requests that are sent a second time.

use std::time::Duration;

use component_model::{
    ErrorKind, Hedge, Policies,
    prelude::*,
    test_util::{Script, Scripted},
};
use tokio::time::Instant;

use super::with;

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "remote", timeout = "2s")]
    port: u16,
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

async fn fetch(remote: &Scripted, policies: Policies) -> (Result<u16, ErrorKind>, Duration) {
    let began = Instant::now();
    let fetched = Config::fetch().sources(&with(remote, policies)).value().await;
    (fetched.map(|config| config.port).map_err(|errors| errors[0].kind()), began.elapsed())
}

fn after(delay: u64) -> Policies {
    Policies::new().hedge(Hedge::after(millis(delay)))
}

#[tokio::test(start_paused = true)]
async fn a_slow_request_is_overtaken_by_the_second() {
    let remote =
        Scripted::new().answers("port", [Script::value(1).after(millis(900)), Script::value(2).after(millis(10))]);
    assert_eq!(fetch(&remote, after(50)).await, (Ok(2), millis(60)));
    assert_eq!((remote.calls(), remote.dropped(), remote.in_flight()), (2, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_quick_request_is_alone() {
    let remote = Scripted::new().answers("port", [Script::value(1).after(millis(49))]);
    assert_eq!(fetch(&remote, after(50)).await, (Ok(1), millis(49)));
    assert_eq!(remote.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_one_is_none_while_the_other_may_answer() {
    let failing = Script::fails(ErrorKind::Unavailable);
    let remote = Scripted::new().answers("port", [Script::value(1).after(millis(300)), failing]);
    assert_eq!(fetch(&remote, after(50)).await, (Ok(1), millis(300)));
}

#[tokio::test(start_paused = true)]
async fn it_needs_a_permit_and_the_budget() {
    let slow = || Scripted::new().answers("port", [Script::value(1).after(millis(300))]);
    let remote = slow();
    assert_eq!(fetch(&remote, after(50).limit(1)).await.0, Ok(1));
    assert_eq!(remote.calls(), 1);
    let remote = slow();
    let none = component_model::RetryBudget::new().percent(0).floor(0);
    assert_eq!(fetch(&remote, after(50).retry_budget(none)).await.0, Ok(1));
    assert_eq!(remote.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_percentile_is_learned() {
    let quick = (0..16).map(|_| Script::value(1).after(millis(10)));
    let slow = [Script::value(1).after(millis(1500)), Script::value(2).after(millis(10))];
    let remote = Scripted::new().answers("port", quick.chain(slow));
    let sources = with(&remote, Policies::new().hedge(Hedge::at_percentile(95)));
    for _ in 0..16 {
        Config::fetch().sources(&sources).value().await.unwrap();
    }
    let began = Instant::now();
    assert_eq!(Config::fetch().sources(&sources).value().await.unwrap().port, 2);
    assert_eq!(began.elapsed(), millis(20));
}

#[tokio::test(start_paused = true)]
async fn the_good_values_of_both_are_taken() {
    #[derive(Debug, AsyncAssign)]
    struct Group {
        #[component(fetch_from = "remote", fallback = 0)]
        one: u16,
        #[component(fetch_from = "remote", fallback = 0)]
        other: u16,
    }
    let fails = || Script::fails(ErrorKind::Unavailable);
    let first = |script: Script| script.after(millis(60));
    let second = |script: Script| script.after(millis(20));
    for (one, other, expected) in [
        ([first(Script::value(7)), second(fails())], [first(fails()), second(fails())], (7, 0)),
        ([first(fails()), second(fails())], [first(fails()), second(Script::value(8))], (0, 8)),
        ([first(Script::value(7)), second(fails())], [first(fails()), second(Script::value(8))], (7, 8)),
    ] {
        let remote = Scripted::new().grouped().answers("one", one).answers("other", other);
        let group = Group::fetch().sources(&with(&remote, after(50))).value().await.unwrap();
        assert_eq!((group.one, group.other), expected);
        assert_eq!((remote.calls(), remote.in_flight()), (2, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_are_sent_twice_than_the_percentile_says() {
    #[derive(Debug, AsyncAssign)]
    struct Patient {
        #[component(fetch_from = "remote", timeout = "1m")]
        port: u16,
    }
    const REQUESTS: usize = 4000;
    let mut state = 42_u64;
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(state >> 33).unwrap() + 1) / f64::from(1_u32 << 31)
    };
    // The logarithms have a normal distribution: half of them take less than 100 ms, a twentieth more than 500 ms.
    let mut time = || {
        let normal = (-2.0 * unit().ln()).sqrt() * (std::f64::consts::TAU * unit()).cos();
        Duration::from_secs_f64(0.1 * normal.exp())
    };
    let remote = Scripted::new().answers("port", (0..REQUESTS * 2).map(|_| Script::value(1).after(time())));
    let sources = with(&remote, Policies::new().hedge(Hedge::at_percentile(95)));
    for _ in 0..REQUESTS {
        Patient::fetch().sources(&sources).value().await.unwrap();
    }
    let twice = remote.calls() - REQUESTS;
    assert!((REQUESTS * 3 / 100..REQUESTS * 9 / 100).contains(&twice), "{twice}");
}
