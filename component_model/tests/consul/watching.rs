//! Watching: what is told, and how few queries it takes.

use std::{collections::HashMap, time::Duration};

use component_model::{Change, ErrorKind, Source as _, Version, Watched, fetchers::consul::Consul};
use futures_util::StreamExt as _;
use serde_json::json;

use super::{
    changes::{Changes, Told, text},
    support::{connections, consul, key, prefix, requests, with_token},
};

/// The changes of keys, as the engine watches them.
pub(crate) fn of_keys(consul: &Consul, keys: &[&str]) -> Changes {
    Changes::of(consul, keys.iter().map(|name| key(consul, name)).collect())
}

const MOMENT: Duration = Duration::from_millis(500);

#[tokio::test]
async fn updates_deletions_and_creations_of_one_key_and_of_several_are_told() {
    let server = testbed::require!(testbed::consul().await);
    let consul = consul(&server);
    for keys in [&["app/a"][..], &["app/a", "app/b"], &["app/a", "other/b"], &["a", "b/c", "b/d/e", "b/d/f"]] {
        let watched = keys[0];
        server.put(watched, "1").await.unwrap();
        let mut changes = of_keys(&consul, keys);
        let state = changes.state(keys.len()).await;
        assert_eq!(state[&0], text("1"));
        assert!((1..keys.len()).all(|index| state[&index] == Told::Absent), "{state:?}");
        server.put(watched, "2").await.unwrap();
        assert_eq!(changes.next().await, (0, text("2")));
        server.delete(watched).await.unwrap();
        assert_eq!(changes.next().await, (0, Told::Absent));
        server.put(watched, "3").await.unwrap();
        assert_eq!(changes.next().await, (0, text("3")));
        for (index, name) in keys.iter().enumerate().skip(1) {
            server.put(name, "x").await.unwrap();
            assert_eq!(changes.next().await, (index, text("x")));
            server.delete(name).await.unwrap();
            assert_eq!(changes.next().await, (index, Told::Absent));
        }
        // A lookalike, and the same value once more.
        server.put(&format!("{watched}2"), "x").await.unwrap();
        server.put(watched, "3").await.unwrap();
        changes.silent(MOMENT).await;
    }
}

#[tokio::test]
async fn a_version_that_is_known_is_not_told() {
    let server = testbed::require!(testbed::consul().await);
    server.put_all([("app/a", "1"), ("app/b", "1")]).await.unwrap();
    let consul = consul(&server);
    let requests = ["app/a", "app/b"].map(|name| key(&consul, name));
    let answers = super::support::fetch(&consul, &requests).await;
    let known = |index: usize| answers[index].as_ref().unwrap().version().cloned();
    let watched = [known(0), Some(Version::new("1"))].into_iter().zip(&requests);
    let watched = watched.map(|(known, request)| Watched::new(request.query().clone()).since(known)).collect();
    let mut changes = Changes(consul.watch(watched).unwrap());
    assert_eq!(changes.next().await, (1, text("1")));
    changes.silent(MOMENT).await;
    server.put("app/a", "2").await.unwrap();
    assert_eq!(changes.next().await, (0, text("2")));
}

#[tokio::test]
async fn prefixes_are_told_as_documents() {
    let server = testbed::require!(testbed::consul().await);
    let consul = consul(&server);
    let mut changes = Changes::of(&consul, ["app", "shop"].map(|name| prefix(&consul, name)).into());
    assert_eq!(changes.state(2).await, HashMap::from([(0, Told::Absent), (1, Told::Absent)]));
    let names = |names: &[&str]| Told::Map(names.iter().map(|name| (*name).to_owned()).collect());
    server.put("app/a", "1").await.unwrap();
    assert_eq!(changes.next().await, (0, names(&["a"])));
    server.put("app/b/c", "1").await.unwrap();
    assert_eq!(changes.next().await, (0, names(&["a", "b"])));
    // Too large to be read whole by each query.
    server.put("app/large", vec![b'x'; 100 << 10]).await.unwrap();
    assert_eq!(changes.next().await, (0, names(&["a", "b", "large"])));
    server.delete("app/a").await.unwrap();
    assert_eq!(changes.next().await, (0, names(&["b", "large"])));
    server.put("app/b", "both").await.unwrap();
    assert_eq!(changes.next().await, (0, Told::Failed(ErrorKind::Malformed)));
    server.delete("app/b").await.unwrap();
    assert_eq!(changes.next().await.0, 0);
    for number in 0..6 {
        server.put(&format!("shop/{number}"), "1").await.unwrap();
    }
    let six: Vec<_> = (0..6).map(|number| number.to_string()).collect();
    changes.until(1, &Told::Map(six)).await;
}

