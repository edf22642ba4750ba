//! Users, passwords, tokens and permissions.

use std::time::Duration;

use component_model::{ErrorKind, prelude::*};
use futures_util::future::join_all;

use super::support::{builder, calls, etcd, fetch, get, key, kind_of, with_user};

#[tokio::test]
async fn a_wrong_password_an_unknown_user_none_and_a_missing_permission_are_denied() {
    let server = testbed::require!(testbed::Etcd::builder().user("app", "app/").start().await);
    server.client().put("app/port", "8080").await.unwrap();
    assert_eq!(get::<u16>(&with_user(&server, "app"), "app/port").await.unwrap(), 8080);
    let wrong = builder(&server).login("app", "hunter2").build().unwrap();
    let unknown = builder(&server).login("hunter2", server.password()).build().unwrap();
    for (etcd, key, message) in [
        (wrong, "app/port", "etcd refuses the user or the password"),
        (unknown, "app/port", "etcd refuses the user or the password"),
        (etcd(&server), "app/port", "etcd requires a user"),
        (with_user(&server, "app"), "other/port", "the user may not read the key"),
        // Whether there is such a key is not told either.
        (with_user(&server, "app"), "other/none", "the user may not read the key"),
    ] {
        let error = get::<u16>(&etcd, key).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
        let shown = format!("{error:?} {error:#} {etcd:?}");
        assert!(shown.contains(message) && !shown.contains("hunter2") && !shown.contains(server.password()), "{shown}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_however_many_keys_are_asked_for() {
    let server = testbed::require!(testbed::Etcd::builder().user("app", "").start().await);
    let etcd = builder(&server).login("app", "wrong").build().unwrap();
    let before = calls(&server, "Auth", "Authenticate").await;
    let keys: Vec<_> = (0..100).map(|number| key(&etcd, &number.to_string())).collect();
    let answers = fetch(&etcd, &keys).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Denied)));
    // The test's own client logs in for its figures.
    assert!(calls(&server, "Auth", "Authenticate").await - before <= 2);
}

#[tokio::test]
async fn a_token_that_has_ended_is_replaced_by_one_request_for_all() {
    let server = testbed::Etcd::builder().user("app", "").token_ttl(1).start().await;
    let server = testbed::require!(server);
    server.client().put("port", "8080").await.unwrap();
    let etcd = with_user(&server, "app");
    assert_eq!(get::<u16>(&etcd, "port").await.unwrap(), 8080);
    for ended in [true, false] {
        if ended {
            tokio::time::sleep(Duration::from_secs(4)).await;
        } else {
            // No token survives a restart.
            server.program().kill().await.unwrap();
            server.program().start().await.unwrap();
        }
        let before = calls(&server, "Auth", "Authenticate").await;
        let ports = join_all((0..20).map(|_| get::<u16>(&etcd, "port"))).await;
        assert!(ports.iter().all(|port| matches!(port, Ok(8080))), "{ports:?}");
        assert!(calls(&server, "Auth", "Authenticate").await - before <= 2);
    }
}

#[tokio::test]
async fn a_server_without_users_is_read_without_the_user_until_it_has_some() {
    let server = testbed::require!(testbed::etcd().await);
    server.client().put("port", "8080").await.unwrap();
    let etcd = builder(&server).login("root", "a password").build().unwrap();
    assert_eq!(get::<u16>(&etcd, "port").await.unwrap(), 8080);
    let call = async |method: &str, request| server.client().call(method, request).await.unwrap();
    call("auth/user/add", serde_json::json!({"name": "root", "password": "a password"})).await;
    call("auth/role/add", serde_json::json!({"name": "root"})).await;
    call("auth/user/grant", serde_json::json!({"user": "root", "role": "root"})).await;
    call("auth/enable", serde_json::json!({})).await;
    assert_eq!(get::<u16>(&etcd, "port").await.unwrap(), 8080);
}

#[tokio::test]
async fn what_one_component_may_not_read_does_not_keep_the_others_from_their_values() {
    #[derive(Debug, AsyncAssign)]
    struct Config {
        #[component(fetch_from = "etcd", key = "app/port")]
        port: u16,
        #[component(fetch_from = "etcd", key = "secret/port", fallback = 1, fallback_on = "any")]
        secret: u16,
    }

    let server = testbed::require!(testbed::Etcd::builder().user("app", "app/").start().await);
    server.client().put("app/port", "8080").await.unwrap();
    server.client().put("secret/port", "7").await.unwrap();
    let sources = Sources::builder().source("etcd", with_user(&server, "app")).build();
    let config = Config::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((config.port, config.secret), (8080, 1));
    assert_eq!(kind_of(&with_user(&server, "app"), "secret/port").await, ErrorKind::Denied);
}
