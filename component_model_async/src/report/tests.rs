//! What the renderings make of times, names and numbers that a real fetch hardly has.

use std::time::Duration;

use component_model_types::plan::{Component, Key, Plan};

use super::{Outcome, Report, Trace};
use crate::{Memory, Sources, bind, layout::width};

fn component(name: &'static str) -> Component {
    Component { name, ty: "u16", sources: &["settings"], key: Key::Explicit(name), ..Component::NEW }
}

/// A report of components with an outcome, an offset and a time each.
fn report(rows: &[(&'static str, Outcome, Duration, Duration)], total: Duration) -> Report {
    let components: Vec<_> = rows.iter().map(|(name, ..)| component(name)).collect();
    let plan: &'static Plan = Box::leak(Box::new(Plan { name: "AppConfig", components: components.leak() }));
    let sources = Sources::builder().source("settings", Memory::default()).build();
    let bound = sources.bind(plan).unwrap();
    let trace = |(bound, row): (&bind::BoundComponent, &(_, Outcome, Duration, Duration))| Trace {
        outcome: row.1,
        layer: bound.layers.first().copied(),
        attempts: 1,
        offset: row.2,
        elapsed: row.3,
        problem: None,
    };
    let traces = bound.components.iter().zip(rows).map(trace).collect();
    Report::new(bound.outline.clone(), traces, total)
}

fn fetched(name: &'static str, offset_ms: u64, elapsed_ms: u64) -> (&'static str, Outcome, Duration, Duration) {
    (name, Outcome::Fetched, Duration::from_millis(offset_ms), Duration::from_millis(elapsed_ms))
}

const TOTAL: Duration = Duration::from_millis(80);

#[test]
fn bars_stand_on_one_axis() {
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
fn no_time_at_all_still_draws_a_bar_each() {
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
fn what_ends_after_the_total_stretches_the_axis() {
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
fn json_has_the_documented_shape() {
    let json = serde_json::to_value(report(&[fetched("port", 1, 2)], TOTAL)).unwrap();
    let expected = serde_json::json!({
        "name": "AppConfig",
        "total_us": 80_000,
        "components": [{
            "component": "port", "type": "u16", "source": "settings", "locator": "port",
            "outcome": "fetched", "attempts": 1, "offset_us": 1000, "elapsed_us": 2000,
        }],
    });
    assert_eq!(json, expected);
}
