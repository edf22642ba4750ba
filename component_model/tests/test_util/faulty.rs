//! Faults around a source, which is otherwise what it was.

use std::time::Duration;

use component_model::{
    Answer, Asked, ErrorKind, KeyQuery, Lease, Memory, OptionSpec, Reply, Request, RequestSpec, Source, SourceError,
    Value, Version, Watched,
    fetchers::file::File,
    plan::Layer,
    test_util::{Faulty, Script, Scripted},
};
use futures_util::{FutureExt, StreamExt};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

fn memory() -> Faulty<Memory> {
    Faulty::new(Memory::new([("port", "8080")]))
}

async fn fetch(source: &impl Source<Query = KeyQuery>) -> Result<bool, ErrorKind> {
    let answer = source.fetch(Asked::new(&KeyQuery::new("port"))).await;
    answer.map(|reply| reply.record().is_some()).map_err(|error| error.kind())
}

#[tokio::test]
async fn the_next_calls_fail() {
    let source = memory();
    source.fail_next(2, ErrorKind::Unavailable);
    let unavailable = Err(ErrorKind::Unavailable);
    for expected in [unavailable, unavailable, Ok(true), Ok(true)] {
        assert_eq!(fetch(&source).await, expected);
    }
    assert_eq!(source.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn faults_apply_until_they_are_healed() {
    let source = memory();
    source.fail(ErrorKind::Unreachable);
    source.delay(SECOND);
    let start = Instant::now();
    assert_eq!(fetch(&source).await, Err(ErrorKind::Unreachable));
    assert_eq!(start.elapsed(), SECOND);
    source.hang();
    assert!(tokio::time::timeout(60 * SECOND, fetch(&source)).await.is_err());
    source.heal();
    assert_eq!(fetch(&source).now_or_never(), Some(Ok(true)));
    assert_eq!(source.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_hangs_is_not_healed() {
    let source = memory();
    source.hang();
    let pending = fetch(&source);
    tokio::pin!(pending);
    assert!(pending.as_mut().now_or_never().is_none());
    source.heal();
    assert!(tokio::time::timeout(60 * SECOND, pending).await.is_err());
}

#[tokio::test]
async fn failures_at_random_depend_on_the_seed_alone() {
    async fn answers(probability: f64, seed: u64) -> Vec<bool> {
        let source = memory();
        source.fail_with_probability(probability, seed, ErrorKind::Timeout);
        let mut answers = Vec::new();
        for _ in 0..1000 {
            answers.push(fetch(&source).await.is_ok());
        }
        answers
    }
    let one = answers(0.25, 1).await;
    assert_eq!(one, answers(0.25, 1).await);
    assert_ne!(one, answers(0.25, 2).await);
    let succeeded = one.iter().filter(|is_ok| **is_ok).count();
    assert!((700..800).contains(&succeeded), "{succeeded}");
    assert!(answers(0.0, 1).await.iter().all(|is_ok| *is_ok));
    assert!(!answers(1.0, 1).await.iter().any(|is_ok| *is_ok));
}

#[tokio::test]
async fn a_group_fails_together_and_reaches_its_source_together() {
    let inner = Scripted::new().grouped().answers("a", [Script::value(1)]);
    let source = Faulty::new(inner.clone());
    source.fail_next(1, ErrorKind::Timeout);
    let queries = ["a", "b"].map(KeyQuery::new);
    let asked = queries.each_ref().map(Asked::new);
    let failed = source.fetch_many(&asked).await;
    assert!(failed.len() == 2 && failed.iter().all(Result::is_err));
    assert_eq!(inner.calls(), 0);
    assert!(matches!(source.fetch_many(&asked).await[..], [Ok(Reply::Found(_)), Ok(Reply::Absent { .. })]));
    assert_eq!((inner.calls(), source.calls()), (1, 2));
}

/// A source that can do everything, and says that it was asked to.
struct Everything;

impl Source for Everything {
    type Query = KeyQuery;

    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::KEY, OptionSpec::text("path")];

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Ok(Request::by_key(spec)?.with_group("group").with_endpoint("host:80"))
    }

    fn fetch_immediate(&self, asked: Asked<'_, KeyQuery>) -> Option<Answer> {
        self.fetch(asked).now_or_never()
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        Ok(match asked.known() {
            Some(_) => Reply::Unchanged { good_for: None },
            None => Value::Null.into(),
        })
    }

    async fn renew(&self, _: &KeyQuery, lease: &Lease) -> Result<Lease, SourceError> {
        Ok(lease.clone())
    }
}

#[tokio::test]
async fn everything_else_is_that_of_the_source() {
    fn options<S: Source>(_: &S) -> (&'static [OptionSpec], bool) {
        (S::OPTIONS, S::BUILT_IN)
    }
    let source = Faulty::new(Everything);
    assert_eq!(options(&source), options(&Everything));
    assert!(options(&memory()).1);
    let request = source.bind(&RequestSpec::new(&Layer::NEW, &["port"])).unwrap();
    assert!(request.group().is_some());
    assert_eq!(request.endpoint(), Some("host:80"));

    let version = Version::new("1");
    let reply = source.fetch(Asked::new(request.query()).unless(&version)).await;
    assert!(matches!(reply, Ok(Reply::Unchanged { .. })));
    // Otherwise, no policy would apply.
    assert!(source.fetch_immediate(Asked::new(request.query())).is_none());

    let lease = Lease::new("lease", SECOND);
    assert_eq!(source.renew(request.query(), &lease).await.unwrap(), lease);
    source.fail_next(1, ErrorKind::Denied);
    assert_eq!(source.renew(request.query(), &lease).await.unwrap_err().kind(), ErrorKind::Denied);

    let file = Faulty::new(File::new("app.toml"));
    let port = file.bind(&RequestSpec::new(&Layer::NEW, &["port"])).unwrap();
    assert!(file.deny_unknown(&[port.query()], &RequestSpec::new(&Layer::NEW, &[])).unwrap().is_some());
    assert!(source.deny_unknown(&[request.query()], &RequestSpec::new(&Layer::NEW, &[])).is_err());
}

#[tokio::test]
async fn a_watch_is_that_of_the_source_and_ends_with_it() {
    let source = memory();
    let mut changes = source.watch(vec![Watched::new(KeyQuery::new("port"))]).unwrap();
    changes.next().await.unwrap();
    source.inner().set("port", "9090");
    changes.next().await.unwrap();
    source.shutdown().await;
    assert!(changes.next().await.is_none());
    assert!(Faulty::new(Everything).watch(Vec::new()).is_none());
}

#[test]
#[should_panic(expected = "5 is not a probability from 0 to 1")]
fn a_probability_is_at_most_one() {
    Faulty::new(Memory::default()).fail_with_probability(5.0, 1, ErrorKind::Timeout);
}
