//! Assertions on reports: what they accept, and what they print.

use std::panic::{AssertUnwindSafe, catch_unwind};

use component_model::{
    ErrorKind, Outcome, Report,
    prelude::*,
    test_util::{Script, Scripted},
};

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "consul")]
    host: String,
    #[component(fetch_from = "consul", fallback = 80)]
    port: u16,
}

async fn report() -> Report {
    let consul = Scripted::new()
        .answers("host", [Script::value("localhost")])
        .answers("port", [Script::fails(ErrorKind::Unavailable)]);
    let sources = Sources::builder().source("consul", consul).build();
    Config::fetch().sources(&sources).report().await.unwrap().report
}

/// The message with which an assertion fails.
fn message<T>(assertion: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).err().unwrap();
    *panic.downcast::<String>().unwrap()
}

#[tokio::test]
async fn what_holds_is_accepted() {
    report()
        .await
        .assert_outcome("host", Outcome::Fetched)
        .assert_outcome("port", Outcome::Fallback)
        .assert_problem("host", None)
        .assert_problem("port", ErrorKind::Unavailable)
        .assert_source("host", "consul")
        .assert_attempts("host", 1)
        .assert_calls("consul", 2)
        .assert_calls("vault", 0);
}

#[tokio::test]
async fn what_does_not_hold_is_refused_with_the_report() {
    let report = report().await;
    let refused = [
        (
            message(|| report.assert_outcome("port", Outcome::Fetched)),
            "the outcome of `port`: found Fallback, expected Fetched",
        ),
        (
            message(|| report.assert_problem("host", ErrorKind::Timeout)),
            "the problem of `host`: found None, expected Some(Timeout)",
        ),
        (
            message(|| report.assert_source("host", "vault")),
            "the source of `host`: found \"consul\", expected \"vault\"",
        ),
        (message(|| report.assert_attempts("host", 2)), "the attempts of `host`: found 1, expected 2"),
        (message(|| report.assert_calls("consul", 1)), "the calls to `consul`: found 2, expected 1"),
        (
            message(|| report.assert_outcome("prot", Outcome::Fetched)),
            "there is no component `prot`, did you mean `port`?",
        ),
    ];
    for (message, expected) in refused {
        assert_eq!(message, format!("{expected}\n\n{report}"));
    }
}
