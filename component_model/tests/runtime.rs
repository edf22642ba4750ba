//! What a fetch needs of the runtime: none for what is available at once, timers for what is waited for.
#![cfg(all(feature = "async", feature = "derive"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::{
    future::{Future, pending},
    io,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use component_model::{
    Answer, Asked, Change, ErrorKind, KeyQuery, Memory, Polling, Reply, Request, RequestSpec, Source, SourceError,
    plan::Layer, prelude::*, watch,
};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::Notify;

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "settings")]
    host: String,
    #[component(fetch_from = "settings", fallback = "80")]
    port: u16,
}

/// Everything is available without waiting.
fn immediate() -> Sources {
    Sources::builder().source("settings", Memory::new([("host", "localhost"), ("port", "8080")])).build()
}

/// Everything has to be waited for, and never comes.
fn slow() -> Sources {
    Sources::builder().closure("settings", |_: KeyQuery| pending::<Result<Option<u16>, io::Error>>()).build()
}

/// The result of a future that must not wait.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it waits"),
    }
}

fn is_about_the_runtime(error: &ComponentError) {
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:#}");
    let text = format!("{error:#}");
    assert!(text.contains("outside a tokio runtime") && text.contains("#[tokio::main]"), "{text}");
}

#[test]
fn outside_of_a_runtime_a_fetch_is_an_error_with_a_hint() {
    let errors = at_once(Config::fetch_all_components_from(&slow())).unwrap_err();
    assert_eq!(errors.len(), 2, "no fallback hides a mistake in the program: {errors}");
    is_about_the_runtime(&errors[0]);
}

#[test]
fn outside_of_a_runtime_a_deadline_is_no_panic() {
    let errors = at_once(Config::fetch().sources(&slow()).deadline(Duration::from_secs(1)).value()).unwrap_err();
    is_about_the_runtime(&errors[0]);
}

#[test]
fn outside_of_a_runtime_a_resilient_fetch_is_no_panic() {
    let error = at_once(Config::fetch().sources(&slow()).resilient().combined()).unwrap_err();
    assert!(format!("{error:#}").contains("outside a tokio runtime"), "{error:#}");
    // From the default sources as well, which there are none to be kept for.
    let error = at_once(Config::fetch_with_resilience()).unwrap_err();
    assert!(error.to_string().contains("settings"), "{error}");
}

/// A fetcher that runs outside a runtime, and on one that has neither timers nor I/O.
#[cfg(any(feature = "api", feature = "sqlite"))]
fn needs_a_runtime_with_timers<T>(fetcher: impl ComponentFetcher<T, Error = ComponentError> + Sync) {
    let Err(error) = at_once(fetcher.fetch_component()) else { panic!("it fetches outside of a runtime") };
    is_about_the_runtime(&error);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fetch = std::panic::AssertUnwindSafe(|| runtime.block_on(fetcher.fetch_component()).is_ok());
    assert!(std::panic::catch_unwind(fetch).is_err(), "it fetches without timers: do not document a panic");
}

#[cfg(feature = "api")]
#[test]
fn an_api_fetcher_needs_a_runtime_with_timers() {
    use component_model::fetchers::api::ApiFetcher;

    needs_a_runtime_with_timers::<u16>(ApiFetcher::new("http://127.0.0.1:1/port"));
}

#[cfg(feature = "sqlite")]
#[test]
fn a_database_fetcher_needs_a_runtime_with_timers() {
    use component_model::fetchers::database::DatabaseFetcher;

    needs_a_runtime_with_timers::<u16>(DatabaseFetcher::from_url("sqlite::memory:", "SELECT 1").unwrap());
}

#[cfg(feature = "sqlite")]
#[test]
fn a_row_fetcher_needs_a_runtime_with_timers() {
    use component_model::fetchers::database::RowFetcher;

    // A pool of sqlx starts tasks, so it is made on a runtime.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let pool = runtime.block_on(async { sqlx::SqlitePool::connect_lazy("sqlite::memory:").unwrap() });
    needs_a_runtime_with_timers::<(i64,)>(RowFetcher::new(pool, "SELECT 1"));
}

#[test]
fn what_is_available_at_once_needs_no_runtime() {
    let fetch = Config::fetch().sources(&immediate()).deadline(Duration::from_secs(1));
    let config = at_once(fetch.value()).unwrap();
    assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
}

#[test]
fn what_is_available_at_once_needs_no_timers() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fetch = Config::fetch().sources(&immediate());
    assert_eq!(runtime.block_on(fetch.resilient().combined()).unwrap().port, 8080);
}

/// A source that is polled, and that closes when it is notified.
#[derive(Default)]
struct Closing(Arc<Notify>);

impl Source for Closing {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        Ok(Reply::ABSENT)
    }

    async fn shutdown(&self) {
        self.0.notified().await;
    }
}

#[test]
fn outside_of_a_runtime_sources_are_shut_down_and_waited_for() {
    at_once(immediate().shutdown());
    let closed = Arc::new(Notify::new());
    let sources = Sources::builder().source("settings", Closing(Arc::clone(&closed))).build();
    let mut shutdown = Box::pin(sources.shutdown());
    assert!(shutdown.as_mut().now_or_never().is_none());
    closed.notify_one();
    at_once(shutdown);
    assert!(sources.state().is_shut_down());
}

#[test]
fn what_closes_at_once_needs_no_timers() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(immediate().shutdown());
}

#[test]
fn outside_of_a_runtime_a_watch_that_polls_tells_an_error_and_ends() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let source = Arc::new(Closing::default());
    let watched = || {
        let request = source.bind(&RequestSpec::new(&Layer::NEW, &[])).unwrap();
        watch(&source, vec![(request, None)], Polling::every(Duration::from_millis(1)))
    };
    let mut moved_out = watched();
    assert!(matches!(runtime.block_on(moved_out.next()), Some(Change::Answer { answer: Ok(_), .. })));
    for mut changes in [watched(), moved_out] {
        let Some(Change::Answer { index: 0, answer: Err(error) }) = at_once(changes.next()) else { panic!("no error") };
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.to_string().contains("outside a tokio runtime"), "{error}");
        assert!(at_once(changes.next()).is_none());
    }
}
