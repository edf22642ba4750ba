//! A server that lost its data, and that the same script filled again, up to the same index, with other values.

use std::{fs, time::Duration};

use component_model::{Asked, Reply, Request, Source as _, Value, fetchers::consul::ConsulQuery};
use serde_json::Value as Json;

use super::{
    changes::{Changes, Told, text},
    support::{consul, fetch, key, prefix},
};

const KEYS: [&str; 3] = ["app/a", "app/b", "lone"];

async fn fill(server: &testbed::Consul, value: &str) {
    server.put_all(KEYS.map(|key| (key, value))).await.unwrap();
}

async fn index(server: &testbed::Consul, key: &str) -> u64 {
    let entries = server.request("GET", &format!("/v1/kv/{key}"), None).await.unwrap();
    serde_json::from_str::<Json>(&entries).unwrap()[0]["ModifyIndex"].as_u64().unwrap()
}

/// Writes other keys until the next index is the one that is wanted; whether it has not been used yet.
async fn advance(server: &testbed::Consul, wanted: u64) -> bool {
    loop {
        match another(server).await + 1 {
            next if next < wanted => {}
            next => return next == wanted,
        }
    }
}

/// Writes another key, and returns its index. A write of the same value would not have one.
async fn another(server: &testbed::Consul) -> u64 {
    let value = server.get("other").await.unwrap().unwrap_or_default();
    server.put("other", if value == "x" { "y" } else { "x" }).await.unwrap();
    index(server, "other").await
}

/// Fills a server, and returns its index.
async fn first(server: &testbed::Consul) -> u64 {
    // Later than those that a server writes itself when it starts.
    for _ in 0..10 {
        another(server).await;
    }
    fill(server, "old").await;
    index(server, KEYS[0]).await
}

/// Fills it again after it lost its data, with the same index.
async fn again(server: &testbed::Consul, wanted: u64) {
    for _ in 0..10 {
        server.program().kill().await.unwrap();
        fs::remove_dir_all(server.program().folder().join("data")).unwrap();
        server.program().start().await.unwrap();
        if advance(server, wanted).await {
            fill(server, "new").await;
            // The server itself writes now and then.
            if index(server, KEYS[0]).await == wanted {
                return;
            }
        }
    }
    panic!("the index {wanted} was never reached");
}

#[tokio::test]
async fn the_new_values_are_fetched_although_the_indices_are_known() {
    let server = testbed::require!(testbed::consul().await);
    let consul = consul(&server);
    let filled = first(&server).await;
    let groups: [Vec<Request<ConsulQuery>>; 3] = [
        KEYS.map(|name| key(&consul, name)).into(),
        vec![key(&consul, KEYS[0])],
        vec![prefix(&consul, "app"), prefix(&consul, "app/")],
    ];
    let mut known = Vec::new();
    for requests in &groups {
        let answers = fetch(&consul, requests).await;
        let versions = answers.iter().map(|answer| answer.as_ref().unwrap().version().cloned().unwrap());
        known.push(versions.collect::<Vec<_>>());
    }
    again(&server, filled).await;
    for (requests, known) in groups.iter().zip(&known) {
        let asked: Vec<_> =
            requests.iter().zip(known).map(|(request, known)| Asked::new(request.query()).unless(known)).collect();
        for answer in consul.fetch_many(&asked).await {
            let Ok(Reply::Found(record)) = answer else { panic!("{answer:?}") };
            let new = match record.value() {
                Value::Map(members) => members.iter().all(|(_, value)| *value == Value::text("new")),
                value => *value == Value::text("new"),
            };
            assert!(new, "{record:?}");
        }
    }
}

#[tokio::test]
async fn the_new_values_are_told_although_the_indices_are_known() {
    let server = testbed::require!(testbed::consul().await);
    let filled = first(&server).await;
    let proxy = testbed::proxy(([127, 0, 0, 1], server.program().port()).into()).await.unwrap();
    let consul = component_model::fetchers::consul::Consul::builder();
    let consul = consul.address(proxy.instead_in(&server.url())).build().unwrap();
    let mut requests: Vec<_> = KEYS.map(|name| key(&consul, name)).into();
    requests.push(prefix(&consul, "app"));
    let mut changes = Changes::of(&consul, requests);
    let document = Told::Map(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(changes.state(4).await[&3], document);
    proxy.refuse().await.unwrap();
    again(&server, filled).await;
    proxy.heal().await.unwrap();
    is_told(&mut changes, [text("new"), text("new"), text("new"), document]).await;
}

/// Waits until each state was told, after any errors.
async fn is_told(changes: &mut Changes, expected: [Told; 4]) {
    let mut told = [false; 4];
    while told.contains(&false) {
        let (index, state) = changes.within(Duration::from_secs(30)).await.expect("a value is not told");
        match expected.get(index) {
            Some(expected) if *expected == state => told[index] = true,
            Some(_) => assert!(matches!(state, Told::Failed(_)), "{index}: {state:?}"),
            None => {}
        }
    }
}
