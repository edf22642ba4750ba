//! Watching: by what the server tracks, by keyspace notifications, by channels, and by reading.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use component_model::{
    Answer, BoxStream, Change, ErrorKind, Source as _, Value, Watched,
    fetchers::redis::{Redis, RedisBuilder, RedisQuery},
};
use futures_util::{FutureExt as _, StreamExt as _};
use testbed::Redis as Server;
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};

use crate::support::{field, get, key, server, source};

type Changes = BoxStream<'static, Change>;

/// The machine may be busy.
const LONG: Duration = Duration::from_secs(20);

fn watch(redis: &Redis, queries: &[RedisQuery]) -> Changes {
    redis.watch(queries.iter().cloned().map(Watched::new).collect()).unwrap()
}

async fn next(changes: &mut Changes) -> Change {
    timeout(LONG, changes.next()).await.unwrap().unwrap()
}

async fn answer(changes: &mut Changes) -> (usize, Answer) {
    match next(changes).await {
        Change::Answer { index, answer } => (index, answer),
        other => panic!("{other:?}"),
    }
}

fn text(answer: &Answer) -> Option<String> {
    answer.as_ref().unwrap().record().map(|record| match record.value() {
        Value::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    })
}

/// The next answer, which is a text or absence.
async fn told(changes: &mut Changes) -> (usize, Option<String>) {
    let (index, answer) = answer(changes).await;
    (index, text(&answer))
}

/// Waits until a value is told; errors, other values and resynchronisations before it may be.
async fn until(changes: &mut Changes, value: Option<&str>) -> Vec<Change> {
    let mut before = Vec::new();
    loop {
        let change = next(changes).await;
        if let Change::Answer { answer: Ok(reply), .. } = &change
            && (reply.record().is_some() || reply.is_absent())
            && text(&Ok(reply.clone())).as_deref() == value
        {
            return before;
        }
        before.push(change);
    }
}

async fn silent(changes: &mut Changes, time: Duration) {
    let told = timeout(time, changes.next()).await;
    assert!(told.is_err(), "{told:?}");
}

fn some(index: usize, text: &str) -> (usize, Option<String>) {
    (index, Some(text.to_owned()))
}

async fn clients(server: &Server) -> usize {
    let list = server.execute(&["CLIENT", "LIST", "TYPE", "normal"]).await.unwrap();
    list.lines().filter(|line| !line.contains("cmd=client")).count()
}

