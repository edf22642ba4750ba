//! `default` for absence, `fallback` also if no source can answer; neither for what is denied or wrong.

use std::num::NonZeroU16;

use component_model::{ErrorKind, KeyQuery, Outcome, SourceError, prelude::*};

use super::memory;

#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
struct Limits(Vec<u8>);

impl Limits {
    fn strict() -> Self {
        Self(vec![1, 2])
    }
}

#[derive(Debug, PartialEq, AsyncAssign)]
#[component(fetch_from = "store")]
struct Defaults {
    #[component(default = 8080)]
    port: u16,
    #[component(default)]
    name: String,
    #[component(default = ["a", "b"])]
    tags: Vec<String>,
    #[component(default = Limits::strict())]
    limits: Limits,
    #[component(default = None)]
    note: Option<String>,
    #[component(default = 1, fallback = 2)]
    both: u8,
}

#[tokio::test]
async fn a_default_is_a_literal_a_list_an_expression_or_that_of_the_type() {
    let fetched = Defaults::fetch().sources(&memory("store", [])).report().await.unwrap();
    let expected = Defaults {
        port: 8080,
        name: String::new(),
        tags: vec!["a".to_owned(), "b".to_owned()],
        limits: Limits::strict(),
        note: None,
        both: 1,
    };
    assert_eq!(fetched.value, expected);
    for entry in fetched.report.entries() {
        assert_eq!(entry.outcome(), Outcome::Default);
        assert_eq!(entry.problem().unwrap().kind(), ErrorKind::Absent, "what covers is never hidden");
    }
}

#[derive(Debug, AsyncAssign)]
#[component(fetch_from = "store")]
struct Covered {
    #[component(default = 1)]
    _default: u8,
    #[component(fallback = 2)]
    _fallback: u8,
    #[component(default = 1, fallback = 3)]
    _both: u8,
    #[component(fallback = 4, fallback_on = ["denied", "malformed"])]
    _some: u8,
    #[component(fallback = 5, fallback_on = "any")]
    _any: u8,
}

/// The fields that fail if the source fails in a way.
async fn failing(kind: ErrorKind) -> Vec<String> {
    let failing = move |_: KeyQuery| async move { Err::<Option<u8>, _>(SourceError::new(kind, "failed")) };
    let sources = Sources::builder().closure("store", failing).build();
    match Covered::fetch_all_components_from(&sources).await {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().filter_map(|error| error.field().map(str::to_owned)).collect(),
    }
}

#[tokio::test]
async fn the_table_of_what_covers_what_holds() {
    for kind in [
        ErrorKind::Unreachable,
        ErrorKind::Unavailable,
        ErrorKind::Throttled,
        ErrorKind::CircuitOpen,
        ErrorKind::Timeout,
        ErrorKind::Deadline,
        ErrorKind::NotSetUp,
        ErrorKind::Other,
    ] {
        assert_eq!(failing(kind).await, ["_default", "_some"], "{kind:?}");
    }
    assert_eq!(failing(ErrorKind::Absent).await, ["_some"]);
    for kind in [ErrorKind::Denied, ErrorKind::Malformed] {
        assert_eq!(failing(kind).await, ["_default", "_fallback", "_both"], "{kind:?}");
    }
    for kind in [ErrorKind::TooLarge, ErrorKind::Invalid] {
        assert_eq!(failing(kind).await, ["_default", "_fallback", "_both", "_some"], "{kind:?}");
    }
    assert_eq!(failing(ErrorKind::Misconfigured).await.len(), 5, "nothing hides a mistake in the program");
}

#[derive(Debug, AsyncAssign)]
struct Port {
    #[component(fetch_from = "store", key = "PORT", fallback = 8080)]
    _port: u16,
}

#[tokio::test]
async fn a_malformed_value_stops_the_service_in_spite_of_a_fallback() {
    let errors = Port::fetch_all_components_from(&memory("store", [("PORT", "80800")])).await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Malformed, "{errors}");
}

#[derive(Debug, AsyncAssign)]
struct Careless {
    #[component(fetch_from = "store", default = "eighty")]
    _port: NonZeroU16,
    #[component(fetch_from = "store", default = "", fallback = "x")]
    _size: NonZeroU16,
}

#[tokio::test]
async fn a_literal_that_does_not_parse_is_an_error_on_every_fetch() {
    let sources = memory("store", [("_port", "80"), ("_size", "1")]);
    let errors = Careless::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors.len(), 2, "{errors}");
    assert!(errors[0].to_string().contains("the `default` is not a valid NonZeroU16"), "{errors}");
}

fn not_zero(value: &u8) -> Result<(), &'static str> {
    if *value == 0 { Err("zero") } else { Ok(()) }
}

#[derive(Debug, PartialEq, AsyncAssign)]
#[component(fetch_from = "store")]
struct Wrong {
    #[component(default = 2)]
    malformed: u8,
    #[component(fallback = 3)]
    also_malformed: u8,
    #[component(validate = not_zero)]
    invalid: u8,
    #[component(default = 0, validate = not_zero)]
    invalid_default: u8,
    #[component(default = 7)]
    right: u8,
}

#[tokio::test]
async fn what_failed_leaves_no_value_in_partial_results() {
    let sources = memory("store", [("malformed", "many"), ("also_malformed", "999"), ("invalid", "0")]);
    let partial = Wrong::fetch().sources(&sources).partial().await;
    assert_eq!(partial.errors().len(), 4);
    let own = Wrong { malformed: 90, also_malformed: 91, invalid: 92, invalid_default: 93, right: 94 };
    let expected = Wrong { malformed: 90, also_malformed: 91, invalid: 92, invalid_default: 93, right: 7 };
    assert_eq!(partial.or(own), expected);
}

struct Own;

impl Own {
    const PORT: u16 = 8080;
}

#[derive(Debug, PartialEq, AsyncAssign)]
#[component(fetch_from = "store")]
struct InOwnName {
    #[component(default = Self::DEFAULT, validate = Self::check)]
    port: u16,
}

impl InOwnName {
    const DEFAULT: u16 = Own::PORT;

    fn check(port: &u16) -> Result<(), &'static str> {
        if *port < 1024 { Err("only for root") } else { Ok(()) }
    }
}

#[tokio::test]
async fn code_in_an_attribute_can_say_self() {
    let fetched = InOwnName::fetch().sources(&memory("store", [])).await.unwrap();
    assert_eq!(fetched, InOwnName { port: 8080 });
    let errors = InOwnName::fetch().sources(&memory("store", [("port", "80")])).await.unwrap_err();
    assert!(errors[0].to_string().contains("only for root"), "{errors}");
}
