//! Connections that are kept: silent ones, closed ones, those of other runtimes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use component_model::{
    ErrorKind,
    fetchers::api::{Api, ApiFetcher},
    prelude::*,
};
use futures_util::future::join_all;
use testbed::http::Reply;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Builder,
};

use super::support::{api_of, get};

#[derive(Debug, AsyncAssign)]
struct Hasty {
    #[component(fetch_from = "api", timeout = "300ms")]
    _port: u16,
}

async fn is_served(sources: &Sources) -> bool {
    Hasty::fetch_all_components_from(sources).await.is_ok()
}

/// With time for a handshake beside others.
async fn is_served_in_time(sources: &Sources) -> bool {
    Config::fetch_all_components_from(sources).await.is_ok()
}

#[tokio::test]
async fn a_silent_http2_connection_costs_each_request_one_attempt_and_no_later_one_any() {
    let https = testbed::http2().await.unwrap();
    https.on("/_port", Reply::text("8080"));
    let proxy = testbed::proxy(https.address()).await.unwrap();
    let api = Api::builder().base(proxy.instead_in(&https.url(""))).unwrap();
    let api = api.ca_pem(https.authority().unwrap()).build().unwrap();
    let sources = Sources::builder().source("api", api).build();
    assert!(is_served_in_time(&sources).await);
    for _ in 0..2 {
        proxy.silence();
        // All of them are streams of the one connection.
        join_all((0..8).map(|_| is_served_in_time(&sources))).await;
        assert_eq!(join_all((0..8).map(|_| is_served_in_time(&sources))).await, [true; 8]);
    }
}

#[tokio::test]
async fn a_silent_http2_connection_is_left_by_requests_with_a_short_timeout() {
    // Without giving it up, the connection is used until its ping fails after 10 to 15 s.
    const ATTEMPTS: usize = 100;
    let https = testbed::http2().await.unwrap();
    https.on("/x", Reply::text("7"));
    let proxy = testbed::proxy(https.address()).await.unwrap();
    let api = Api::builder().base(proxy.instead_in(&https.url(""))).unwrap();
    let api = api.ca_pem(https.authority().unwrap()).build().unwrap();
    assert_eq!(get::<u8>(&api, "x").await.unwrap(), 7);
    proxy.silence();
    let hasty = ApiFetcher::from_api(&api, "x").timeout(Duration::from_millis(80));
    let mut attempts = 1;
    while ComponentFetcher::<u8>::fetch_component(&hasty).await.is_err() {
        attempts += 1;
        assert!(attempts < ATTEMPTS, "{} connections", proxy.connections());
    }
    assert!(attempts > 3 && proxy.connections() > 1, "{attempts} attempts");
}

#[tokio::test]
async fn requests_that_lose_one_http2_connection_share_the_next_one() {
    const REQUESTS: usize = 50;
    let https = testbed::http2().await.unwrap();
    https.on("/first", Reply::text("7"));
    https.on("/x", Reply::never());
    let proxy = testbed::proxy(https.address()).await.unwrap();
    let api = Api::builder().base(proxy.instead_in(&https.url(""))).unwrap();
    let api = api.ca_pem(https.authority().unwrap()).build().unwrap();
    assert_eq!(get::<u8>(&api, "first").await.unwrap(), 7);
    let fetcher = ApiFetcher::from_api(&api, "x").timeout(Duration::from_secs(30));
    let requests = join_all((0..REQUESTS).map(|_| ComponentFetcher::<u8>::fetch_component(&fetcher)));
    let cut_once = async {
        while https.count("/x") < REQUESTS {
            tokio::task::yield_now().await;
        }
        assert_eq!(proxy.connections(), 1);
        https.on("/x", Reply::text("7"));
        proxy.cut(0).await.unwrap();
        while proxy.connections() == 1 {
            tokio::task::yield_now().await;
        }
        proxy.heal().await.unwrap();
    };
    let (values, ()) = tokio::join!(requests, cut_once);
    assert!(values.iter().all(|value| matches!(value, Ok(7))), "{values:?}");
    assert!(proxy.connections() <= 3, "{} connections", proxy.connections());
}

