//! The circuit breaker of a source, as the engine uses it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use component_model::{
    BreakerStatus, CircuitBreaker, ErrorKind, Policies, RetryBudget,
    prelude::*,
    test_util::{Script, Scripted},
};
use tokio::time::sleep;

use super::{sources, with};

#[derive(Debug, AsyncAssign)]
struct Guarded {
    #[component(fetch_from = "remote", circuit_breaker = "true", timeout = "1s")]
    port: u16,
}

#[derive(Debug, AsyncAssign)]
struct Plain {
    #[component(fetch_from = "remote", key = "port", timeout = "1s")]
    port: u16,
}

async fn kind(sources: &Sources) -> Option<ErrorKind> {
    Guarded::fetch().sources(sources).value().await.err().map(|errors| errors[0].kind())
}

fn status(sources: &Sources) -> BreakerStatus {
    let state = sources.state();
    state.source("remote").unwrap().breakers().next().unwrap().1.status()
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_too_often_is_not_asked_until_a_probe_succeeds() {
    let remote = Scripted::new().answers("port", [Script::fails(ErrorKind::Unavailable)]);
    let sources = sources(&remote);
    for _ in 0..5 {
        assert_eq!(kind(&sources).await, Some(ErrorKind::Unavailable));
    }
    assert_eq!(status(&sources), BreakerStatus::Open);
    let errors = Guarded::fetch().sources(&sources).value().await.unwrap_err();
    assert!(errors[0].is_circuit_open() && errors[0].attempts() == 0, "{errors}");
    assert_eq!(remote.calls(), 5);

    sleep(Duration::from_secs(5)).await;
    remote.set("port", [Script::value(8080)]);
    assert_eq!((kind(&sources).await, status(&sources)), (None, BreakerStatus::Closed));
    assert_eq!(remote.calls(), 6);
}

#[tokio::test(start_paused = true)]
async fn timeouts_count_and_permanent_failures_do_not() {
    let remote = Scripted::new().answers("port", [Script::hangs()]);
    let hanging = sources(&remote);
    for _ in 0..5 {
        assert_eq!(kind(&hanging).await, Some(ErrorKind::Timeout));
    }
    assert_eq!(kind(&hanging).await, Some(ErrorKind::CircuitOpen));

    let remote = Scripted::new().answers("port", [Script::fails(ErrorKind::Denied)]);
    let denying = sources(&remote);
    for _ in 0..20 {
        assert_eq!(kind(&denying).await, Some(ErrorKind::Denied));
    }
    assert_eq!(remote.calls(), 20);
}

#[tokio::test(start_paused = true)]
async fn it_is_shared_across_structs_and_applies_where_it_is_turned_on() {
    let remote = Scripted::new().answers("port", [Script::fails(ErrorKind::Unavailable)]);
    let registered = sources(&remote);
    for _ in 0..5 {
        kind(&registered).await;
    }
    // Off for this struct, on in a resilient fetch of it.
    let errors = Plain::fetch().sources(&registered).value().await.unwrap_err();
    assert_eq!((errors[0].kind(), remote.calls()), (ErrorKind::Unavailable, 6));
    let errors = Plain::fetch().sources(&registered).resilient().value().await.unwrap_err();
    assert_eq!((errors[0].kind(), remote.calls()), (ErrorKind::CircuitOpen, 6));

    // A registration turns it on, with its own figures.
    let remote = Scripted::new().answers("port", [Script::fails(ErrorKind::Unavailable)]);
    let two = with(&remote, Policies::new().circuit_breaker(CircuitBreaker::new().minimum_calls(2)));
    for expected in [ErrorKind::Unavailable, ErrorKind::Unavailable, ErrorKind::CircuitOpen] {
        let errors = Plain::fetch().sources(&two).value().await.unwrap_err();
        assert_eq!(errors[0].kind(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn every_endpoint_has_its_own() {
    #[derive(Debug, AsyncAssign)]
    struct Two {
        #[component(fetch_from = "remote", circuit_breaker = true)]
        broken: u16,
        #[component(fetch_from = "remote", circuit_breaker = true)]
        sound: u16,
    }
    let remote = Scripted::new()
        .answers("broken", [Script::fails(ErrorKind::Unavailable)])
        .answers("sound", [Script::value(1)])
        .endpoint("broken", "a:80")
        .endpoint("sound", "b:80");
    let sources = sources(&remote);
    for _ in 0..10 {
        Two::fetch().sources(&sources).value().await.unwrap_err();
    }
    assert_eq!((remote.asked("broken"), remote.asked("sound")), (5, 10));
    let state = sources.state();
    let statuses: Vec<_> =
        state.source("remote").unwrap().breakers().map(|(endpoint, state)| (endpoint, state.status())).collect();
    assert_eq!(statuses, [("a:80", BreakerStatus::Open), ("b:80", BreakerStatus::Closed)]);
}

#[tokio::test(start_paused = true)]
async fn requests_of_a_group_at_different_endpoints_are_judged_apart() {
    #[derive(Debug, AsyncAssign)]
    struct Three {
        #[component(fetch_from = "remote", circuit_breaker = true)]
        broken: Option<u16>,
        #[component(fetch_from = "remote", circuit_breaker = true)]
        sound: u16,
        #[component(fetch_from = "remote", circuit_breaker = true)]
        other: u16,
    }
    let remote = Scripted::new()
        .grouped()
        .answers("broken", [Script::fails(ErrorKind::Unavailable)])
        .answers("sound", [Script::value(1)])
        .answers("other", [Script::value(2)])
        .endpoint("broken", "a:80")
        .endpoint("sound", "b:80")
        .endpoint("other", "b:80");
    let sources = sources(&remote);
    for _ in 0..10 {
        Three::fetch().sources(&sources).value().await.unwrap_err();
    }
    assert_eq!((remote.asked("broken"), remote.asked("sound"), remote.calls()), (5, 10, 15));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_cancelled_lets_the_next_one_through() {
    let remote = Scripted::new().answers("port", [Script::fails(ErrorKind::Unavailable)]);
    let sources = sources(&remote);
    for _ in 0..5 {
        kind(&sources).await;
    }
    sleep(Duration::from_secs(5)).await;
    remote.set("port", [Script::hangs(), Script::value(1)]);
    let probe = Guarded::fetch().sources(&sources).value();
    tokio::time::timeout(Duration::from_millis(10), probe).await.unwrap_err();
    assert_eq!((kind(&sources).await, status(&sources)), (None, BreakerStatus::Closed));
}

#[tokio::test(start_paused = true)]
async fn it_is_opened_and_closed_by_hand() {
    let remote = Scripted::new().answers("port", [Script::value(1)]);
    let sources = sources(&remote);
    let circuit = sources.circuit("remote").unwrap();
    circuit.force_open();
    let errors = Plain::fetch().sources(&sources).value().await.unwrap_err();
    assert_eq!((errors[0].kind(), remote.calls()), (ErrorKind::CircuitOpen, 0));
    circuit.automatic();
    Plain::fetch().sources(&sources).value().await.unwrap();

    circuit.force_closed();
    remote.set("port", [Script::fails(ErrorKind::Unavailable)]);
    for _ in 0..20 {
        assert_eq!(kind(&sources).await, Some(ErrorKind::Unavailable));
    }
}

#[tokio::test(start_paused = true)]
async fn its_changes_are_events() {
    let (events, seen) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let remote = Scripted::new().answers("port", [Script::fails(ErrorKind::Unavailable)]);
    let sources = Sources::builder()
        .source("remote", remote.clone())
        .observe_breakers({
            let (events, seen) = (Arc::clone(&events), Arc::clone(&seen));
            move |event| {
                events.lock().unwrap().push((event.source.clone(), event.from, event.to));
                seen.lock().unwrap().extend(event.last_error.clone());
            }
        })
        .build();
    for _ in 0..5 {
        kind(&sources).await;
    }
    sleep(Duration::from_secs(5)).await;
    remote.set("port", [Script::value(1)]);
    kind(&sources).await;
    use BreakerStatus::{Closed, HalfOpen, Open};
    let expected = [(Closed, Open), (Open, HalfOpen), (HalfOpen, Closed)];
    let expected = expected.map(|(from, to)| ("remote".to_owned(), from, to));
    assert_eq!(*events.lock().unwrap(), expected);
    assert!(!seen.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_a_deadline_ends_counts_if_it_had_half_of_its_timeout() {
    for (deadline, calls) in [(Duration::from_millis(600), 5), (Duration::from_millis(400), 20)] {
        let remote = Scripted::new().answers("port", [Script::hangs()]);
        let sources = sources(&remote);
        for _ in 0..20 {
            Guarded::fetch().sources(&sources).deadline(deadline).value().await.unwrap_err();
        }
        assert_eq!(remote.calls(), calls, "{deadline:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_waited_for_the_limit_asks_the_breaker_again() {
    #[derive(Debug, AsyncAssign)]
    struct Queued {
        #[component(fetch_from = "remote")]
        port: u16,
    }
    let failing = Script::fails(ErrorKind::Unavailable).after(Duration::from_secs(1));
    let remote = Scripted::new().answers("port", [failing]);
    let policies = Policies::new().limit(1).circuit_breaker(CircuitBreaker::new().minimum_calls(1));
    let sources = with(&remote, policies);
    let fetch = || Queued::fetch().sources(&sources).value();
    let (first, second) = futures_util::join!(fetch(), fetch());
    let kinds = [first, second].map(|fetched| fetched.map(|queued| queued.port).unwrap_err()[0].kind());
    assert_eq!((kinds, remote.calls()), ([ErrorKind::Unavailable, ErrorKind::CircuitOpen], 1));
}

#[tokio::test(start_paused = true)]
async fn what_answers_a_part_of_a_group_is_not_down_and_its_retries_do_not_say_so_either() {
    #[derive(Debug, AsyncAssign)]
    struct Two {
        #[component(fetch_from = "remote", circuit_breaker = true, retry_attempts = 3)]
        broken: Option<u16>,
        #[component(fetch_from = "remote", circuit_breaker = true, retry_attempts = 3)]
        sound: u16,
    }
    let remote = Scripted::new()
        .grouped()
        .answers("broken", [Script::fails(ErrorKind::Unavailable)])
        .answers("sound", [Script::value(1)]);
    let sources = with(&remote, Policies::new().retry_budget(RetryBudget::unlimited()));
    for _ in 0..10 {
        let errors = Two::fetch().sources(&sources).value().await.unwrap_err();
        assert_eq!((errors.len(), errors[0].kind()), (1, ErrorKind::Unavailable), "{errors}");
    }
    assert_eq!((status(&sources), remote.asked("broken"), remote.asked("sound")), (BreakerStatus::Closed, 30, 10));
    // What answers nothing is.
    remote.set("sound", [Script::fails(ErrorKind::Unavailable)]);
    for _ in 0..20 {
        Two::fetch().sources(&sources).value().await.unwrap_err();
    }
    assert_eq!(status(&sources), BreakerStatus::Open);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_the_breaker_holds_back_costs_nothing() {
    let policies = Policies::new()
        .circuit_breaker(CircuitBreaker::new().minimum_calls(3))
        .retry_attempts(4)
        .retry_budget(RetryBudget::new().percent(0).floor(3));
    let remote = Scripted::new().answers("port", [Script::fails(ErrorKind::Unavailable)]);
    let sources = with(&remote, policies);
    assert_eq!(kind(&sources).await, Some(ErrorKind::CircuitOpen));
    assert_eq!((remote.calls(), status(&sources)), (3, BreakerStatus::Open));
    sleep(Duration::from_secs(5)).await;
    remote.set("port", [Script::value(1)]);
    assert_eq!((kind(&sources).await, status(&sources)), (None, BreakerStatus::Closed));
    // Two of three retries were sent, so that there is one left.
    remote.set("port", [Script::fails(ErrorKind::Unavailable), Script::value(1)]);
    assert_eq!(kind(&sources).await, None);
}
