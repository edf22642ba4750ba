//! How the report looks: table, waterfall, data, drawing.

use component_model::{ErrorKind, Memory, Outcome, SourceError, prelude::*};
use insta::assert_snapshot;

use super::{Database, after, broken, errors_of, healthy, report_of};

#[tokio::test(start_paused = true)]
async fn the_report_of_a_failed_fetch_has_the_outcome_of_every_component() {
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
    host          failed    absent: `settings` has no value for `host`
    port          failed    absent: no source has the value (not in overrides:app/port,
                            settings:app/port)
    api_key       failed    timeout: no answer within 250 ms
    limits        failed    malformed: expected u8, found text that is not one, at [2]
    timeout       fallback  absent: `settings` has no value for `timeout`
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

    timeout  fallback  absent: `settings` has no value for `timeout`
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
        "call": 0,
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
          "message": "no source has the value (not in overrides:app/port, settings:app/port)",
          "hint": "if it may be missing, add a `default` or make the field an `Option`"
        }
      }
    ]
    "#);
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
