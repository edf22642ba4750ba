//! Users, passwords, tokens, nkeys, credentials and permissions.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use component_model::{ErrorKind, RequestSpec, Source as _, fetchers::nats::Nats, plan::Layer};
use futures_util::future::{Either, select};
use tokio::time::Instant;

use super::{
    changes::Changes,
    support::{BUCKET, builder, fetch, fill, get, key, nats, with_user},
};

/// What is denied is told, and long before the timeout; nobody sees a secret.
async fn is_denied(nats: &Nats, secrets: &[&str]) -> String {
    let start = Instant::now();
    let error = get::<u16>(nats, "port").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let shown = format!("{error:?} {error:#} {nats:?}");
    assert!(secrets.iter().all(|secret| !shown.contains(secret)), "{shown}");
    shown
}

#[tokio::test]
async fn a_wrong_password_an_unknown_user_and_none_are_denied() {
    let server = testbed::require!(testbed::Nats::builder().user("app", &[">"]).start().await);
    fill(&server, &[("port", "8080")]).await.unwrap();
    assert_eq!(get::<u16>(&with_user(&server, "app"), "port").await.unwrap(), 8080);
    let in_url = Nats::builder(&server.url_of("app")).bucket(BUCKET).build().unwrap();
    assert_eq!(get::<u16>(&in_url, "port").await.unwrap(), 8080);
    let secrets = [server.password(), "hunter2"];
    is_denied(&builder(&server).login("app", "hunter2").build().unwrap(), &secrets).await;
    is_denied(&builder(&server).login("hunter2", server.password()).build().unwrap(), &secrets).await;
    is_denied(&builder(&server).token("hunter2").build().unwrap(), &secrets).await;
    assert!(is_denied(&nats(&server), &secrets).await.contains("NATS_CREDS"));
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_a_value_nor_a_password_is_in_the_log_unless_the_client_library_traces() {
    let server = testbed::require!(testbed::Nats::builder().user("app", &[">"]).start().await);
    fill(&server, &[("port", "hunter3")]).await.unwrap();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("trace,async_nats=debug")
        .with_writer(move || writer.clone())
        .finish();
    let logging = tracing::subscriber::set_default(subscriber);
    for nats in [with_user(&server, "app"), builder(&server).login("app", "hunter2").build().unwrap()] {
        assert!(get::<u16>(&nats, "port").await.is_err());
        let mut changes = Changes::of(&nats, vec![key(&nats, "port")]);
        changes.next().await;
    }
    drop(logging);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("async_nats"), "{log}");
    for secret in [server.password(), "hunter2", "hunter3"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn tokens_nkeys_and_credentials_sign_in_and_others_are_denied() {
    let server = testbed::require!(testbed::Nats::builder().token().start().await);
    fill(&server, &[("port", "1")]).await.unwrap();
    assert_eq!(get::<u16>(&builder(&server).token(server.password()).build().unwrap(), "port").await.unwrap(), 1);
    is_denied(&builder(&server).token("hunter2").build().unwrap(), &[server.password(), "hunter2"]).await;

    let server = testbed::require!(testbed::Nats::builder().nkey().start().await);
    fill(&server, &[("port", "2")]).await.unwrap();
    assert_eq!(get::<u16>(&builder(&server).nkey(server.seed()).build().unwrap(), "port").await.unwrap(), 2);
    let other = testbed::require!(testbed::Nats::builder().operator().start().await);
    is_denied(&builder(&server).nkey(other.seed()).build().unwrap(), &[server.seed(), other.seed()]).await;

    fill(&other, &[("port", "3")]).await.unwrap();
    assert_eq!(
        get::<u16>(&builder(&other).credentials(other.credentials()).build().unwrap(), "port").await.unwrap(),
        3
    );
    is_denied(&builder(&other).nkey(server.seed()).build().unwrap(), &[server.seed(), other.seed()]).await;
    let third = testbed::require!(testbed::Nats::builder().operator().start().await);
    let strange = builder(&other).credentials(third.credentials()).build().unwrap();
    is_denied(&strange, &[third.seed(), third.credentials()]).await;
}

#[tokio::test]
async fn a_file_with_credentials_is_read_for_each_connection() {
    let server = testbed::require!(testbed::Nats::builder().operator().start().await);
    fill(&server, &[("port", "8080")]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("user.creds");
    let nats = builder(&server).credentials_file(&file).build().unwrap();
    let error = get::<u16>(&nats, "port").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSetUp, "{error:?}");
    assert!(format!("{error:?}").contains("user.creds"));
    std::fs::write(&file, "hunter2").unwrap();
    let error = get::<u16>(&nats, "port").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
    assert!(!format!("{error:?}").contains("hunter2"));
    std::fs::write(&file, server.credentials()).unwrap();
    assert_eq!(get::<u16>(&nats, "port").await.unwrap(), 8080);
}

#[tokio::test]
async fn a_missing_permission_is_denied_at_once_and_only_where_it_is_missing() {
    let reads = ["$JS.API.DIRECT.GET.KV_app.$KV.app.shop.>"];
    let server = testbed::require!(testbed::Nats::builder().user("app", &reads).start().await);
    fill(&server, &[("shop.port", "8080"), ("port", "1")]).await.unwrap();
    let nats = with_user(&server, "app");
    assert!(is_denied(&nats, &[server.password()]).await.contains("$JS.API.DIRECT.GET.KV_app.$KV.app.port"));
    // Those that are denied, and the others, in one fetch; more than the client library keeps events.
    let requests: Vec<_> = (0..400)
        .map(|number| if number % 2 == 0 { "shop.port".to_owned() } else { format!("none.{number}") })
        .map(|name| key(&nats, &name))
        .collect();
    let start = Instant::now();
    for (number, answer) in fetch(&nats, &requests).await.into_iter().enumerate() {
        match answer {
            Ok(reply) => assert!(number % 2 == 0 && reply.record().is_some(), "{number}"),
            Err(error) => assert!(number % 2 == 1 && error.kind() == ErrorKind::Denied, "{number}: {error:?}"),
        }
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    // The connection serves on.
    let before = server.connections().await.unwrap();
    assert_eq!(get::<u16>(&nats, "shop.port").await.unwrap(), 8080);
    assert_eq!(server.connections().await.unwrap(), before);
}

#[tokio::test]
async fn reads_that_nobody_answers_do_not_keep_others_from_their_values() {
    let reads = ["$JS.API.DIRECT.GET.>"];
    let server = testbed::require!(testbed::Nats::builder().user("app", &reads).start().await);
    fill(&server, &[("port", "8080")]).await.unwrap();
    let nats = with_user(&server, "app");
    assert_eq!(get::<u16>(&nats, "port").await.unwrap(), 8080);
    // The user may not ask whether there is such a bucket.
    let missing: Vec<_> = (0..300)
        .map(|number| {
            let name = format!("key.{number}");
            let layer = Layer { key: Some(&name), options: &[("bucket", "none")], ..Layer::NEW };
            nats.bind(&RequestSpec::new(&layer, &[])).unwrap()
        })
        .collect();
    let unanswered = fetch(&nats, &missing);
    let served = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        // Before the connection is given up.
        let limit = Duration::from_millis(800);
        tokio::time::timeout(limit, get::<u16>(&nats, "port")).await.unwrap()
    };
    match select(pin!(served), pin!(unanswered)).await {
        Either::Left((port, _)) => assert_eq!(port.unwrap(), 8080),
        Either::Right((answers, _)) => panic!("{answers:?}"),
    }
}

#[tokio::test]
async fn a_user_that_may_not_hear_answers_is_denied_and_reads_with_its_own_inboxes() {
    let server = testbed::Nats::builder().user_with_inbox("app", &["$JS.API.>"], "_INBOX_app").start().await;
    let server = testbed::require!(server);
    fill(&server, &[("port", "8080")]).await.unwrap();
    assert!(is_denied(&with_user(&server, "app"), &[server.password()]).await.contains("inbox_prefix"));
    let own = builder(&server).login("app", server.password()).inbox_prefix("_INBOX_app").build().unwrap();
    assert_eq!(get::<u16>(&own, "port").await.unwrap(), 8080);
}

#[tokio::test]
async fn a_bucket_without_direct_reads_needs_another_permission() {
    let (direct, info) = ("$JS.API.DIRECT.GET.KV_app.>", "$JS.API.STREAM.INFO.KV_app");
    let all = [direct, info, "$JS.API.STREAM.MSG.GET.KV_app"];
    let server = testbed::Nats::builder().user("app", &all[..2]).user("all", &all);
    let server = testbed::require!(server.start().await);
    server.client().create_with(BUCKET, 1, false).await.unwrap();
    server.client().put(BUCKET, "port", "8080").await.unwrap();
    let shown = is_denied(&with_user(&server, "app"), &[server.password()]).await;
    assert!(shown.contains("$JS.API.STREAM.MSG.GET.KV_app"), "{shown}");
    assert_eq!(get::<u16>(&with_user(&server, "all"), "port").await.unwrap(), 8080);
}
