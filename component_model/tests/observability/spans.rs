//! The spans as OpenTelemetry exports them.

use component_model::{
    ErrorKind,
    prelude::*,
    test_util::{Script, Scripted},
};
use futures_util::FutureExt;
use opentelemetry::trace::{SpanId, Status};
use std::time::Duration;
use tokio::time::sleep;
use tracing::Instrument;

use crate::support::{attribute, export, named};

#[derive(Debug, AsyncAssign)]
struct Shop {
    #[component(fetch_from = "remote")]
    _port: u16,
    #[component(fetch_from = "remote")]
    _host: String,
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_a_span_within_that_of_the_fetch() {
    let (exporter, _provider, _guard) = export();
    let remote = Scripted::new()
        .answers("_port", [Script::fails(ErrorKind::Unavailable).after(Duration::from_millis(10)), Script::value(1)])
        .answers("_host", [Script::value("db-1").after(Duration::from_millis(20))]);
    let sources = Sources::builder().source("remote", remote).build();
    Shop::fetch().sources(&sources).resilient().await.unwrap();

    let spans = exporter.get_finished_spans().unwrap();
    let [fetch] = &named(&spans, "fetch")[..] else { panic!("{spans:#?}") };
    assert_eq!(fetch.parent_span_id, SpanId::INVALID);
    let of_fetch = ["struct", "components", "mode", "outcome"].map(|name| attribute(fetch, name).unwrap());
    assert_eq!(of_fetch, ["Shop", "2", "resilient", "ok"]);
    assert_eq!(fetch.status, Status::Unset);

    let requests = named(&spans, "request");
    let mut seen: Vec<_> = requests
        .iter()
        .map(|request| {
            assert_eq!(request.parent_span_id, fetch.span_context.span_id());
            assert_eq!(request.span_context.trace_id(), fetch.span_context.trace_id());
            assert!(request.start_time >= fetch.start_time && request.end_time <= fetch.end_time);
            let is_error = matches!(request.status, Status::Error { .. });
            let of = ["source", "requests", "attempt", "outcome"].map(|name| attribute(request, name).unwrap());
            (of.join(" "), is_error)
        })
        .collect();
    seen.sort();
    let seen: Vec<_> = seen.iter().map(|(request, is_error)| (&**request, *is_error)).collect();
    assert_eq!(seen, [("remote 1 1 ok", false), ("remote 1 1 unavailable", true), ("remote 1 2 ok", false)]);

    // The retry is an event of the fetch, with what is needed to understand it.
    let retry = fetch.events.iter().find(|event| event.name.contains("attempted again")).unwrap();
    let of_retry = |name: &str| {
        let attribute = retry.attributes.iter().find(|attribute| attribute.key.as_str() == name);
        attribute.map(|attribute| attribute.value.as_str().into_owned())
    };
    assert_eq!(of_retry("source").as_deref(), Some("remote"));
    assert_eq!((of_retry("attempt").as_deref(), of_retry("error").as_deref()), (Some("1"), Some("unavailable")));
    assert!(of_retry("pause").is_some());
}

/// Two calls at once, each with a pause: the spans of their sources do not mix.
#[tokio::test(start_paused = true)]
async fn the_spans_of_a_source_are_within_its_request() {
    #[derive(Debug, AsyncAssign)]
    struct Both {
        #[component(fetch_from = "slow")]
        _slow: u16,
        #[component(fetch_from = "fast")]
        _fast: u16,
    }
    let (exporter, _provider, _guard) = export();
    let asked = |name: &'static str, pause: u64| {
        move |_| {
            let asked = async move {
                sleep(Duration::from_millis(pause)).await;
                Ok::<_, std::io::Error>(Some(1))
            };
            async move {
                sleep(Duration::from_millis(1)).await;
                asked.instrument(tracing::info_span!("query", name)).await
            }
        }
    };
    let sources = Sources::builder().closure("slow", asked("slow", 20)).closure("fast", asked("fast", 10)).build();
    let around = tracing::info_span!("start");
    Both::fetch().sources(&sources).value().instrument(around.clone()).await.unwrap();
    drop(around);

    let spans = exporter.get_finished_spans().unwrap();
    let (start, fetch) = (&named(&spans, "start")[0], &named(&spans, "fetch")[0]);
    assert_eq!(fetch.parent_span_id, start.span_context.span_id());
    for name in ["slow", "fast"] {
        let of = |span: &str, key: &str| {
            let mut spans =
                named(&spans, span).into_iter().filter(|span| attribute(span, key).as_deref() == Some(name));
            let found = spans.next().unwrap();
            assert!(spans.next().is_none());
            found
        };
        let (query, request) = (of("query", "name"), of("request", "source"));
        assert_eq!(query.parent_span_id, request.span_context.span_id());
        assert_eq!(request.parent_span_id, fetch.span_context.span_id());
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_fails_is_an_error_and_one_that_is_dropped_is_none() {
    let (exporter, _provider, _guard) = export();
    let remote = Scripted::new().answers("_port", [Script::fails(ErrorKind::Denied)]);
    let remote = remote.answers("_host", [Script::hangs()]);
    let sources = Sources::builder().source("remote", remote).build();
    Shop::fetch().sources(&sources).await.unwrap_err();
    let remote = Scripted::new().answers("_port", [Script::hangs()]).answers("_host", [Script::hangs()]);
    let silent = Sources::builder().source("remote", remote).build();
    let mut dropped = Shop::fetch().sources(&silent).value().boxed();
    assert!((&mut dropped).now_or_never().is_none());
    drop(dropped);

    let spans = exporter.get_finished_spans().unwrap();
    let ends: Vec<_> = named(&spans, "fetch")
        .iter()
        .map(|fetch| (attribute(fetch, "outcome").unwrap(), matches!(fetch.status, Status::Error { .. })))
        .collect();
    assert_eq!(ends, [("failed".to_owned(), true), ("cancelled".to_owned(), false)]);
    let mut requests: Vec<_> =
        named(&spans, "request").iter().map(|request| attribute(request, "outcome").unwrap()).collect();
    requests.sort();
    assert_eq!(requests, ["cancelled", "cancelled", "denied", "timeout"]);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_is_a_trace_of_its_own_that_follows_the_fetch() {
    #[derive(Debug, AsyncAssign)]
    struct Cached {
        #[component(fetch_from = "remote", ttl = "60s", refresh_ahead = "30s")]
        _port: u16,
    }
    let (exporter, _provider, _guard) = export();
    let remote = Scripted::new().answers("_port", [Script::value(1), Script::fails(ErrorKind::Unavailable)]);
    let sources = Sources::builder().source("remote", remote).build();
    Cached::fetch().sources(&sources).await.unwrap();
    sleep(Duration::from_secs(50)).await;
    Cached::fetch().sources(&sources).await.unwrap();
    sleep(Duration::from_secs(1)).await;

    let spans = exporter.get_finished_spans().unwrap();
    let (refresh, fetches) = (&named(&spans, "refresh")[0], named(&spans, "fetch"));
    assert_eq!(refresh.parent_span_id, SpanId::INVALID);
    assert!(refresh.links.iter().any(|link| link.span_context.span_id() == fetches[1].span_context.span_id()));
    assert!(refresh.events.iter().any(|event| event.name.contains("could not be refreshed")));
    let request = &named(&spans, "request")[1];
    assert_eq!(request.parent_span_id, refresh.span_context.span_id());
    assert_eq!(attribute(request, "outcome").as_deref(), Some("unavailable"));
}
