//! Watching: what is told, and how few streams it takes.

use std::{collections::HashMap, time::Duration};

use component_model::{Change, ErrorKind, Source as _, Version, Watched, fetchers::etcd::Etcd};
use futures_util::StreamExt as _;

use super::{
    changes::{Changes, Told, text},
    support::{calls, connections, etcd, fetch, key, permit, prefix, put_all, with_user},
};

/// The changes of keys, as the engine watches them.
pub(crate) fn of_keys(etcd: &Etcd, keys: &[&str]) -> Changes {
    Changes::of(etcd, keys.iter().map(|name| key(etcd, name)).collect())
}

const MOMENT: Duration = Duration::from_millis(500);

#[tokio::test]
async fn updates_deletions_and_creations_are_told_wherever_the_keys_are() {
    let server = testbed::require!(testbed::etcd().await);
    let etcd = etcd(&server);
    let client = server.client();
    for keys in [&["app/a"][..], &["app/a", "app/b"], &["app/a", "other/b"], &["a", "b/c", "c/d", "d/e", "e/f", "f/g"]]
    {
        let watched = keys[0];
        client.put(watched, "1").await.unwrap();
        let mut changes = of_keys(&etcd, keys);
        let state = changes.state(keys.len()).await;
        assert_eq!(state[&0], text("1"));
        assert!((1..keys.len()).all(|index| state[&index] == Told::Absent));
        client.put(watched, "2").await.unwrap();
        assert_eq!(changes.next().await, (0, text("2")));
        // Neither a key between them nor one that begins like it.
        client.put(&format!("{watched}a"), "other").await.unwrap();
        client.delete(watched).await.unwrap();
        assert_eq!(changes.next().await, (0, Told::Absent));
        client.put(watched, "3").await.unwrap();
        assert_eq!(changes.next().await, (0, text("3")));
        let last = keys.len() - 1;
        client.put(keys[last], "4").await.unwrap();
        assert_eq!(changes.next().await, (last, text("4")));
        changes.silent(MOMENT).await;
        for key in keys {
            client.delete(key).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_version_that_is_known_is_not_told() {
    let server = testbed::require!(testbed::etcd().await);
    put_all(&server, [("app/a", "1"), ("app/b", "1")]).await;
    let etcd = etcd(&server);
    let requests = ["app/a", "app/b"].map(|name| key(&etcd, name));
    let answers = fetch(&etcd, &requests).await;
    let known = |index: usize| answers[index].as_ref().unwrap().version().cloned();
    let watched = [known(0), Some(Version::new("1"))].into_iter().zip(&requests);
    let watched = watched.map(|(known, request)| Watched::new(request.query().clone()).since(known)).collect();
    let mut changes = Changes(etcd.watch(watched).unwrap());
    assert_eq!(changes.next().await, (1, text("1")));
    changes.silent(MOMENT).await;
    server.client().put("app/a", "2").await.unwrap();
    assert_eq!(changes.next().await, (0, text("2")));
}

#[tokio::test]
async fn prefixes_are_told_as_documents_beside_keys_of_their_own() {
    let server = testbed::require!(testbed::etcd().await);
    let (etcd, client) = (etcd(&server), server.client());
    let requests = vec![prefix(&etcd, "app"), prefix(&etcd, "app/b"), key(&etcd, "app/a")];
    let mut changes = Changes::of(&etcd, requests);
    assert!(changes.state(3).await.values().all(|told| *told == Told::Absent));
    let names = |names: &[&str]| Told::Map(names.iter().map(|name| (*name).to_owned()).collect());
    client.put("app/a", "1").await.unwrap();
    assert_eq!(changes.state(2).await, HashMap::from([(0, names(&["a"])), (2, text("1"))]));
    client.put("app/b/c", "1").await.unwrap();
    assert_eq!(changes.state(2).await, HashMap::from([(0, names(&["a", "b"])), (1, names(&["c"]))]));
    client.delete("app/a").await.unwrap();
    assert_eq!(changes.state(2).await, HashMap::from([(0, names(&["b"])), (2, Told::Absent)]));
    client.put("app/b", "both").await.unwrap();
    assert_eq!(changes.next().await, (0, Told::Failed(ErrorKind::Malformed)));
    client.delete("app/b").await.unwrap();
    assert_eq!(changes.next().await, (0, Told::Unchanged));
    for number in 0..100 {
        client.put(&format!("app/b/{number}"), "1").await.unwrap();
    }
    let mut expected: Vec<_> = (0..100).map(|number| number.to_string()).chain(["c".to_owned()]).collect();
    expected.sort();
    changes.until(1, &Told::Map(expected)).await;
}

#[tokio::test]
async fn thousands_of_keys_of_one_folder_have_one_stream() {
    let server = testbed::require!(testbed::etcd().await);
    let etcd = etcd(&server);
    let keys: Vec<_> = (0..2000).map(|number| format!("shop/{}/{number}", number % 100)).collect();
    put_all(&server, keys.iter().map(|key| (key, "1"))).await;
    let (before, streams) = (connections(&server), calls(&server, "Watch", "Watch").await);
    let mut changes = of_keys(&etcd, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(changes.state(2000).await.values().all(|told| *told == text("1")));
    for number in [0, 1234, 1999] {
        server.client().put(&keys[number], "2").await.unwrap();
        assert_eq!(changes.next().await, (number, text("2")));
        server.client().delete(&keys[number]).await.unwrap();
        assert_eq!(changes.next().await, (number, Told::Absent));
    }
    assert_eq!(calls(&server, "Watch", "Watch").await - streams, 1);
    let open = connections(&server) - before;
    assert!((1..=4).contains(&open), "{open} connections");
    drop(changes);
    while connections(&server) > before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_watch_at_rest_asks_seldom_and_one_whose_neighbours_change_goes_on() {
    let server = testbed::require!(testbed::etcd().await);
    let etcd = etcd(&server);
    let mut changes = of_keys(&etcd, &["app/a", "app/c"]);
    changes.state(2).await;
    let before = calls(&server, "KV", "Range").await;
    changes.silent(Duration::from_secs(9)).await;
    let asked = calls(&server, "KV", "Range").await - before;
    assert!((1..=3).contains(&asked), "{asked} requests in 9 s");
    let neighbours = async {
        for number in 0..90 {
            let key = ["app/b", "other/a"][number % 2];
            server.client().put(key, "1").await.unwrap();
            if number % 3 == 0 {
                server.client().delete(key).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        () = neighbours => {}
        told = changes.next() => panic!("{told:?}"),
    }
    server.client().put("app/a", "1").await.unwrap();
    assert_eq!(changes.next().await, (0, text("1")));
}

#[tokio::test]
async fn denied_keys_are_told_as_denied_and_as_values_once_they_are_permitted() {
    let server = testbed::require!(testbed::Etcd::builder().user("app", "app/").start().await);
    put_all(&server, [("app/a", "1"), ("secret/a", "hunter2")]).await;
    let etcd = with_user(&server, "app");
    let mut changes = of_keys(&etcd, &["app/a", "secret/a", "app/none"]);
    let denied = Told::Failed(ErrorKind::Denied);
    let expected = HashMap::from([(0, text("1")), (1, denied.clone()), (2, Told::Absent)]);
    assert_eq!(changes.state(3).await, expected);
    permit(server.client(), "app", "secret/a", true).await;
    assert_eq!(changes.next().await, (1, text("hunter2")));
    server.client().put("app/a", "2").await.unwrap();
    assert_eq!(changes.next().await, (0, text("2")));
    server.client().put("secret/a", "2").await.unwrap();
    assert_eq!(changes.next().await, (1, text("2")));
    permit(server.client(), "app", "secret/a", false).await;
    assert_eq!(changes.next().await, (1, denied));
    changes.silent(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn keys_that_may_be_read_and_not_what_is_between_them_are_watched_by_reading() {
    let server = testbed::require!(testbed::Etcd::builder().user("app", "elsewhere/").start().await);
    for key in ["app/a", "app/c"] {
        permit(server.client(), "app", key, true).await;
    }
    let etcd = with_user(&server, "app");
    let mut changes = of_keys(&etcd, &["app/a", "app/c"]);
    changes.state(2).await;
    for number in ["1", "2"] {
        server.client().put("app/c", number).await.unwrap();
        assert_eq!(changes.next().await, (1, text(number)));
    }
    server.client().delete("app/c").await.unwrap();
    assert_eq!(changes.next().await, (1, Told::Absent));
}

#[tokio::test]
async fn a_key_whose_lease_ends_is_told_to_be_gone() {
    let server = testbed::require!(testbed::etcd().await);
    let client = server.client();
    client.call("lease/grant", serde_json::json!({"TTL": "60", "ID": "7"})).await.unwrap();
    let (key, value) = (super::support::base64("app/a"), super::support::base64("1"));
    client.call("kv/put", serde_json::json!({"key": key, "value": value, "lease": "7"})).await.unwrap();
    let mut changes = of_keys(&etcd(&server), &["app/a"]);
    assert_eq!(changes.next().await, (0, text("1")));
    client.call("lease/revoke", serde_json::json!({"ID": "7"})).await.unwrap();
    assert_eq!(changes.next().await, (0, Told::Absent));
}

#[tokio::test]
async fn a_value_that_is_too_large_is_told_of_its_key_and_the_watch_goes_on() {
    let server = testbed::require!(testbed::etcd().await);
    let etcd = etcd(&server);
    let mut changes = of_keys(&etcd, &["app/a", "app/b"]);
    changes.state(2).await;
    for size in [(16 << 20) + 1, 20 << 20] {
        server.client().put("app/a", &"x".repeat(size)).await.unwrap();
        changes.until(0, &Told::Failed(ErrorKind::TooLarge)).await;
        // Reading it may take longer than an answer usually does, which is told as an error of both.
        server.client().put("app/b", &size.to_string()).await.unwrap();
        changes.until(1, &text(&size.to_string())).await;
        let small = format!("smaller than {size}");
        server.client().put("app/a", &small).await.unwrap();
        changes.until(0, &text(&small)).await;
    }
}

#[tokio::test]
async fn a_value_that_stays_too_large_is_not_read_again_and_again() {
    let server = testbed::require!(testbed::etcd().await);
    server.client().put("app/a", &"x".repeat(20 << 20)).await.unwrap();
    let mut changes = of_keys(&etcd(&server), &["app/a"]);
    // Reading it may take longer than an answer usually does.
    changes.until(0, &Told::Failed(ErrorKind::TooLarge)).await;
    let before = calls(&server, "KV", "Range").await;
    changes.silent(Duration::from_secs(6)).await;
    let asked = calls(&server, "KV", "Range").await - before;
    assert!(asked <= 6, "{asked} requests");
    server.client().put("app/a", "small").await.unwrap();
    changes.until(0, &text("small")).await;
}

#[tokio::test]
async fn a_source_that_is_closed_ends_its_watches_at_once() {
    let server = testbed::require!(testbed::etcd().await);
    let etcd = etcd(&server);
    let before = connections(&server);
    let mut changes = of_keys(&etcd, &["app/a", "app/b"]);
    changes.state(2).await;
    let (closed, ended) = tokio::join!(etcd.close(), tokio::time::timeout(Duration::from_secs(2), changes.0.next()));
    assert!(matches!((closed, ended), ((), Ok(None))));
    while connections(&server) > before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(of_keys(&etcd, &["app/a"]).0.next().await.is_none());
}

#[test]
fn a_watch_that_is_moved_to_another_runtime_goes_on_there() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (home, first, second) = (runtime(), runtime(), runtime());
    let Ok(server) = home.block_on(testbed::etcd()) else { return };
    let etcd = etcd(&server);
    let mut changes = first.block_on(async {
        let mut changes = of_keys(&etcd, &["app/a", "app/b"]);
        changes.state(2).await;
        changes
    });
    drop(first);
    home.block_on(server.client().put("app/a", "2")).unwrap();
    assert_eq!(second.block_on(changes.next()), (0, text("2")));
    drop(second);
    let outside = futures_util::future::FutureExt::now_or_never(changes.0.next());
    assert!(matches!(outside, Some(Some(Change::Answer { answer: Err(_), .. }))), "{outside:?}");
    home.block_on(async { drop(server) });
}
