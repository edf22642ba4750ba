//! Watching a server that goes, comes back, says nothing, forgets, or has another history.

use std::{fs, time::Duration};

use component_model::{
    ErrorKind,
    fetchers::etcd::{Etcd, EtcdBuilder},
};
use testbed::{Authority, BedError, http::Reply, proxy::Proxy};
use tokio::time::Instant;

use super::{
    changes::{Told, text},
    support::{etcd, put_all, with_user},
    watching::of_keys,
};

/// A source that reaches a server through a proxy.
async fn behind(server: &testbed::Etcd) -> Result<(EtcdBuilder, Proxy), BedError> {
    let proxy = testbed::proxy(server.address()).await?;
    Ok((Etcd::builder().endpoints([proxy.instead_in(&server.url())]), proxy))
}

#[tokio::test]
async fn a_restart_is_told_as_an_error_and_then_only_what_changed() {
    let server = testbed::require!(testbed::etcd().await);
    put_all(&server, [("app/a", "1"), ("app/b", "1"), ("lone", "1")]).await;
    let etcd = etcd(&server);
    let mut changes = of_keys(&etcd, &["app/a", "app/b", "lone"]);
    changes.state(3).await;
    server.program().kill().await.unwrap();
    let failed = changes.state(3).await;
    assert!(failed.values().all(|told| matches!(told, Told::Failed(_))), "{failed:?}");
    server.program().start().await.unwrap();
    server.client().put("app/b", "2").await.unwrap();
    let before = changes.until(1, &text("2")).await;
    assert!(!before.contains(&(0, text("1"))), "{before:?}");
    server.client().put("lone", "2").await.unwrap();
    changes.until(2, &text("2")).await;
}

#[tokio::test]
async fn a_token_that_ended_does_not_keep_a_watch_from_going_on() {
    let server = testbed::require!(testbed::Etcd::builder().user("app", "app/").token_ttl(1).start().await);
    server.client().put("app/a", "1").await.unwrap();
    let mut changes = of_keys(&with_user(&server, "app"), &["app/a"]);
    assert_eq!(changes.next().await, (0, text("1")));
    // Longer than the token, and longer than a check.
    changes.silent(Duration::from_secs(6)).await;
    server.client().put("app/a", "2").await.unwrap();
    assert_eq!(changes.next().await, (0, text("2")));
    server.program().kill().await.unwrap();
    server.program().start().await.unwrap();
    server.client().put("app/a", "3").await.unwrap();
    let before = changes.until(0, &text("3")).await;
    assert!(!before.contains(&(0, Told::Failed(ErrorKind::Denied))), "{before:?}");
}

/// What the proxy does to connections that are open.
async fn is_noticed(builder: EtcdBuilder, server: &testbed::Etcd, proxy: &Proxy) {
    server.client().put("app/a", "1").await.unwrap();
    let mut changes = of_keys(&builder.build().unwrap(), &["app/a"]);
    assert_eq!(changes.next().await, (0, text("1")));
    // A check has a connection of its own, which is idle then.
    changes.silent(Duration::from_secs(5)).await;
    proxy.silence();
    let start = Instant::now();
    server.client().put("app/a", "2").await.unwrap();
    changes.until(0, &text("2")).await;
    assert!(start.elapsed() < Duration::from_secs(9), "noticed after {:?}", start.elapsed());
}

#[tokio::test]
async fn connections_that_went_silent_are_noticed_within_seconds() {
    let server = testbed::require!(testbed::etcd().await);
    let (builder, proxy) = behind(&server).await.unwrap();
    is_noticed(builder, &server, &proxy).await;
}

#[tokio::test]
async fn connections_that_went_silent_are_noticed_within_seconds_over_tls_too() {
    let authority = Authority::new().unwrap();
    let server = testbed::Etcd::builder().tls(&authority.server(&[]).unwrap()).start().await;
    let server = testbed::require!(server);
    let (builder, proxy) = behind(&server).await.unwrap();
    is_noticed(builder.ca_pem(authority.pem()).without_system_roots(), &server, &proxy).await;
}

#[tokio::test]
async fn changes_that_were_forgotten_before_they_were_told_resynchronise() {
    const READ: &str = r#"{"header":{"cluster_id":"1","revision":"7"},"kvs":[{"key":"cG9ydA==","value":"ODA4MA==","mod_revision":"7"}],"count":"1"}"#;
    const COMPACTED: &str = r#"{"result":{"header":{"cluster_id":"1","revision":"7"},"created":true}}
{"result":{"header":{"cluster_id":"1"},"canceled":true,"compact_revision":"9"}}
"#;
    let http = testbed::http().await.unwrap();
    http.on("/v3/kv/range", Reply::text(READ));
    http.on("/v3/watch", Reply::text(COMPACTED));
    let etcd = Etcd::builder().endpoints([http.url("")]).build().unwrap();
    let mut changes = of_keys(&etcd, &["port"]);
    for _ in 0..3 {
        assert_eq!(changes.next().await, (0, text("8080")));
        assert_eq!(changes.next().await, (usize::MAX, Told::Resynchronised));
    }
}

#[tokio::test]
async fn a_reader_that_is_away_while_etcd_forgets_sees_the_last_value() {
    let server = testbed::require!(testbed::etcd().await);
    put_all(&server, [("app/a", "1"), ("app/b", "1")]).await;
    let mut changes = of_keys(&etcd(&server), &["app/a", "app/b"]);
    changes.state(2).await;
    // Nobody reads them until the buffers on the way are full.
    let mut revision = 0;
    for _ in 0..30 {
        revision = server.client().put("app/a", &"x".repeat(1 << 20)).await.unwrap();
    }
    server.client().put("app/a", "last").await.unwrap();
    server.client().compact(revision).await.unwrap();
    changes.until(0, &text("last")).await;
    server.client().put("app/b", "2").await.unwrap();
    changes.until(1, &text("2")).await;
}

#[tokio::test]
async fn a_server_that_has_lost_its_data_resynchronises() {
    let server = testbed::require!(testbed::etcd().await);
    for number in 0..20 {
        server.client().put("app/a", &number.to_string()).await.unwrap();
    }
    let mut changes = of_keys(&etcd(&server), &["app/a", "app/b"]);
    changes.state(2).await;
    server.program().kill().await.unwrap();
    fs::remove_dir_all(server.program().folder().join("data")).unwrap();
    server.program().start().await.unwrap();
    let before = changes.until(usize::MAX, &Told::Resynchronised).await;
    assert!(before.iter().all(|(_, told)| matches!(told, Told::Failed(_))), "{before:?}");
    assert!(changes.state(2).await.values().all(|told| *told == Told::Absent));
    server.client().put("app/b", "1").await.unwrap();
    assert_eq!(changes.next().await, (1, text("1")));
}
