//! The deadline of a component and that of the fetch: who was waiting, at which attempt, and for whom.

use std::time::Duration;

use component_model::{
    ErrorKind, Policies, RetryBudget,
    prelude::*,
    test_util::{Script, Scripted},
};
use tokio::{task::coop::consume_budget, time::Instant};

use super::{sources, with};

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "remote", deadline = "3s", retry_attempts = 100, retry_backoff = "1ms", timeout = "2s")]
    slow: u16,
    #[component(fetch_from = "remote", timeout = "10s")]
    quick: u16,
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_component_ends_all_its_attempts_and_no_other_component() {
    let remote = Scripted::new()
        .answers("slow", [Script::hangs()])
        .answers("quick", [Script::value(1).after(Duration::from_secs(5))]);
    let partial = Config::fetch().sources(&sources(&remote)).partial().await;
    let error = &partial.errors()[0];
    assert_eq!((error.kind(), error.attempts(), error.elapsed()), (ErrorKind::Deadline, 2, Duration::from_secs(3)));
    assert_eq!(partial.errors().len(), 1);
    assert!(error.to_string().contains("no value within its deadline of 3 s"), "{error}");
    assert_eq!((remote.asked("slow"), remote.in_flight()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_in_a_pause_names_the_last_failure() {
    let remote = Scripted::new().answers("port", [Script::fails(ErrorKind::Unreachable)]);
    #[derive(Debug, AsyncAssign)]
    struct Paused {
        #[component(fetch_from = "remote", retry_attempts = 9, deadline = "500ms", retry_backoff = "1s")]
        port: u16,
    }
    // The pause is random: in one of these it is longer than the deadline.
    for _ in 0..20 {
        let errors = Paused::fetch().sources(&sources(&remote)).value().await.unwrap_err();
        if errors[0].kind() == ErrorKind::Deadline {
            let text = errors[0].to_string();
            assert!(text.contains("unreachable") || std::error::Error::source(&errors[0]).is_some(), "{text}");
            return;
        }
    }
    panic!("no deadline passed");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_fetch_names_every_component_that_was_waiting() {
    let remote = Scripted::new().answers("slow", [Script::hangs()]).answers("quick", [Script::hangs()]);
    let policies = Policies::new().timeout(Duration::from_secs(2));
    let began = Instant::now();
    let fetch = Config::fetch().sources(&with(&remote, policies)).deadline(Duration::from_millis(2500));
    let errors = fetch.value().await.unwrap_err();
    let told: Vec<_> = errors.iter().map(|error| (error.component().unwrap(), error.attempts())).collect();
    assert_eq!(told, [("Config.slow".to_owned(), 2), ("Config.quick".to_owned(), 1)]);
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::Deadline));
    assert!(errors.iter().all(|error| error.source_name() == Some("remote")));
    assert_eq!(began.elapsed(), Duration::from_millis(2500));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_component_holds_for_its_other_source_too() {
    #[derive(Debug, AsyncAssign)]
    struct Covered {
        #[component(fetch_from = "remote", fallback_to = "slow", deadline = "1s", timeout = "1s", fallback = 7)]
        port: u16,
    }
    let remote = Scripted::new().answers("port", [Script::hangs()]);
    let slow = Scripted::new().answers("port", [Script::hangs()]);
    let sources = Sources::builder().source("remote", remote.clone()).source("slow", slow.clone()).build();
    let began = Instant::now();
    assert_eq!(Covered::fetch().sources(&sources).value().await.unwrap().port, 7);
    assert_eq!((began.elapsed(), remote.in_flight(), slow.in_flight()), (Duration::from_secs(1), 0, 0));
}

#[tokio::test]
async fn time_ends_the_wait_for_a_source_that_always_has_something_to_do() {
    #[derive(Debug, AsyncAssign)]
    struct Timed {
        #[component(fetch_from = "busy", timeout = "100ms")]
        port: u16,
    }
    #[derive(Debug, AsyncAssign)]
    struct Ended {
        #[component(fetch_from = "busy", deadline = "100ms")]
        port: u16,
    }
    // Not on a paused clock, which stands still as long as anything runs.
    let busy = |_| async {
        let began = std::time::Instant::now();
        while began.elapsed() < Duration::from_secs(2) {
            consume_budget().await;
        }
        Ok::<_, std::io::Error>(Some(1))
    };
    let sources = Sources::builder().closure("busy", busy).build();
    let timed = Timed::fetch().sources(&sources).value().await.map(|timed| timed.port);
    assert_eq!(timed.unwrap_err()[0].kind(), ErrorKind::Timeout);
    let ended = Ended::fetch().sources(&sources).value().await.map(|ended| ended.port);
    assert_eq!(ended.unwrap_err()[0].kind(), ErrorKind::Deadline);
    let whole = Ended::fetch().sources(&sources).deadline(Duration::from_millis(50)).value().await;
    assert_eq!(whole.unwrap_err()[0].kind(), ErrorKind::Deadline);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_ends_as_the_limit_admits_a_call_ends_it_for_nobody_else() {
    #[derive(Debug, AsyncAssign)]
    struct Holder {
        #[component(fetch_from = "remote")]
        _first: u16,
    }
    #[derive(Debug, AsyncAssign)]
    struct Both {
        #[component(fetch_from = "remote", key = "port", deadline = "1s", fallback = 7)]
        hasty: u16,
        #[component(fetch_from = "remote", key = "port", deadline = "10s")]
        patient: u16,
    }
    let second = Duration::from_secs(1);
    let remote =
        Scripted::new().answers("_first", [Script::value(1).after(second)]).answers("port", [Script::value(2)]);
    let sources = with(&remote, Policies::new().limit(1));
    let (holder, both) =
        futures_util::join!(Holder::fetch().sources(&sources).value(), Both::fetch().sources(&sources).value());
    let both = both.unwrap();
    assert!(holder.is_ok() && both.patient == 2, "{both:?}");
}

/// What covers a component may be known only after its deadline: it is not begun then.
#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_component_whose_cover_needs_others() {
    #[derive(Debug, AsyncAssign)]
    #[allow(dead_code)]
    struct Covered {
        #[component(fetch_from = "remote")]
        region: String,
        #[component(
            fetch_from = "remote",
            fallback_to = other(key = "{region}.port"),
            deadline = "3s",
            timeout = "2s",
            retry_attempts = 3
        )]
        port: u16,
    }
    for (other, fallback) in [(Script::hangs(), "hangs"), (Script::fails(ErrorKind::Unavailable), "fails")] {
        let remote = Scripted::new().answers("region", [Script::value("eu")]).answers("port", [Script::hangs()]);
        let other = Scripted::new().answers("eu.port", [other]);
        let sources = Sources::builder().source("remote", remote.clone()).source("other", other.clone()).build();
        let began = Instant::now();
        let fetch = Covered::fetch().sources(&sources).value();
        let errors = tokio::time::timeout(Duration::from_secs(3600), fetch).await.expect(fallback).unwrap_err();
        assert_eq!((errors[0].kind(), began.elapsed()), (ErrorKind::Deadline, Duration::from_secs(3)), "{fallback}");
        assert_eq!((remote.in_flight(), other.calls()), (0, 0), "{fallback}");
    }
}

/// One timeout ends the attempts of two calls, and what covers one of them begins the other again.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_begins_when_others_end_has_its_own_time() {
    #[derive(Debug, AsyncAssign)]
    #[allow(dead_code)]
    struct Config {
        #[component(fetch_from = "one", key = "a", timeout = "1s", fallback_to = two(key = "b"))]
        covered: u16,
        #[component(fetch_from = "two", key = "b", timeout = "1s")]
        other: u16,
        #[component(fetch_from = "one", key = "a", timeout = "1s", retry_attempts = 2, fallback = 1)]
        persistent: u16,
    }
    let two = Scripted::new().answers("b", [Script::hangs(), Script::value(7).after(Duration::from_millis(900))]);
    let one = Scripted::new().answers("a", [Script::hangs()]);
    let sources = Sources::builder().source("one", one).source("two", two.clone()).build();
    let partial = Config::fetch().sources(&sources).partial().await;
    let failed: Vec<_> = partial.errors().iter().map(|error| (error.component(), error.kind())).collect();
    assert_eq!((failed, two.calls()), (vec![(Some("Config.other".to_owned()), ErrorKind::Timeout)], 2));
}

