//! With the feature `tracing`, which is on by default, a default, a fallback and a failure leave an event with their cause,
//! and never the value.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use component_model::{Memory, prelude::*};
use tracing::{Level, subscriber::DefaultGuard};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// The events of this thread, as long as the guard lives.
fn listen() -> (Lines, DefaultGuard) {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).with_max_level(Level::DEBUG);
    (lines, tracing::subscriber::set_default(subscriber.finish()))
}

#[derive(Debug, AsyncAssign)]
struct AppConfig {
    #[component(fetch_from = "settings", fallback = 80, fallback_on = "any")]
    _port: u16,
    #[component(fetch_from = "settings")]
    _host: u8,
}

#[tokio::test]
async fn a_fallback_is_a_warning_and_a_failure_an_error() {
    let (lines, _guard) = listen();
    let sources = Sources::builder().source("settings", Memory::new([("_port", "hunter2")])).build();
    assert_eq!(AppConfig::fetch_all_components_from(&sources).await.unwrap_err().len(), 1);

    let text = lines.text();
    assert!(text.contains("WARN") && text.contains("AppConfig._port") && text.contains("malformed"), "{text}");
    assert!(text.contains("ERROR") && text.contains("AppConfig._host") && text.contains("absent"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[derive(Debug, AsyncAssign)]
struct Misnamed {
    #[component(fetch_from = "setings")]
    _host: String,
    #[component(fetch_from = "settings")]
    _port: u16,
}

#[tokio::test]
async fn a_plan_that_does_not_bind_is_an_error_event_for_each_failure() {
    let (lines, _guard) = listen();
    let sources = Sources::builder().source("settings", Memory::new([("_port", "80")])).build();
    assert_eq!(Misnamed::fetch_all_components_from(&sources).await.unwrap_err().len(), 1);

    let text = lines.text();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("ERROR component_model: ") && text.contains("Misnamed._host"), "{text}");
}

fn positive(limit: &u32) -> Result<(), &'static str> {
    if *limit > 0 { Ok(()) } else { Err("must be positive") }
}

fn ordered(pool: &Pool) -> Result<(), &'static str> {
    if pool.min <= pool.max { Ok(()) } else { Err("`min` is above `max`") }
}

#[derive(Debug, AsyncAssign)]
#[component(fetch_from = "settings", validate = ordered)]
struct Pool {
    #[component(validate = positive)]
    min: u32,
    #[component(default = 8)]
    max: u32,
}

#[derive(Debug, AsyncAssign)]
struct Nested {
    #[component(nested)]
    pool: Pool,
    #[component(nested)]
    _spare: Option<Pool>,
}

/// The events of a fetch, each on a line.
async fn events_of<const N: usize>(values: [(&str, &str); N]) -> (bool, Vec<String>) {
    let (lines, _guard) = listen();
    let sources = Sources::builder().source("settings", Memory::new(values)).build();
    let fetched = Nested::fetch_all_components_from(&sources).await;
    (fetched.is_ok_and(|nested| nested.pool.max == 8), lines.text().lines().map(str::to_owned).collect())
}

#[tokio::test]
async fn a_default_of_a_nested_component_is_a_debug_event_with_its_path() {
    let (fetched, events) = events_of([("pool.min", "1")]).await;
    assert!(fetched);
    let of_pool: Vec<_> = events.iter().filter(|event| event.contains("Nested.pool.max")).collect();
    assert_eq!(of_pool.len(), 1, "{events:#?}");
    assert!(
        of_pool[0].contains(" DEBUG ") && of_pool[0].contains(" component_model: the default is used"),
        "{events:#?}"
    );
    assert!(!events.iter().any(|event| event.contains("ERROR") || event.contains("WARN")), "{events:#?}");
}

#[tokio::test]
async fn a_value_that_is_not_valid_is_an_error_event() {
    let (fetched, events) = events_of([("pool.min", "0")]).await;
    assert!(!fetched);
    let errors: Vec<_> =
        events.iter().filter(|event| event.contains(" ERROR ") && event.contains(" component_model: ")).collect();
    assert_eq!(errors.len(), 1, "{events:#?}");
    assert!(errors[0].contains("Nested.pool.min") && errors[0].contains("invalid: must be positive"), "{events:#?}");
}

#[tokio::test]
async fn a_struct_that_is_not_valid_as_a_whole_is_an_error_event_with_its_path() {
    let (fetched, events) = events_of([("pool.min", "9")]).await;
    assert!(!fetched);
    let errors: Vec<_> =
        events.iter().filter(|event| event.contains(" ERROR ") && event.contains(" component_model: ")).collect();
    assert_eq!(errors.len(), 1, "{events:#?}");
    assert!(errors[0].contains("Nested.pool: invalid: `min` is above `max`"), "{events:#?}");
}

#[tokio::test]
async fn an_event_is_within_the_span_of_its_fetch() {
    let (_, events) = events_of([("pool.min", "1")]).await;
    let span = r#"fetch{struct="Nested" components=4 mode="plain"}: component_model: "#;
    assert!(!events.is_empty() && events.iter().all(|event| event.contains(span)), "{events:#?}");
}

#[cfg(feature = "local-cache")]
#[tokio::test]
async fn a_local_cache_that_is_not_set_up_is_a_warning_with_a_hint_once_for_each_struct() {
    #[derive(Debug, AsyncAssign)]
    struct Stored {
        #[component(fetch_from = "settings", fallback_to = "local_cache")]
        _host: String,
        #[component(fetch_from = "settings", fallback_to = "local_cache")]
        _port: u16,
    }
    let (lines, _guard) = listen();
    let sources = Sources::builder().source("settings", Memory::new([("_host", "a"), ("_port", "1")])).build();
    for _ in 0..2 {
        assert_eq!(Stored::check(&sources).unwrap().not_set_up().len(), 2);
        Stored::fetch_all_components_from(&sources).await.unwrap();
    }
    let text = lines.text();
    assert_eq!(text.matches("WARN").count(), 1, "{text}");
    assert!(text.contains("no local cache is set up") && text.contains("set `LOCAL_CACHE` to a file"), "{text}");
}
