//! Many keys in few transactions, which etcd refuses for one key that is denied.

use component_model::{
    Answer, Asked, ErrorKind, Record, Reply, RequestSpec, Source as _, Value,
    fetchers::etcd::{Consistency, Etcd},
    plan::Layer,
};

use super::support::{calls, etcd, fetch, key, prefix, put_all, with_user};

fn text(answer: &Answer) -> Result<Option<&str>, ErrorKind> {
    match answer {
        Ok(reply) => Ok(reply.record().map(Record::value).map(|value| match value {
            Value::Text(text) => text.as_str(),
            _ => panic!("not text"),
        })),
        Err(error) => Err(error.kind()),
    }
}

async fn sent(server: &testbed::Etcd) -> usize {
    calls(server, "KV", "Txn").await + calls(server, "KV", "Range").await
}

#[tokio::test]
async fn each_of_many_keys_has_its_own_answer_whatever_the_others_are() {
    let server = testbed::require!(testbed::Etcd::builder().user("app", "app/").start().await);
    let present: Vec<_> = (0..150).map(|number| format!("app/{number}")).collect();
    put_all(&server, present.iter().map(|key| (key, key))).await;
    server.client().put("denied", "hunter2").await.unwrap();
    let etcd = with_user(&server, "app");
    for (with, limit) in [
        (&[][..], 2),
        (&["app/missing"], 2),
        // A transaction, its eighths, those of one of them, and both keys of one of those.
        (&["denied"], 2 + 8 + 8 + 2),
        (&["app/missing", "denied", "no"], 40),
    ] {
        for at in [0, 70, 150] {
            let mut keys = present.clone();
            keys.splice(at..at, with.iter().map(|key| (*key).to_owned()));
            let group: Vec<_> = keys.iter().map(|name| key(&etcd, name)).collect();
            let before = sent(&server).await;
            let answers = fetch(&etcd, &group).await;
            assert_eq!(answers.len(), keys.len());
            for (key, answer) in keys.iter().zip(&answers) {
                let expected = match key.as_str() {
                    "app/missing" => Ok(None),
                    "denied" | "no" => Err(ErrorKind::Denied),
                    name => Ok(Some(name)),
                };
                assert_eq!(text(answer), expected, "{key} with {with:?} at {at}");
            }
            let sent = sent(&server).await - before;
            assert!((2..=limit).contains(&sent), "{sent} requests with {with:?} at {at}");
        }
    }
}

#[tokio::test]
async fn keys_and_prefixes_travel_together_and_are_of_one_revision() {
    let server = testbed::require!(testbed::etcd().await);
    let etcd = etcd(&server);
    let requests = [key(&etcd, "app/a"), prefix(&etcd, "app"), key(&etcd, "b")];
    let writes = async {
        for number in 0..100 {
            let text = number.to_string();
            put_all(&server, [("app/a", &text), ("b", &text)]).await;
        }
    };
    let reads = async {
        loop {
            let before = sent(&server).await;
            let answers = fetch(&etcd, &requests).await;
            assert!(sent(&server).await - before >= 1);
            let Ok(Some(a)) = text(&answers[0]) else { continue };
            let Ok(Reply::Found(app)) = &answers[1] else { panic!("{answers:?}") };
            assert_eq!(app.value(), &Value::Map(vec![("a".to_owned(), Value::text(a))]));
            assert_eq!(text(&answers[2]), Ok(Some(a)));
            if a == "99" {
                return;
            }
        }
    };
    tokio::join!(writes, reads);
    let before = calls(&server, "KV", "Txn").await;
    fetch(&etcd, &requests).await;
    assert_eq!(calls(&server, "KV", "Txn").await - before, 1);
}

#[tokio::test]
async fn values_that_are_too_large_together_are_read_apart() {
    let server = testbed::require!(testbed::etcd().await);
    let half = "x".repeat(9 << 20);
    for name in ["a", "b", "c"] {
        server.client().put(name, &half).await.unwrap();
    }
    server.client().put("d", &"x".repeat((16 << 20) + 1)).await.unwrap();
    let etcd = etcd(&server);
    let group: Vec<_> = ["a", "b", "c", "d", "none"].iter().map(|name| key(&etcd, name)).collect();
    let answers = fetch(&etcd, &group).await;
    for answer in &answers[..3] {
        assert_eq!(text(answer).unwrap().map(str::len), Some(half.len()));
    }
    assert_eq!(text(&answers[3]), Err(ErrorKind::TooLarge));
    assert_eq!(text(&answers[4]), Ok(None));
}

#[tokio::test]
async fn a_version_that_is_known_is_unchanged_and_a_recreated_key_has_another_one() {
    let server = testbed::require!(testbed::etcd().await);
    let etcd = etcd(&server);
    for request in [key(&etcd, "app/a"), prefix(&etcd, "app")] {
        server.client().put("app/a", "1").await.unwrap();
        let version = fetch(&etcd, std::slice::from_ref(&request)).await.remove(0).unwrap().version().cloned();
        let again = async || etcd.fetch(Asked::new(request.query()).unless(version.as_ref())).await.unwrap();
        assert!(matches!(again().await, Reply::Unchanged { .. }));
        server.client().delete("app/a").await.unwrap();
        assert!(again().await.is_absent());
        server.client().put("app/a", "1").await.unwrap();
        assert!(matches!(again().await, Reply::Found(_)));
    }
}

#[test]
fn what_is_read_otherwise_does_not_travel_together() {
    let etcd = Etcd::builder().build().unwrap();
    let bind = |consistency: &'static str| {
        let options = [("consistency", consistency)];
        etcd.bind(&RequestSpec::new(&Layer { options: &options, ..Layer::NEW }, &["a"])).unwrap()
    };
    assert_ne!(bind("linearizable").group(), bind("serializable").group());
    assert_eq!(bind("linearizable").query(), key(&etcd, "a").query());
    let stale = Etcd::builder().consistency(Consistency::Serializable).build().unwrap();
    assert_eq!(bind("serializable").query(), key(&stale, "a").query());
}