/// The timeout of one component and the deadline of another fall into one moment, and what covers the other is the request of the
/// first.
#[tokio::test(start_paused = true)]
async fn who_joins_an_attempt_that_is_over_prolongs_it_for_nobody() {
    #[derive(Debug, AsyncAssign)]
    struct Config {
        #[component(fetch_from = "one", timeout = "50ms", retry_attempts = 2, fallback = 1)]
        limit: u32,
        #[component(
            fetch_from = "two",
            timeout = "40ms",
            deadline = "50ms",
            retry_attempts = 5,
            retry_backoff = "1ms",
            fallback_to = one(key = "limit"),
            fallback = 2
        )]
        other: u32,
    }
    for unlimited in [true, false] {
        let budget = if unlimited { RetryBudget::unlimited() } else { RetryBudget::new().percent(0).floor(0) };
        let one = Scripted::new().answers("limit", [Script::hangs()]);
        let two = Scripted::new().answers("other", [Script::hangs()]);
        let sources = Sources::builder().source("one", one.clone()).source("two", two);
        let sources = sources.policies("one", Policies::new().retry_budget(budget)).build();
        let fetch = Config::fetch().sources(&sources).value();
        let config = tokio::time::timeout(Duration::from_secs(3600), fetch).await.unwrap().unwrap();
        assert_eq!((config.limit, config.other, one.in_flight()), (1, 2, 0));
    }
}
