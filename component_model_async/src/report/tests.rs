//! How a report is built, and how it shows times, names and numbers that are rare in real fetches.

use std::time::Duration;

use super::{
    Outcome, Report,
    build::{CallData, ComponentData},
};
use crate::{ComponentError, ErrorKind, SourceError, text::layout::width};

/// A report of components with an outcome, an offset and a time each, and a call of the same time for each.
fn report(rows: &[(&'static str, Outcome, Duration, Duration)], total: Duration) -> Report {
    let components = rows.iter().enumerate().map(|(position, row)| ComponentData {
        locator: row.0,
        outcome: row.1,
        call: Some(position),
        offset: row.2,
        elapsed: row.3,
        ..component(row.0)
    });
    let calls = rows.iter().map(|row| CallData { offset: row.2, elapsed: row.3, ..call(vec![row.0]) });
    Report::build("AppConfig", total, components, calls)
}

/// A call that was sent for one component.
fn call(locators: Vec<&str>) -> CallData<'_> {
    CallData { source: "settings", locators, attempts: 1, components: 1, ..CallData::NEW }
}

/// A component that was fetched.
fn component(name: &str) -> ComponentData<'_> {
    let (ty, source, outcome) = ("u16", "settings", Outcome::Fetched);
    ComponentData { name, ty, source, outcome, attempts: 1, ..ComponentData::NEW }
}

fn fetched(name: &'static str, offset_ms: u64, elapsed_ms: u64) -> (&'static str, Outcome, Duration, Duration) {
    (name, Outcome::Fetched, Duration::from_millis(offset_ms), Duration::from_millis(elapsed_ms))
}

const TOTAL: Duration = Duration::from_millis(80);

#[test]
fn bars_share_one_axis() {
    let rows = [
        fetched("host", 0, 20),
        fetched("port", 40, 40),
        ("timeout", Outcome::Failed, Duration::ZERO, Duration::from_millis(35)),
        fetched("tick", 0, 1),
    ];
    let text = report(&rows, TOTAL).waterfall().width(60).to_string();
    let expected = "\
AppConfig: sum 96 ms, total 80 ms

host     ▕████████▊                          ▏ 20 ms
port     ▕                 ██████████████████▏ 40 ms
timeout  ▕▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒                   ▏ 35 ms  failed
tick     ▕▌                                  ▏  1 ms
          0              40 ms          80 ms";
    assert_eq!(text, expected);
}

#[test]
fn a_fetch_without_components_says_so() {
    let report = report(&[], Duration::ZERO);
    assert_eq!(report.to_string(), "AppConfig: nothing to fetch in 0 s");
    assert_eq!(report.waterfall().to_string(), "AppConfig: sum 0 s, total 0 s");
    assert!(report.to_svg().contains("</svg>"));
}

#[test]
fn components_without_any_time_still_have_bars() {
    let text = report(&[fetched("host", 0, 0), fetched("port", 0, 0)], Duration::ZERO).waterfall().to_string();
    assert_eq!(text.matches("▕▏").count(), 2, "{text}");
}

#[test]
fn the_longest_times_neither_overflow_nor_leave_the_axis() {
    let rows = [("host", Outcome::Fetched, Duration::MAX, Duration::MAX), fetched("port", 0, 1)];
    let report = report(&rows, Duration::ZERO);
    assert!(report.waterfall().width(80).to_string().lines().all(|line| width(line) <= 80));
    assert!(report.to_svg().contains("</svg>"));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["components"][0]["elapsed_us"], u64::MAX);
}

#[test]
fn a_component_that_ends_after_the_total_stretches_the_axis() {
    let text = report(&[fetched("host", 0, 160)], TOTAL).waterfall().width(60).to_string();
    assert!(text.ends_with("160 ms"), "{text}");
}

#[test]
fn a_narrow_waterfall_keeps_ten_columns_for_the_bars() {
    let text = report(&[fetched("host", 0, 80)], TOTAL).waterfall().width(0).to_string();
    assert!(text.contains(&format!("▕{}▏", "█".repeat(10))), "{text}");
}

#[test]
fn a_thousand_rows_fit_the_page() {
    let names: Vec<&'static str> =
        (0..1000).map(|row| &*Box::leak(format!("component_{row}").into_boxed_str())).collect();
    let rows: Vec<_> = names.iter().zip(0..).map(|(name, row)| fetched(name, row, 1000 - row)).collect();
    let report = report(&rows, Duration::from_secs(1));
    for text in [report.to_string(), report.waterfall().to_string()] {
        assert!(text.lines().count() > 1000);
        assert!(text.lines().all(|line| width(line) <= 100));
    }
    assert_eq!(report.to_svg().matches("<rect").count(), 1000);
}

