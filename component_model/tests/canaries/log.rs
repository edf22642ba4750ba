//! The log of the whole process, from `TRACE` on, of every crate.
//!
//! The events of our own crates hold no canary, ever. Those of other crates are listed in [`KNOWN`].

use std::{
    io::{self, Write},
    sync::{Mutex, MutexGuard, Once, PoisonError},
};

use ::log;

use crate::listen::CANARY;

/// Which crates repeat what they are told at `TRACE` or `DEBUG`, and what it is. Nobody else may.
const KNOWN: &[(&str, &str)] = &[];

static EVENTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn events() -> MutexGuard<'static, Vec<String>> {
    EVENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts to listen, once for the process.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(|| Events);
        subscriber.with_max_level(tracing_subscriber::filter::LevelFilter::TRACE).init();
        log::set_boxed_logger(Box::new(Events)).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
}

/// No event since the start holds a canary, but those that are known to.
pub(crate) fn assert_silent() {
    for event in events().iter().filter(|event| event.contains(CANARY)) {
        assert!(KNOWN.iter().any(|(target, _)| event.contains(target)), "{event}");
    }
}

/// No warning and no error since the start holds a text.
pub(crate) fn assert_no_warning(text: &str) {
    let loud = |event: &&String| event.contains("WARN") || event.contains("ERROR");
    for event in events().iter().filter(loud) {
        assert!(!event.contains(text), "{event}");
    }
}

struct Events;

/// The subscriber writes an event at once.
impl Write for Events {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        events().push(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl log::Log for Events {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        events().push(format!("{} {}: {}\n", record.level(), record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// The listener hears: a failure of ours, a query of sqlx, a connection of reqwest.
#[tokio::test]
async fn the_log_is_heard() {
    use component_model::{fetchers::database::Database, prelude::*};

    #[derive(Debug, AsyncAssign)]
    struct Asked {
        #[component(fetch_from = "database", query = "SELECT 'heard'")]
        _query: u8,
        #[component(fetch_from = "api", url = "http://127.0.0.1:1/heard")]
        _url: u8,
    }
    listen();
    let database = Database::from_url("sqlite::memory:").unwrap();
    let api = component_model::fetchers::api::Api::builder().build().unwrap();
    let sources = Sources::builder().source("database", database).source("api", api).build();
    Asked::fetch_all_components_from(&sources).await.unwrap_err();
    let events = events();
    for (target, word) in [(" component_model: ", "Asked._query"), ("sqlx", "SELECT 'heard'"), ("reqwest", "127.0.0.1")]
    {
        assert!(events.iter().any(|event| event.contains(target) && event.contains(word)), "{target}: {events:#?}");
    }
}
