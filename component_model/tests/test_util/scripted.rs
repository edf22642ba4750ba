//! Scripted sources: what they answer, when, and what they remember.

use std::time::Duration;

use component_model::{
    Answer, Asked, ErrorKind, KeyQuery, Lease, Record, Reply, Source, SourceError, Value, Version,
    prelude::*,
    test_util::{Script, Scripted},
};
use futures_util::FutureExt;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, AsyncAssign)]
#[component(fetch_from = "consul")]
struct Config {
    host: Option<String>,
    #[component(fallback = 80)]
    port: u16,
}

fn sources(consul: &Scripted) -> Sources {
    Sources::builder().source("consul", consul.clone()).build()
}

async fn fetch(source: &Scripted, key: &str) -> Answer {
    source.fetch(Asked::new(&KeyQuery::new(key))).await
}

fn value(answer: Answer) -> Result<Option<Value>, ErrorKind> {
    answer.map(|reply| reply.record().map(|record| record.value().clone())).map_err(|error| error.kind())
}

#[tokio::test(start_paused = true)]
async fn answers_come_in_sequence_and_the_last_is_repeated() {
    let consul = Scripted::new().answers(
        "port",
        [Script::fails(ErrorKind::Unavailable), Script::fails(ErrorKind::Timeout).after(SECOND), Script::value(8080)],
    );
    let start = Instant::now();
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(value(fetch(&consul, "port").await));
    }
    let found = Ok(Some(Value::Unsigned(8080)));
    assert_eq!(answers, [Err(ErrorKind::Unavailable), Err(ErrorKind::Timeout), found.clone(), found]);
    assert_eq!(consul.asked_at("port"), [start, start, start + SECOND, start + SECOND]);
    assert_eq!((consul.asked("port"), consul.calls(), consul.asked("host")), (4, 4, 0));
}

#[tokio::test]
async fn a_key_without_a_script_is_absent() {
    let consul = Scripted::new().answers("empty", []);
    for key in ["empty", "unknown"] {
        assert_eq!(value(fetch(&consul, key).await), Ok(None), "{key}");
    }
}

#[tokio::test]
async fn each_key_has_its_own_sequence() {
    let steps = || [Script::value(1), Script::value(2)];
    let consul = Scripted::new().answers("a", steps()).answers("b", steps());
    for (key, expected) in [("a", 1), ("b", 1), ("a", 2), ("b", 2)] {
        assert_eq!(value(fetch(&consul, key).await), Ok(Some(Value::Unsigned(expected))));
    }
}

#[tokio::test]
async fn a_known_version_is_unchanged() {
    let version = Version::new("2");
    let minute = Duration::from_secs(60);
    let steps = [
        Script::value(1).version("1"),
        Script::value(2).version("2").good_for(minute),
        Script::absent().version("2"),
        Script::record(Record::new(Value::Null).with_version(version.clone())),
        Script::fails(ErrorKind::Timeout).version("2"),
        Script::value(3),
    ];
    let consul = Scripted::new().answers("port", steps);
    let port = KeyQuery::new("port");
    let ask = || consul.fetch(Asked::new(&port).unless(&version));
    assert_eq!(ask().await.unwrap().version(), Some(&Version::new("1")));
    assert!(matches!(ask().await, Ok(Reply::Unchanged { good_for }) if good_for == Some(minute)));
    assert!(matches!(ask().await, Ok(Reply::Unchanged { .. })));
    assert!(matches!(ask().await, Ok(Reply::Unchanged { .. })));
    assert!(ask().await.is_err());
    assert!(matches!(ask().await, Ok(Reply::Found(_))));
}