/// A server that answers every request of a connection, and how many connections clients have closed.
async fn counting_closed() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let closed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&closed);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let counter = Arc::clone(&counter);
            tokio::spawn(async move {
                answer_some(connection, usize::MAX, Arc::default()).await;
                counter.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
    (url, closed)
}

#[tokio::test]
async fn a_source_that_is_closed_closes_its_connections_and_sends_nothing_more() {
    const REQUESTS: usize = 4;
    let (url, closed) = counting_closed().await;
    let api = Api::builder().build().unwrap();
    let values = join_all((0..REQUESTS).map(|_| get::<u8>(&api, &url))).await;
    assert!(values.iter().all(|value| matches!(value, Ok(7))), "{values:?}");
    assert_eq!(closed.load(Ordering::Relaxed), 0);
    let clone = api.clone();
    api.close().await;
    let all_closed = async {
        while closed.load(Ordering::Relaxed) < REQUESTS {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all_closed).await.unwrap();
    let error = get::<u8>(&clone, &url).await.unwrap_err();
    assert!(error.to_string().ends_with("shut down: the sources are shut down"), "{error}");
}

#[tokio::test]
async fn a_request_that_runs_while_its_source_is_closed_gets_its_answer() {
    let http = testbed::http().await.unwrap();
    http.on("/x", Reply::text("7").delay(Duration::from_millis(50)));
    let api = api_of(&http);
    let close = async {
        while http.count("/x") == 0 {
            tokio::task::yield_now().await;
        }
        api.close().await;
    };
    let (value, ()) = tokio::join!(get::<u8>(&api, "x"), close);
    assert_eq!(value.unwrap(), 7);
}

#[tokio::test]
async fn a_timeout_at_one_origin_leaves_the_connections_to_others() {
    let (slow, good) = (testbed::http().await.unwrap(), testbed::http().await.unwrap());
    slow.on("/x", Reply::never());
    good.on("/x", Reply::text("7"));
    let proxy = testbed::proxy(good.address()).await.unwrap();
    let api = api_of(&slow);
    let good = proxy.instead_in(&good.url("/x"));
    for _ in 0..3 {
        assert_eq!(get::<u8>(&api, &good).await.unwrap(), 7);
        let late = ApiFetcher::from_api(&api, "x").timeout(Duration::from_millis(20));
        assert!(ComponentFetcher::<u8>::fetch_component(&late).await.is_err());
    }
    assert_eq!(proxy.connections(), 1);
}

/// A server that answers the first request of a connection, and closes it when the next one arrives; how many requests
/// it has read.
async fn closing(answered: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(answer_some(connection, answered, Arc::clone(&counter)));
        }
    });
    (url, requests)
}

async fn answer_some(mut connection: TcpStream, answered: usize, requests: Arc<AtomicUsize>) {
    let mut request = [0; 4096];
    for number in 0.. {
        if !matches!(connection.read(&mut request).await, Ok(1..)) {
            return;
        }
        requests.fetch_add(1, Ordering::Relaxed);
        if number == answered {
            return;
        }
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n7").await.unwrap();
    }
}

#[tokio::test]
async fn a_read_on_a_kept_connection_that_closes_is_sent_again_on_a_new_one() {
    let (url, requests) = closing(1).await;
    let fetcher = ApiFetcher::new(url);
    for number in 0..40 {
        let value: u8 = fetcher.fetch_component().await.unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!(value, 7);
    }
    assert_eq!(requests.load(Ordering::Relaxed), 79, "every request but the first is read twice");
}

#[tokio::test]
async fn reads_at_once_on_kept_connections_that_close_are_all_served() {
    let (url, _) = closing(1).await;
    let fetcher = ApiFetcher::new(url);
    for _ in 0..5 {
        let reads = join_all((0..8).map(|_| ComponentFetcher::<u8>::fetch_component(&fetcher))).await;
        assert!(reads.iter().all(Result::is_ok), "{reads:?}");
    }
}

#[tokio::test]
async fn a_read_on_a_new_connection_that_closes_is_not_sent_again() {
    let (url, requests) = closing(0).await;
    for expected in 1..=3 {
        let error = ComponentFetcher::<u8>::fetch_component(&ApiFetcher::new(&url)).await.unwrap_err();
        assert_eq!((error.kind(), requests.load(Ordering::Relaxed)), (ErrorKind::Unreachable, expected), "{error}");
    }
}

#[tokio::test]
async fn chunks_that_are_none_are_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let _ = connection.read(&mut [0; 4096]).await;
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        connection.write_all(&[&head[..], b"5\r\nhello\r\nnot a size\r\n"].concat()).await.unwrap();
        let _ = connection.read(&mut [0; 4096]).await;
    });
    let error = ComponentFetcher::<String>::fetch_component(&ApiFetcher::new(url)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error} {:?}", std::error::Error::source(&error));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_source_serves_many_short_runtimes_at_once() {
    let http = testbed::http().await.unwrap();
    http.on("/_port", Reply::text("8080"));
    let sources = Sources::builder().source("api", api_of(&http)).build();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let sources = sources.clone();
            thread::spawn(move || (0..40).map(|_| in_a_runtime_of_its_own(&sources)).filter(|served| !served).count())
        })
        .collect();
    let failed: usize = tokio::task::block_in_place(|| threads.into_iter().map(|thread| thread.join().unwrap()).sum());
    assert_eq!(failed, 0, "of 160 runtimes");
}

/// Several fetches at once, some of which are dropped under way together with the runtime.
fn in_a_runtime_of_its_own(sources: &Sources) -> bool {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dropped = sources.clone();
        tokio::spawn(async move { is_served(&dropped).await });
        join_all((0..3).map(|_| Config::fetch_all_components_from(sources))).await.iter().all(Result::is_ok)
    })
}

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "api")]
    _port: u16,
}

#[tokio::test]
async fn a_fetcher_has_the_timeout_of_an_attempt_and_takes_another() {
    let http = testbed::http().await.unwrap();
    http.on("/x", Reply::never());
    let started = std::time::Instant::now();
    let fetcher = ApiFetcher::new(http.url("/x"));
    let error = ComponentFetcher::<u8>::fetch_component(&fetcher).await.unwrap_err();
    assert!(error.to_string().ends_with("timeout: no answer within 2 s"), "{error}");
    assert!(error.hint().unwrap().contains("fetcher"), "{:?}", error.hint());
    assert!(started.elapsed() < Duration::from_secs(3));
    let hasty = fetcher.timeout(Duration::from_millis(20));
    let error = ComponentFetcher::<u8>::fetch_component(&hasty).await.unwrap_err();
    assert!(error.to_string().ends_with("timeout: no answer within 20 ms"), "{error}");
}
