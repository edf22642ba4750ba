//! Watching, which polls.

use std::{sync::Arc, time::Duration};

use component_model::{Change, Polling, Reply, Value, watch};
use futures_util::StreamExt as _;
use serde_json::json;

use super::support::{audit, request, requests, vault};

#[tokio::test]
async fn the_fields_of_a_secret_are_polled_together_and_a_deletion_is_told() {
    let server = testbed::require!(testbed::vault().await);
    server.put("secret", "app", json!({ "a": "1", "b": "1" })).await.unwrap();
    let source = Arc::new(vault(&server));
    let fields = ["a", "b"].map(|field| request(&source, &[("secret", "app"), ("field", field)]));
    audit(&server).await;
    let polling = Polling::every(Duration::from_millis(200));
    let mut changes = watch(&source, fields.map(|field| (field, None)).into(), polling);
    let mut next = async || match changes.next().await.unwrap() {
        Change::Answer { index, answer } => match answer.unwrap() {
            Reply::Found(record) => (index, Some(record.value().clone())),
            _ => (index, None),
        },
        _ => panic!("nothing was lost"),
    };
    let one = Some(Value::text("1"));
    assert_eq!([next().await, next().await], [(0, one.clone()), (1, one)]);
    server.put("secret", "app", json!({ "a": "2", "b": "2" })).await.unwrap();
    let two = Some(Value::text("2"));
    assert_eq!([next().await, next().await], [(0, two.clone()), (1, two)]);
    server.delete("secret", "app").await.unwrap();
    assert_eq!([next().await, next().await], [(0, None), (1, None)]);
    assert!(requests(&server, "secret/data/app") >= 3, "each poll is one request, whatever the number of fields");
}
