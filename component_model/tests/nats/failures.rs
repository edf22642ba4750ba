//! Servers that refuse, are gone, or are none.

use std::time::Duration;

use component_model::{ErrorKind, Source as _, fetchers::nats::Nats};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::{Instant, sleep},
};

use super::support::{BUCKET, builder, fetch, get, key, kind_of, nats, server};

#[tokio::test]
async fn a_bucket_that_is_not_there_is_misconfigured_and_the_hint_says_how_to_create_it() {
    let server = testbed::require!(testbed::nats().await);
    let error = get::<u16>(&nats(&server), "port").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    let shown = format!("{error:?}");
    assert!(shown.contains("there is no bucket `app`") && shown.contains("nats kv add app"), "{shown}");
    // Also for more keys than are asked for at a time.
    let nats = nats(&server);
    let requests: Vec<_> = (0..300).map(|number| key(&nats, &format!("key.{number}"))).collect();
    let answers = tokio::time::timeout(Duration::from_secs(2), fetch(&nats, &requests)).await.unwrap();
    assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Misconfigured)));
    server.client().create(BUCKET).await.unwrap();
    assert_eq!(kind_of(&nats, "port").await, ErrorKind::Absent);
    // One that is deleted later, too.
    server.client().remove(BUCKET).await.unwrap();
    assert_eq!(kind_of(&nats, "port").await, ErrorKind::Misconfigured);
}

#[tokio::test]
async fn a_server_without_jetstream_is_not_set_up() {
    let server = testbed::require!(testbed::Nats::builder().without_jetstream().start().await);
    let error = get::<u16>(&nats(&server), "port").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSetUp);
    assert!(format!("{error:?}").contains("--jetstream"));
}

#[tokio::test]
async fn a_server_that_went_is_unreachable_at_once_and_serves_as_soon_as_it_is_back() {
    let server = testbed::require!(server(&[("port", "8080")]).await);
    let nats = nats(&server);
    assert_eq!(get::<u16>(&nats, "port").await.unwrap(), 8080);
    for _ in 0..2 {
        server.program().kill().await.unwrap();
        for _ in 0..3 {
            let start = Instant::now();
            assert_eq!(kind_of(&nats, "port").await, ErrorKind::Unreachable);
            assert!(start.elapsed() < Duration::from_secs(1), "nothing waits for the server");
        }
        server.program().start().await.unwrap();
        assert_eq!(get::<u16>(&nats, "port").await.unwrap(), 8080);
    }
}

#[tokio::test]
async fn a_connection_that_was_lost_is_not_opened_again_by_itself_for_ever() {
    let server = testbed::require!(server(&[("port", "8080")]).await);
    let proxy = testbed::proxy(server.address()).await.unwrap();
    let nats = Nats::builder(&proxy.instead_in(&server.url())).bucket(BUCKET).build().unwrap();
    assert_eq!(get::<u16>(&nats, "port").await.unwrap(), 8080);
    proxy.refuse().await.unwrap();
    sleep(Duration::from_millis(500)).await;
    proxy.heal().await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(proxy.open_connections(), 0, "nobody asked");
}

#[tokio::test]
async fn what_is_no_nats_server_is_unreachable() {
    for reply in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"-ERR unknown\r\n", b"INFO x\r\n", b"\r\n", b"INFO {\r\n"]
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nats = Nats::builder(&listener.local_addr().unwrap().to_string()).bucket("app").build().unwrap();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let _ = client.write_all(reply).await;
                let _ = client.read(&mut [0; 100]).await;
            }
        });
        let error = get::<u16>(&nats, "port").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Other), "{reply:?}: {error:?}");
        assert!(!format!("{error:?}").contains("unknown"), "{error:?}");
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_unreachable_and_named() {
    let nats = Nats::builder("nats://nowhere.invalid").bucket("app").build().unwrap();
    let fetcher =
        component_model::fetchers::nats::NatsFetcher::from_nats(&nats, "port").timeout(Duration::from_secs(20));
    let error = component_model::ComponentFetcher::<u16>::fetch_component(&fetcher).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error:?}");
    assert!(format!("{error:?}").contains("nowhere.invalid"));
}

#[tokio::test]
async fn a_server_that_is_silent_does_not_hide_one_that_answers() {
    let server = testbed::require!(server(&[("port", "8080")]).await);
    // It accepts, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = testbed::unused_port().unwrap();
    let urls = format!("{},127.0.0.1:{gone},{}", silent.local_addr().unwrap(), server.url());
    for _ in 0..10 {
        let nats = Nats::builder(&urls).bucket(BUCKET).build().unwrap();
        assert_eq!(get::<u16>(&nats, "port").await.unwrap(), 8080);
    }
}

#[tokio::test]
async fn a_source_that_is_closed_leaves_no_connection() {
    let server = testbed::require!(server(&[("port", "8080")]).await);
    let before = server.connections().await.unwrap();
    let nats = builder(&server).build().unwrap();
    assert_eq!(get::<u16>(&nats, "port").await.unwrap(), 8080);
    nats.shutdown().await;
    assert_eq!(kind_of(&nats, "port").await, ErrorKind::ShutDown);
    let end = Instant::now() + Duration::from_secs(10);
    while server.connections().await.unwrap() > before {
        assert!(Instant::now() < end, "the connection is still open");
        sleep(Duration::from_millis(20)).await;
    }
}
