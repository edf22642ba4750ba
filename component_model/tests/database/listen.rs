//! Watching keys of PostgreSQL by notification.

use std::{sync::Arc, time::Duration};

use component_model::{
    BoxStream, Change, Polling, RequestSpec, Source as _, Value, fetchers::database::Database as Source, plan::Layer,
    watch,
};
use futures_util::StreamExt as _;
use testbed::Database;

/// Less than the time until keys are read although nothing was told.
const AT_ONCE: Duration = Duration::from_secs(15);

const TRIGGER: &str = include_str!("../../../component_model_async/src/fetchers/database/notify.sql");

async fn table(trigger: &str) -> Result<Database, testbed::BedError> {
    let database = testbed::postgres_database().await?;
    let rows = "CREATE TABLE config (key text, value text); INSERT INTO config VALUES ('a', '1'), ('b', '1');";
    database.execute(&format!("{rows}{trigger}")).await?;
    Ok(database)
}

fn watch_of(source: &Arc<Source>, keys: &[&str]) -> BoxStream<'static, Change> {
    let request = |key: &&str| {
        let layer = Layer { key: Some(*key), ..Layer::NEW };
        (source.bind(&RequestSpec::new(&layer, &[])).unwrap(), None)
    };
    watch(source, keys.iter().map(request).collect(), Polling::every(Duration::MAX))
}

async fn next(changes: &mut BoxStream<'static, Change>) -> (usize, Option<Value>) {
    let next = tokio::time::timeout(AT_ONCE, changes.next()).await.expect("told at once").unwrap();
    let Change::Answer { index, answer } = next else { panic!("{next:?}") };
    (index, answer.unwrap().record().map(|record| record.value().clone()))
}

fn text(text: &str) -> Option<Value> {
    Some(Value::text(text))
}

#[tokio::test]
async fn the_trigger_of_the_documentation_tells_every_kind_of_change_at_once() {
    let database = testbed::require!(table(TRIGGER).await);
    let source = Arc::new(Source::from_url(&database.url()).unwrap().listen("config_changed").unwrap());
    let mut changes = watch_of(&source, &["a", "b"]);
    assert_eq!((next(&mut changes).await, next(&mut changes).await), ((0, text("1")), (1, text("1"))));
    database.execute("UPDATE config SET value = '2' WHERE key = 'b'").await.unwrap();
    assert_eq!(next(&mut changes).await, (1, text("2")));
    database.execute("DELETE FROM config WHERE key = 'b'").await.unwrap();
    assert_eq!(next(&mut changes).await, (1, None));
    database.execute("INSERT INTO config VALUES ('b', '3')").await.unwrap();
    assert_eq!(next(&mut changes).await, (1, text("3")));
    database.execute("TRUNCATE config").await.unwrap();
    assert_eq!((next(&mut changes).await, next(&mut changes).await), ((0, None), (1, None)));
}

#[tokio::test]
async fn a_listener_that_the_server_ends_is_replaced_and_what_changed_meanwhile_is_told() {
    let database = testbed::require!(table(TRIGGER).await);
    let source = Arc::new(Source::from_url(&database.url()).unwrap().listen("config_changed").unwrap());
    let mut changes = watch_of(&source, &["a"]);
    assert_eq!(next(&mut changes).await, (0, text("1")));
    for number in ["2", "3"] {
        database.execute(&format!("UPDATE config SET value = '{number}0' WHERE key = 'a'")).await.unwrap();
        assert_eq!(next(&mut changes).await, (0, text(&format!("{number}0"))));
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND query LIKE 'LISTEN%'";
        database.execute(&format!("{kill}; UPDATE config SET value = '{number}' WHERE key = 'a'")).await.unwrap();
        assert_eq!(next(&mut changes).await, (0, text(number)));
    }
}

#[tokio::test]
async fn a_listener_that_the_server_refuses_is_told_once_and_the_keys_are_read_all_the_same() {
    let database = testbed::require!(table(TRIGGER).await);
    // The one connection is that of the reads.
    let limit = format!("ALTER ROLE \"{}\" CONNECTION LIMIT 1", database.name());
    database.query_at(&database.superuser_url(), &limit).await.unwrap();
    let source = Arc::new(Source::from_url(&database.url()).unwrap().listen("config_changed").unwrap());
    let mut changes = watch_of(&source, &["a"]);
    assert_eq!(next(&mut changes).await, (0, text("1")));
    let refused = tokio::time::timeout(AT_ONCE, changes.next()).await.unwrap().unwrap();
    let Change::Answer { answer: Err(error), .. } = refused else { panic!("{refused:?}") };
    assert!(error.to_string().contains("no connection for notifications"), "{error}");
    // What was told holds still.
    assert_eq!(next(&mut changes).await, (0, None));
    assert!(tokio::time::timeout(Duration::from_secs(2), changes.next()).await.is_err());
    database.query_at(&database.superuser_url(), "UPDATE config SET value = '2'").await.unwrap();
    assert_eq!(next(&mut changes).await, (0, text("2")));
}

#[tokio::test]
async fn a_listener_that_is_closed_again_and_again_is_not_opened_without_a_pause() {
    let database = testbed::require!(table(TRIGGER).await);
    let source = Arc::new(Source::from_url(&database.url()).unwrap().listen("config_changed").unwrap());
    let mut changes = watch_of(&source, &["a"]);
    assert_eq!(next(&mut changes).await, (0, text("1")));
    let kill = "SELECT count(*)::text FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE datname = current_database() AND query LIKE 'LISTEN%') AS killed";
    let killing = async {
        let mut killed = 0;
        let end = tokio::time::Instant::now() + Duration::from_secs(4);
        while tokio::time::Instant::now() < end {
            killed += database.query_at(&database.superuser_url(), kill).await.unwrap().parse::<u32>().unwrap();
        }
        killed
    };
    let killed = tokio::select! {
        killed = killing => killed,
        told = changes.next() => panic!("{told:?}"),
    };
    // Some 4 s of pauses that double from 100 ms, at random below that.
    assert!((2..20).contains(&killed), "{killed}");
}

#[tokio::test]
async fn a_name_that_is_not_of_a_channel_and_a_server_without_channels_are_misconfigured() {
    for channel in ["", "a\nb", &"x".repeat(64)] {
        assert!(Source::from_url("postgres://app:secret@db/settings").unwrap().listen(channel).is_err(), "{channel:?}");
    }
    assert!(Source::from_url("mysql://app:secret@db/settings").unwrap().listen("config_changed").is_err());
    // A name in any quotes is one name.
    let database = testbed::require!(table("").await);
    let source = Arc::new(Source::from_url(&database.url()).unwrap().listen("\"; DROP TABLE config").unwrap());
    let mut changes = watch_of(&source, &["a"]);
    assert_eq!(next(&mut changes).await, (0, text("1")));
    database.execute("UPDATE config SET value = '2'; NOTIFY \"\"\"; DROP TABLE config\"").await.unwrap();
    assert_eq!(next(&mut changes).await, (0, text("2")));
}
