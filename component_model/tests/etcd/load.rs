//! Many fetches at the same time.

use std::time::Duration;

use component_model::{
    fetchers::etcd::{Etcd, EtcdFetcher},
    prelude::*,
};
use futures_util::{
    FutureExt as _,
    future::{join_all, select_all},
};
use testbed::http::Reply;
use tokio::time::sleep;

use super::support::etcd;

#[tokio::test]
async fn hundreds_of_fetches_at_once_are_answered() {
    let server = testbed::require!(testbed::etcd().await);
    server.client().put("port", "8080").await.unwrap();
    let etcd = etcd(&server);
    let fetches = (0..500).map(|_| EtcdFetcher::new(&etcd, "port").timeout(Duration::from_secs(20)));
    let ports = join_all(fetches.map(async |fetcher| ComponentFetcher::<u16>::fetch_component(&fetcher).await)).await;
    let failed = ports.iter().find(|port| !matches!(port, Ok(8080)));
    assert!(failed.is_none(), "{failed:?}");
}

#[tokio::test]
async fn a_source_has_64_requests_at_once_and_those_that_are_dropped_let_others_begin() {
    const PATH: &str = "/v3/kv/range";

    let http = testbed::http().await.unwrap();
    http.on(PATH, Reply::never());
    let etcd = Etcd::builder().endpoints([http.url("")]).build().unwrap();
    let fetch = || async {
        let fetcher = EtcdFetcher::new(&etcd, "port").timeout(Duration::from_secs(60));
        ComponentFetcher::<u16>::fetch_component(&fetcher).await
    };
    let mut fetches: Vec<_> = (0..100).map(|_| fetch().boxed()).collect();
    let began = tokio::time::Instant::now();
    for (dropped, sent) in [(0, 64), (10, 74), (90, 74)] {
        // The first ones have begun, and the last ones wait.
        fetches.drain(..dropped);
        let arrived = async {
            while http.count(PATH) < sent {
                sleep(Duration::from_millis(5)).await;
            }
            sleep(Duration::from_millis(100)).await;
        };
        match fetches.is_empty() {
            true => arrived.await,
            false => tokio::select! {
                () = arrived => {}
                (port, ..) = select_all(&mut fetches) => panic!("{port:?}"),
            },
        }
        // One that has waited for a second is sent all the same.
        let is_in_time = began.elapsed() < Duration::from_millis(900);
        assert!(!is_in_time || http.count(PATH) == sent, "{}", http.count(PATH));
    }
    http.on(PATH, Reply::status(404));
    assert!(tokio::time::timeout(Duration::from_secs(5), fetch()).await.is_ok());
}
