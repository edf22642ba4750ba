//! Watching buckets: what is told, what is noticed, and what is left on the server.

use std::time::Duration;

use component_model::{ErrorKind, fetchers::nats::Nats};
use tokio::time::{Instant, sleep};

use super::{
    changes::{Changes, Told, text},
    support::{BUCKET, builder, fill, key, nats, server, with_user},
};

fn of_keys(nats: &Nats, keys: &[&str]) -> Changes {
    Changes::of(nats, keys.iter().map(|name| key(nats, name)).collect())
}

#[tokio::test]
async fn keys_below_and_beside_each_other_are_told_and_others_are_not() {
    let server = testbed::require!(server(&[("shop.port", "1"), ("shop.pool.max", "2"), ("other", "3")]).await);
    let nats = nats(&server);
    let mut changes = of_keys(&nats, &["shop.port", "shop.pool.max", "shop.none", "shop.port"]);
    let state = changes.state(4).await;
    assert_eq!((&state[&0], &state[&1], &state[&2], &state[&3]), (&text("1"), &text("2"), &Told::Absent, &text("1")));
    server.client().put(BUCKET, "other", "4").await.unwrap();
    server.client().put(BUCKET, "shop.unknown", "4").await.unwrap();
    server.client().purge(BUCKET, "shop.pool.max").await.unwrap();
    assert_eq!(changes.next().await, (1, Told::Absent));
    server.client().put(BUCKET, "shop.none", "5").await.unwrap();
    assert_eq!(changes.next().await, (2, text("5")));
}

#[tokio::test]
async fn a_key_that_expires_is_told_although_the_server_does_not_tell_it() {
    let server = testbed::require!(testbed::nats().await);
    server.client().create_expiring(BUCKET, Duration::from_secs(3)).await.unwrap();
    server.client().put(BUCKET, "a", "1").await.unwrap();
    let nats = nats(&server);
    let mut changes = of_keys(&nats, &["a"]);
    assert_eq!(changes.next().await, (0, text("1")));
    // The state is read again every 30 s.
    assert_eq!(changes.within(Duration::from_secs(40)).await, Some((0, Told::Absent)));
    server.client().put(BUCKET, "a", "1").await.unwrap();
    assert_eq!(changes.next().await, (0, text("1")));
}

#[test]
fn a_key_of_another_server_is_another_key() {
    let identity = |servers: &str| {
        let nats = Nats::builder(servers).bucket(BUCKET).build().unwrap();
        key(&nats, "a").identity().unwrap().to_owned()
    };
    assert_ne!(identity("nats://staging"), identity("nats://production"));
    assert_eq!(identity("nats://a,nats://b"), identity("nats://b,nats://a"));
}

#[tokio::test]
async fn several_buckets_share_a_connection_and_a_dropped_watch_leaves_no_consumer() {
    let server = testbed::require!(server(&[("a", "1")]).await);
    server.client().create("other").await.unwrap();
    server.client().put("other", "a", "2").await.unwrap();
    let before = server.connections().await.unwrap();
    let (nats, other) = (nats(&server), builder(&server).bucket("other").build().unwrap());
    let mut changes = Changes::of(&nats, vec![key(&nats, "a"), key(&other, "a")]);
    let state = changes.state(2).await;
    assert_eq!((&state[&0], &state[&1]), (&text("1"), &text("2")));
    assert_eq!(server.connections().await.unwrap(), before + 1);
    assert_eq!(server.client().consumers(BUCKET).await.unwrap(), 1);
    drop(changes);
    let end = Instant::now() + Duration::from_secs(20);
    for bucket in [BUCKET, "other"] {
        while server.client().consumers(bucket).await.unwrap() > 0 {
            assert!(Instant::now() < end, "the consumer is still there");
            sleep(Duration::from_millis(100)).await;
        }
    }
    assert_eq!(server.connections().await.unwrap(), before);
}

#[tokio::test]
async fn a_watch_of_what_does_not_change_is_alive_and_has_one_consumer() {
    let server = testbed::require!(server(&[("a", "1")]).await);
    let mut changes = of_keys(&nats(&server), &["a"]);
    assert_eq!(changes.next().await, (0, text("1")));
    let connections = server.connections().await.unwrap();
    // Longer than nothing may be heard, and than an abandoned consumer is kept.
    changes.silent(Duration::from_secs(10)).await;
    assert_eq!(server.client().consumers(BUCKET).await.unwrap(), 1);
    assert_eq!(server.connections().await.unwrap(), connections);
    server.client().put(BUCKET, "a", "2").await.unwrap();
    assert_eq!(changes.next().await, (0, text("2")));
}

