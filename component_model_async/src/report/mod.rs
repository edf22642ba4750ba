//! What happened in a fetch, per component: where the value came from, how many attempts it took and how long, and why
//! it fell back or failed. Never the value.
//!
//! This file says what a report knows; each of the others is one way to show it, and knows nothing of the rest.

mod serialize;
mod svg;
mod table;
#[cfg(test)]
mod tests;
mod waterfall;

use std::{fmt, sync::Arc, time::Duration};

use serde::Serialize;

pub use self::waterfall::Waterfall;
use crate::{
    ComponentError,
    bind::{Layer, Outline},
    error::place_text,
};

/// What came of a component.
///
/// ```
/// use component_model_async::Outcome;
///
/// assert_eq!(Outcome::Fallback.label(), "fallback");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// A source gave the value.
    Fetched,
    /// The `fallback` literal serves; the problem says why.
    Fallback,
    /// No source has the value, and the type has a value for that (`Option`).
    Absent,
    /// There is no value; the problem says why.
    Failed,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Fetched, Self::Fallback, Self::Absent, Self::Failed];

    /// The outcome in the word of a report.
    ///
    /// ```
    /// use component_model_async::Outcome;
    ///
    /// assert_eq!([Outcome::Fetched, Outcome::Absent].map(Outcome::label), ["fetched", "absent"]);
    /// ```
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::Fallback => "fallback",
            Self::Absent => "absent",
            Self::Failed => "failed",
        }
    }
}

/// What the engine notes of a component.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(crate) outcome: Outcome,
    pub(crate) layer: Option<Layer>,
    pub(crate) attempts: u32,
    /// When it began, from the beginning of the fetch.
    pub(crate) offset: Duration,
    pub(crate) elapsed: Duration,
    pub(crate) problem: Option<ComponentError>,
}

impl Trace {
    /// Nothing has happened yet.
    pub(crate) const PENDING: Self = Self {
        outcome: Outcome::Failed,
        layer: None,
        attempts: 0,
        offset: Duration::ZERO,
        elapsed: Duration::ZERO,
        problem: None,
    };

    /// The error of a component that has no value.
    pub(crate) fn failure(&self) -> Option<ComponentError> {
        self.problem.clone().filter(|_| self.outcome == Outcome::Failed)
    }
}

/// What happened in a fetch.
///
/// `Display` prints a table, at most 100 columns wide and without colours, [`waterfall`](Self::waterfall) when each
/// component began and ended beside the others, and [`to_svg`](Self::to_svg) draws that. It is `Serialize`.
///
/// ```
/// # use component_model_async::doctest::{AppConfig, sources};
/// # use component_model_async::Fetch;
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let fetched = Fetch::<AppConfig>::new().sources(&sources()).report().await?;
/// let text = fetched.report.to_string();
/// assert!(text.starts_with("AppConfig: 2 fetched in "));
/// assert!(text.contains("settings:port") && !text.contains("8080"));
/// # Ok::<(), component_model_async::ComponentErrors>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # As data
/// Serialized, it is a map of this shape. Times are whole microseconds, cut off; a key is never left out but `problem`
/// and its `hint`, and `locator` is empty where the source was not asked.
///
/// ```text
/// {
///   "name": "AppConfig",
///   "total_us": 52300,
///   "components": [{
///     "component": "port", "type": "u16",
///     "source": "consul", "locator": "app/port",
///     "outcome": "fetched" | "fallback" | "absent" | "failed",
///     "attempts": 1, "offset_us": 12, "elapsed_us": 12300,
///     "problem": { "kind": "unreachable", "message": "connection refused", "hint": "…" }
///   }]
/// }
/// ```
#[derive(Clone)]
pub struct Report {
    outline: Arc<Outline>,
    traces: Arc<Vec<Trace>>,
    total: Duration,
}

/// What happened to one component. It is `Serialize`, as in the [report](Report#as-data).
///
/// ```
/// # use component_model_async::doctest::{AppConfig, sources};
/// # use component_model_async::{Fetch, Outcome};
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let report = Fetch::<AppConfig>::new().sources(&sources()).report().await?.report;
/// let port = report.entry("port").expect("`port` is fetched");
/// assert_eq!((port.source(), port.locator(), port.outcome()), ("settings", "port", Outcome::Fetched));
/// assert_eq!(port.attempts(), 1);
/// # Ok::<(), component_model_async::ComponentErrors>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct ComponentReport<'r> {
    outline: &'r Outline,
    component: &'static component_model_types::plan::Component,
    trace: &'r Trace,
}

impl Report {
    pub(crate) fn new(outline: Arc<Outline>, traces: Vec<Trace>, total: Duration) -> Self {
        Self { outline, traces: Arc::new(traces), total }
    }

