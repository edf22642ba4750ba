//! The permissions that the page of the source names are enough, and no more than that.

use component_model::{Change, ErrorKind, Source as _, Watched, fetchers::redis::Redis};
use futures_util::StreamExt as _;
use testbed::Redis as Server;

use crate::support::{field, get, key};

const PAGE: &str = include_str!("../../../component_model_async/src/fetchers/redis/mod.rs");

/// The rules of the page, besides the password.
fn rights() -> &'static str {
    PAGE.lines().find_map(|line| line.strip_prefix("//! ACL SETUSER app on >password ")).unwrap()
}

const KEYS: &[&[&str]] = &[
    &["SET", "shop:a", "1"],
    &["SET", "shop:b", "1", "EX", "1000"],
    &["HSET", "shop:hash", "x", "1"],
    &["RPUSH", "shop:list", "1"],
    &["SADD", "shop:set", "1"],
    &["ZADD", "shop:sorted", "1", "a"],
    &["SET", "other", "1"],
];

#[tokio::test]
async fn the_permissions_of_the_page_are_enough_to_read() {
    let server = testbed::require!(Server::builder().password().user("app", rights()).start().await);
    for command in KEYS {
        server.execute(command).await.unwrap();
    }
    let redis = Redis::from_url(&server.url_of("app")).unwrap();
    for _ in 0..2 {
        for command in KEYS {
            match (command[1], get(&redis, command[1]).await) {
                ("other", answer) => assert_eq!(answer.unwrap_err().kind(), ErrorKind::Denied),
                (name, answer) => assert!(answer.unwrap().record().is_some(), "{name}"),
            }
        }
        let of_field = redis.fetch(component_model::Asked::new(&field(&redis, "shop:hash", "x"))).await;
        assert!(of_field.unwrap().record().is_some());
    }
    let other = Redis::from_url(&format!("{}/1", server.url_of("app"))).unwrap();
    assert!(get(&other, "shop:a").await.unwrap().is_absent());
    // A watch needs three commands more, which the page names.
    let more = "+client|tracking +ping +role";
    assert!(PAGE.contains(&format!("Watching needs `{more}`")));
    server.execute(&["ACL", "LOG", "RESET"]).await.unwrap();
    server.execute(&["ACL", "SETUSER", "app", "+client|tracking", "+ping", "+role"]).await.unwrap();
    let mut changes = redis.watch(vec![Watched::new(key(&redis, "shop:a"))]).unwrap();
    assert!(matches!(changes.next().await, Some(Change::Answer { answer: Ok(_), .. })));
    server.execute(&["SET", "shop:a", "2"]).await.unwrap();
    assert!(matches!(changes.next().await, Some(Change::Answer { answer: Ok(_), .. })));
    assert_eq!(server.execute(&["ACL", "LOG"]).await.unwrap(), "", "something was refused");
}