#[tokio::test]
async fn a_script_says_everything_that_a_source_can_say() {
    let lease = Lease::new("database/creds/1", SECOND);
    let record = Record::new(Value::text("hunter2")).with_lease(lease.clone());
    let steps = [
        Script::record(record).sensitive().good_for(SECOND).version("7"),
        Script::fails(ErrorKind::Throttled).retry_after(SECOND),
        Script::error(SourceError::new(ErrorKind::Other, "odd").with_transience(true)),
        Script::absent().good_for(SECOND),
        Script::value(std::path::Path::new("/")).version("8"),
        Script::value(std::collections::HashMap::from([([1], 2)])),
    ];
    assert!(!format!("{steps:?}").contains("hunter2"));
    let consul = Scripted::new().answers("key", steps);

    let reply = fetch(&consul, "key").await.unwrap();
    let record = reply.record().unwrap();
    assert!(record.is_sensitive());
    assert_eq!((record.lease(), record.good_for()), (Some(&lease), Some(SECOND)));
    assert_eq!((record.version(), record.value()), (Some(&Version::new("7")), &Value::text("hunter2")));
    assert_eq!(fetch(&consul, "key").await.unwrap_err().retry_after(), Some(SECOND));
    assert!(fetch(&consul, "key").await.unwrap_err().is_transient());
    assert!(matches!(fetch(&consul, "key").await, Ok(Reply::Absent { good_for, .. }) if good_for == Some(SECOND)));
    assert_eq!(value(fetch(&consul, "key").await), Ok(Some(Value::String("/".to_owned()))));
    // A map whose keys are lists.
    assert_eq!(value(fetch(&consul, "key").await), Err(ErrorKind::Malformed));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_sequence() {
    async fn answers(seed: u64, other_keys: bool) -> Vec<bool> {
        let choices = [(3, Script::value(8080)), (1, Script::fails(ErrorKind::Timeout))];
        let consul = Scripted::new().random(seed, "port", choices);
        let mut answers = Vec::new();
        for _ in 0..1000 {
            answers.push(fetch(&consul, "port").await.is_ok());
            if other_keys {
                let _ = fetch(&consul, "host").await;
            }
        }
        answers
    }
    let one = answers(1, false).await;
    assert_eq!(one, answers(1, true).await);
    assert_ne!(one, answers(2, false).await);
    let succeeded = one.iter().filter(|is_ok| **is_ok).count();
    assert!((700..800).contains(&succeeded), "{succeeded}");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_request_is_counted() {
    let consul = Scripted::new().answers("port", [Script::hangs(), Script::value(1).after(SECOND)]);
    let port = KeyQuery::new("port");
    let asked = || consul.fetch(Asked::new(&port));
    assert!(tokio::time::timeout(60 * SECOND, asked()).await.is_err());
    assert_eq!((consul.dropped(), consul.in_flight(), consul.calls()), (1, 0, 1));
    // A future that was never polled is no request.
    drop(asked());
    assert_eq!((consul.dropped(), consul.calls()), (1, 1));
    asked().await.unwrap();
    assert_eq!((consul.dropped(), consul.in_flight(), consul.calls()), (1, 0, 2));
}

#[tokio::test(start_paused = true)]
async fn parallel_requests_are_counted() {
    let consul = Scripted::new().answers("port", [Script::value(1).after(SECOND)]);
    let port = KeyQuery::new("port");
    let requests = || (0..3).map(|_| consul.fetch(Asked::new(&port)));
    let (_, ()) = tokio::join!(futures_util::future::join_all(requests()), async {
        consul.until(|consul| consul.asked("port") == 3).await;
        assert_eq!(consul.in_flight(), 3);
    });
    fetch(&consul, "port").await.unwrap();
    assert_eq!((consul.in_flight(), consul.most_in_flight(), consul.calls()), (0, 3, 4));
}

#[tokio::test]
async fn a_panic_is_an_answer_and_leaves_the_source_intact() {
    let consul = Scripted::new().answers("port", [Script::panics(), Script::value(1)]);
    let port = KeyQuery::new("port");
    let panicked = std::panic::AssertUnwindSafe(consul.fetch(Asked::new(&port))).catch_unwind().await;
    assert!(panicked.is_err());
    assert_eq!((consul.in_flight(), consul.dropped()), (0, 0));
    assert!(fetch(&consul, "port").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_a_struct_travel_apart_or_together() {
    let apart = Scripted::new()
        .answers("host", [Script::value("db").after(SECOND)])
        .answers("port", [Script::value(8080).after(2 * SECOND)]);
    let config = Config::fetch_all_components_from(&sources(&apart)).await.unwrap();
    assert_eq!((config.host.as_deref(), config.port), (Some("db"), 8080));
    assert_eq!((apart.calls(), apart.most_in_flight()), (2, 2));

    let together = Scripted::new()
        .grouped()
        .answers("host", [Script::value("db").after(SECOND)])
        .answers("port", [Script::value(8080).after(SECOND / 2)]);
    let start = Instant::now();
    let config = Config::fetch_all_components_from(&sources(&together)).await.unwrap();
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!((config.host.as_deref(), config.port), (Some("db"), 8080));
    assert_eq!((together.calls(), together.asked("host"), together.asked("port")), (1, 1, 1));
}

#[tokio::test]
async fn endpoints_do_not_travel_together() {
    let api = Scripted::new().grouped().endpoint("host", "a:80").endpoint("port", "b:80");
    Config::fetch_all_components_from(&sources(&api)).await.unwrap();
    assert_eq!(api.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn policies_apply_unless_the_answer_is_immediate() {
    let fetched = Scripted::new().answers("port", [Script::value(8080).after(SECOND)]);
    let start = Instant::now();
    assert_eq!(Config::fetch_all_components_from(&sources(&fetched)).await.unwrap().port, 8080);
    assert_eq!(start.elapsed(), SECOND);
    assert!(fetched.fetch_immediate(Asked::new(&KeyQuery::new("unknown"))).is_none());

    let immediate = Scripted::new().immediate().answers("port", [Script::value(1), Script::value(2).after(SECOND)]);
    let port = KeyQuery::new("port");
    assert!(immediate.fetch_immediate(Asked::new(&port)).is_some());
    // This one takes time, so it has to be fetched.
    assert!(immediate.fetch_immediate(Asked::new(&port)).is_none());
    assert_eq!((immediate.asked("port"), immediate.calls(), immediate.in_flight()), (1, 1, 0));
    assert_eq!(value(fetch(&immediate, "port").await), Ok(Some(Value::Unsigned(2))));
}

#[tokio::test(start_paused = true)]
async fn a_replaced_script_answers_the_next_request() {
    let consul = Scripted::new().answers("port", [Script::value(1).after(SECOND)]);
    let (first, ()) = tokio::join!(fetch(&consul, "port"), async {
        consul.until(|consul| consul.in_flight() == 1).await;
        consul.set("port", [Script::value(2)]);
    });
    assert_eq!(value(first), Ok(Some(Value::Unsigned(1))));
    assert_eq!(value(fetch(&consul, "port").await), Ok(Some(Value::Unsigned(2))));
}

#[tokio::test]
async fn a_shut_down_source_fails() {
    let consul = Scripted::new().immediate().answers("host", [Script::value("db")]);
    let sources = sources(&consul);
    sources.shutdown().await;
    assert_eq!(value(fetch(&consul, "host").await), Err(ErrorKind::ShutDown));
    assert!(consul.fetch_immediate(Asked::new(&KeyQuery::new("host"))).is_none());
    assert_eq!((consul.calls(), consul.in_flight()), (0, 0));
}
