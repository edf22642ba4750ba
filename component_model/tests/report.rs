//! What a colleague is shown: the errors of a fetch and its report, as text and as data. Time is paused, so that the
//! times are exact.
#![cfg(all(feature = "async", feature = "derive"))]
#![allow(clippy::unwrap_used, reason = "what a test is set up with must be there")]

use std::{error::Error, fmt, io, net::IpAddr, time::Duration};

use component_model::{
    Answer, Ask, BoxFuture, ErrorKind, Fetch, Found, Memory, Outcome, Report, Request, Source, SourceError, Value,
    prelude::*,
};
use insta::assert_snapshot;

/// A database whose locator is the query. It answers after a while, or it does not.
struct Database(Result<&'static str, SourceError>);

impl Source for Database {
    const OPTIONS: &'static [&'static str] = &["query"];

    fn bind(&self, ask: &Ask<'_>) -> Result<Request, SourceError> {
        let query = ask.option("query").unwrap_or_default();
        Ok(Request::new(query, query))
    }

    async fn fetch(&self, _: &Request) -> Answer {
        tokio::time::sleep(Duration::from_millis(52)).await;
        self.0.clone().map(|text| Some(Found::new(Value::text(text))))
    }
}

/// A cause with a cause.
#[derive(Debug)]
struct PoolError(io::Error);

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no connection became free, and none could be opened to the primary or to either of its replicas")
    }
}

impl Error for PoolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn unreachable() -> SourceError {
    let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused by 10.0.0.7:5432");
    SourceError::new(ErrorKind::Unreachable, "the database does not answer")
        .with_cause(PoolError(refused))
        .with_hint("is the server that DATABASE_URL names running?")
}

#[derive(Debug, AsyncAssign)]
struct AppConfig {
    #[component(
        fetch_from = "database",
        query = "SELECT value
                   FROM config
                  WHERE key = 'db_url' AND environment = 'production' AND deleted_at IS NULL
                  ORDER BY version DESC LIMIT 1"
    )]
    database_url: String,
    #[component(fetch_from = "settings")]
    host: IpAddr,
    #[component(fetch_from = ["overrides", "settings"], key = "app/port")]
    port: u16,
    #[component(fetch_from = "vault", timeout = "250ms")]
    api_key: SecretString,
    #[component(fetch_from = "settings")]
    limits: Vec<u8>,
    #[component(fetch_from = "settings", fallback = "2s")]
    timeout: Duration,
    #[component(fetch_from = "settings")]
    region: Option<String>,
    #[component(fetch_from = "settings")]
    workers: u8,
}

/// A closure that answers with a value after a while.
fn after<V: Clone + Send + 'static>(
    milliseconds: u64,
    value: V,
) -> impl Fn(Request) -> BoxFuture<'static, io::Result<Option<V>>> {
    move |_| {
        let value = value.clone();
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            Ok(Some(value))
        })
    }
}

fn broken() -> Sources {
    Sources::builder()
        .source("database", Database(Err(unreachable())))
        .source("overrides", Memory::default())
        .source("settings", Memory::new([("limits", "1,2,many"), ("workers", "8"), ("timeout", "soon")]))
        .closure("vault", after(60_000, "hunter2"))
        .build()
}

fn healthy() -> Sources {
    Sources::builder()
        .source("database", Database(Ok("postgres://db")))
        .closure("overrides", after(40, 9090))
        .source("settings", Memory::new([("host", "::1"), ("limits", "1,2"), ("workers", "8")]))
        .closure("vault", after(12, "hunter2"))
        .build()
}

async fn errors_of(sources: &Sources) -> ComponentErrors {
    AppConfig::fetch_all_components_from(sources).await.unwrap_err()
}

