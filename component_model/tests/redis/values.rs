//! What the types of Redis become.

use std::{collections::BTreeMap, time::Duration};

use component_model::{
    Asked, ErrorKind, Memory, Reply, Source as _, Version,
    fetchers::redis::{Redis, RedisFetcher},
    prelude::*,
};
use serde::Deserialize;

use crate::support::{field, get, key, server, source, sources};

#[derive(Debug, Deserialize, PartialEq)]
struct Pool {
    max: u32,
    names: Vec<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Plan {
    name: String,
    seats: u16,
    open: bool,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Score {
    member: String,
    score: f64,
}

#[derive(Debug, AsyncAssign)]
#[component(prefix = "shop", fetch_from = "redis")]
struct Shop {
    port: u16,
    pin: String,
    pool: Pool,
    #[component(key = "shop:plan")]
    plan: Plan,
    #[component(key = "shop:plan")]
    parts: BTreeMap<String, String>,
    #[component(key = "shop:plan", field = "seats")]
    seats: u16,
    #[component(key = "shop:plan", field = "missing")]
    missing: Option<u16>,
    hosts: Vec<String>,
    tags: Vec<String>,
    scores: Vec<Score>,
    ports: Vec<u16>,
    #[component(key = "port", db = 3)]
    of_another_database: u16,
    #[component(key = "user:{tags_owner}", field = "{part}")]
    by_template: String,
    #[component(key = "{{tag}}:port")]
    of_a_slot: u16,
    tags_owner: String,
    part: String,
}

const COMMANDS: &[&[&str]] = &[
    &["SET", "shop:port", "8080"],
    &["SET", "shop:pin", "0042"],
    &["SET", "shop:pool", r#"{"max": 5, "names": ["a", "b"]}"#],
    &["HSET", "shop:plan", "name", "large", "seats", "12", "open", "true"],
    &["RPUSH", "shop:hosts", "b", "a", "b"],
    &["RPUSH", "shop:ports", "1", "2"],
    &["SADD", "shop:tags", "b", "c", "a"],
    &["ZADD", "shop:scores", "2.5", "a", "0.1", "b", "inf", "c"],
    &["SET", "shop:tags_owner", "17"],
    &["SET", "shop:part", "plan"],
    &["HSET", "user:17", "plan", "small"],
    &["SET", "{tag}:port", "7"],
];

#[tokio::test]
async fn each_type_of_value_is_read_by_the_fitting_type_of_a_field() {
    let server = testbed::require!(server(COMMANDS).await);
    let other = format!("{}/3", server.url());
    // `redis-cli` has the database in its arguments.
    server.execute(&["EVAL", "redis.call('SELECT', 3); return redis.call('SET', 'port', '33')", "0"]).await.unwrap();
    for url in [server.url(), other] {
        let sources = sources(&Redis::from_url(&url).unwrap());
        if url.ends_with("/3") {
            let port: u16 = RedisFetcher::new(&url, "port").unwrap().fetch_component().await.unwrap();
            assert_eq!(port, 33);
            continue;
        }
        // The second time the types are known.
        for _ in 0..2 {
            let shop = Shop::fetch_all_components_from(&sources).await.unwrap();
            assert_eq!((shop.port, shop.pin.as_str()), (8080, "0042"));
            assert_eq!(shop.pool, Pool { max: 5, names: vec!["a".to_owned(), "b".to_owned()] });
            assert_eq!(shop.plan, Plan { name: "large".to_owned(), seats: 12, open: true });
            assert_eq!(shop.parts.keys().collect::<Vec<_>>(), ["name", "open", "seats"]);
            assert_eq!((shop.seats, shop.missing), (12, None));
            assert_eq!((shop.hosts, shop.tags, shop.ports), (list("b a b"), list("a b c"), vec![1, 2]));
            let scores: Vec<_> = shop.scores.iter().map(|score| (score.member.as_str(), score.score)).collect();
            assert_eq!(scores, [("b", 0.1), ("a", 2.5), ("c", f64::INFINITY)]);
            assert_eq!((shop.of_another_database, shop.by_template.as_str(), shop.of_a_slot), (33, "small", 7));
        }
    }
}

fn list(words: &str) -> Vec<String> {
    words.split(' ').map(str::to_owned).collect()
}

#[tokio::test]
async fn a_key_whose_type_changes_is_read_as_what_it_is() {
    let server = testbed::require!(server(&[]).await);
    let redis = source(&server);
    let kinds: &[(&[&str], &str)] = &[
        (&["SET", "it", "a"], "text"),
        (&["HSET", "it", "a", "b"], "a map"),
        (&["RPUSH", "it", "a"], "a list"),
        (&["SET", "it", "a"], "text"),
        (&["ZADD", "it", "1", "a"], "rows"),
        (&["SADD", "it", "a"], "a list"),
    ];
    for (command, kind) in kinds {
        server.execute(&["DEL", "it"]).await.unwrap();
        server.execute(command).await.unwrap();
        for _ in 0..2 {
            let reply = get(&redis, "it").await.unwrap();
            assert_eq!(reply.record().unwrap().value().kind(), *kind, "{command:?}");
        }
        server.execute(&["DEL", "it"]).await.unwrap();
        assert!(get(&redis, "it").await.unwrap().is_absent(), "{command:?}");
    }
}

#[tokio::test]
async fn bytes_are_bytes_and_an_empty_string_is_a_value() {
    let server = testbed::require!(server(&[&["SET", "empty", ""], &["SETBIT", "bytes", "0", "1"]]).await);
    let redis = source(&server);
    assert_eq!(get(&redis, "empty").await.unwrap().record().unwrap().value(), &component_model::Value::text(""));
    let bytes = get(&redis, "bytes").await.unwrap();
    assert_eq!(bytes.record().unwrap().value(), &component_model::Value::Bytes(vec![0x80]));
}

#[tokio::test]
async fn a_record_is_good_for_as_long_as_its_key_lives_and_then_it_is_absent() {
    let server = testbed::require!(server(&[&["SET", "short", "a", "PX", "60000"], &["SET", "long", "b"]]).await);
    let redis = source(&server);
    for _ in 0..2 {
        let short = get(&redis, "short").await.unwrap().record().unwrap().good_for().unwrap();
        assert!(short <= Duration::from_secs(60) && short > Duration::from_secs(30), "{short:?}");
        assert_eq!(get(&redis, "long").await.unwrap().record().unwrap().good_for(), None);
    }
    server.execute(&["PEXPIRE", "short", "1"]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(get(&redis, "short").await.unwrap().is_absent());
}

#[tokio::test]
async fn a_version_that_is_known_is_unchanged_and_reveals_nothing_to_others() {
    let server = testbed::require!(server(&[&["SET", "port", "1"], &["HSET", "plan", "a", "1"]]).await);
    let redis = source(&server);
    let of = |reply: &Reply| reply.version().cloned().unwrap();
    let version = of(&get(&redis, "port").await.unwrap());
    let (port, plan) = (key(&redis, "port"), field(&redis, "plan", "a"));
    let asked = [Asked::new(&port).unless(&version), Asked::new(&plan).unless(&version)];
    let answers = redis.fetch_many(&asked).await;
    // The field has the same value.
    assert!(matches!(answers[..], [Ok(Reply::Unchanged { .. }), Ok(Reply::Unchanged { .. })]), "{answers:?}");
    let stale = Version::new("1");
    assert!(redis.fetch(Asked::new(&port).unless(&stale)).await.unwrap().record().is_some());
    assert_ne!(of(&get(&source(&server), "port").await.unwrap()), version);
    server.execute(&["SET", "port", "2"]).await.unwrap();
    assert_ne!(of(&get(&redis, "port").await.unwrap()), version);
}

#[tokio::test]
async fn a_typed_fetcher_reads_keys_and_fields() {
    let server = testbed::require!(server(COMMANDS).await);
    let redis = source(&server);
    let plan: Plan = RedisFetcher::from_redis(&redis, "shop:plan").fetch_component().await.unwrap();
    assert_eq!(plan.seats, 12);
    let seats: u16 = RedisFetcher::from_redis(&redis, "shop:plan").field("seats").fetch_component().await.unwrap();
    assert_eq!(seats, 12);
    let missing: Option<u16> = RedisFetcher::from_redis(&redis, "missing").fetch_component().await.unwrap();
    assert_eq!(missing, None);
    let missing: Result<u16, _> = RedisFetcher::from_redis(&redis, "missing").db(2).fetch_component().await;
    let error = missing.unwrap_err();
    assert!(error.is_absent() && error.to_string().contains("missing (db 2)"), "{error}");
    let wrong: Result<u16, _> = RedisFetcher::from_redis(&redis, "shop:port").field("a").fetch_component().await;
    let error = wrong.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.to_string().contains("shop:port#a"), "{error}");
}

#[tokio::test]
async fn an_inserted_value_never_leaves_its_segment() {
    #[derive(Debug, AsyncAssign)]
    struct Tenant {
        #[component(fetch_from = "memory")]
        id: String,
        #[component(fetch_from = "redis", key = "tenant:{id}:plan")]
        _plan: String,
        #[component(fetch_from = "redis", key = "plans", field = "of:{id}")]
        _field: String,
    }
    for id in ["1:2", "", "a\nb"] {
        let redis = Redis::from_url("redis://127.0.0.1:1").unwrap();
        let sources = Sources::builder().source("redis", redis).source("memory", Memory::new([("id", id)])).build();
        let errors = Tenant::fetch_all_components_from(&sources).await.unwrap_err();
        // Nothing was sent: no server listens there.
        assert_eq!(errors.len(), 2, "{errors}");
        assert!(errors.iter().all(|error| error.kind() != ErrorKind::Unreachable), "{id:?}: {errors}");
    }
}
