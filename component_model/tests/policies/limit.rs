//! The limit on parallel requests to a source.

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
    #[component(fetch_from = "remote", timeout = "2s")]
    port: u16,
}

async fn all_at_once(sources: &Sources, fetches: usize) -> Vec<Result<Config, ComponentErrors>> {
    let fetches = (0..fetches).map(|_| tokio::spawn(Config::fetch().sources(sources).value()));
    let mut ended = Vec::new();
    for fetch in fetches.collect::<Vec<_>>() {
        ended.push(fetch.await.unwrap());
    }
    ended
}

#[tokio::test(start_paused = true)]
async fn sixteen_requests_run_at_once_and_the_others_wait_without_losing_time() {
    let remote = Scripted::new().answers("port", [Script::value(1).after(Duration::from_secs(1))]);
    let sources = sources(&remote);
    let began = Instant::now();
    let ended = all_at_once(&sources, 80).await;
    // The last waited for 4 s, which is more than its timeout of 2 s.
    assert!(ended.iter().all(Result::is_ok));
    assert_eq!((remote.most_in_flight(), began.elapsed()), (16, Duration::from_secs(5)));
    let state = sources.state();
    let state = state.source("remote").unwrap();
    assert_eq!((state.requests(), state.queued()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_limit_can_be_set() {
    let remote = Scripted::new().answers("port", [Script::value(1).after(Duration::from_secs(1))]);
    let sources = with(&remote, Policies::new().limit(3));
    let fetches = tokio::spawn({
        let sources = sources.clone();
        async move { all_at_once(&sources, 9).await }
    });
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let state = sources.state();
    let state = state.source("remote").unwrap();
    assert_eq!((state.requests(), state.queued()), (3, 3));
    assert!(fetches.await.unwrap().iter().all(Result::is_ok));
    assert_eq!(remote.most_in_flight(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_whose_deadline_ends_while_it_waits_ends_then_and_sends_nothing_any_more() {
    #[derive(Debug, AsyncAssign)]
    struct Own {
        #[component(fetch_from = "remote", timeout = "250ms", deadline = "2s")]
        port: u16,
    }
    #[derive(Debug, AsyncAssign)]
    struct Shared {
        #[component(fetch_from = "remote", timeout = "250ms")]
        port: u16,
    }
    async fn check<T>(fetch: impl AsyncFn(Sources) -> Result<T, ComponentErrors>) {
        let remote = Scripted::new().answers("port", [Script::hangs()]);
        let sources = sources(&remote);
        let began = Instant::now();
        let fetches = futures_util::future::join_all((0..200).map(|_| fetch(sources.clone()))).await;
        assert!(fetches.iter().all(Result::is_err));
        // 16 at once, eight times.
        assert_eq!((remote.calls(), began.elapsed()), (128, Duration::from_secs(2)));
    }
    check(async |sources| Own::fetch().sources(&sources).value().await).await;
    check(async |sources| Shared::fetch().sources(&sources).deadline(Duration::from_secs(2)).value().await).await;
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_is_dropped_leaves_the_queue() {
    let remote = Scripted::new().answers("port", [Script::hangs()]);
    let sources = with(&remote, Policies::new().limit(1).timeout(Duration::from_secs(2)));
    let holder = tokio::spawn(Config::fetch().sources(&sources).value());
    tokio::time::sleep(Duration::from_millis(1)).await;
    let queued = tokio::spawn(Config::fetch().sources(&sources).value());
    tokio::time::sleep(Duration::from_millis(1)).await;
    queued.abort();
    assert!(queued.await.unwrap_err().is_cancelled());
    assert_eq!(holder.await.unwrap().unwrap_err()[0].kind(), ErrorKind::Timeout);
    let state = sources.state();
    let state = state.source("remote").unwrap();
    assert_eq!((state.requests(), state.queued(), remote.calls()), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_nothing_is_refused() {
    let sources = with(&Scripted::new(), Policies::new().limit(0));
    let errors = Config::fetch().sources(&sources).value().await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Misconfigured);
}
