//! `fallback_to` another source: what it covers, and what is told of it.

use std::time::Duration;

use component_model::{
    ErrorKind, Memory, Outcome,
    prelude::*,
    test_util::{Script, Scripted},
};

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "remote", fallback_to = backup(key = "old_port"), timeout = "1s")]
    port: u16,
}

fn with(remote: Scripted, backup: Memory) -> Sources {
    Sources::builder().source("remote", remote).source("backup", backup).build()
}

fn backup() -> Memory {
    Memory::new([("old_port", "80")])
}

fn answering(script: Script) -> Scripted {
    Scripted::new().answers("port", [script])
}

#[tokio::test(start_paused = true)]
async fn another_source_is_asked_if_the_source_cannot_answer() {
    for kind in [ErrorKind::Unavailable, ErrorKind::Unreachable, ErrorKind::Throttled, ErrorKind::Other] {
        let sources = with(answering(Script::fails(kind)), backup());
        let fetched = Config::fetch().sources(&sources).report().await.unwrap();
        let entry = fetched.report.entry("port").unwrap();
        assert_eq!((fetched.value.port, entry.outcome(), entry.source()), (80, Outcome::OtherSource, "backup"));
        assert_eq!((entry.locator(), entry.place()), ("old_port", None));
        assert_eq!(entry.problem().unwrap().kind(), kind);
    }
    let fetched = Config::fetch().sources(&with(answering(Script::hangs()), backup())).report().await.unwrap();
    assert_eq!(fetched.value.port, 80);
    assert_eq!(fetched.report.entry("port").unwrap().problem().unwrap().kind(), ErrorKind::Timeout);
}

#[tokio::test(start_paused = true)]
async fn what_the_source_says_about_the_value_is_not_covered() {
    for script in [
        Script::absent(),
        Script::fails(ErrorKind::Denied),
        Script::fails(ErrorKind::Malformed),
        Script::value("not a port"),
    ] {
        let errors = Config::fetch().sources(&with(answering(script), backup())).value().await.unwrap_err();
        assert_eq!(errors[0].source_name(), Some("remote"), "{errors}");
    }
}

#[tokio::test(start_paused = true)]
async fn if_the_other_source_has_none_the_failure_is_that_of_the_first() {
    let sources = with(answering(Script::fails(ErrorKind::Unavailable)), Memory::default());
    let errors = Config::fetch().sources(&sources).value().await.unwrap_err();
    assert_eq!((errors[0].kind(), errors[0].source_name()), (ErrorKind::Unavailable, Some("remote")));

    #[derive(Debug, AsyncAssign)]
    struct Covered {
        #[component(fetch_from = "remote", fallback_to = "backup", fallback = 443)]
        port: u16,
    }
    let fetched = Covered::fetch().sources(&sources).report().await.unwrap();
    assert_eq!((fetched.value.port, fetched.report.entry("port").unwrap().outcome()), (443, Outcome::Fallback));
}

#[tokio::test(start_paused = true)]
async fn the_other_source_is_asked_once_and_only_when_it_is_needed() {
    #[derive(Debug, AsyncAssign)]
    struct Two {
        #[component(fetch_from = "remote", key = "sound", fallback_to = "slow")]
        sound: u16,
        #[component(fetch_from = "remote", key = "broken", fallback_to = "slow", timeout = "1s")]
        broken: u16,
    }
    let remote = Scripted::new()
        .answers("sound", [Script::value(1).after(Duration::from_millis(1))])
        .answers("broken", [Script::fails(ErrorKind::Unavailable).after(Duration::from_millis(1))]);
    let slow = Scripted::new().answers("broken", [Script::value(2).after(Duration::from_millis(900))]);
    let sources = Sources::builder().source("remote", remote).source("slow", slow.clone()).build();
    let config = Two::fetch().sources(&sources).value().await.unwrap();
    assert_eq!((config.sound, config.broken, slow.calls()), (1, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn after_the_deadline_only_what_is_at_hand_is_used() {
    #[derive(Debug, AsyncAssign)]
    struct Both {
        #[component(fetch_from = "remote", key = "port", fallback_to = backup(key = "old_port"))]
        at_hand: u16,
        #[component(fetch_from = "remote", key = "port", fallback_to = "slow", fallback = 1)]
        far: u16,
    }
    let slow = Scripted::new().answers("far", [Script::value(2)]);
    let sources = Sources::builder()
        .source("remote", answering(Script::hangs()))
        .source("backup", backup())
        .source("slow", slow.clone())
        .build();
    let config = Both::fetch().sources(&sources).deadline(Duration::from_millis(100)).value().await.unwrap();
    assert_eq!((config.at_hand, config.far, slow.calls()), (80, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_not_set_up_is_covered_and_one_that_nobody_registered_is_a_mistake() {
    let not_set_up = component_model::SourceError::new(ErrorKind::NotSetUp, "`REMOTE` is not set");
    let sources = Sources::builder().try_source::<Memory>("remote", Err(not_set_up)).source("backup", backup()).build();
    let fetched = Config::fetch().sources(&sources).report().await.unwrap();
    assert_eq!((fetched.value.port, fetched.report.entry("port").unwrap().outcome()), (80, Outcome::OtherSource));

    let sources = Sources::builder().source("remote", answering(Script::value(1))).build();
    let errors = Config::fetch().sources(&sources).value().await.unwrap_err();
    assert_eq!((errors[0].kind(), errors[0].source_name()), (ErrorKind::UnknownSource, Some("backup")));
}

#[tokio::test(start_paused = true)]
async fn its_key_may_be_a_template() {
    #[derive(Debug, AsyncAssign)]
    struct Regional {
        #[component(fetch_from = "settings")]
        region: String,
        #[component(fetch_from = "remote", fallback_to = settings(key = "{region}.port"))]
        port: u16,
    }
    let settings = Memory::new([("region", "eu"), ("eu.port", "81")]);
    let remote = answering(Script::fails(ErrorKind::Unavailable));
    let sources = Sources::builder().source("settings", settings).source("remote", remote).build();
    let config = Regional::fetch().sources(&sources).value().await.unwrap();
    assert_eq!((config.region.as_str(), config.port), ("eu", 81));
}

#[tokio::test(start_paused = true)]
async fn an_error_names_the_other_source_that_failed_too() {
    for (kind, text) in [(ErrorKind::Denied, "denied"), (ErrorKind::Unreachable, "unreachable")] {
        let remote = answering(Script::fails(ErrorKind::Unavailable));
        let backup = Scripted::new().answers("old_port", [Script::fails(kind)]);
        let sources = Sources::builder().source("remote", remote).source("backup", backup).build();
        let failed = Config::fetch().sources(&sources).report().await.unwrap_err();
        let tried = format!("backup:old_port: {text}");
        assert_eq!((failed[0].kind(), failed[0].source_name()), (ErrorKind::Unavailable, Some("remote")));
        assert!(failed[0].to_string().contains(&format!("; tried {tried}")), "{}", failed[0]);
        assert!(failed.to_string().contains(&format!("\n  tried    {tried}")), "{failed}");
        let report = failed.report().unwrap().to_string();
        assert!(report.contains(&format!("; tried {tried}")), "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_says_that_the_other_source_has_no_value() {
    let failed = Config::fetch().sources(&with(answering(Script::fails(ErrorKind::Unavailable)), Memory::default()));
    let errors = failed.value().await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Unavailable);
    assert!(errors[0].to_string().contains("; tried backup:old_port: absent"), "{errors}");
}