/// A command, and what it changes: a position and a value.
type Step<'s> = (&'s [&'s str], (usize, Option<String>));

/// Updates, deletions, and what else happens to keys, are told at once.
async fn changes_are_told(server: &Server, builder: RedisBuilder) {
    let redis = builder.build().unwrap();
    for name in ["a", "b", "h"] {
        server.execute(&["DEL", name]).await.unwrap();
    }
    server.execute(&["SET", "a", "1"]).await.unwrap();
    server.execute(&["HSET", "h", "x", "1", "y", "1"]).await.unwrap();
    let mut changes = watch(&redis, &[key(&redis, "a"), key(&redis, "b"), field(&redis, "h", "x")]);
    let mut first = [told(&mut changes).await, told(&mut changes).await, told(&mut changes).await];
    first.sort();
    assert_eq!(first, [some(0, "1"), (1, None), some(2, "1")]);
    let steps: &[Step<'_>] = &[
        (&["SET", "a", "2"], some(0, "2")),
        (&["DEL", "a"], (0, None)),
        (&["SET", "b", "3"], some(1, "3")),
        (&["HSET", "h", "x", "4"], some(2, "4")),
        // Another field of the same hash is no change of this one.
        (&["HSET", "h", "y", "5"], (9, None)),
        (&["RENAME", "b", "a"], (9, None)),
        (&["HDEL", "h", "x"], (2, None)),
        (&["SET", "a", "6", "PX", "100"], some(0, "6")),
    ];
    for (command, expected) in steps {
        let started = Instant::now();
        server.execute(command).await.unwrap();
        match (command[0], expected) {
            ("RENAME", _) => {
                let mut both = [told(&mut changes).await, told(&mut changes).await];
                both.sort();
                assert_eq!(both, [some(0, "3"), (1, None)]);
            }
            (_, (9, _)) => silent(&mut changes, Duration::from_millis(200)).await,
            (_, expected) => assert_eq!(told(&mut changes).await, *expected, "{command:?}"),
        }
        assert!(started.elapsed() < Duration::from_secs(5), "{command:?}: {:?}", started.elapsed());
    }
    // It has expired.
    assert_eq!(told(&mut changes).await, (0, None));
}

#[tokio::test]
async fn a_server_without_any_settings_tells_what_changes() {
    let server = testbed::require!(server(&[]).await);
    changes_are_told(&server, Redis::builder(&server.url())).await;
    // Emptied at once.
    server.execute(&["SET", "a", "1"]).await.unwrap();
    let redis = source(&server);
    let mut changes = watch(&redis, &[key(&redis, "a")]);
    assert_eq!(told(&mut changes).await, some(0, "1"));
    server.execute(&["FLUSHALL"]).await.unwrap();
    assert_eq!(told(&mut changes).await, (0, None));
}

#[tokio::test]
async fn a_user_who_may_not_track_gets_keyspace_notifications() {
    let rights = "~* &* -@all +get +mget +type +pttl +hget +ping +subscribe";
    let server = testbed::require!(Server::builder().password().user("app", rights).start().await);
    server.execute(&["CONFIG", "SET", "notify-keyspace-events", "KEA"]).await.unwrap();
    changes_are_told(&server, Redis::builder(&server.url_of("app"))).await;
}

#[tokio::test]
async fn without_either_everything_is_read_from_time_to_time() {
    let rights = "~* resetchannels -@all +get +mget +type +pttl +hget +ping";
    let server = testbed::require!(Server::builder().password().user("app", rights).start().await);
    changes_are_told(&server, Redis::builder(&server.url_of("app")).poll_every(Duration::from_millis(100))).await;
}

#[tokio::test]
async fn a_channel_names_the_keys_that_changed() {
    let rights = "~* resetchannels &changed -@all +get +mget +type +pttl +hget +ping +subscribe";
    let server = testbed::require!(Server::builder().password().user("app", rights).start().await);
    let redis = Redis::builder(&server.url_of("app")).channel("changed").build().unwrap();
    let mut changes = watch(&redis, &[key(&redis, "a"), key(&redis, "b")]);
    assert_eq!((told(&mut changes).await.1, told(&mut changes).await.1), (None, None));
    server.execute(&["MSET", "a", "1", "b", "1"]).await.unwrap();
    silent(&mut changes, Duration::from_millis(300)).await;
    server.execute(&["PUBLISH", "changed", "b"]).await.unwrap();
    assert_eq!(told(&mut changes).await, some(1, "1"));
    silent(&mut changes, Duration::from_millis(300)).await;
    // An empty message is about everything.
    server.execute(&["PUBLISH", "changed", ""]).await.unwrap();
    assert_eq!(told(&mut changes).await, some(0, "1"));
    let denied = Redis::builder(&server.url_of("app")).channel("another").build().unwrap();
    let (_, answer) = answer(&mut watch(&denied, &[key(&denied, "a")])).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn a_burst_ends_with_the_last_value_and_is_not_queued() {
    let server = testbed::require!(server(&[]).await);
    let redis = source(&server);
    let mut changes = watch(&redis, &[key(&redis, "a")]);
    assert_eq!(told(&mut changes).await, (0, None));
    server.execute(&["EVAL", "for i = 1, 1000 do redis.call('SET', 'a', i) end", "0"]).await.unwrap();
    for number in 1001..1051 {
        server.execute(&["SET", "a", &number.to_string()]).await.unwrap();
    }
    // Nobody took anything meanwhile.
    let told = until(&mut changes, Some("1050")).await.len();
    assert!(told <= 3, "{told}");
    silent(&mut changes, Duration::from_millis(200)).await;
}

#[tokio::test]
async fn what_is_known_is_not_told_again() {
    let server = testbed::require!(server(&[&["SET", "a", "1"], &["SET", "b", "1"]]).await);
    let redis = source(&server);
    let version = get(&redis, "a").await.unwrap().version().cloned();
    let watched = vec![Watched::new(key(&redis, "a")).since(version), Watched::new(key(&redis, "b"))];
    let mut changes = redis.watch(watched).unwrap();
    assert_eq!(told(&mut changes).await, some(1, "1"));
    silent(&mut changes, Duration::from_millis(200)).await;
    server.execute(&["SET", "a", "2"]).await.unwrap();
    assert_eq!(told(&mut changes).await, some(0, "2"));
}

#[tokio::test]
async fn a_value_of_a_type_that_cannot_be_read_does_not_end_it() {
    let server = testbed::require!(server(&[&["SET", "a", "1"]]).await);
    let redis = source(&server);
    let mut changes = watch(&redis, &[key(&redis, "a")]);
    assert_eq!(told(&mut changes).await, some(0, "1"));
    server.execute(&["EVAL", "redis.call('DEL', 'a'); redis.call('XADD', 'a', '*', 'x', '1')", "0"]).await.unwrap();
    assert_eq!(answer(&mut changes).await.1.unwrap_err().kind(), ErrorKind::Malformed);
    server.execute(&["SET", "a", "1"]).await.unwrap();
    // What was known still holds.
    let (_, answer) = answer(&mut changes).await;
    assert!(matches!(answer, Ok(component_model::Reply::Unchanged { .. })), "{answer:?}");
    server.execute(&["SET", "a", "2"]).await.unwrap();
    assert_eq!(told(&mut changes).await, some(0, "2"));
}

#[tokio::test]
async fn after_a_restart_everything_is_told_again() {
    let server = testbed::require!(server(&[&["SET", "a", "1"]]).await);
    let redis = source(&server);
    let mut changes = watch(&redis, &[key(&redis, "a")]);
    assert_eq!(told(&mut changes).await, some(0, "1"));
    server.program().kill().await.unwrap();
    assert_eq!(answer(&mut changes).await.1.unwrap_err().kind(), ErrorKind::Unreachable);
    // The error is not told again by each attempt.
    silent(&mut changes, Duration::from_secs(1)).await;
    server.program().start().await.unwrap();
    let before = until(&mut changes, Some("1")).await;
    assert!(before.iter().any(|change| matches!(change, Change::Resynchronised { .. })), "{before:?}");
    server.execute(&["SET", "a", "2"]).await.unwrap();
    assert_eq!(told(&mut changes).await, some(0, "2"));
}

#[tokio::test]
async fn a_connection_that_carries_nothing_is_noticed_within_seconds_and_nothing_is_lost() {
    let server = testbed::require!(server(&[&["SET", "a", "1"]]).await);
    let proxy = testbed::proxy(([127, 0, 0, 1], server.program().port()).into()).await.unwrap();
    let redis = Redis::from_url(&proxy.instead_in(&server.url())).unwrap();
    let mut changes = watch(&redis, &[key(&redis, "a")]);
    assert_eq!(told(&mut changes).await, some(0, "1"));
    proxy.silence();
    server.execute(&["SET", "a", "2"]).await.unwrap();
    let started = Instant::now();
    until(&mut changes, Some("2")).await;
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    server.execute(&["SET", "a", "3"]).await.unwrap();
    assert_eq!(told(&mut changes).await, some(0, "3"));
}

#[tokio::test]
async fn a_watch_has_one_connection_of_its_own_and_leaves_none() {
    let server = testbed::require!(server(&[]).await);
    server.execute(&["EVAL", "for i = 1, 3000 do redis.call('SET', 'k' .. i, i) end", "0"]).await.unwrap();
    let redis = source(&server);
    let queries: Vec<_> = (1..=3000).map(|number| key(&redis, &format!("k{number}"))).collect();
    let mut changes = watch(&redis, &queries);
    for _ in 0..3000 {
        told(&mut changes).await;
    }
    assert_eq!(clients(&server).await, 1);
    assert!(get(&redis, "k1").await.is_ok());
    assert_eq!(clients(&server).await, 2);
    server.execute(&["SET", "k17", "new"]).await.unwrap();
    assert_eq!(told(&mut changes).await, some(16, "new"));
    drop(changes);
    let started = Instant::now();
    while clients(&server).await > 1 {
        assert!(started.elapsed() < LONG);
        sleep(Duration::from_millis(20)).await;
    }
}

/// Listens, and closes each connection as soon as it is there.
async fn closing(connections: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            connections.fetch_add(1, Ordering::Relaxed);
        }
    });
    url
}

