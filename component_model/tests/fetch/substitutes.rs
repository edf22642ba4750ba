//! What is used instead of a value, when an attempt and a fetch end, and who is told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use component_model::{ErrorKind, Event, Memory, Outcome, SourceError, prelude::*};
use tokio::time::Instant;

use super::support::Slow;

#[derive(Debug, AsyncAssign)]
struct WithFallbacks {
    #[component(fetch_from = "gone", fallback = 8080)]
    absent: u16,
    #[component(fetch_from = "broken", fallback = "1,2,3")]
    failing: Vec<u8>,
    #[component(fetch_from = "wrong", fallback = "localhost", fallback_on = "any")]
    malformed: Mode,
    #[component(fetch_from = "gone")]
    optional: Option<u16>,
}

#[derive(Debug, serde::Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Localhost,
}

fn failing_sources() -> Sources {
    Sources::builder()
        .source("gone", Memory::default())
        .closure("broken", |_| async { Err::<Option<u8>, _>(SourceError::new(ErrorKind::Unreachable, "refused")) })
        .constant("wrong", "no mode")
        .build()
}

#[tokio::test]
async fn a_fallback_covers_absence_and_failure_and_the_report_says_why() {
    let fetched = WithFallbacks::fetch().sources(&failing_sources()).report().await.unwrap();
    let value = fetched.value;
    assert_eq!((value.absent, value.failing, value.malformed), (8080, vec![1, 2, 3], Mode::Localhost));
    assert_eq!(value.optional, None);
    let kind_of = |field| fetched.report.entry(field).unwrap().problem().unwrap().kind();
    assert_eq!(kind_of("absent"), ErrorKind::Absent);
    assert_eq!(kind_of("failing"), ErrorKind::Unreachable);
    assert_eq!(kind_of("malformed"), ErrorKind::Malformed);
    assert_eq!(fetched.report.entry("failing").unwrap().outcome(), Outcome::Fallback);
    assert_eq!(fetched.report.entry("optional").unwrap().outcome(), Outcome::Absent);
}

#[tokio::test]
async fn a_fallback_that_does_not_parse_is_an_error_even_while_the_source_serves() {
    #[derive(Debug, AsyncAssign)]
    struct Wrong {
        #[component(fetch_from = "settings", fallback = "eighty")]
        _port: std::num::NonZeroU16,
    }
    let sources = Sources::builder().source("settings", Memory::new([("_port", "80")])).build();
    let errors = Wrong::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Misconfigured);
    assert!(!errors.to_string().contains("eighty"), "{errors}");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_ends_at_its_timeout() {
    #[derive(Debug, AsyncAssign)]
    struct Hanging {
        #[component(fetch_from = "hanging")]
        _by_default: String,
        #[component(fetch_from = "hanging", timeout = "250ms")]
        _by_attribute: String,
        #[component(fetch_from = "hanging", timeout = "250ms", fallback = "served")]
        _with_fallback: String,
    }
    let hanging = Slow::taking(Duration::from_secs(3600));
    let sources = Sources::builder().source("hanging", hanging).build();
    let started = Instant::now();
    let errors = Hanging::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(started.elapsed().as_millis(), 2000);
    assert_eq!(errors.len(), 2);
    assert!(errors.iter().all(|error| error.is_timeout() && error.is_transient() && error.attempts() == 1));
    assert_eq!(errors.of("_by_attribute").unwrap().elapsed().as_millis(), 250);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_bounds_all_components_together_and_fallbacks_still_serve() {
    #[derive(Debug, AsyncAssign)]
    struct Patient {
        #[component(fetch_from = "hanging", timeout = "1h")]
        _value: String,
        #[component(fetch_from = "hanging", timeout = "1h", fallback = "served")]
        with_fallback: String,
        #[component(fetch_from = "ready")]
        ready: String,
    }
    let hanging = Slow::taking(Duration::from_secs(7200));
    let sources = Sources::builder().source("hanging", hanging).source("ready", Slow::default()).build();
    let started = Instant::now();
    let error = Sources::scope(sources.clone(), Patient::fetch_with_resilience()).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(30), "the deadline of fetch_with_resilience");
    assert_eq!(error.errors().len(), 1);
    assert!(error.is_timeout() && error.errors()[0].kind() == ErrorKind::Deadline, "{error}");

    let partial = Patient::fetch().sources(&sources).deadline(Duration::from_secs(1)).partial().await;
    assert_eq!(partial.errors().len(), 1);
    let base = Patient { _value: "base".into(), with_fallback: String::new(), ready: String::new() };
    let patient = partial.or(base);
    assert_eq!((patient._value.as_str(), &*patient.with_fallback, &*patient.ready), ("base", "served", "ready"));
}

#[tokio::test]
async fn all_failures_are_reported_together_and_nothing_is_assigned() {
    #[derive(Debug, AsyncAssign)]
    struct Broken {
        #[component(fetch_from = "gone")]
        _absent: u16,
        #[component(fetch_from = "broken")]
        _failing: Vec<u8>,
        #[component(fetch_from = "wrong")]
        _malformed: u16,
    }
    let errors = Broken::fetch_all_components_from(&failing_sources()).await.unwrap_err();
    let kinds: Vec<_> = errors.iter().map(ComponentError::kind).collect();
    assert_eq!(kinds, [ErrorKind::Absent, ErrorKind::Unreachable, ErrorKind::Malformed]);
    assert_eq!(errors[1].field(), Some("_failing"));
    assert_eq!(errors.report().unwrap().entries().len(), 3);
}

#[tokio::test]
async fn an_observer_is_told_of_every_beginning_and_end() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&told);
    let observer = move |event: &Event<'_>| {
        notes.lock().unwrap().push(match event {
            Event::Started { component, source } => format!("{component} from {source}"),
            Event::Finished { component, outcome, .. } => format!("{component}: {outcome:?}"),
            _ => String::new(),
        });
    };
    WithFallbacks::fetch().sources(&failing_sources()).observe(observer).await.unwrap();
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 8);
    assert!(
        told.contains(&"absent from gone".to_owned()) && told.contains(&"failing: Fallback".to_owned()),
        "{told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_its_own_goes_before_that_of_a_resilient_fetch() {
    #[derive(Debug, AsyncAssign)]
    struct Patient {
        #[component(fetch_from = "hanging", timeout = "1h")]
        _value: String,
    }
    let hanging = Slow::taking(Duration::from_secs(7200));
    let sources = Sources::builder().source("hanging", hanging).build();
    for seconds in [5, 60] {
        let started = Instant::now();
        let fetch = Patient::fetch().sources(&sources).deadline(Duration::from_secs(seconds));
        let error = fetch.resilient().combined().await.unwrap_err();
        assert_eq!((error.kind(), started.elapsed().as_secs()), (ErrorKind::Deadline, seconds));
    }
}
