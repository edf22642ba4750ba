//! Many keys, few round trips.

use component_model::{
    Answer, Asked, ErrorKind, Reply, Source as _,
    fetchers::redis::{Redis, RedisQuery},
};
use testbed::Redis as Server;

use crate::support::{field, key, server, source};

/// How often the server has read from a connection, without what `redis-cli` causes here.
async fn reads(server: &Server) -> i64 {
    let of = |stats: String| -> i64 {
        let reads = stats.lines().find_map(|line| line.strip_prefix("total_reads_processed:").map(str::to_owned));
        reads.unwrap().trim().parse().unwrap()
    };
    let first = of(server.execute(&["INFO", "stats"]).await.unwrap());
    let second = of(server.execute(&["INFO", "stats"]).await.unwrap());
    // Each call costs the same; the first one saw all of its own but what follows it.
    second - 2 * (second - first)
}

async fn calls(server: &Server, command: &str) -> usize {
    let stats = server.execute(&["INFO", "commandstats"]).await.unwrap();
    let line =
        stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls="))).map(str::to_owned);
    line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
}

async fn fetch(redis: &Redis, queries: &[RedisQuery]) -> Vec<Answer> {
    redis.fetch_many(&queries.iter().map(Asked::new).collect::<Vec<_>>()).await
}

#[tokio::test]
async fn keys_of_any_type_take_two_round_trips_at_first_and_then_one() {
    let commands: &[&[&str]] = &[
        &["SET", "a", "1"],
        &["SET", "b", "2"],
        &["HSET", "h", "x", "3", "y", "4"],
        &["RPUSH", "l", "5"],
        &["SADD", "s", "6"],
    ];
    let server = testbed::require!(server(commands).await);
    let redis = source(&server);
    let mut queries: Vec<_> = ["a", "b", "h", "l", "s", "missing"].iter().map(|name| key(&redis, name)).collect();
    queries.extend(["x", "y", "z"].map(|name| field(&redis, "h", name)));
    // Without a password the connection needs no round trip of its own.
    for round_trips in [2, 1, 1] {
        let before = reads(&server).await;
        let answers = fetch(&redis, &queries).await;
        let after = reads(&server).await;
        let found: Vec<_> = answers.iter().map(|answer| answer.as_ref().unwrap().record().is_some()).collect();
        assert_eq!(found, [true, true, true, true, true, false, true, true, false]);
        // `reads` itself is counted by the next one.
        let own = {
            let first = reads(&server).await;
            reads(&server).await - first
        };
        assert_eq!(after - before - own, round_trips);
    }
    assert_eq!(calls(&server, "mget").await, 2);
}

#[tokio::test]
async fn no_keys_need_no_server() {
    let redis = Redis::from_url("redis://127.0.0.1:1").unwrap();
    assert!(fetch(&redis, &[]).await.is_empty());
}

#[tokio::test]
async fn a_key_of_another_type_is_not_missing_in_a_group() {
    let server = testbed::require!(server(&[&["SET", "a", "1"], &["SET", "b", "2"], &["SET", "c", "3"]]).await);
    let redis = source(&server);
    let queries = ["a", "b", "c"].map(|name| key(&redis, name));
    assert!(fetch(&redis, &queries).await.iter().all(|answer| answer.as_ref().unwrap().record().is_some()));
    // `MGET` shows both as missing.
    server.execute(&["DEL", "b", "c"]).await.unwrap();
    server.execute(&["RPUSH", "b", "1"]).await.unwrap();
    server.execute(&["XADD", "c", "*", "a", "1"]).await.unwrap();
    let answers = fetch(&redis, &queries).await;
    assert!(answers[0].is_ok() && answers[1].as_ref().unwrap().record().is_some());
    assert_eq!(answers[2].as_ref().unwrap_err().kind(), ErrorKind::Malformed);
    server.execute(&["DEL", "a", "c"]).await.unwrap();
    let answers = fetch(&redis, &queries).await;
    assert!(answers[0].as_ref().unwrap().is_absent() && answers[2].as_ref().unwrap().is_absent());
}

#[tokio::test]
async fn only_the_keys_that_the_user_may_not_read_are_denied() {
    let rights = "resetkeys ~app:* -@all +get +mget +type +pttl";
    let server = testbed::require!(Server::builder().password().user("app", rights).start().await);
    for name in ["app:a", "app:b", "other"] {
        server.execute(&["SET", name, "1"]).await.unwrap();
    }
    let redis = Redis::from_url(&server.url_of("app")).unwrap();
    let queries = ["app:a", "other", "app:b", "app:missing"].map(|name| key(&redis, name));
    for _ in 0..3 {
        let answers = fetch(&redis, &queries).await;
        assert!(matches!(answers[..], [Ok(Reply::Found(_)), Err(_), Ok(Reply::Found(_)), Ok(Reply::Absent { .. })]));
        assert_eq!(answers[1].as_ref().unwrap_err().kind(), ErrorKind::Denied);
    }
    // Known strings that are denied later on.
    server.execute(&["ACL", "SETUSER", "app", "resetkeys", "~app:a"]).await.unwrap();
    let answers = fetch(&redis, &queries).await;
    assert!(answers[0].is_ok(), "{answers:?}");
    assert!(answers[1..].iter().all(|answer| answer.as_ref().unwrap_err().kind() == ErrorKind::Denied), "{answers:?}");
}

#[tokio::test]
async fn values_that_are_too_large_together_are_read_one_by_one() {
    let commands: &[&[&str]] =
        &[&["SETRANGE", "a", "9999999", "x"], &["SETRANGE", "b", "9999999", "x"], &["SET", "c", "1"]];
    let server = testbed::require!(server(commands).await);
    let redis = source(&server);
    let queries = ["a", "b", "c"].map(|name| key(&redis, name));
    for _ in 0..2 {
        let answers = fetch(&redis, &queries).await;
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap().record().is_some()), "{answers:?}");
    }
    server.execute(&["SETRANGE", "b", "17999999", "x"]).await.unwrap();
    let answers = fetch(&redis, &queries).await;
    assert_eq!(answers[1].as_ref().unwrap_err().kind(), ErrorKind::TooLarge);
    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
}

#[tokio::test]
async fn thousands_of_keys_are_read_at_once() {
    const KEYS: usize = 5000;
    let server = testbed::require!(server(&[]).await);
    let fill = "for i = 0, 4999 do redis.call('SET', 'k' .. i, i) end";
    server.execute(&["EVAL", fill, "0"]).await.unwrap();
    let redis = source(&server);
    let queries: Vec<_> = (0..KEYS).map(|number| key(&redis, &format!("k{number}"))).collect();
    for _ in 0..2 {
        for (number, answer) in fetch(&redis, &queries).await.into_iter().enumerate() {
            let text = component_model::Value::text(number.to_string());
            assert_eq!(answer.unwrap().record().unwrap().value(), &text);
        }
    }
    assert_eq!(calls(&server, "mget").await, KEYS / 1000);
}
