//! Many fetches at the same time.

use std::time::Duration;

use component_model::{
    fetchers::consul::{Consul, ConsulFetcher},
    prelude::*,
};
use futures_util::{
    FutureExt as _,
    future::{join_all, select_all},
};
use testbed::http::Reply;
use tokio::time::sleep;

use super::{
    changes::text,
    support::{connections, consul, get},
    watching::of_keys,
};

#[tokio::test]
async fn hundreds_of_fetches_at_once_are_answered() {
    let server = testbed::require!(testbed::consul().await);
    server.put("port", "8080").await.unwrap();
    let consul = consul(&server);
    let fetches = (0..500).map(|_| ConsulFetcher::new(&consul, "port").timeout(Duration::from_secs(20)));
    let ports = join_all(fetches.map(async |fetcher| ComponentFetcher::<u16>::fetch_component(&fetcher).await)).await;
    let failed = ports.iter().find(|port| !matches!(port, Ok(8080)));
    assert!(failed.is_none(), "{failed:?}");
}

#[tokio::test]
async fn more_watches_than_an_agent_has_connections_are_told_what_changes_and_fetches_are_answered() {
    let server = testbed::require!(testbed::consul().await);
    let keys = ["a/x", "b/x", "c/x", "d/x"];
    server.put_all(keys.map(|key| (key, "1"))).await.unwrap();
    let before = connections(&server);
    let consul = consul(&server);
    let mut watches: Vec<_> = (0..60).map(|_| of_keys(&consul, &keys)).collect();
    // No error is told.
    join_all(watches.iter_mut().map(async |watch| {
        assert!(watch.state(4).await.values().all(|told| *told == text("1")));
    }))
    .await;
    // All of them wait now, and keep waiting.
    let waiting = join_all(watches.iter_mut().map(|watch| watch.silent(Duration::from_secs(5))));
    let fetches = async {
        sleep(Duration::from_secs(3)).await;
        assert_eq!(get::<u8>(&consul, "a/x").await.unwrap(), 1);
        let open = connections(&server) - before;
        assert!(open <= 160, "{open} connections");
    };
    tokio::join!(waiting, fetches);
    server.put("c/x", "2").await.unwrap();
    join_all(watches.iter_mut().map(async |watch| assert_eq!(watch.next().await, (2, text("2"))))).await;
    drop(watches);
    while connections(&server) > before + 1 {
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_source_has_64_requests_at_once_and_those_that_are_dropped_let_others_begin() {
    const PATH: &str = "/v1/kv/port";

    let http = testbed::http().await.unwrap();
    http.on(PATH, Reply::never());
    let consul = Consul::builder().address(http.url("")).build().unwrap();
    let fetch = || async {
        let fetcher = ConsulFetcher::new(&consul, "port").timeout(Duration::from_secs(60));
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

#[tokio::test]
async fn fetches_that_are_stuck_do_not_keep_another_one_waiting() {
    let server = testbed::http().await.unwrap();
    server.on("/v1/kv/stuck", Reply::never());
    let entry = serde_json::json!([{
        "Key": "port", "Value": "ODA4MA==", "Flags": 0, "CreateIndex": 1, "ModifyIndex": 1, "LockIndex": 0
    }]);
    server.on("/v1/kv/port", Reply::json(&entry).header("x-consul-index", "1"));
    let consul = Consul::builder().address(server.url("")).build().unwrap();
    let stuck = ConsulFetcher::new(&consul, "stuck").timeout(Duration::from_secs(60));
    let mut stuck: Vec<_> = (0..70).map(|_| Box::pin(ComponentFetcher::<u16>::fetch_component(&stuck))).collect();
    // They are sent, and polled by nobody afterwards.
    for fetch in &mut stuck {
        assert!(fetch.now_or_never().is_none());
    }
    sleep(Duration::from_millis(200)).await;
    let port = tokio::time::timeout(Duration::from_secs(5), get::<u16>(&consul, "port")).await;
    assert_eq!(port.unwrap().unwrap(), 8080);
}
