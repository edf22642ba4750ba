//! A server that lost its data, and that the same script filled again, up to the same revision, with other values.

use std::fs;

use component_model::{Asked, Reply, Source as _, Value, fetchers::etcd::Etcd};

use super::{
    changes::{Changes, Told, text},
    support::{etcd, fetch, key, prefix},
};

const KEYS: [&str; 3] = ["app/a", "app/b", "lone"];

/// Returns the last revision.
async fn fill(server: &testbed::Etcd, value: &str) -> u64 {
    let mut revision = 0;
    for key in KEYS {
        revision = server.client().put(key, value).await.unwrap();
    }
    revision
}

async fn fill_again(server: &testbed::Etcd, filled: u64) {
    server.program().kill().await.unwrap();
    fs::remove_dir_all(server.program().folder().join("data")).unwrap();
    server.program().start().await.unwrap();
    assert_eq!(fill(server, "new").await, filled, "the revisions are the same");
}

#[tokio::test]
async fn the_new_values_are_fetched_although_the_revisions_are_known() {
    let server = testbed::require!(testbed::etcd().await);
    let etcd = etcd(&server);
    let filled = fill(&server, "old").await;
    let mut requests: Vec<_> = KEYS.map(|name| key(&etcd, name)).into();
    requests.push(prefix(&etcd, "app"));
    let answers = fetch(&etcd, &requests).await;
    let known: Vec<_> = answers.iter().map(|answer| answer.as_ref().unwrap().version().cloned().unwrap()).collect();
    fill_again(&server, filled).await;
    let asked: Vec<_> =
        requests.iter().zip(&known).map(|(request, known)| Asked::new(request.query()).unless(known)).collect();
    for answer in etcd.fetch_many(&asked).await {
        let Ok(Reply::Found(record)) = answer else { panic!("{answer:?}") };
        let new = match record.value() {
            Value::Map(members) => members.iter().all(|(_, value)| *value == Value::text("new")),
            value => *value == Value::text("new"),
        };
        assert!(new, "{record:?}");
    }
}

#[tokio::test]
async fn the_new_values_are_told_although_the_revisions_are_known() {
    let server = testbed::require!(testbed::etcd().await);
    let filled = fill(&server, "old").await;
    let proxy = testbed::proxy(server.address()).await.unwrap();
    let etcd = Etcd::builder().endpoints([proxy.instead_in(&server.url())]).build().unwrap();
    let mut requests: Vec<_> = KEYS.map(|name| key(&etcd, name)).into();
    requests.push(prefix(&etcd, "app"));
    let mut changes = Changes::of(&etcd, requests);
    let document = Told::Map(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(changes.state(4).await[&3], document);
    proxy.refuse().await.unwrap();
    fill_again(&server, filled).await;
    proxy.heal().await.unwrap();
    let expected = [text("new"), text("new"), text("new"), document];
    let mut told = [false; 4];
    while told.contains(&false) {
        let (index, state) = changes.next().await;
        match expected.get(index) {
            Some(expected) if *expected == state => told[index] = true,
            Some(_) => assert!(matches!(state, Told::Failed(_)), "{index}: {state:?}"),
            None => {}
        }
    }
}
