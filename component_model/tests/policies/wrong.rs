//! A value of the cache that is wrong for one reader: it asks for itself, and others keep what is right for them.

use std::time::Duration;

use component_model::{
    ErrorKind, Outcome, Value,
    prelude::*,
    test_util::{Script, Scripted},
};
use tokio::time::sleep;

use super::sources;

fn text(text: &str) -> Script {
    Script::record(Value::text(text))
}

#[derive(Debug, AsyncAssign)]
struct Text {
    #[component(fetch_from = "remote", key = "port", ttl = "60s", stale_for = "1h")]
    port: String,
}

#[derive(Debug, AsyncAssign)]
struct Number {
    #[component(fetch_from = "remote", key = "port", ttl = "60s", stale_for = "1h", validate = below_the_dynamic_ones)]
    port: u16,
}

fn below_the_dynamic_ones(port: &u16) -> Result<(), &'static str> {
    if *port < 49152 { Ok(()) } else { Err("a dynamic port") }
}

#[tokio::test(start_paused = true)]
async fn what_was_corrected_since_is_read_by_whom_the_cached_value_is_wrong_for() {
    for wrong in ["80800", "50000"] {
        let remote = Scripted::new().answers("port", [text(wrong), text("8080")]);
        let sources = sources(&remote);
        assert_eq!(Text::fetch().sources(&sources).value().await.unwrap().port, wrong);
        assert_eq!(Number::fetch().sources(&sources).value().await.unwrap().port, 8080);
        assert_eq!(Text::fetch().sources(&sources).value().await.unwrap().port, "8080");
        assert_eq!(remote.calls(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_right_for_another_reader_stays_while_the_source_fails() {
    let fails = Script::fails(ErrorKind::Unreachable);
    let remote = Scripted::new().answers("port", [text("80800"), fails]);
    let sources = sources(&remote);
    Text::fetch().sources(&sources).value().await.unwrap();
    let errors = Number::fetch().sources(&sources).value().await.unwrap_err();
    assert_eq!((errors[0].kind(), remote.calls()), (ErrorKind::Unreachable, 2));
    assert_eq!(Text::fetch().sources(&sources).value().await.unwrap().port, "80800");
    sleep(Duration::from_secs(61)).await;
    let fetched = Text::fetch().sources(&sources).report().await.unwrap();
    assert_eq!(fetched.value.port, "80800");
    assert_eq!(fetched.report.entry("port").unwrap().outcome(), Outcome::Stale);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_still_wrong_is_asked_for_once_in_a_fetch() {
    let remote = Scripted::new().answers("port", [text("80800")]);
    let sources = sources(&remote);
    Text::fetch().sources(&sources).value().await.unwrap();
    for calls in [2, 3] {
        let errors = Number::fetch().sources(&sources).value().await.unwrap_err();
        assert_eq!((errors[0].kind(), remote.calls()), (ErrorKind::Malformed, calls));
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_with_a_narrower_type_does_not_take_the_value_from_the_others() {
    #[derive(Debug, AsyncAssign)]
    struct Wide {
        #[component(fetch_from = "remote", key = "k", ttl = "1h")]
        n: u32,
    }
    #[derive(Debug, AsyncAssign)]
    struct Narrow {
        #[component(fetch_from = "remote", key = "k", ttl = "1h", fallback = 0, fallback_on = "any")]
        n: u8,
    }
    let remote = Scripted::new().answers("k", [Script::value(8080)]);
    let sources = Sources::builder().source("remote", remote.clone()).build();
    for _ in 0..20 {
        assert_eq!(Wide::fetch_all_components_from(&sources).await.unwrap().n, 8080);
        assert_eq!(Narrow::fetch_all_components_from(&sources).await.unwrap().n, 0);
    }
    // The narrower one asks each time, and the others not once more.
    assert_eq!(remote.calls(), 21);
}
