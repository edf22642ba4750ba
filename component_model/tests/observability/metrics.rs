//! The metrics as Prometheus reads them.

use std::{sync::Arc, time::Duration};

use component_model::{
    CacheSettings, ErrorKind, LocalCache, Policies, RetryBudget,
    prelude::*,
    test_util::{Script, Scripted},
};
use futures_util::{FutureExt, future::join};
use metrics::set_default_local_recorder;
use tokio::time::sleep;

use crate::support::{prometheus, scrape};

#[derive(Debug, AsyncAssign)]
struct Shop {
    #[component(fetch_from = "remote", retry_attempts = 3, retry_backoff = "1ms", timeout = "100ms")]
    _port: u16,
    #[component(default = "eu", fetch_from = "local")]
    _region: String,
}

fn with(remote: &Scripted, policies: Policies) -> Sources {
    let local = component_model::Memory::default();
    Sources::builder().source("remote", remote.clone()).policies("remote", policies).source("local", local).build()
}

fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_counted_and_each_attempt_has_an_outcome_and_a_time() {
    let recorder = prometheus();
    let _recorder = set_default_local_recorder(&recorder);
    let failing = Script::fails(ErrorKind::Unavailable).after(milliseconds(10));
    let answers = [failing, Script::hangs(), Script::value(8080).after(milliseconds(50))];
    let remote = Scripted::new().answers("_port", answers);
    Shop::fetch().sources(&with(&remote, Policies::new())).await.unwrap();

    let scraped = scrape(&recorder.handle());
    scraped.assert(&[
        (r#"components_total{struct="Shop",outcome="default"}"#, 1.0),
        (r#"components_total{struct="Shop",outcome="fetched"}"#, 1.0),
        (r#"fetches_in_flight{struct="Shop"}"#, 0.0),
        (r#"fetches_total{struct="Shop",outcome="ok"}"#, 1.0),
        (r#"requests_in_flight{source="remote"}"#, 0.0),
        (r#"requests_total{source="remote",outcome="ok"}"#, 1.0),
        (r#"requests_total{source="remote",outcome="timeout"}"#, 1.0),
        (r#"requests_total{source="remote",outcome="unavailable"}"#, 1.0),
        (r#"retries_total{source="remote"}"#, 2.0),
    ]);
    // 10 ms, 100 ms and 50 ms; tokio's timer has a resolution of a millisecond.
    assert_eq!(scraped.get(r#"request_duration_seconds_bucket{source="remote",le="0.025"}"#), Some(1.0));
    assert_eq!(scraped.get(r#"request_duration_seconds_count{source="remote"}"#), Some(3.0));
    let sum = scraped.get(r#"request_duration_seconds_sum{source="remote"}"#).unwrap();
    assert!((0.160..0.164).contains(&sum), "{sum}");
    assert_eq!(scraped.get(r#"fetch_duration_seconds_count{struct="Shop"}"#), Some(1.0));
    assert!(scraped.text.contains("# TYPE component_model_requests_total counter"), "{}", scraped.text);
    assert!(scraped.text.contains("# TYPE component_model_requests_in_flight gauge"), "{}", scraped.text);
    assert!(scraped.text.contains("# TYPE component_model_request_duration_seconds histogram"), "{}", scraped.text);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_the_budget_does_not_allow_is_counted_as_that() {
    let recorder = prometheus();
    let _recorder = set_default_local_recorder(&recorder);
    let remote = Scripted::new().answers("_port", [Script::fails(ErrorKind::Unavailable)]);
    let none = Policies::new().retry_budget(RetryBudget::new().percent(0).floor(0));
    Shop::fetch().sources(&with(&remote, none)).await.unwrap_err();

    scrape(&recorder.handle()).assert(&[
        (r#"components_total{struct="Shop",outcome="default"}"#, 1.0),
        (r#"components_total{struct="Shop",outcome="failed"}"#, 1.0),
        (r#"fetches_in_flight{struct="Shop"}"#, 0.0),
        (r#"fetches_total{struct="Shop",outcome="failed"}"#, 1.0),
        (r#"requests_in_flight{source="remote"}"#, 0.0),
        (r#"requests_total{source="remote",outcome="unavailable"}"#, 1.0),
        (r#"retry_budget_exhausted_total{source="remote"}"#, 1.0),
    ]);
}

#[derive(Debug, AsyncAssign)]
struct Guarded {
    #[component(fetch_from = "remote", circuit_breaker = "true")]
    _port: u16,
}

#[tokio::test(start_paused = true)]
async fn a_breaker_has_a_state_its_changes_and_what_it_held_back() {
    let recorder = prometheus();
    let _recorder = set_default_local_recorder(&recorder);
    let remote = Scripted::new().answers("_port", [Script::fails(ErrorKind::Unavailable)]);
    let sources = with(&remote, Policies::new());
    let state = || scrape(&recorder.handle()).get(r#"breaker_state{source="remote"}"#);
    assert_eq!(state(), None);
    Guarded::fetch().sources(&sources).await.unwrap_err();
    assert_eq!(state(), Some(0.0));
    for _ in 0..6 {
        Guarded::fetch().sources(&sources).await.unwrap_err();
    }
    assert_eq!(state(), Some(2.0));
    sleep(Duration::from_secs(5)).await;
    remote.set("_port", [Script::value(8080)]);
    Guarded::fetch().sources(&sources).await.unwrap();

    scrape(&recorder.handle()).assert(&[
        (r#"breaker_rejections_total{source="remote"}"#, 2.0),
        (r#"breaker_state{source="remote"}"#, 0.0),
        (r#"breaker_transitions_total{source="remote",to="closed"}"#, 1.0),
        (r#"breaker_transitions_total{source="remote",to="half_open"}"#, 1.0),
        (r#"breaker_transitions_total{source="remote",to="open"}"#, 1.0),
        (r#"components_total{struct="Guarded",outcome="failed"}"#, 7.0),
        (r#"components_total{struct="Guarded",outcome="fetched"}"#, 1.0),
        (r#"fetches_in_flight{struct="Guarded"}"#, 0.0),
        (r#"fetches_total{struct="Guarded",outcome="failed"}"#, 7.0),
        (r#"fetches_total{struct="Guarded",outcome="ok"}"#, 1.0),
        (r#"requests_in_flight{source="remote"}"#, 0.0),
        (r#"requests_total{source="remote",outcome="ok"}"#, 1.0),
        (r#"requests_total{source="remote",outcome="unavailable"}"#, 5.0),
    ]);
}

#[derive(Debug, AsyncAssign)]
struct Cached {
    #[component(fetch_from = "remote", ttl = "60s", refresh_ahead = "20s")]
    _port: u16,
}

#[tokio::test(start_paused = true)]
async fn the_cache_tells_what_it_had_and_what_it_asked_for() {
    let recorder = prometheus();
    let _recorder = set_default_local_recorder(&recorder);
    let answers = [Script::value(1).after(milliseconds(10)), Script::fails(ErrorKind::Unavailable)];
    let remote = Scripted::new().answers("_port", answers);
    let settings = CacheSettings::new().without_jitter();
    let sources = Sources::builder().source("remote", remote.clone()).cache(settings).build();
    let fetch = || Cached::fetch().sources(&sources).value();

    // One of the two waits for the request of the other.
    let (one, other) = join(fetch(), fetch()).await;
    assert!(one.is_ok() && other.is_ok());
    fetch().await.unwrap();
    // In the background it is asked for again, in vain.
    sleep(Duration::from_secs(45)).await;
    fetch().await.unwrap();
    sleep(milliseconds(1)).await;

    let expected = [
        (r#"cache_entries"#, 1.0),
        (r#"cache_hits_total{source="remote"}"#, 2.0),
        (r#"cache_misses_total{source="remote"}"#, 2.0),
        (r#"cache_refreshes_total{source="remote",outcome="unavailable"}"#, 1.0),
        (r#"cache_shared_total{source="remote"}"#, 1.0),
        (r#"components_total{struct="Cached",outcome="cached"}"#, 2.0),
        (r#"components_total{struct="Cached",outcome="fetched"}"#, 2.0),
        (r#"fetches_in_flight{struct="Cached"}"#, 0.0),
        (r#"fetches_total{struct="Cached",outcome="ok"}"#, 4.0),
        (r#"requests_in_flight{source="remote"}"#, 0.0),
        (r#"requests_total{source="remote",outcome="ok"}"#, 1.0),
        (r#"requests_total{source="remote",outcome="unavailable"}"#, 1.0),
    ];
    scrape(&recorder.handle()).assert(&expected);
    assert_eq!(remote.calls(), 2);
    drop(sources);
    assert_eq!(scrape(&recorder.handle()).get("cache_entries"), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_makes_room_is_an_eviction() {
    #[derive(Debug, AsyncAssign)]
    struct Two {
        #[component(fetch_from = "remote", ttl = "60s")]
        _one: u16,
        #[component(fetch_from = "remote", ttl = "60s")]
        _two: u16,
    }
    let recorder = prometheus();
    let _recorder = set_default_local_recorder(&recorder);
    let remote = Scripted::new().answers("_one", [Script::value(1)]).answers("_two", [Script::value(2)]);
    let settings = CacheSettings::new().entries(1);
    let sources = Sources::builder().source("remote", remote).cache(settings).build();
    Two::fetch().sources(&sources).await.unwrap();
    let scraped = scrape(&recorder.handle());
    assert_eq!((scraped.get("cache_entries"), scraped.get("cache_evictions_total")), (Some(1.0), Some(1.0)));
    assert_eq!(sources.cache().state().evictions, 1);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_the_limit_and_what_is_dropped_is_seen() {
    let recorder = prometheus();
    let _recorder = set_default_local_recorder(&recorder);
    let remote = Scripted::new().answers("_port", [Script::hangs()]);
    let sources = with(&remote, Policies::new().limit(1));
    let mut fetches = [(); 2].map(|()| Guarded::fetch().sources(&sources).value().boxed());
    for fetch in &mut fetches {
        assert!(fetch.now_or_never().is_none());
    }
    let of = |name: &str| scrape(&recorder.handle()).get(&format!(r#"{name}{{source="remote"}}"#));
    assert_eq!((of("requests_in_flight"), of("requests_queued")), (Some(1.0), Some(1.0)));
    assert_eq!(scrape(&recorder.handle()).get(r#"fetches_in_flight{struct="Guarded"}"#), Some(2.0));
    drop(fetches);
    scrape(&recorder.handle()).assert(&[
        (r#"breaker_state{source="remote"}"#, 0.0),
        (r#"fetches_in_flight{struct="Guarded"}"#, 0.0),
        (r#"fetches_total{struct="Guarded",outcome="cancelled"}"#, 2.0),
        (r#"requests_in_flight{source="remote"}"#, 0.0),
        (r#"requests_queued{source="remote"}"#, 0.0),
        (r#"requests_total{source="remote",outcome="cancelled"}"#, 1.0),
    ]);
}

#[tokio::test]
async fn a_fetch_that_cannot_begin_is_a_failed_one() {
    let recorder = prometheus();
    let _recorder = set_default_local_recorder(&recorder);
    Guarded::fetch().sources(&Sources::builder().build()).await.unwrap_err();
    scrape(&recorder.handle()).assert(&[
        (r#"components_total{struct="Guarded",outcome="failed"}"#, 1.0),
        (r#"fetches_total{struct="Guarded",outcome="failed"}"#, 1.0),
    ]);
}

#[tokio::test]
async fn the_local_cache_tells_of_its_reads_and_writes() {
    #[derive(Debug, AsyncAssign)]
    struct Stored {
        #[component(fetch_from = "remote", fallback_to = "local_cache")]
        _port: u16,
    }
    let recorder = prometheus();
    let _recorder = set_default_local_recorder(&recorder);
    let folder = tempfile::tempdir().unwrap();
    let local = LocalCache::at(folder.path().join("config.cache"));
    let remote = Scripted::new().answers("_port", [Script::value(1), Script::fails(ErrorKind::Unreachable)]);
    let sources = Sources::builder().source("remote", remote).local_cache(local).build();
    for _ in 0..2 {
        Stored::fetch().sources(&sources).await.unwrap();
    }
    let scraped = scrape(&recorder.handle());
    assert_eq!(scraped.get(r#"local_cache_writes_total{outcome="ok"}"#), Some(1.0), "{}", scraped.text);
    assert_eq!(scraped.get(r#"local_cache_reads_total{outcome="ok"}"#), Some(1.0));
    assert_eq!(scraped.get(r#"components_total{struct="Stored",outcome="last_known_good"}"#), Some(1.0));
}

/// What began before a recorder was installed must not make a gauge negative.
#[tokio::test(start_paused = true)]
async fn a_recorder_that_comes_late_sees_no_end_without_a_beginning() {
    let recorder = Arc::new(prometheus());
    let remote = Scripted::new().answers("_port", [Script::value(1).after(milliseconds(10))]);
    let sources = with(&remote, Policies::new());
    let mut fetch = Guarded::fetch().sources(&sources).value().boxed();
    assert!((&mut fetch).now_or_never().is_none());
    let _recorder = set_default_local_recorder(&recorder);
    fetch.await.unwrap();
    let negative = scrape(&recorder.handle());
    assert_eq!(negative.get(r#"requests_in_flight{source="remote"}"#), None, "{}", negative.text);
    assert_eq!(negative.get(r#"requests_total{source="remote",outcome="ok"}"#), Some(1.0));
}
