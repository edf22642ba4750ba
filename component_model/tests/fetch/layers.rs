//! The layers of a component: absence goes on to the next, a failure does not.

use component_model::{ErrorKind, Memory, Outcome, SourceError, Value, prelude::*};

use super::support::Slow;

#[tokio::test]
async fn absence_goes_on_to_the_next_layer_and_a_failure_does_not() {
    #[derive(Debug, AsyncAssign)]
    struct Layered {
        #[component(fetch_from = ["override", "broken", "settings"])]
        host: String,
        #[component(fetch_from = ["override", "settings"])]
        port: u16,
    }
    let settings = Memory::new([("host", "below"), ("port", "80")]);
    let builder = || {
        let broken = |_| async { Err::<Option<String>, _>(SourceError::new(ErrorKind::Denied, "no")) };
        Sources::builder().source("settings", settings.clone()).closure("broken", broken)
    };
    let sources = builder().source("override", Memory::new([("host", "above")])).build();
    let layered = Layered::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((layered.host.as_str(), layered.port), ("above", 80));

    let sources = builder().source("override", Memory::default()).build();
    let errors = Layered::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].is_denied(), "a denied read is not an absent value: {errors}");
    assert_eq!(errors[0].source_name(), Some("broken"));
}

#[tokio::test]
async fn a_query_without_rows_is_absence_unless_a_list_or_a_map_is_fetched() {
    #[derive(Debug, AsyncAssign)]
    struct Layered {
        #[component(fetch_from = ["rows", "settings"])]
        port: u16,
        #[component(fetch_from = ["rows", "settings"])]
        optional: Option<u16>,
        #[component(fetch_from = "rows")]
        none: Option<Vec<u16>>,
        #[component(fetch_from = "rows", fallback = 7)]
        covered: u16,
        #[component(fetch_from = ["rows", "settings"])]
        list: Vec<u16>,
        #[component(fetch_from = ["rows", "settings"])]
        map: std::collections::BTreeMap<String, u16>,
    }
    let nothing = || Value::rows(Vec::new());
    let rows = ["port", "optional", "none", "covered", "list", "map"]
        .into_iter()
        .fold(Memory::default(), |memory, key| memory.with(key, nothing()));
    let settings = Memory::new([("port", "80"), ("optional", "81"), ("list", "1,2"), ("map", "a=1")]);
    let sources = Sources::builder().source("rows", rows.clone()).source("settings", settings).build();
    let layered = Layered::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((layered.port, layered.optional, layered.none, layered.covered), (80, Some(81), None, 7));
    assert!(layered.list.is_empty() && layered.map.is_empty());

    let sources = Sources::builder().source("rows", rows).source("settings", Memory::default()).build();
    let errors = Layered::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors.len(), 1, "{errors}");
    assert!(errors[0].is_absent(), "{errors}");
}

#[tokio::test]
async fn a_source_that_is_not_set_up_fails_when_its_turn_comes_and_not_before() {
    #[derive(Debug, AsyncAssign)]
    struct Layered {
        #[component(fetch_from = ["override"(key = "host"), database(key = "host")])]
        host: String,
        #[component(fetch_from = ["override"(key = "port"), database(key = "port")], fallback = 80)]
        port: u16,
    }
    let with_override = |entries: &[(&str, &str)]| {
        let database: Result<Memory, _> = Err(SourceError::new(ErrorKind::Misconfigured, "DATABASE_URL is not set"));
        let entries = Memory::new(entries.to_vec());
        Sources::builder().source("override", entries).try_source("database", database).build()
    };
    let sources = with_override(&[("host", "above"), ("port", "8080")]);
    let layered = Layered::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((layered.host.as_str(), layered.port), ("above", 8080), "the first that has the value wins");

    let partial = Layered::fetch().sources(&with_override(&[])).partial().await;
    assert_eq!(partial.errors().len(), 1);
    let shown = partial.errors()[0].to_string();
    assert!(shown.contains("DATABASE_URL is not set") && shown.contains("not in override:host"), "{shown}");
    let port = partial.report().unwrap().entry("port").unwrap();
    assert_eq!((port.outcome(), port.source()), (Outcome::Fallback, "database"));
}

#[tokio::test]
async fn a_layer_that_is_not_needed_is_not_asked() {
    #[derive(Debug, AsyncAssign)]
    struct Layered {
        #[component(fetch_from = ["settings", "counting"])]
        _host: String,
    }
    let counting = Slow::default();
    let settings = Memory::new([("_host", "h")]);
    let sources = Sources::builder().source("settings", settings).source("counting", counting.clone()).build();
    Layered::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(counting.calls(), 0);
}
