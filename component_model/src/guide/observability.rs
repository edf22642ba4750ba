//! What a running service shows: spans and events of `tracing`, metrics for Prometheus, traces for OpenTelemetry.
//!
//! Both are facades: the crate records, and the program decides who listens. Without a subscriber or a recorder nothing
//! is computed.
//!
//! | feature | what |
//! | --- | --- |
//! | `tracing` (default) | spans of fetches and requests; events for defaults, fallbacks, retries, breakers and failures. `tracing-opentelemetry` exports them |
//! | `metrics` | counters, gauges and histograms of the crate [`metrics`](https://docs.rs/metrics). A recorder exports them: to Prometheus, or [into OpenTelemetry](#opentelemetry) |
//!
//! Neither contains a value. A span and a label contain names of structs and of sources, numbers, and words of a fixed list, but
//! no key, URL or endpoint. An event with an error contains what the [error](super::errors) shows, redacted in the same way.
//!
//! For one fetch, the [report](super::errors) has more details: it names each component, its source and its place. Metrics
//! are for all fetches together.
//!
//! # Metrics
//!
//! Install a recorder once, when the program starts. This one is for Prometheus:
//!
//! ```
//! use component_model::{Memory, describe_metrics, prelude::*};
//! use metrics_exporter_prometheus::PrometheusBuilder;
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "settings")]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Without buckets, histograms are exposed as summaries.
//! let buckets = [0.005, 0.025, 0.1, 0.5, 2.0, 10.0];
//! let prometheus = PrometheusBuilder::new().set_buckets(&buckets)?.install_recorder()?;
//! describe_metrics();
//!
//! let sources = Sources::builder().source("settings", Memory::new([("port", "8080")])).build();
//! AppConfig::fetch_all_components_from(&sources).await?;
//!
//! // What your HTTP server answers to `GET /metrics`.
//! let text = prometheus.render();
//! assert!(text.contains(r#"component_model_fetches_total{struct="AppConfig",outcome="ok"} 1"#));
//! # Ok(())
//! # }
//! ```
//!
//! The names and the labels are part of the public API.
//!
//! | metric | type | labels | meaning |
//! | --- | --- | --- | --- |
//! | `component_model_fetches_total` | counter | `struct`, `outcome` | fetches that ended: `ok`, `failed`, or `cancelled` (the future was dropped) |
//! | `component_model_fetch_duration_seconds` | histogram | `struct` | how long they took |
//! | `component_model_fetches_in_flight` | gauge | `struct` | fetches that run |
//! | `component_model_components_total` | counter | `struct`, `outcome` | how components ended: the [outcomes](crate::Outcome) of a report (`fetched`, `cached`, `stale`, `other_source`, `last_known_good`, `fallback`, `default`, `absent`, `failed`) |
//! | `component_model_requests_total` | counter | `source`, `outcome` | round trips, each attempt counted: `ok` (also if there is no value), `cancelled` (nobody waits any more), or the [kind](crate::ErrorKind::name) of the first error |
//! | `component_model_request_duration_seconds` | histogram | `source` | how long they took |
//! | `component_model_requests_in_flight` | gauge | `source` | round trips that run |
//! | `component_model_requests_queued` | gauge | `source` | round trips that wait, since the limit of the source is reached |
//! | `component_model_retries_total` | counter | `source` | pauses after which a round trip is attempted again |
//! | `component_model_retry_budget_exhausted_total` | counter | `source` | retries that the budget did not allow |
//! | `component_model_hedges_total` | counter | `source` | round trips that were sent a second time, since the first took too long; `requests_total` counts both as one |
//! | `component_model_breaker_state` | gauge | `source` | 0 closed, 1 half-open, 2 open; the worst of the source's endpoints |
//! | `component_model_breaker_transitions_total` | counter | `source`, `to` | changes of a circuit breaker, by its new status: `closed`, `open`, `half_open`, `forced_open`, `forced_closed` |
//! | `component_model_breaker_rejections_total` | counter | `source` | round trips that an open breaker held back; they do not count as requests |
//! | `component_model_cache_hits_total` | counter | `source` | fresh values that were found in the cache |
//! | `component_model_cache_misses_total` | counter | `source` | values that were not there, or had expired |
//! | `component_model_cache_shared_total` | counter | `source` | requests that waited for the same one of another fetch |
//! | `component_model_cache_refreshes_total` | counter | `source`, `outcome` | values that were fetched again before they expired (`refresh_ahead`); the outcomes of requests |
//! | `component_model_cache_evictions_total` | counter | | values that left because there was no room |
//! | `component_model_cache_entries` | gauge | | values in the caches of all `Sources` |
//! | `component_model_local_cache_reads_total` | counter | `outcome` | reads of the local cache: `ok`, or `failed` if anything in the file is wrong |
//! | `component_model_local_cache_writes_total` | counter | `outcome` | writes of the local cache: `ok` or `failed` |
//!
//! - A source that answers without I/O (variables, values in memory) has no requests.
//! - `source` is the name of the registration. Two `Sources` with the same name share its metrics; `breaker_state` is then that
//!   of the breaker that changed last.
//! - A series exists as soon as something was recorded in it.
//!
//! What to watch, for a start:
//!
//! ```text
//! # Components that run on a substitute, although the service looks healthy.
//! sum by (struct, outcome) (rate(component_model_components_total{outcome=~"stale|other_source|last_known_good|fallback"}[5m])) > 0
//! # Sources that do not answer.
//! sum by (source) (rate(component_model_requests_total{outcome!~"ok|cancelled"}[5m])) > 0
//! # Circuits that are not closed.
//! max by (source) (component_model_breaker_state) > 0
//! # How often the cache has what is asked for.
//! sum by (source) (rate(component_model_cache_hits_total[5m]))
//!   / sum by (source) (rate(component_model_cache_hits_total[5m]) + rate(component_model_cache_misses_total[5m]))
//! ```
//!
//! # Spans
//!
//! All spans have the target `component_model` and the level `DEBUG`, so that `RUST_LOG=info,component_model=debug` turns them on.
//!
//! | span | within | fields |
//! | --- | --- | --- |
//! | `fetch` | the span of the caller | `struct`, `components` (their number), `mode` (`plain`, `resilient`, `cached`, or `resilient, cached`), `outcome` |
//! | `request` | `fetch` or `refresh` | `source`, `requests` (how many travel together), `attempt`, `outcome` |
//! | `refresh` | none; it follows from the `fetch` that found the value in the cache | `source` |
//!
//! `outcome` is that of the metrics. Spans of a source's client (of hyper, of sqlx, your own) are within the `request`,
//! whatever runs at the same time.
//!
//! | event | level | fields |
//! | --- | --- | --- |
//! | a component failed; it has a default; another substitute is used | `ERROR`; `DEBUG`; `WARN` | `component`, `problem` |
//! | a request is attempted again after a pause | `WARN` | `source`, `attempt`, `pause`, `error` (its kind) |
//! | the retry budget is exhausted | `WARN` | `source` |
//! | a circuit breaker changed | `WARN`, or `INFO` if it lets requests through | `source`, `endpoint`, `status`, `problem` |
//! | a cached value could not be refreshed | `WARN` | `source`, `problem` (without the words of the source) |
//! | a source is unusable; the local cache cannot be used as it is | `WARN` | `source`, `problem` |
//!
//! # OpenTelemetry
//!
//! This crate does not depend on OpenTelemetry. Its spans and its metrics get there through the bridges of the two facades:
//!
//! | | through | exported as |
//! | --- | --- | --- |
//! | spans, and the events within them | [`tracing-opentelemetry`](https://docs.rs/tracing-opentelemetry) | traces |
//! | metrics | a recorder of the crate `metrics` that writes into a `Meter`: [`metrics-opentelemetry`](https://docs.rs/metrics-opentelemetry) or [`metrics-exporter-otel`](https://docs.rs/metrics-exporter-otel) | metrics, with the names and labels above |
//! | events, as logs of their own | [`opentelemetry-appender-tracing`](https://docs.rs/opentelemetry-appender-tracing) | logs |
//!
//! Take the release of a bridge that is for the version of `opentelemetry` that your program uses. The gauges `*_in_flight`
//! and `requests_queued` are incremented and decremented, which a recorder has to support. Instead of a recorder for
//! OpenTelemetry, a collector can also scrape what the recorder for Prometheus renders.
//!
//! The crate `tracing-opentelemetry` exports the spans, with the events in them. `otel.status_code` of a span that failed is
//! `ERROR`. Here the exporter is one for tests; yours sends them over OTLP:
//!
//! ```
//! use component_model::{Memory, prelude::*};
//! use opentelemetry::trace::TracerProvider;
//! use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! #[derive(Debug, AsyncAssign)]
//! struct AppConfig {
//!     #[component(fetch_from = "settings")]
//!     port: u16,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let exporter = InMemorySpanExporter::default();
//! let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
//! let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("my service"));
//! tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))?;
//!
//! let sources = Sources::builder().source("settings", Memory::new([("port", "8080")])).build();
//! AppConfig::fetch_all_components_from(&sources).await?;
//! assert_eq!(exporter.get_finished_spans()?[0].name, "fetch");
//! # Ok(())
//! # }
//! ```
