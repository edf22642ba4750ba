//! With the feature `tracing`, a fallback and a failure leave an event with their cause, and never the value.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use component_model::{Memory, prelude::*};
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

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
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
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let sources = Sources::builder().source("settings", Memory::new([("_port", "hunter2")])).build();
    assert_eq!(AppConfig::fetch_all_components_from(&sources).await.unwrap_err().len(), 1);

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
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
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let sources = Sources::builder().source("settings", Memory::new([("_port", "80")])).build();
    assert_eq!(Misnamed::fetch_all_components_from(&sources).await.unwrap_err().len(), 1);

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("ERROR component_model: ") && text.contains("Misnamed._host"), "{text}");
}