#[test]
fn long_and_wide_names_fit_the_page_and_stay_aligned() {
    let long = "a_name_that_somebody_thought_would_explain_everything_there_is_to_know_about_the_component";
    let report = report(&[fetched(long, 0, 10), fetched("ポート", 0, 80)], TOTAL);
    for text in [report.to_string(), report.waterfall().to_string()] {
        assert!(text.lines().all(|line| width(line) <= 100), "{text}");
    }
    let edges = |text: &str| text.lines().filter_map(|line| Some(width(&line[..line.find('▕')?]))).collect::<Vec<_>>();
    let edges = edges(&report.waterfall().to_string());
    assert!(edges.len() == 2 && edges[0] == edges[1], "{edges:?}");
}

#[test]
fn a_shared_call_counts_once_in_the_sum() {
    let elapsed = Duration::from_millis(50);
    let shared = |name| ComponentData { call: Some(0), elapsed, ..component(name) };
    let own = ComponentData { call: Some(1), elapsed: Duration::from_millis(20), ..component("timeout") };
    let calls = [
        CallData { components: 2, elapsed, ..call(vec!["host", "port"]) },
        CallData { elapsed: own.elapsed, ..call(vec!["timeout"]) },
    ];
    let report = Report::build("AppConfig", TOTAL, [shared("host"), shared("port"), own], calls);
    let text = report.waterfall().to_string();
    assert!(text.starts_with("AppConfig: sum 70 ms, total 80 ms\n"), "{text}");
    assert!(report.to_svg().contains("<title>AppConfig: sum 70 ms, total 80 ms</title>"));
    assert_eq!((report.calls()[0].components(), report.calls()[0].locators().len()), (2, 2));
}

#[test]
fn a_call_that_was_not_sent_is_omitted_and_the_others_keep_their_components() {
    let of_call = |call| ComponentData { call: Some(call), ..component("port") };
    let components = [of_call(0), of_call(1), of_call(2), of_call(3)];
    let unsent = CallData { attempts: 0, ..call(Vec::new()) };
    let calls = [call(Vec::new()), unsent, CallData { source: "vault", ..call(Vec::new()) }];
    let report = Report::build("AppConfig", TOTAL, components, calls);
    let calls: Vec<_> = report.entries().map(|entry| entry.call()).collect();
    assert_eq!(calls, [Some(0), None, Some(1), None]);
    assert_eq!(report.calls()[1].source(), "vault");
}

#[test]
fn the_place_is_shown_instead_of_the_locator() {
    let port = ComponentData { locator: "shop.port", source: "file", ..component("port") };
    let port = ComponentData { place: Some("shop.toml:12:8".into()), ..port };
    let report = Report::build("AppConfig", TOTAL, [port], []);
    let (table, svg) = (report.to_string(), report.to_svg());
    assert!(table.contains("file:shop.toml:12:8  fetched") && !table.contains("shop.port"), "{table}");
    assert!(svg.contains("port: u16 from file:shop.toml:12:8: fetched in 0 s"), "{svg}");
}

#[test]
fn every_outcome_is_shown_in_a_word_and_its_age_where_it_has_one() {
    let of_outcome = |outcome: Outcome| ComponentData {
        outcome,
        age: matches!(outcome, Outcome::Cached | Outcome::Stale).then_some(Duration::from_secs(90)),
        version: Some("41"),
        elapsed: TOTAL,
        ..component(outcome.label())
    };
    let report = Report::build("AppConfig", TOTAL, Outcome::ALL.map(of_outcome), []);
    let expected = "\
AppConfig: sum 0 s, total 80 ms

fetched          ▕███████████████████████▏ 80 ms
cached           ▕███████████████████████▏ 80 ms  cached, 1 min 30 s old
computed         ▕███████████████████████▏ 80 ms  computed
stale            ▕▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▏ 80 ms  stale, 1 min 30 s old
other source     ▕▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▏ 80 ms  other source
last known good  ▕▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▏ 80 ms  last known good
fallback         ▕▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▏ 80 ms  fallback
default          ▕███████████████████████▏ 80 ms  default
absent           ▕███████████████████████▏ 80 ms  absent
failed           ▕▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▏ 80 ms  failed
                  0        40 ms    80 ms";
    assert_eq!(report.waterfall().width(72).to_string(), expected);
    let counts = "AppConfig: 1 fetched, 1 cached, 1 computed, 1 stale, 1 other source, 1 last known good, 1 fallback, \
                  1 default, 1 absent, 1 failed in 80 ms\n";
    assert!(report.to_string().starts_with(counts), "{report}");
    let svg = report.to_svg();
    assert!(svg.contains(": stale, version 41, 1 min 30 s old in 80 ms</title>"), "{svg}");
}

#[test]
fn a_problem_shows_its_kind_once() {
    let problem = |kind, message: &'static str| {
        let error = ComponentError::from(SourceError::new(kind, message));
        super::Problem::from(&error).to_string()
    };
    assert_eq!(problem(ErrorKind::Denied, "the password is wrong"), "denied: the password is wrong");
    assert_eq!(problem(ErrorKind::Denied, "denied"), "denied");
    assert_eq!(problem(ErrorKind::Denied, ""), "denied");
    assert_eq!(problem(ErrorKind::Timeout, "timeouts are too short"), "timeout: timeouts are too short");
    assert_eq!(problem(ErrorKind::Other, "the disk is on fire"), "the disk is on fire");
}