    /// The name of the struct.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let report = Fetch::<AppConfig>::new().sources(&sources()).report().await.unwrap().report;
    /// assert_eq!(report.name(), "AppConfig");
    /// # }
    /// ```
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.outline.plan.name
    }

    /// How long the whole fetch took.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let report = Fetch::<AppConfig>::new().sources(&sources()).report().await.unwrap().report;
    /// assert!(report.total() >= report.entry("port").unwrap().elapsed());
    /// # }
    /// ```
    #[must_use]
    pub fn total(&self) -> Duration {
        self.total
    }

    /// The fetched components, in the order of their declaration.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let report = Fetch::<AppConfig>::new().sources(&sources()).report().await.unwrap().report;
    /// let components: Vec<_> = report.entries().map(|entry| entry.component()).collect();
    /// assert_eq!(components, ["host", "port"]);
    /// # }
    /// ```
    #[must_use]
    pub fn entries(&self) -> impl ExactSizeIterator<Item = ComponentReport<'_>> {
        let components = self.outline.components.iter().zip(self.traces.iter());
        components.map(|(bound, trace)| ComponentReport { outline: &self.outline, component: bound.component, trace })
    }

    /// The entry of a field.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let report = Fetch::<AppConfig>::new().sources(&sources()).report().await.unwrap().report;
    /// assert_eq!(report.entry("port").unwrap().source(), "settings");
    /// assert!(report.entry("timeout").is_none());
    /// # }
    /// ```
    #[must_use]
    pub fn entry(&self, field: &str) -> Option<ComponentReport<'_>> {
        self.entries().find(|entry| entry.component() == field)
    }

    /// What the components would have taken one after another: the sum of their times.
    fn sum(&self) -> Duration {
        self.entries().map(|entry| entry.elapsed()).fold(Duration::ZERO, Duration::saturating_add)
    }
}

impl<'r> ComponentReport<'r> {
    /// The field's name.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let report = Fetch::<AppConfig>::new().sources(&sources()).report().await.unwrap().report;
    /// assert_eq!(report.entries().next().unwrap().component(), "host");
    /// # }
    /// ```
    #[must_use]
    pub fn component(&self) -> &'static str {
        self.component.name
    }

    /// The field's type, as it is written.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let report = Fetch::<AppConfig>::new().sources(&sources()).report().await.unwrap().report;
    /// assert_eq!(report.entry("port").unwrap().ty(), "u16");
    /// # }
    /// ```
    #[must_use]
    pub fn ty(&self) -> &'static str {
        self.component.ty
    }

    /// The name of the source that gave the value or failed; the first one's name where none was asked.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let report = Fetch::<AppConfig>::new().sources(&sources()).report().await.unwrap().report;
    /// assert_eq!(report.entry("port").unwrap().source(), "settings");
    /// # }
    /// ```
    #[must_use]
    pub fn source(&self) -> &'static str {
        match self.trace.layer {
            Some(layer) => self.outline.place_of(layer).0,
            None => {
                let failed = self.problem().and_then(ComponentError::source_name);
                let mut sources = self.component.sources.iter().copied();
                let first = self.component.sources.first().copied().unwrap_or_default();
                sources.find(|name| failed == Some(*name)).unwrap_or(first)
            }
        }
    }

    /// Where the source looked, in its own notation.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let report = Fetch::<AppConfig>::new().sources(&sources()).report().await.unwrap().report;
    /// assert_eq!(report.entry("port").unwrap().locator(), "port");
    /// # }
    /// ```
    #[must_use]
    pub fn locator(&self) -> &'r str {
        self.trace.layer.map(|layer| self.outline.place_of(layer).1).unwrap_or_default()
    }

    /// What came of it.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let report = Fetch::<AppConfig>::new().sources(&sources()).report().await.unwrap().report;
    /// use component_model_async::Outcome;
    ///
    /// assert!(report.entries().all(|entry| entry.outcome() == Outcome::Fetched));
    /// # }
    /// ```
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.trace.outcome
    }

    /// How often the source was asked; components that share a round trip share its attempts.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let report = Fetch::<AppConfig>::new().sources(&sources()).report().await.unwrap().report;
    /// assert_eq!(report.entry("port").unwrap().attempts(), 1);
    /// # }
    /// ```
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.trace.attempts
    }

    /// When it began, from the beginning of the fetch.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let report = Fetch::<AppConfig>::new().sources(&sources()).report().await.unwrap().report;
    /// assert!(report.entry("port").unwrap().offset() <= report.total());
    /// # }
    /// ```
    #[must_use]
    pub fn offset(&self) -> Duration {
        self.trace.offset
    }

    /// How long it took.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let report = Fetch::<AppConfig>::new().sources(&sources()).report().await.unwrap().report;
    /// let slowest = report.entries().max_by_key(|entry| entry.elapsed()).unwrap();
    /// assert!(slowest.elapsed() <= report.total());
    /// # }
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.trace.elapsed
    }

    /// Why it fell back or failed.
    ///
    /// ```
    /// # use component_model_async::{Fetch, doctest::{AppConfig, sources}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let report = Fetch::<AppConfig>::new().sources(&sources()).report().await.unwrap().report;
    /// assert!(report.entry("port").unwrap().problem().is_none());
    /// # }
    /// ```
    #[must_use]
    pub fn problem(&self) -> Option<&'r ComponentError> {
        self.trace.problem.as_ref()
    }

    /// The source and the locator as one word.
    fn place(&self) -> String {
        place_text(self.source(), self.locator())
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report").field("name", &self.name()).field("total", &self.total).finish_non_exhaustive()
    }
}

impl fmt::Debug for ComponentReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComponentReport")
            .field("component", &self.component())
            .field("source", &self.source())
            .field("outcome", &self.outcome())
            .finish_non_exhaustive()
    }
}
