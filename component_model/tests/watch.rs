//! Watching, at the level of the contract: memory tells what changes, files and HTTP are polled with their versions, and
//! what has no version is compared.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use component_model::{
    Answer, Asked, BoxStream, Change, ErrorKind, KeyQuery, Memory, Reply, Request, RequestSpec, Source, SourceError,
    Value, Version, Watched,
    fetchers::{api::Api, file::File},
    plan::{Component, Key},
    watch,
};
use futures_util::{FutureExt, StreamExt};

const SHORT: Duration = Duration::from_millis(10);

fn watched<S: Source>(source: &S, keys: &[&'static str]) -> Vec<Watched<S::Query>> {
    let watched = |key: &&'static str| {
        let component = Component { key: Key::Explicit(key), ..Component::NEW };
        Watched::new(source.bind(&RequestSpec::new(&component)).unwrap().query().clone())
    };
    keys.iter().map(watched).collect()
}

/// The next change: which request, and its text, absence or the kind of its error.
async fn next(changes: &mut BoxStream<'static, Change>) -> (usize, Result<Option<Value>, ErrorKind>) {
    match tokio::time::timeout(Duration::from_secs(20), changes.next()).await.unwrap().unwrap() {
        Change::Answer { index, answer: Ok(reply) } => (index, Ok(reply.record().map(|record| record.value().clone()))),
        Change::Answer { index, answer: Err(error) } => (index, Err(error.kind())),
        other => panic!("{other:?}"),
    }
}

fn text(text: &str) -> Result<Option<Value>, ErrorKind> {
    Ok(Some(Value::text(text)))
}

#[tokio::test]
async fn memory_tells_the_present_state_and_then_what_changes() {
    let memory = Arc::new(Memory::new([("a", "1"), ("unwatched", "x")]));
    let mut changes = watch(&memory, watched(&*memory, &["a", "b"]), Duration::MAX);
    assert_eq!(next(&mut changes).await, (0, text("1")));
    assert_eq!(next(&mut changes).await, (1, Ok(None)));
    memory.set("unwatched", "y");
    assert!(changes.next().now_or_never().is_none());
    memory.set("b", "2");
    assert_eq!(next(&mut changes).await, (1, text("2")));
    memory.remove("a");
    assert_eq!(next(&mut changes).await, (0, Ok(None)));
    memory.remove("a");
    assert!(changes.next().now_or_never().is_none());
}

#[tokio::test]
async fn a_slow_watcher_of_memory_gets_the_newest_value() {
    let memory = Memory::new([("a", "0")]);
    let mut changes = memory.watch(watched(&memory, &["a"])).unwrap();
    for number in 1..1000 {
        memory.set("a", number.to_string());
    }
    assert_eq!(next(&mut changes).await, (0, text("999")));
    assert!(changes.next().now_or_never().is_none());
}

#[tokio::test]
async fn a_watch_of_memory_begins_after_the_known_version_and_ends_with_the_memory() {
    let memory = Memory::new([("a", "1")]);
    let query = KeyQuery::new("a");
    let known = memory.fetch(Asked::new(&query)).await.unwrap().record().unwrap().version().cloned();
    let mut changes = memory.watch(vec![Watched::new(query).since(known)]).unwrap();
    assert!(changes.next().now_or_never().is_none());
    drop(memory);
    assert!(changes.next().await.is_none());
}

#[tokio::test]
async fn a_file_is_polled_with_its_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.toml");
    std::fs::write(&path, "a = '1'\n").unwrap();
    let file = Arc::new(File::new(&path));
    let mut changes = watch(&file, watched(&*file, &["a", "b"]), SHORT);
    let string = |text: &str| Ok(Some(Value::String(text.to_owned())));
    assert_eq!(next(&mut changes).await, (0, string("1")));
    assert_eq!(next(&mut changes).await, (1, Ok(None)));

    std::fs::write(&path, "b = '2'\na = '1'\n").unwrap();
    // The version is that of the file: both are told.
    assert_eq!(next(&mut changes).await, (0, string("1")));
    assert_eq!(next(&mut changes).await, (1, string("2")));

    std::fs::remove_file(&path).unwrap();
    assert_eq!(next(&mut changes).await, (0, Err(ErrorKind::Absent)));
}

#[tokio::test]
async fn a_file_with_the_known_version_is_unchanged_and_versions_do_not_tell_the_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "hunter2").unwrap();
    let file = File::new(&path);
    let request = file.bind(&RequestSpec::new(&Component::NEW)).unwrap();
    let record = file.fetch(Asked::new(request.query())).await.unwrap().record().cloned().unwrap();
    let version = record.version().unwrap();
    let again = file.fetch(Asked::new(request.query()).unless(version)).await;
    assert!(matches!(again, Ok(Reply::Unchanged { .. })));
    assert!(version.as_str().len() == 16 && !version.as_str().contains("hunter2"));
}

#[tokio::test]
async fn http_is_polled_with_its_version() {
    let http = testbed::http().await.unwrap();
    http.on("/x", testbed::http::Reply::text("1").etag("\"v1\""));
    let api = Arc::new(Api::builder().base(http.url("")).unwrap().build().unwrap());
    let mut changes = watch(&api, watched(&*api, &["x"]), SHORT);
    assert_eq!(next(&mut changes).await, (0, text("1")));
    while http.count_status("/x", 304) < 3 {
        let polled = tokio::time::timeout(SHORT, changes.next()).await;
        assert!(polled.is_err(), "nothing has changed");
    }
    http.on("/x", testbed::http::Reply::text("2").etag("\"v2\""));
    assert_eq!(next(&mut changes).await, (0, text("2")));
    assert_eq!(http.count_status("/x", 200), 2);
}

/// Answers by what it is told, and counts how often it is asked.
#[derive(Default)]
struct Told {
    answers: std::sync::Mutex<std::collections::VecDeque<Answer>>,
    asked: AtomicUsize,
}

impl Source for Told {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Ok(Request::by_key(spec))
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.answers.lock().unwrap().pop_front().unwrap_or(Ok(Reply::Unchanged { good_for: None }))
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_no_version_is_compared_and_an_error_is_told_each_time() {
    let down = || Err(SourceError::new(ErrorKind::Unreachable, "gone"));
    let value = |text: &str| Ok(Value::text(text).into());
    let told = Arc::new(Told::default());
    *told.answers.lock().unwrap() =
        [value("1"), value("1"), down(), down(), value("1"), value("2"), Ok(Reply::Absent), Ok(Reply::Absent)].into();
    let mut changes = watch(&told, vec![Watched::new(KeyQuery::new("a"))], Duration::from_secs(1));
    let expected = [text("1"), Err(ErrorKind::Unreachable), Err(ErrorKind::Unreachable), text("2"), Ok(None)];
    for expected in expected {
        assert_eq!(next(&mut changes).await, (0, expected));
    }
    assert!(tokio::time::timeout(Duration::from_secs(60), changes.next()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_poll_begins_at_once_and_asks_once_in_an_interval() {
    let told = Arc::new(Told::default());
    let known = Version::new("1");
    let mut changes = watch(&told, vec![Watched::new(KeyQuery::new("a")).since(known)], Duration::from_secs(10));
    assert_eq!(told.asked.load(Ordering::Relaxed), 0, "nothing runs before the stream is polled");
    let _ = tokio::time::timeout(Duration::from_secs(35), changes.next()).await;
    assert_eq!(told.asked.load(Ordering::Relaxed), 4);
}
