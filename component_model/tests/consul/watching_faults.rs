//! Watching a server that goes, comes back, says nothing, or has lost its history.

use std::{fs, time::Duration};

use component_model::{ErrorKind, fetchers::consul::Consul};
use testbed::{BedError, proxy::Proxy};
use tokio::time::Instant;

use super::{
    changes::{Changes, Told, text},
    support::{connections, consul},
    watching::of_keys,
};

/// A source that reaches a server through a proxy.
async fn behind(server: &testbed::Consul) -> Result<(Consul, Proxy), BedError> {
    let proxy = testbed::proxy(([127, 0, 0, 1], server.program().port()).into()).await?;
    let consul = Consul::builder().address(proxy.instead_in(&server.url())).build().unwrap();
    Ok((consul, proxy))
}

const KEYS: [&str; 3] = ["app/a", "app/b", "lone"];

async fn filled() -> Result<testbed::Consul, BedError> {
    let server = testbed::consul().await?;
    server.put_all(KEYS.map(|key| (key, "1"))).await?;
    Ok(server)
}

/// Reads until each request was told to be in its state, after any errors; no state is told that is not expected.
async fn recovers(changes: &mut Changes, expected: [Told; 3]) {
    let mut last = [None, None, None];
    while last.iter().zip(&expected).any(|(last, expected)| last.as_ref() != Some(expected)) {
        let (index, told) = changes.next().await;
        assert!(matches!(told, Told::Failed(_)) || told == expected[index], "{index}: {told:?}");
        last[index] = Some(told);
    }
}

#[tokio::test]
async fn a_restart_is_told_as_an_error_and_then_only_what_changed() {
    let server = testbed::require!(filled().await);
    let consul = consul(&server);
    let mut changes = of_keys(&consul, &KEYS);
    changes.state(3).await;
    server.program().kill().await.unwrap();
    let failed = changes.state(3).await;
    assert!(failed.values().all(|told| *told == Told::Failed(ErrorKind::Unreachable)), "{failed:?}");
    server.program().start().await.unwrap();
    server.put("app/b", "2").await.unwrap();
    let mut told = Vec::new();
    while told.last() != Some(&(1, text("2"))) {
        told.push(changes.next().await);
    }
    assert!(!told.contains(&(0, text("1"))), "{told:?}");
    server.put("lone", "2").await.unwrap();
    changes.until(2, &text("2")).await;
}

#[tokio::test]
async fn a_server_that_replays_its_log_tells_no_old_value() {
    let server = testbed::require!(testbed::consul().await);
    let consul = consul(&server);
    server.put_all(KEYS.map(|key| (key, "first"))).await.unwrap();
    // A log that takes a while to apply.
    let large = "x".repeat(3000);
    for round in 0..80 {
        server.put_all((0..50).map(|number| (format!("other/{round}/{number}"), large.clone()))).await.unwrap();
        server.put("app/b", format!("{round}")).await.unwrap();
    }
    server.put_all(KEYS.map(|key| (key, "last"))).await.unwrap();
    let mut changes = of_keys(&consul, &KEYS);
    changes.state(3).await;
    for value in ["second", "third"] {
        let restart = async {
            server.program().kill().await.unwrap();
            server.program().start().await.unwrap();
            server.put_all(KEYS.map(|key| (key, value))).await.unwrap();
        };
        let listen = async {
            let mut told = [false; 3];
            while told.contains(&false) {
                match changes.next().await {
                    (index, state) if state == text(value) => told[index] = true,
                    (_, Told::Failed(_) | Told::Unchanged) => {}
                    other => panic!("{other:?}"),
                }
            }
        };
        tokio::join!(restart, listen);
    }
}

