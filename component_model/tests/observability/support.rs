//! A recorder and an exporter of one test.

use std::{collections::BTreeMap, sync::LazyLock};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing::{Dispatch, subscriber::DefaultGuard};
use tracing_subscriber::{Registry, layer::SubscriberExt};

/// A recorder with two buckets: up to 25 ms, and up to a second.
pub(crate) fn prometheus() -> PrometheusRecorder {
    PrometheusBuilder::new().set_buckets(&[0.025, 1.0]).unwrap().build_recorder()
}

/// What Prometheus reads: the samples by name and labels, and the type of each metric.
pub(crate) struct Scraped {
    pub(crate) text: String,
    samples: BTreeMap<String, f64>,
}

pub(crate) fn scrape(handle: &PrometheusHandle) -> Scraped {
    let text = handle.render();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    Scraped { samples: lines.map(sample).collect(), text }
}

impl Scraped {
    /// The sample with these labels, such as `requests_total{source="remote",outcome="ok"}`.
    pub(crate) fn get(&self, sample: &str) -> Option<f64> {
        self.samples.get(&format!("component_model_{sample}")).copied()
    }

    /// All samples but those of times are these.
    #[track_caller]
    pub(crate) fn assert(&self, expected: &[(&str, f64)]) {
        let expected = expected.iter().map(|(sample, value)| (format!("component_model_{sample}"), *value));
        let counts = self.samples.iter().filter(|(sample, _)| !sample.contains("_duration_"));
        let counts: BTreeMap<_, _> = counts.map(|(sample, value)| (sample.clone(), *value)).collect();
        assert_eq!(counts, expected.collect(), "{}", self.text);
    }
}

/// As long as there is only one subscriber, `tracing` asks that of the thread which comes first to a span or an event whether
/// anybody listens. In the tests of metrics that is none.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Registry::default()));

/// The spans of this thread, exported when they end, as long as the guard lives.
pub(crate) fn export() -> (InMemorySpanExporter, SdkTracerProvider, DefaultGuard) {
    LazyLock::force(&ANOTHER);
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    (exporter, provider, guard)
}

/// The spans with a name, in the order of their start.
pub(crate) fn named(spans: &[SpanData], name: &str) -> Vec<SpanData> {
    let mut named: Vec<_> = spans.iter().filter(|span| span.name == name).cloned().collect();
    named.sort_by_key(|span| span.start_time);
    named
}

/// An attribute of a span as text.
pub(crate) fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key.as_str() == name)?;
    Some(attribute.value.as_str().into_owned())
}
