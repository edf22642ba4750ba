//! The deadline of a component and that of the fetch: who was waiting, at which attempt, and for whom.

use std::time::Duration;

use component_model::{
    ErrorKind, Policies,
    prelude::*,
    test_util::{Script, Scripted},
};
use tokio::time::Instant;

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