#[tokio::test]
async fn a_change_during_a_cut_of_ten_seconds_is_told_when_it_is_over() {
    let server = testbed::require!(filled().await);
    let (consul, proxy) = behind(&server).await.unwrap();
    let mut changes = of_keys(&consul, &KEYS);
    changes.state(3).await;
    proxy.refuse().await.unwrap();
    let failed = changes.state(3).await;
    assert!(failed.values().all(|told| *told == Told::Failed(ErrorKind::Unreachable)), "{failed:?}");
    server.put("app/a", "2").await.unwrap();
    server.delete("lone").await.unwrap();
    // The same error is not told again.
    changes.silent(Duration::from_secs(10)).await;
    proxy.heal().await.unwrap();
    recovers(&mut changes, [text("2"), Told::Unchanged, Told::Absent]).await;
    server.put("app/b", "2").await.unwrap();
    assert_eq!(changes.next().await, (1, text("2")));
}

#[tokio::test]
async fn connections_that_went_silent_are_noticed_within_seconds() {
    let server = testbed::require!(filled().await);
    let (consul, proxy) = behind(&server).await.unwrap();
    let mut changes = of_keys(&consul, &KEYS);
    changes.state(3).await;
    changes.within(Duration::from_millis(200)).await;
    proxy.silence();
    server.put("app/a", "2").await.unwrap();
    let silent = Instant::now();
    changes.until(0, &text("2")).await;
    assert!(silent.elapsed() < Duration::from_secs(10), "{:?}", silent.elapsed());
}

#[tokio::test]
async fn a_server_that_is_paused_is_a_timeout_and_then_goes_on() {
    let server = testbed::require!(filled().await);
    let consul = consul(&server);
    let mut changes = of_keys(&consul, &KEYS);
    changes.state(3).await;
    server.program().pause().await.unwrap();
    let failed = changes.state(3).await;
    assert!(failed.values().all(|told| *told == Told::Failed(ErrorKind::Timeout)), "{failed:?}");
    server.program().resume().await.unwrap();
    recovers(&mut changes, [Told::Unchanged, Told::Unchanged, Told::Unchanged]).await;
}

#[tokio::test]
async fn garbage_and_answers_that_are_cut_do_not_end_it() {
    let server = testbed::require!(filled().await);
    let (consul, proxy) = behind(&server).await.unwrap();
    let mut changes = of_keys(&consul, &KEYS);
    changes.state(3).await;
    proxy.garbage().await.unwrap();
    server.put("app/b", "2").await.unwrap();
    let (_, told) = changes.next().await;
    assert!(matches!(told, Told::Failed(_)), "{told:?}");
    proxy.heal().await.unwrap();
    changes.until(1, &text("2")).await;
    proxy.cut(20).await.unwrap();
    server.put("app/b", "3").await.unwrap();
    let (_, told) = changes.next().await;
    assert!(matches!(told, Told::Failed(_) | Told::Unchanged), "{told:?}");
    proxy.heal().await.unwrap();
    changes.until(1, &text("3")).await;
}

#[tokio::test]
async fn a_server_with_another_history_resynchronises_even_if_versions_are_equal() {
    let server = testbed::require!(filled().await);
    let consul = consul(&server);
    server.put_all((0..50).map(|number| (format!("other/{number}"), "x"))).await.unwrap();
    for number in 0..50 {
        server.put("app/a", format!("{number}")).await.unwrap();
    }
    let mut changes = of_keys(&consul, &KEYS);
    assert_eq!(changes.state(3).await[&0], text("49"));
    server.program().kill().await.unwrap();
    fs::remove_dir_all(server.program().folder().join("data")).unwrap();
    server.program().start().await.unwrap();
    server.put_all(KEYS.map(|key| (key, "new"))).await.unwrap();
    changes.until(usize::MAX, &Told::Resynchronised).await;
    recovers(&mut changes, [text("new"), text("new"), text("new")]).await;
}

#[tokio::test]
async fn a_watch_that_is_dropped_leaves_no_connection() {
    let server = testbed::require!(filled().await);
    let consul = consul(&server);
    let before = connections(&server);
    for waits in [false, true] {
        let mut changes = of_keys(&consul, &KEYS);
        changes.state(3).await;
        if waits {
            changes.silent(Duration::from_millis(300)).await;
        }
        assert!(connections(&server) > before);
        drop(changes);
        while connections(&server) > before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