#[tokio::test]
async fn of_a_burst_the_last_update_is_told() {
    let server = testbed::require!(testbed::consul().await);
    let consul = consul(&server);
    server.put_all([("app/a", "start"), ("app/b", "start"), ("lone", "start")]).await.unwrap();
    let mut changes = of_keys(&consul, &["app/a", "app/b", "lone"]);
    changes.state(3).await;
    let writes = async {
        for number in 0..1000 {
            server.put(["app/a", "app/b", "lone"][number % 3], format!("{number}")).await.unwrap();
        }
    };
    let reads = async {
        let mut last = HashMap::new();
        while ["999", "997", "998"].iter().enumerate().any(|(index, end)| last.get(&index) != Some(&text(end))) {
            let (index, told) = changes.next().await;
            let Told::Text(number) = &told else { panic!("{told:?}") };
            let before = last.get(&index).and_then(|told| match told {
                Told::Text(number) => number.parse::<u32>().ok(),
                _ => None,
            });
            assert!(before < number.parse().ok(), "the order is kept");
            last.insert(index, told);
        }
    };
    tokio::join!(writes, reads);
}

#[tokio::test]
async fn a_reader_that_is_slow_gets_the_newest_value_and_no_queue() {
    let server = testbed::require!(testbed::consul().await);
    let consul = consul(&server);
    let mut changes = of_keys(&consul, &["app/a", "app/b"]);
    changes.state(2).await;
    for number in 0..300 {
        server.put("app/a", format!("{number}")).await.unwrap();
    }
    let before = changes.until(0, &text("299")).await;
    assert!(before.len() <= 1, "{before:?}");
}

