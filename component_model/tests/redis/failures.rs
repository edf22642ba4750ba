//! What each failure of a server is.

use component_model::{
    ComponentFetcher, ErrorKind, SourceError,
    fetchers::redis::{Redis, RedisFetcher},
};
use testbed::Redis as Server;

use crate::support::{get, parrot, server, source};

fn assert_silent(error: &SourceError, words: &[&str]) {
    let shown = format!("{error} {error:?} {error:#?} {:?} {:?}", error.hint(), error.place());
    assert!(words.iter().all(|word| !shown.contains(word)), "{shown}");
}

async fn failure(url: &str) -> SourceError {
    get(&Redis::from_url(url).unwrap(), "port").await.unwrap_err()
}

#[tokio::test]
async fn who_may_not_read_is_denied() {
    let rights = "resetkeys ~app:* -@all +get";
    let server = testbed::require!(Server::builder().password().user("app", rights).start().await);
    let (address, password) = (format!("127.0.0.1:{}", server.program().port()), server.password());
    for url in [
        format!("redis://{address}"),
        format!("redis://:hunter2@{address}"),
        format!("redis://app:hunter2@{address}"),
        format!("redis://hunter2:{password}@{address}"),
        // The key, and then the command.
        server.url_of("app"),
        format!("{}/1", server.url_of("app")),
    ] {
        let error = failure(&url).await;
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        assert!(!error.is_transient());
        assert_silent(&error, &["hunter2", password]);
    }
}

#[tokio::test]
async fn a_password_that_was_not_asked_for_is_denied_and_a_changed_one_too() {
    let server = testbed::require!(server(&[&["SET", "port", "1"]]).await);
    let redis = source(&server);
    assert!(get(&redis, "port").await.is_ok());
    assert_eq!(failure(&server.url().replace("://", "://:hunter2@")).await.kind(), ErrorKind::Denied);
    server.execute(&["CONFIG", "SET", "requirepass", "other"]).await.unwrap();
    // Redis asks only new connections.
    assert!(get(&redis, "port").await.is_ok());
    assert_eq!(get(&source(&server), "port").await.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn what_is_wrong_with_the_server_is_told_apart() {
    for (reply, kind, transient) in [
        (&b"-LOADING Redis is loading the dataset in memory\r\n"[..], ErrorKind::Unavailable, true),
        (b"-BUSY Redis is busy running a script.\r\n", ErrorKind::Unavailable, true),
        (b"-MASTERDOWN Link with MASTER is down\r\n", ErrorKind::Unavailable, true),
        (b"-CLUSTERDOWN Hash slot not served\r\n", ErrorKind::Unavailable, true),
        (b"-ERR max number of clients reached\r\n", ErrorKind::Unavailable, true),
        (b"-NOAUTH Authentication required.\r\n", ErrorKind::Denied, false),
        (b"-DENIED Redis is running in protected mode hunter2\r\n", ErrorKind::Denied, false),
        (b"-MOVED 3999 127.0.0.1:6381\r\n", ErrorKind::Misconfigured, false),
        (b"-ERR hunter2\r\n", ErrorKind::Other, false),
        (b"*1\r\n$7\r\nhunter2\r\n", ErrorKind::Unreachable, true),
        (b"HTTP/1.1 400 Bad Request\r\n\r\nhunter2", ErrorKind::Unreachable, true),
    ] {
        // Three commands are sent for a key of which nothing is known.
        let replies = if reply.starts_with(b"HTTP") { reply.to_vec() } else { reply.repeat(3) };
        let error = failure(&parrot(replies.leak()).await).await;
        let shown = String::from_utf8_lossy(reply);
        assert_eq!((error.kind(), error.is_transient()), (kind, transient), "{shown}: {error}");
        assert_silent(&error, &["hunter2"]);
    }
}

#[tokio::test]
async fn a_server_that_takes_no_more_clients_is_unavailable() {
    let server = testbed::require!(server(&[&["SET", "port", "1"]]).await);
    let redis = source(&server);
    assert!(get(&redis, "port").await.is_ok());
    server.execute(&["CONFIG", "SET", "maxclients", "1"]).await.unwrap();
    let error = get(&source(&server), "port").await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true), "{error}");
    assert!(get(&redis, "port").await.is_ok());
}

#[tokio::test]
async fn a_database_that_does_not_exist_and_a_server_that_is_no_cluster_are_misconfigured() {
    let server = testbed::require!(server(&[]).await);
    let error = failure(&format!("{}/4711", server.url())).await;
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
    let error = failure(&server.url().replace("redis://", "redis+cluster://")).await;
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
    assert!(error.hint().unwrap().contains("redis://"));
}

#[tokio::test]
async fn a_server_that_is_no_sentinel_is_called_so() {
    let server = testbed::require!(Server::builder().start().await);
    let error = failure(&format!("{}/main", server.url().replace("redis:", "redis+sentinel:"))).await;
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Misconfigured, "the server is not a Sentinel"));
    assert!(error.hint().is_some_and(|hint| hint.contains("26379")));
}

#[tokio::test]
async fn who_may_not_ask_for_the_slots_is_told_the_command() {
    let server = Server::builder().password().user("app", "~* -@all +get");
    let server = testbed::require!(server.start().await);
    let error = failure(&server.url_of("app").replace("redis:", "redis+cluster:")).await;
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(
        error.to_string().contains("`CLUSTER SLOTS`")
            && error.hint().is_some_and(|hint| hint.contains("+cluster|slots"))
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_within_the_time_of_a_connection() {
    let port = testbed::unused_port().unwrap();
    let error = failure(&format!("redis://hunter2:hunter2@127.0.0.1:{port}")).await;
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unreachable, true));
    assert!(error.hint().unwrap().contains(&format!("127.0.0.1:{port}")), "{:?}", error.hint());
    assert_silent(&error, &["hunter2"]);
}

#[tokio::test]
async fn a_server_that_is_paused_costs_the_time_of_the_attempt() {
    let server = testbed::require!(server(&[&["SET", "port", "8080"]]).await);
    let redis = source(&server);
    let fetcher = RedisFetcher::from_redis(&redis, "port").timeout(std::time::Duration::from_millis(300));
    server.program().pause().await.unwrap();
    for _ in 0..2 {
        let error = ComponentFetcher::<u16>::fetch_component(&fetcher).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
    }
    server.program().resume().await.unwrap();
    let port: u16 = RedisFetcher::from_redis(&redis, "port").fetch_component().await.unwrap();
    assert_eq!(port, 8080);
}

#[tokio::test]
async fn a_field_of_what_is_not_a_hash_is_malformed() {
    let server = testbed::require!(server(&[&["SET", "port", "hunter2"]]).await);
    let fetcher = RedisFetcher::from_redis(&source(&server), "port").field("max");
    for _ in 0..2 {
        let error = ComponentFetcher::<u16>::fetch_component(&fetcher).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(!format!("{error:#?}").contains("hunter2"));
    }
}

#[test]
fn outside_of_a_runtime_it_is_an_error() {
    let fetcher = RedisFetcher::new("redis://127.0.0.1:1", "port").unwrap();
    let fetched = std::pin::pin!(ComponentFetcher::<u16>::fetch_component(&fetcher));
    let polled = fetched.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    let std::task::Poll::Ready(Err(error)) = polled else { panic!("{polled:?}") };
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
}