#[tokio::test]
async fn the_pauses_between_attempts_to_connect_grow() {
    let connections = Arc::new(AtomicUsize::new(0));
    let redis = Redis::from_url(&closing(Arc::clone(&connections)).await).unwrap();
    let mut changes = watch(&redis, &[key(&redis, "a")]);
    assert_eq!(answer(&mut changes).await.1.unwrap_err().kind(), ErrorKind::Unreachable);
    silent(&mut changes, Duration::from_secs(4)).await;
    // About 100, 200, 400, 800 and 1600 ms at most; with equal pauses there would be more than 50.
    let attempts = connections.load(Ordering::Relaxed);
    assert!((3..20).contains(&attempts), "{attempts}");
}

#[tokio::test]
async fn a_source_that_is_closed_ends_its_watches() {
    let server = testbed::require!(server(&[]).await);
    let redis = source(&server);
    let mut changes = watch(&redis, &[key(&redis, "a")]);
    assert_eq!(told(&mut changes).await, (0, None));
    assert!(changes.next().now_or_never().is_none());
    redis.close().await;
    assert!(timeout(LONG, changes.next()).await.unwrap().is_none());
    assert!(timeout(LONG, watch(&redis, &[key(&redis, "a")]).next()).await.unwrap().is_none());
    assert_eq!(clients(&server).await, 0);
}

#[test]
fn outside_of_a_runtime_it_ends_with_an_error() {
    let redis = Redis::from_url("redis://127.0.0.1:1").unwrap();
    let changes = watch(&redis, &[key(&redis, "a")]).collect::<Vec<_>>().now_or_never().unwrap();
    assert!(
        matches!(&changes[..], [Change::Answer { answer: Err(error), .. }] if error.kind() == ErrorKind::Misconfigured)
    );
}
