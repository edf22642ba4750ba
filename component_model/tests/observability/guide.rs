//! The guide lists every metric, as it is.

use std::{collections::BTreeMap, sync::Mutex};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit, with_local_recorder};

const GUIDE: &str = include_str!("../../src/guide/observability.rs");

/// The described metrics with their types.
#[derive(Default)]
struct Described(Mutex<BTreeMap<String, &'static str>>);

impl Described {
    fn add(&self, key: &KeyName, kind: &'static str, description: &str) {
        assert!(!description.is_empty());
        self.0.lock().unwrap().insert(key.as_str().to_owned(), kind);
    }
}

impl Recorder for Described {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        self.add(&key, "counter", &description);
    }

    fn describe_gauge(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        self.add(&key, "gauge", &description);
    }

    fn describe_histogram(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        self.add(&key, "histogram", &description);
    }

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn the_guide_lists_every_metric_with_its_type() {
    let described = Described::default();
    with_local_recorder(&described, component_model::describe_metrics);
    let rows = GUIDE.lines().filter_map(|line| line.strip_prefix("//! | `component_model_"));
    let listed: BTreeMap<_, _> = rows
        .map(|row| {
            let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`'));
            (format!("component_model_{}", cells.next().unwrap()), cells.next().unwrap())
        })
        .collect();
    assert_eq!(listed, described.0.into_inner().unwrap());
}