#[tokio::test]
async fn thousands_of_keys_in_many_folders_take_few_connections() {
    let server = testbed::require!(testbed::consul().await);
    let consul = consul(&server);
    let keys: Vec<_> = (0..2000).map(|number| format!("shop/{}/{number}", number % 100)).collect();
    server.put_all(keys.iter().map(|key| (key, "1"))).await.unwrap();
    let before = connections(&server);
    let mut changes = of_keys(&consul, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(changes.state(2000).await.values().all(|told| *told == text("1")));
    for number in [0, 1234, 1999] {
        server.put(&keys[number], "2").await.unwrap();
        assert_eq!(changes.next().await, (number, text("2")));
        server.delete(&keys[number]).await.unwrap();
        assert_eq!(changes.next().await, (number, Told::Absent));
    }
    let open = connections(&server) - before;
    assert!((1..=10).contains(&open), "{open} connections");
    drop(changes);
    while connections(&server) > before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_few_keys_of_a_large_folder_are_watched_without_reading_it_again() {
    let server = testbed::Consul::builder().setting("log_level", json!("debug")).start().await;
    let server = testbed::require!(server);
    server.put("app/large", vec![b'x'; 200 << 10]).await.unwrap();
    server.put_all([("app/a", "1"), ("app/b", "1")]).await.unwrap();
    let consul = consul(&server);
    let mut changes = of_keys(&consul, &["app/a", "app/b", "app/missing"]);
    assert_eq!(changes.state(3).await[&2], Told::Absent);
    for number in 2..10 {
        server.put("app/b", format!("{number}")).await.unwrap();
        assert_eq!(changes.next().await, (1, text(&number.to_string())));
    }
    server.put("app/missing", "here").await.unwrap();
    assert_eq!(changes.next().await, (2, text("here")));
    let whole = requests(&server).iter().filter(|line| line.contains("recurse")).count();
    assert_eq!(whole, 1);
}

#[tokio::test]
async fn denied_keys_are_told_as_denied_and_as_values_once_they_are_permitted() {
    let rules = r#"key_prefix "app/" { policy = "read" } key "app/denied" { policy = "deny" } key "app/no" { policy = "deny" }"#;
    let server = testbed::require!(testbed::Consul::builder().token("app", rules).start().await);
    server.put_all([("app/a", "1"), ("app/denied", "hunter2")]).await.unwrap();
    let consul = with_token(&server, "app");
    let mut changes = of_keys(&consul, &["app/a", "app/denied", "app/no", "app/missing", "elsewhere"]);
    let denied = Told::Failed(ErrorKind::Denied);
    let expected = [text("1"), denied.clone(), denied.clone(), Told::Absent, denied];
    assert_eq!(changes.state(5).await, expected.into_iter().enumerate().collect());
    let policy = json!({ "Name": "app", "Rules": r#"key_prefix "app/" { policy = "read" }"# });
    let id = policy_id(&server, "app").await;
    server.request("PUT", &format!("/v1/acl/policy/{id}"), Some(policy)).await.unwrap();
    let permitted = HashMap::from([(1, text("hunter2")), (2, Told::Absent)]);
    assert_eq!(changes.state(2).await, permitted);
}

async fn policy_id(server: &testbed::Consul, name: &str) -> String {
    let policies = server.request("GET", "/v1/acl/policies", None).await.unwrap();
    let policies: serde_json::Value = serde_json::from_str(&policies).unwrap();
    let policy = policies.as_array().unwrap().iter().find(|policy| policy["Name"] == name).unwrap();
    policy["ID"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_that_may_read_and_not_list_watches_by_reading() {
    let acl = json!({ "enable_key_list_policy": true });
    let server = testbed::Consul::builder().token("reader", super::support::READ).setting("acl", acl).start().await;
    let server = testbed::require!(server);
    server.put_all([("app/a", "1"), ("app/b", "1")]).await.unwrap();
    let consul = with_token(&server, "reader");
    let mut changes = of_keys(&consul, &["app/a", "app/b"]);
    assert_eq!(changes.state(2).await[&1], text("1"));
    server.put("app/b", "2").await.unwrap();
    assert_eq!(changes.next().await, (1, text("2")));
}

#[tokio::test]
async fn writes_to_other_keys_wake_the_watch_of_a_missing_one_rarely() {
    let server = testbed::Consul::builder().setting("log_level", json!("debug")).start().await;
    let server = testbed::require!(server);
    let consul = consul(&server);
    let mut changes = of_keys(&consul, &["missing"]);
    assert_eq!(changes.next().await, (0, Told::Absent));
    let asked = |server| requests(server).iter().filter(|line| line.contains("missing")).count();
    let before = asked(&server);
    let writes = async {
        for number in 0..300 {
            server.put("other", format!("{number}")).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        () = writes => {}
        told = changes.next() => panic!("{told:?}"),
    }
    let woken = asked(&server) - before;
    assert!((1..20).contains(&woken), "{woken} answers for 300 writes");
    server.put("missing", "here").await.unwrap();
    assert_eq!(changes.next().await, (0, text("here")));
}

#[tokio::test]
async fn a_source_that_is_closed_ends_its_watches_at_once() {
    let server = testbed::require!(testbed::consul().await);
    let consul = consul(&server);
    let before = connections(&server);
    let mut changes = of_keys(&consul, &["app/a", "app/b"]);
    changes.state(2).await;
    let (closed, ended) = tokio::join!(consul.close(), tokio::time::timeout(Duration::from_secs(2), changes.0.next()));
    assert!(matches!((closed, ended), ((), Ok(None))));
    while connections(&server) > before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(of_keys(&consul, &["app/a"]).0.next().await.is_none());
}

#[test]
fn a_watch_that_is_moved_to_another_runtime_goes_on_there() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (home, first, second) = (runtime(), runtime(), runtime());
    let Ok(server) = home.block_on(testbed::consul()) else { return };
    let consul = consul(&server);
    let mut changes = first.block_on(async {
        let mut changes = of_keys(&consul, &["app/a", "app/b"]);
        changes.state(2).await;
        changes
    });
    drop(first);
    home.block_on(server.put("app/a", "2")).unwrap();
    assert_eq!(second.block_on(changes.next()), (0, text("2")));
    drop(second);
    let outside = futures_util::future::FutureExt::now_or_never(changes.0.next());
    assert!(matches!(outside, Some(Some(Change::Answer { answer: Err(_), .. }))), "{outside:?}");
    home.block_on(async { drop(server) });
}