#[tokio::test]
async fn a_bucket_that_is_deleted_is_told_and_the_one_that_follows_is_watched() {
    let server = testbed::require!(server(&[("a", "1"), ("b", "1")]).await);
    let mut changes = of_keys(&nats(&server), &["a", "b"]);
    changes.state(2).await;
    server.client().remove(BUCKET).await.unwrap();
    changes.until(0, &Told::Failed(ErrorKind::Misconfigured)).await;
    // Its revisions are those of the first one.
    fill(&server, &[("a", "2")]).await.unwrap();
    changes.until(0, &text("2")).await;
    changes.until(1, &Told::Absent).await;
    server.client().put(BUCKET, "b", "3").await.unwrap();
    changes.until(1, &text("3")).await;
}

#[tokio::test]
async fn a_bucket_that_is_created_later_is_watched_then() {
    let server = testbed::require!(testbed::nats().await);
    let mut changes = of_keys(&nats(&server), &["a"]);
    assert_eq!(changes.next().await, (0, Told::Failed(ErrorKind::Misconfigured)));
    fill(&server, &[("a", "1")]).await.unwrap();
    changes.until(0, &text("1")).await;
}

#[tokio::test]
async fn what_is_larger_than_the_window_of_the_server_comes_whole() {
    let server = testbed::require!(server(&[("a", "0")]).await);
    let nats = nats(&server);
    let mut changes = of_keys(&nats, &["a"]);
    assert_eq!(changes.next().await, (0, text("0")));
    // Far more than the server sends before it waits for a sign of the client, which is not polled meanwhile.
    let large = "x".repeat(1 << 20);
    for number in 0..80 {
        server.client().put(BUCKET, "a", format!("{number}{large}")).await.unwrap();
    }
    server.client().put(BUCKET, "a", "last").await.unwrap();
    changes.until(0, &text("last")).await;
    server.client().put(BUCKET, "a", "after").await.unwrap();
    changes.until(0, &text("after")).await;
}

#[tokio::test]
async fn a_reader_that_was_away_is_told_the_last_values() {
    let server = testbed::require!(server(&[("a", "0"), ("b", "0")]).await);
    let nats = nats(&server);
    let mut changes = of_keys(&nats, &["a", "b"]);
    changes.state(2).await;
    // More than wait for a reader; the server stops sending before that.
    for round in 0..100 {
        let puts = (0..100).map(|number| server.client().put(BUCKET, "a", format!("{round}.{number}")));
        futures_util::future::try_join_all(puts).await.unwrap();
    }
    server.client().put(BUCKET, "b", "last").await.unwrap();
    changes.until(1, &text("last")).await;
}

#[tokio::test]
async fn a_consumer_that_the_server_removes_is_replaced_without_an_error() {
    let server = testbed::require!(server(&[("a", "1")]).await);
    let mut changes = of_keys(&nats(&server), &["a"]);
    assert_eq!(changes.next().await, (0, text("1")));
    // It takes the consumers with it.
    server.client().remove(BUCKET).await.unwrap();
    fill(&server, &[("a", "2")]).await.unwrap();
    assert_eq!(changes.until(0, &text("2")).await, []);
}

#[tokio::test]
async fn a_user_that_may_read_and_not_watch_is_told_so_and_watches_once_it_may() {
    let reads = ["$JS.API.DIRECT.GET.KV_app.>"];
    let watches = ["$JS.API.DIRECT.GET.KV_app.>", "$JS.API.CONSUMER.CREATE.KV_app", "$JS.FC.KV_app.>"];
    let server = testbed::require!(testbed::Nats::builder().user("app", &reads).start().await);
    fill(&server, &[("a", "1")]).await.unwrap();
    let mut changes = of_keys(&with_user(&server, "app"), &["a"]);
    assert_eq!(changes.next().await, (0, Told::Failed(ErrorKind::Denied)));
    server.permit("app", &watches).await.unwrap();
    changes.until(0, &text("1")).await;
}
