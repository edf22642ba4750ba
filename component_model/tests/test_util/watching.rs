//! Scripted sources that are watched or polled.

use std::{sync::Arc, time::Duration};

use component_model::{
    BoxStream, Change, ErrorKind, Polling, Reply, RequestSpec, Source, Version,
    plan::Layer,
    test_util::{Script, Scripted},
    watch,
};
use futures_util::{FutureExt, StreamExt};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// Watches one key.
fn changes(source: &Scripted, key: &str, known: Option<&str>) -> BoxStream<'static, Change> {
    let request = source.bind(&RequestSpec::new(&Layer { key: Some(key), ..Layer::NEW }, &[])).unwrap();
    watch(&Arc::new(source.clone()), vec![(request, known.map(Version::new))], Polling::every(10 * SECOND))
}

/// The next change, in short.
async fn next(changes: &mut BoxStream<'static, Change>) -> Option<String> {
    // A change that never comes is a failure.
    Some(match tokio::time::timeout(24 * 3600 * SECOND, changes.next()).await.unwrap()? {
        Change::Answer { answer: Ok(Reply::Found(record)), .. } => format!("{:?}", record.version().unwrap().as_str()),
        Change::Answer { answer: Ok(Reply::Absent { .. }), .. } => "absent".to_owned(),
        Change::Answer { answer: Ok(_), .. } => "unchanged".to_owned(),
        Change::Answer { answer: Err(error), .. } => error.kind().name().to_owned(),
        other => format!("{other:?}"),
    })
}

fn version(version: &str) -> Script {
    Script::value(version).version(version)
}

#[tokio::test(start_paused = true)]
async fn a_watch_tells_the_steps_and_then_what_is_set() {
    let steps = [
        version("1"),
        version("2").after(SECOND),
        version("2"),
        Script::fails(ErrorKind::Unreachable).after(SECOND),
        version("2").after(SECOND),
        Script::absent(),
        Script::absent(),
        version("3"),
    ];
    let consul = Scripted::new().watchable().answers("port", steps);
    let mut changes = changes(&consul, "port", None);
    let start = Instant::now();
    let mut told = Vec::new();
    for _ in 0..6 {
        told.push((next(&mut changes).await.unwrap(), start.elapsed().as_secs()));
    }
    let expected = [("\"1\"", 0), ("\"2\"", 1), ("unreachable", 2), ("unchanged", 3), ("absent", 3), ("\"3\"", 3)];
    assert_eq!(told, expected.map(|(change, at)| (change.to_owned(), at)));

    // The repeated last step is no change, nor is another key.
    consul.set("host", [version("1")]);
    assert!(tokio::time::timeout(60 * SECOND, next(&mut changes)).await.is_err());
    consul.set("port", [version("4")]);
    assert_eq!(next(&mut changes).await.unwrap(), "\"4\"");
    // What the watch told was not requested.
    assert_eq!((consul.calls(), consul.asked("port")), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_watch_starts_with_what_its_watcher_does_not_know() {
    let consul = Scripted::new().watchable().answers("port", [version("1")]);
    assert_eq!(next(&mut changes(&consul, "port", None)).await.unwrap(), "\"1\"");
    assert_eq!(next(&mut changes(&consul, "port", Some("0"))).await.unwrap(), "\"1\"");
    assert!(next(&mut changes(&consul, "port", Some("1"))).now_or_never().is_none());
    assert_eq!(next(&mut changes(&consul, "unknown", None)).await.unwrap(), "absent");
}

#[tokio::test(start_paused = true)]
async fn a_script_that_is_replaced_before_it_is_told_is_never_told() {
    let consul = Scripted::new().watchable().answers("port", [Script::hangs()]);
    let mut changes = changes(&consul, "port", None);
    assert!(next(&mut changes).now_or_never().is_none());
    consul.set("port", [version("1").after(3600 * SECOND), version("2")]);
    assert!(next(&mut changes).now_or_never().is_none());
    let start = Instant::now();
    consul.set("port", [version("3")]);
    assert_eq!((next(&mut changes).await.unwrap().as_str(), start.elapsed()), ("\"3\"", Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn answers_at_random_are_told_once_for_each_script() {
    let consul = Scripted::new().watchable().random(1, "port", [(1, version("1"))]);
    let mut changes = changes(&consul, "port", None);
    assert_eq!(next(&mut changes).await.unwrap(), "\"1\"");
    assert!(next(&mut changes).now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_with_the_source() {
    let consul = Scripted::new().watchable().answers("port", [version("1"), Script::hangs()]);
    let mut changes = changes(&consul, "port", None);
    next(&mut changes).await.unwrap();
    let (end, ()) = tokio::join!(next(&mut changes), consul.shutdown());
    assert_eq!(end, None);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_not_watchable_is_polled() {
    let consul = Scripted::new().answers("port", [version("1"), version("1"), version("2")]);
    let mut changes = changes(&consul, "port", None);
    let start = Instant::now();
    assert_eq!(next(&mut changes).await.unwrap(), "\"1\"");
    assert_eq!((next(&mut changes).await.unwrap().as_str(), start.elapsed()), ("\"2\"", 20 * SECOND));
    assert_eq!(consul.asked("port"), 3);
}
