//! Many keys in few transactions, in which a missing key fails the others and a denied one vanishes.

use component_model::{Answer, ErrorKind, Record, Value};
use serde_json::json;

use super::support::{consul, fetch, key, requests, with_token};

const SECRET: &str =
    r#"key_prefix "app/" { policy = "read" } key "app/denied" { policy = "deny" } key "app/no" { policy = "deny" }"#;

fn text(answer: &Answer) -> Result<Option<&str>, ErrorKind> {
    match answer {
        Ok(reply) => Ok(reply.record().map(Record::value).map(|value| match value {
            Value::Text(text) => text.as_str(),
            _ => panic!("not text"),
        })),
        Err(error) => Err(error.kind()),
    }
}

#[tokio::test]
async fn each_of_many_keys_has_its_own_answer_whatever_the_others_are() {
    let server = testbed::Consul::builder().token("app", SECRET).setting("log_level", json!("debug")).start().await;
    let server = testbed::require!(server);
    let present: Vec<_> = (0..150).map(|number| format!("app/{number}")).collect();
    server.put_all(present.iter().map(|key| (key, key.as_str()))).await.unwrap();
    server.put("app/denied", "hunter2").await.unwrap();
    let consul = with_token(&server, "app");
    for with in [&[][..], &["app/missing"], &["app/denied"], &["app/no"], &["app/missing", "app/denied", "app/no"]] {
        for at in [0, 70, 150] {
            let mut keys = present.clone();
            keys.splice(at..at, with.iter().map(|key| (*key).to_owned()));
            let group: Vec<_> = keys.iter().map(|name| key(&consul, name)).collect();
            let before = requests(&server).len();
            let answers = fetch(&consul, &group).await;
            assert_eq!(answers.len(), keys.len());
            for (key, answer) in keys.iter().zip(&answers) {
                let expected = match key.as_str() {
                    "app/missing" => Ok(None),
                    "app/denied" | "app/no" => Err(ErrorKind::Denied),
                    name => Ok(Some(name)),
                };
                assert_eq!(text(answer), expected, "{key} with {with:?} at {at}");
            }
            let sent = requests(&server).len() - before;
            // Three transactions, and for each with a missing key one for the rest and one for the reason.
            assert!((3..=5).contains(&sent), "{sent} requests with {with:?}");
        }
    }
}

#[tokio::test]
async fn keys_that_are_all_missing_are_absent_and_a_key_that_is_asked_for_twice_is_answered_twice() {
    let server = testbed::require!(testbed::consul().await);
    server.put("a", "1").await.unwrap();
    let consul = consul(&server);
    let missing: Vec<_> = (0..65).map(|number| key(&consul, &format!("missing/{number}"))).collect();
    assert!(fetch(&consul, &missing).await.iter().all(|answer| text(answer) == Ok(None)));
    let twice = [key(&consul, "a"), key(&consul, "missing"), key(&consul, "a")];
    let answers = fetch(&consul, &twice).await;
    assert_eq!(answers.iter().map(text).collect::<Vec<_>>(), [Ok(Some("1")), Ok(None), Ok(Some("1"))]);
}

#[tokio::test]
async fn values_that_are_too_large_together_are_fetched_apart_and_one_that_is_too_large_alone_fails_alone() {
    let server = testbed::require!(testbed::consul().await);
    let consul = consul(&server);
    let sizes = [("a", 9 << 20), ("b", 17 << 20), ("c", 9 << 20), ("d", 3)];
    for (key, size) in sizes {
        server.put(key, vec![b'x'; size]).await.unwrap();
    }
    let group = sizes.map(|(name, _)| key(&consul, name));
    let answers = fetch(&consul, &group).await;
    let lengths: Vec<_> = answers.iter().map(|answer| text(answer).map(|text| text.map(str::len))).collect();
    assert_eq!(lengths, [Ok(Some(9 << 20)), Err(ErrorKind::TooLarge), Ok(Some(9 << 20)), Ok(Some(3))]);
}
