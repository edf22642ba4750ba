//! Watching, at the level of the contract: memory tells what changes, HTTP is polled with its versions, and what has no version
//! is compared.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use component_model::{
    Answer, Asked, BoxStream, Change, ErrorKind, KeyQuery, Lease, Memory, Polling, Record, Reply, Request, RequestSpec,
    Source, SourceError, Sources, Value, Version, Watched,
    fetchers::{api::Api, database::Database, env::Env, file::File},
    plan::Layer,
    watch,
};
use futures_util::{FutureExt, StreamExt};

const OFTEN: Duration = Duration::from_millis(10);

fn request<S: Source>(source: &S, layer: &Layer<'_>) -> (Request<S::Query>, Option<Version>) {
    (source.bind(&RequestSpec::new(layer, &[])).unwrap(), None)
}

fn requests<S: Source>(source: &S, keys: &[&'static str]) -> Vec<(Request<S::Query>, Option<Version>)> {
    keys.iter().map(|key| request(source, &Layer { key: Some(key), ..Layer::NEW })).collect()
}

fn watched<S: Source>(source: &S, keys: &[&'static str]) -> Vec<Watched<S::Query>> {
    requests(source, keys).into_iter().map(|(request, _)| Watched::new(request.query().clone())).collect()
}

/// A watch that polls often.
fn often<S: Source>(source: &Arc<S>, keys: &[&'static str]) -> BoxStream<'static, Change> {
    watch(source, requests(&**source, keys), Polling::every(OFTEN))
}

/// The next change: which request, and its text, absence or the kind of its error.
async fn next(changes: &mut BoxStream<'static, Change>) -> (usize, Result<Option<Value>, ErrorKind>) {
    next_within(changes, Duration::from_secs(20)).await
}

async fn next_within(
    changes: &mut BoxStream<'static, Change>,
    limit: Duration,
) -> (usize, Result<Option<Value>, ErrorKind>) {
    match tokio::time::timeout(limit, changes.next()).await.unwrap().unwrap() {
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
    let mut changes = watch(&memory, requests(&*memory, &["a", "b"]), Polling::every(Duration::MAX));
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
async fn requests_of_different_groups_are_polled_apart() {
    let http = testbed::http().await.unwrap();
    http.on("/a", testbed::http::Reply::text("of a"));
    http.on("/b", testbed::http::Reply::text("of b"));
    let api = Arc::new(Api::builder().base(http.url("")).unwrap().build().unwrap());
    let mut changes = often(&api, &["a", "b"]);
    let mut both = [next(&mut changes).await, next(&mut changes).await];
    both.sort_by_key(|(index, _)| *index);
    assert_eq!(both, [(0, text("of a")), (1, text("of b"))]);
}

#[tokio::test]
async fn a_query_and_keys_of_a_database_are_polled_apart() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("a.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    let config = "CREATE TABLE config (key TEXT, value TEXT); INSERT INTO config VALUES ('a', 'x')";
    sqlx::raw_sql(config).execute(&pool).await.unwrap();
    let database = Arc::new(Database::from_url(&url).unwrap());
    let query = Layer { options: &[("query", "SELECT 'of the query'")], ..Layer::NEW };
    let mut asked = requests(&*database, &["a"]);
    asked.push(request(&*database, &query));
    let mut changes = watch(&database, asked, Polling::every(OFTEN));
    let mut both = [next(&mut changes).await, next(&mut changes).await];
    both.sort_by_key(|(index, _)| *index);
    assert_eq!(both[0], (0, text("x")));
    let rows = Value::Rows(vec![Value::Row(vec![("'of the query'".to_owned(), Value::text("of the query"))])]);
    assert_eq!(both[1], (1, Ok(Some(rows))));
    // It has no version, and is compared.
    assert!(tokio::time::timeout(10 * OFTEN, changes.next()).await.is_err());
}

#[tokio::test]
async fn a_file_with_the_known_version_is_unchanged_and_versions_do_not_tell_the_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "hunter2").unwrap();
    let file = File::new(&path);
    let request = file.bind(&RequestSpec::new(&Layer { key: Some(""), ..Layer::NEW }, &[])).unwrap();
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
    let mut changes = often(&api, &["x"]);
    assert_eq!(next(&mut changes).await, (0, text("1")));
    while http.count_status("/x", 304) < 3 {
        let polled = tokio::time::timeout(OFTEN, changes.next()).await;
        assert!(polled.is_err(), "nothing has changed");
    }
    http.on("/x", testbed::http::Reply::text("2").etag("\"v2\""));
    assert_eq!(next(&mut changes).await, (0, text("2")));
    assert_eq!(http.count_status("/x", 200), 2);
}

/// Answers by what it is told, and counts how often it is asked; without an answer it never ends.
#[derive(Default)]
struct Told {
    answers: std::sync::Mutex<std::collections::VecDeque<Answer>>,
    asked: AtomicUsize,
    hangs: bool,
}

impl Told {
    fn answering(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Arc::new(Self { answers: std::sync::Mutex::new(answers.into_iter().collect()), ..Self::default() })
    }
}

/// A watch of one request.
fn of_one(told: &Arc<Told>, known: Option<Version>, polling: Polling) -> BoxStream<'static, Change> {
    watch(told, vec![(request(&**told, &Layer::NEW).0, known)], polling)
}

fn unchanged() -> Answer {
    Ok(Reply::Unchanged { good_for: None })
}

fn down() -> Answer {
    Err(SourceError::new(ErrorKind::Unreachable, "gone"))
}

fn found(text: &str) -> Answer {
    Ok(Value::text(text).into())
}

impl Source for Told {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = self.answers.lock().unwrap().pop_front();
        match answer {
            Some(answer) => answer,
            None if self.hangs => std::future::pending().await,
            None => unchanged(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_no_version_is_compared_and_an_error_is_told_once() {
    let absent = || Ok(Reply::ABSENT);
    let answers = [found("1"), found("1"), down(), down(), found("2"), found("2"), absent(), absent()];
    let told = Told::answering(answers);
    let mut changes = of_one(&told, None, Polling::every(Duration::from_secs(1)));
    let expected = [text("1"), Err(ErrorKind::Unreachable), text("2"), Ok(None)];
    for expected in expected {
        assert_eq!(next(&mut changes).await, (0, expected));
    }
    assert!(tokio::time::timeout(Duration::from_secs(60), changes.next()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_error_is_told_although_nothing_has_changed() {
    let told = Told::answering([found("1"), down(), found("1"), found("1"), down(), unchanged(), unchanged()]);
    let mut changes = of_one(&told, None, Polling::every(Duration::from_secs(1)));
    for expected in [text("1"), Err(ErrorKind::Unreachable), Ok(None), Err(ErrorKind::Unreachable), Ok(None)] {
        // What follows an error is `Unchanged`, which has no record.
        assert_eq!(next(&mut changes).await, (0, expected));
    }
    assert!(tokio::time::timeout(Duration::from_secs(60), changes.next()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_a_number_is_no_change() {
    let nan = || Ok(Value::Float(f64::NAN).into());
    let told = Told::answering([nan(), nan(), nan()]);
    let mut changes = of_one(&told, None, Polling::every(Duration::from_secs(1)));
    assert!(changes.next().await.is_some());
    assert!(tokio::time::timeout(Duration::from_secs(60), changes.next()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_takes_too_long_is_an_error_and_the_next_one_is_sent() {
    let told = Arc::new(Told { hangs: true, ..Told::default() });
    let polling = Polling::every(Duration::from_secs(10)).timeout(Duration::from_secs(3));
    let started = tokio::time::Instant::now();
    let mut changes = of_one(&told, None, polling);
    assert_eq!(next(&mut changes).await, (0, Err(ErrorKind::Timeout)));
    assert_eq!((told.asked.load(Ordering::Relaxed), started.elapsed().as_secs()), (1, 3));
    // The same error is not told again.
    assert!(tokio::time::timeout(Duration::from_secs(2 * 13 - 1), changes.next()).await.is_err());
    assert_eq!(told.asked.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn no_more_polls_run_at_once_than_the_source_allows() {
    let told = Arc::new(Told { hangs: true, ..Told::default() });
    let polling = Polling::every(Duration::from_secs(1000)).timeout(Duration::from_secs(3));
    let started = tokio::time::Instant::now();
    let mut changes = watch(&told, requests(&*told, &["a"; 40]), polling);
    assert!(tokio::time::timeout(Duration::from_secs(1), changes.next()).await.is_err());
    assert_eq!(told.asked.load(Ordering::Relaxed), told.limit().unwrap());
    for _ in 0..40 {
        assert_eq!(next(&mut changes).await.1, Err(ErrorKind::Timeout));
    }
    assert_eq!(started.elapsed().as_secs(), 3 * 3);
}

#[tokio::test(start_paused = true)]
async fn a_poll_comes_the_interval_after_the_last_answer_and_later_if_the_source_asks_for_that() {
    let throttled = |seconds| {
        let wait = Duration::from_secs(seconds);
        Err(SourceError::new(ErrorKind::Throttled, "busy").with_retry_after(wait))
    };
    let told = Told::answering([throttled(60), throttled(5), throttled(1_000_000), found("1")]);
    let mut changes = of_one(&told, None, Polling::every(Duration::from_secs(10)));
    let started = tokio::time::Instant::now();
    let busy = || Err(ErrorKind::Throttled);
    // The same failure is told once. No server makes it wait for more than five minutes.
    for (expected, after) in [(busy(), 0), (text("1"), 370)] {
        assert_eq!(next_within(&mut changes, Duration::from_secs(1000)).await, (0, expected));
        assert_eq!(started.elapsed().as_secs(), after);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_due_before_the_next_poll_makes_it_come_earlier() {
    let leased = |seconds: u64| {
        let lease = Lease::new("secret/1", Duration::from_secs(3 * seconds));
        let record = Record::new(Value::text(seconds.to_string())).with_lease(lease);
        Ok(record.with_good_for(Duration::from_secs(seconds)).into())
    };
    // What is only fresh for a while, or for no time at all, is not asked for more often.
    let fresh = Ok(Record::new(Value::text("fresh")).with_good_for(Duration::ZERO).into());
    let told = Told::answering([leased(60), leased(0), fresh, leased(7200), found("1")]);
    let mut changes = of_one(&told, None, Polling::every(Duration::from_secs(3600)));
    let started = tokio::time::Instant::now();
    for (expected, after) in [("60", 0), ("0", 60), ("fresh", 61), ("7200", 3661), ("1", 7261)] {
        assert_eq!(next_within(&mut changes, Duration::from_secs(7300)).await, (0, text(expected)));
        assert_eq!(started.elapsed().as_secs(), after);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_renewed_is_looked_after_again_in_time() {
    let lease = Lease::new("secret/1", Duration::from_secs(90));
    let good_for = Duration::from_secs(60);
    let leased = Ok(Record::new(Value::text("user")).with_lease(lease).with_good_for(good_for).into());
    let renewed = || Ok(Reply::Unchanged { good_for: Some(good_for) });
    let told = Told::answering([leased, renewed(), renewed(), down(), found("1")]);
    let mut changes = of_one(&told, None, Polling::every(Duration::from_secs(3600)));
    let started = tokio::time::Instant::now();
    for (expected, after) in [(text("user"), 0), (Err(ErrorKind::Unreachable), 180), (text("1"), 180 + 5)] {
        assert_eq!(next_within(&mut changes, Duration::from_secs(7300)).await, (0, expected));
        assert_eq!(started.elapsed().as_secs(), after);
    }
}

/// Tells that it may have missed changes of all requests of a group, whose name is the first letter of their keys.
struct Forgetful;

impl Source for Forgetful {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        let request = Request::by_key(spec)?;
        let group = request.query().key()[..1].to_owned();
        Ok(request.with_group(group))
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        Ok(Reply::ABSENT)
    }

    fn watch(&self, watched: Vec<Watched<KeyQuery>>) -> Option<BoxStream<'static, Change>> {
        let indices = (0..watched.len()).collect();
        Some(futures_util::stream::iter([Change::Resynchronised { indices }]).boxed())
    }
}

#[tokio::test]
async fn changes_that_were_missed_are_those_of_one_group() {
    let source = Arc::new(Forgetful);
    let mut changes = often(&source, &["a1", "b1", "a2", "b2"]);
    let mut missed = Vec::new();
    while let Some(Change::Resynchronised { indices }) = changes.next().await {
        missed.push(indices);
    }
    missed.sort_unstable();
    assert_eq!(missed, [[0, 2], [1, 3]]);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_may_take_no_time_is_a_mistake_and_is_not_sent() {
    let told = Told::answering([found("1")]);
    let mut changes = of_one(&told, None, Polling::every(OFTEN).timeout(Duration::ZERO));
    assert_eq!(next(&mut changes).await, (0, Err(ErrorKind::Misconfigured)));
    assert_eq!(told.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_when_its_source_is_shut_down() {
    let told = Told::answering([found("1"), Err(SourceError::shut_down())]);
    let mut changes = of_one(&told, None, Polling::every(Duration::from_secs(1)));
    assert_eq!(next(&mut changes).await, (0, text("1")));
    assert_eq!(next(&mut changes).await, (0, Err(ErrorKind::ShutDown)));
    assert!(changes.next().await.is_none());

    let memory = Arc::new(Memory::new([("a", "1")]));
    let mut changes = often(&memory, &["a"]);
    assert_eq!(next(&mut changes).await, (0, text("1")));
    memory.shutdown().await;
    assert!(changes.next().await.is_none());
}

/// A watch of one key has told its value; after the shutdown of all sources it ends.
async fn ends_with_its_sources<S: Source>(name: &str, source: S, asked: &Layer<'_>) {
    let source = Arc::new(source);
    let sources = Sources::builder().source(name, Arc::clone(&source)).build();
    let mut changes = watch(&source, vec![request(&*source, asked)], Polling::every(OFTEN));
    assert!(matches!(next(&mut changes).await, (0, Ok(Some(_)))), "{name}");
    sources.shutdown().await;
    let rest = async {
        while let Some(change) = changes.next().await {
            let Change::Answer { answer: Err(error), .. } = change else { panic!("{name}: {change:?}") };
            assert_eq!(error.kind(), ErrorKind::ShutDown, "{name}: {error}");
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), rest).await.is_ok(), "the watch of {name} goes on");
}

#[tokio::test]
async fn the_watch_of_every_built_in_source_ends_when_its_sources_are_shut_down() {
    let key = Layer { key: Some("a"), ..Layer::NEW };
    let folder = tempfile::tempdir().unwrap();
    let in_folder = |name: &str| folder.path().join(name);

    ends_with_its_sources("memory", Memory::new([("a", "1")]), &key).await;

    ends_with_its_sources("env", Env::of([("a", "1")]), &key).await;
    std::fs::write(in_folder("a.env"), "a=1\n").unwrap();
    ends_with_its_sources("dotenv", Env::of([("b", "2")]).dotenv(in_folder("a.env")), &key).await;

    std::fs::write(in_folder("a.toml"), "a = 1\n").unwrap();
    ends_with_its_sources("file", File::new(in_folder("a.toml")), &key).await;

    let http = testbed::http().await.unwrap();
    http.on("/a", testbed::http::Reply::text("1"));
    ends_with_its_sources("api", Api::builder().base(http.url("")).unwrap().build().unwrap(), &key).await;

    let url = format!("sqlite:{}?mode=rwc", in_folder("a.db").display());
    let query = Layer { options: &[("query", "SELECT 1")], ..Layer::NEW };
    sqlx::SqlitePool::connect(&url).await.unwrap().close().await;
    ends_with_its_sources("database", Database::from_url(&url).unwrap(), &query).await;
}

#[tokio::test]
async fn the_clones_of_a_file_and_of_variables_end_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "1").unwrap();
    let file = File::new(&path);
    file.clone().shutdown().await;
    let query = request(&file, &Layer { key: Some(""), ..Layer::NEW }).0;
    assert_eq!(file.fetch(Asked::new(query.query())).await.unwrap_err().kind(), ErrorKind::ShutDown);

    let env = Env::of([("A", "1")]);
    env.clone().shutdown().await;
    let query = "A".to_owned();
    assert_eq!(env.fetch(Asked::new(&query)).await.unwrap_err().kind(), ErrorKind::ShutDown);
    assert_eq!(env.fetch_immediate(Asked::new(&query)).unwrap().unwrap_err().kind(), ErrorKind::ShutDown);
}

#[tokio::test(start_paused = true)]
async fn a_poll_begins_at_once_and_asks_once_in_an_interval() {
    let told = Told::answering([]);
    let mut changes = of_one(&told, Some(Version::new("1")), Polling::every(Duration::from_secs(10)));
    assert_eq!(told.asked.load(Ordering::Relaxed), 0, "nothing runs before the stream is polled");
    let _ = tokio::time::timeout(Duration::from_secs(35), changes.next()).await;
    assert_eq!(told.asked.load(Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn an_interval_without_end_asks_once() {
    let told = Told::answering([found("1")]);
    let mut changes = of_one(&told, None, Polling::every(Duration::MAX));
    assert_eq!(next(&mut changes).await, (0, text("1")));
    assert!(tokio::time::timeout(Duration::from_secs(1 << 20), changes.next()).await.is_err());
}

#[test]
fn versions_of_one_memory_are_not_those_of_another() {
    let version = |text: &str| {
        let memory = Memory::new([("a", text)]);
        let reply = memory.fetch_immediate(Asked::new(&KeyQuery::new("a"))).unwrap().unwrap();
        reply.version().cloned().unwrap()
    };
    assert_ne!(version("1"), version("2"));
}