async fn report_of(sources: &Sources) -> Report {
    Fetch::<AppConfig>::new().sources(sources).partial().await.report().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn five_different_failures_are_shown_at_once_with_all_that_is_known() {
    assert_snapshot!(errors_of(&broken()).await, @"
    AppConfig: 5 of 8 components failed

    AppConfig.database_url: String
      source   database:SELECT value FROM config WHERE key = 'db_url' AND environment = 'production' AND
               deleted_at IS NULL ORDER BY version DESC LIMIT 1
      problem  unreachable: the database does not answer
      cause    no connection became free, and none could be opened to the primary or to either of its
               replicas
      cause    connection refused by 10.0.0.7:5432
      after    1 attempt in 52 ms
      hint     is the server that DATABASE_URL names running?

    AppConfig.host: IpAddr
      source   settings:host
      problem  absent: no source has the value
      after    1 attempt in 0 s

    AppConfig.port: u16
      not in   overrides:app/port
      not in   settings:app/port
      problem  absent: no source has the value
      after    1 attempt in 0 s

    AppConfig.api_key: SecretString
      source   vault:api_key
      problem  timeout: no answer within 250 ms
      after    1 attempt in 250 ms
      hint     `timeout` on the component allows more time

    AppConfig.limits: Vec<u8>
      source   settings:limits
      problem  malformed: expected u8, found text that is not one, at [2]
      after    1 attempt in 0 s
    ");
}

#[tokio::test(start_paused = true)]
async fn each_error_is_one_line_for_a_log() {
    let lines: Vec<_> = errors_of(&broken()).await.iter().map(ToString::to_string).collect();
    assert_snapshot!(lines.join("\n"), @"
    AppConfig.database_url: String from `database:SELECT value FROM config WHERE key = 'db_url' AND environment = 'production' AND deleted_at IS NULL ORDER BY version DESC LIMIT 1`: unreachable: the database does not answer: no connection became free, and none could be opened to the primary or to either of its replicas: connection refused by 10.0.0.7:5432 (1 attempt in 52 ms)
    AppConfig.host: IpAddr from settings:host: absent: no source has the value (1 attempt in 0 s)
    AppConfig.port: u16 from overrides:app/port, settings:app/port: absent: no source has the value (1 attempt in 0 s)
    AppConfig.api_key: SecretString from vault:api_key: timeout: no answer within 250 ms (1 attempt in 250 ms)
    AppConfig.limits: Vec<u8> from settings:limits: malformed: expected u8, found text that is not one, at [2] (1 attempt in 0 s)
    ");
}

#[tokio::test(start_paused = true)]
async fn the_report_of_a_failed_fetch_says_what_came_of_every_component() {
    assert_snapshot!(errors_of(&broken()).await.report().unwrap(), @"
    AppConfig: 1 fetched, 1 fallback, 1 absent, 5 failed in 250 ms

    component     source                                                      outcome   attempts    time
    ────────────────────────────────────────────────────────────────────────────────────────────────────
    database_url  database:SELECT value FROM co…RDER BY version DESC LIMIT 1  failed           1   52 ms
    host          settings:host                                               failed           1     0 s
    port          settings:app/port                                           failed           1     0 s
    api_key       vault:api_key                                               failed           1  250 ms
    limits        settings:limits                                             failed           1     0 s
    timeout       settings:timeout                                            fallback         1     0 s
    region        settings:region                                             absent           1     0 s
    workers       settings:workers                                            fetched          1     0 s

    database_url  failed    unreachable: the database does not answer: no connection became free, and
                            none could be opened to the primary or to either of its replicas: connection
                            refused by 10.0.0.7:5432
    host          failed    absent: no source has the value
    port          failed    absent: no source has the value (not in overrides:app/port,
                            settings:app/port)
    api_key       failed    timeout: no answer within 250 ms
    limits        failed    malformed: expected u8, found text that is not one, at [2]
    timeout       fallback  malformed: a duration needs a decimal number before each unit
    ");
}

#[tokio::test(start_paused = true)]
async fn the_report_of_a_fallback_carries_its_cause() {
    let report = report_of(&healthy()).await;
    assert_eq!(report.entry("timeout").unwrap().outcome(), Outcome::Fallback);
    assert_snapshot!(report, @"
    AppConfig: 6 fetched, 1 fallback, 1 absent in 52 ms

    component     source                                                       outcome   attempts   time
    ────────────────────────────────────────────────────────────────────────────────────────────────────
    database_url  database:SELECT value FROM co…ORDER BY version DESC LIMIT 1  fetched          1  52 ms
    host          settings:host                                                fetched          1    0 s
    port          overrides:app/port                                           fetched          1  40 ms
    api_key       vault:api_key                                                fetched          1  12 ms
    limits        settings:limits                                              fetched          1    0 s
    timeout       settings:timeout                                             fallback         1    0 s
    region        settings:region                                              absent           1    0 s
    workers       settings:workers                                             fetched          1    0 s

    timeout  fallback  absent: no source has the value
    ");
}

#[tokio::test(start_paused = true)]
async fn the_waterfall_shows_that_the_total_is_the_slowest_and_not_the_sum() {
    let waterfall = report_of(&healthy()).await.waterfall().width(70);
    assert_snapshot!(waterfall, @"
    AppConfig: sum 104 ms, total 52 ms

    database_url  ▕██████████████████████████████████████▏ 52 ms
    host          ▕▏                                     ▏   0 s
    port          ▕█████████████████████████████▎        ▏ 40 ms
    api_key       ▕████████▊                             ▏ 12 ms
    limits        ▕▏                                     ▏   0 s
    timeout       ▕▒                                     ▏   0 s  fallback
    region        ▕▏                                     ▏   0 s  absent
    workers       ▕▏                                     ▏   0 s
                   0                26 ms           52 ms
    ");
}

#[tokio::test(start_paused = true)]
async fn as_data_a_problem_has_a_kind_a_message_and_a_hint() {
    let report = report_of(&broken()).await;
    let entries = [report.entry("database_url").unwrap(), report.entry("port").unwrap()];
    assert_snapshot!(serde_json::to_string_pretty(&entries).unwrap(), @r#"
    [
      {
        "component": "database_url",
        "type": "String",
        "source": "database",
        "locator": "SELECT value\n                   FROM config\n                  WHERE key = 'db_url' AND environment = 'production' AND deleted_at IS NULL\n                  ORDER BY version DESC LIMIT 1",
        "outcome": "failed",
        "attempts": 1,
        "offset_us": 0,
        "elapsed_us": 52000,
        "problem": {
          "kind": "unreachable",
          "message": "the database does not answer: no connection became free, and none could be opened to the primary or to either of its replicas: connection refused by 10.0.0.7:5432",
          "hint": "is the server that DATABASE_URL names running?"
        }
      },
      {
        "component": "port",
        "type": "u16",
        "source": "settings",
        "locator": "app/port",
        "outcome": "failed",
        "attempts": 1,
        "offset_us": 0,
        "elapsed_us": 0,
        "problem": {
          "kind": "absent",
          "message": "no source has the value (not in overrides:app/port, settings:app/port)"
        }
      }
    ]
    "#);
}

#[tokio::test(start_paused = true)]
async fn debug_is_the_block_so_that_main_prints_it() {
    let errors = errors_of(&broken()).await;
    assert_eq!(format!("{errors:?}"), errors.to_string());
    for error in &errors {
        assert_eq!(format!("{error:?}"), format!("{error:#}"));
        assert!(errors.to_string().contains(&format!("\n\n{error:#}")));
    }
}

#[tokio::test(start_paused = true)]
async fn no_rendering_is_wider_than_the_page() {
    for sources in [broken(), healthy()] {
        let report = report_of(&sources).await;
        for text in [report.to_string(), report.waterfall().to_string()] {
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
            assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
        }
    }
    let errors = errors_of(&broken()).await.to_string();
    assert!(errors.lines().all(|line| line.chars().count() <= 100 && line == line.trim_end()), "{errors}");
}

#[derive(Debug, AsyncAssign)]
struct Misnamed {
    #[component(fetch_from = "setings")]
    host: IpAddr,
    #[component(fetch_from = "warehouse")]
    port: u16,
}

#[tokio::test]
async fn an_unknown_source_is_answered_with_the_known_ones_and_the_nearest() {
    let errors = Misnamed::fetch_all_components_from(&healthy()).await.unwrap_err();
    assert!(errors.report().is_none());
    assert_snapshot!(errors, @"
    Misnamed: 2 of 2 components failed

    Misnamed.host: IpAddr
      source   setings
      problem  unknown source: nobody registered `setings`; known are `database`, `overrides`,
               `settings` and `vault`
      hint     did you mean `settings`?

    Misnamed.port: u16
      source   warehouse
      problem  unknown source: nobody registered `warehouse`; known are `database`, `overrides`,
               `settings` and `vault`
    ");
    assert_snapshot!(errors[0], @"Misnamed.host: IpAddr from setings: unknown source: nobody registered `setings`; known are `database`, `overrides`, `settings` and `vault`");
}

#[derive(Debug, AsyncAssign)]
struct Layered {
    #[component(fetch_from = ["overrides", "settings", "defaults"])]
    host: IpAddr,
    #[component(fetch_from = ["overrides", "settings"])]
    port: u16,
}

#[tokio::test(start_paused = true)]
async fn layers_that_do_not_have_the_value_are_listed_before_the_problem() {
    let sources = Sources::builder()
        .source("overrides", Memory::default())
        .source("settings", Memory::new([("port", "eighty")]))
        .source("defaults", Memory::default())
        .build();
    let errors = Layered::fetch_all_components_from(&sources).await.unwrap_err();
    assert_snapshot!(errors, @"
    Layered: 2 of 2 components failed

    Layered.host: IpAddr
      not in   overrides:host
      not in   settings:host
      not in   defaults:host
      problem  absent: no source has the value
      after    1 attempt in 0 s

    Layered.port: u16
      not in   overrides:port
      source   settings:port
      problem  malformed: expected u16, found text that is not one
      after    1 attempt in 0 s
    ");
    assert_snapshot!(format!("{}\n{}", errors[0], errors[1]), @"
    Layered.host: IpAddr from overrides:host, settings:host, defaults:host: absent: no source has the value (1 attempt in 0 s)
    Layered.port: u16 from settings:port (not in overrides:port): malformed: expected u16, found text that is not one (1 attempt in 0 s)
    ");
    assert_snapshot!(errors.report().unwrap(), @"
    Layered: 2 failed in 0 s

    component  source         outcome  attempts  time
    ─────────────────────────────────────────────────
    host       defaults:host  failed          1   0 s
    port       settings:port  failed          1   0 s

    host  failed  absent: no source has the value (not in overrides:host, settings:host, defaults:host)
    port  failed  malformed: expected u16, found text that is not one (not in overrides:port)
    ");
}

#[derive(Debug, AsyncAssign)]
struct Careless {
    #[component(fetch_from = "settings", fallback = "eighty")]
    port: u16,
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_does_not_parse_is_an_error_before_any_source_is_asked() {
    let sources = Sources::builder().source("settings", Memory::new([("port", "80")])).build();
    let errors = Careless::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors[0].attempts(), 0);
    assert_snapshot!(errors, @"
    Careless: 1 of 1 component failed

    Careless.port: u16
      problem  misconfigured: the `fallback` is no u16
      cause    expected u16, found text that is not one
    ");
    assert_snapshot!(errors[0], @"Careless.port: u16: misconfigured: the `fallback` is no u16: expected u16, found text that is not one");
    assert_snapshot!(errors.report().unwrap(), @"
    Careless: 1 failed in 0 s

    component  source    outcome  attempts  time
    ────────────────────────────────────────────
    port       settings  failed          –   0 s

    port  failed  misconfigured: the `fallback` is no u16: expected u16, found text that is not one
    ");
}

#[tokio::test(start_paused = true)]
async fn one_error_that_stands_for_several_shows_all_of_them() {
    let fetch = Fetch::<AppConfig>::new().sources(&broken());
    let error = fetch.resilient().await.unwrap_err();
    assert_eq!(error.to_string(), errors_of(&broken()).await.to_string());
}

#[tokio::test(start_paused = true)]
async fn the_svg_is_well_formed_and_every_bar_has_a_title() {
    let nasty = SourceError::new(ErrorKind::Denied, "<script>\"&'\u{1b}[2J\0]]>--");
    let sources = Sources::builder().source("database", Database(Err(nasty))).source("overrides", Memory::default());
    let sources = sources.source("settings", Memory::default()).closure("vault", after(1, "hunter2")).build();
    let svg = report_of(&sources).await.to_svg();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let bars: Vec<_> = document.descendants().filter(|node| node.has_tag_name("rect")).collect();
    let title =
        |bar: &roxmltree::Node<'_, '_>| bar.first_element_child().and_then(|title| title.text()).unwrap().to_owned();
    assert_eq!(bars.len(), 8);
    assert!(title(&bars[0]).starts_with("database_url: String from database:SELECT value FROM config WHERE"));
    assert!(title(&bars[0]).ends_with("denied: <script>\"&'\\u{1b}[2J\\u{0}]]>--"), "{}", title(&bars[0]));
    assert!(document.descendants().all(|node| !node.has_tag_name("script")));
    let root = document.root_element();
    assert!(root.first_element_child().unwrap().text().unwrap().starts_with("AppConfig: sum "));
}

#[tokio::test(start_paused = true)]
async fn a_value_is_in_no_rendering() {
    const CANARY: &str = "c4n4ry";
    let list = Value::List(vec![Value::Unsigned(1), Value::String(CANARY.to_owned())]);
    let settings = Memory::new([("host", CANARY), ("app/port", CANARY), ("timeout", CANARY), ("workers", CANARY)]);
    let sources = Sources::builder()
        .source("database", Database(Ok(CANARY)))
        .source("overrides", Memory::default())
        .source("settings", settings.with("limits", list).with("region", Value::String(CANARY.to_owned())))
        .constant("vault", CANARY)
        .build();
    let errors = errors_of(&sources).await;
    let report = errors.report().unwrap();
    assert_eq!(errors.len(), 4);
    assert_eq!(report.entry("api_key").unwrap().outcome(), Outcome::Fetched);
    let mut renderings = vec![
        format!("{errors} {errors:?} {errors:#} {errors:#?}"),
        format!("{report} {report:?} {report:#?}"),
        format!("{} {:?}", report.waterfall(), report.waterfall()),
        report.to_svg(),
        serde_json::to_string(report).unwrap(),
    ];
    renderings.extend(errors.iter().map(|error| format!("{error} {error:#} {error:?} {error:#?}")));
    renderings.extend(report.entries().map(|entry| format!("{entry:?}")));
    assert!(renderings.iter().all(|text| !text.contains(CANARY)), "{renderings:#?}");
}
