//! What happened in a fetch, for each component: the source of the value, the number of attempts and the time, and why it
//! fell back or failed. Never the value.
//!
//! What always holds: a report is plain data, which owns everything in it and keeps no source alive. [`build`] creates it
//! after a fetch; `table`, `waterfall`, `svg` and `serialize` show it.

pub(crate) mod build;
mod call;
mod colour;
mod entry;
mod outcome;
mod problem;
mod serialize;
mod svg;
mod table;
#[cfg(test)]
mod tests;
mod waterfall;
mod wording;

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

pub(crate) use self::serialize::Micros;
pub use self::{call::CallReport, entry::ComponentReport, outcome::Outcome, problem::Problem, waterfall::Waterfall};

/// What happened in a fetch, as plain data that is cheap to clone.
///
/// `Display` prints a table, at most 100 columns wide and without colours. [`waterfall`](Self::waterfall) shows the components
/// on one axis of time, and [`to_svg`](Self::to_svg) draws that. It is `Serialize` and `Deserialize`.
///
/// ```
/// use component_model::Fetch;
/// # use doc_examples::{AppConfig, sources};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), component_model::ComponentErrors> {
/// let fetched = Fetch::<AppConfig>::new().sources(&sources()).report().await?;
/// let text = fetched.report.to_string();
/// assert!(text.starts_with("AppConfig: 2 fetched in "));
/// assert!(text.contains("settings:port") && !text.contains("8080"));
/// # Ok(())
/// # }
/// ```
///
/// # As data
/// Serialized, it is a map of this shape:
///
/// ```text
/// {
///   "name": "AppConfig",
///   "total_us": 52300,
///   "components": [{
///     "component": "port", "type": "u16",
///     "source": "file", "locator": "shop.port", "place": "shop.toml:12:8",
///     "version": "41", "age_us": 90000000,
///     "outcome": "fetched" | "cached" | "computed" | "stale" | "other_source" | "last_known_good" |
///                "fallback" | "absent" | "failed",
///     "call": 0, "attempts": 1, "offset_us": 12, "elapsed_us": 12300,
///     "problem": { "kind": "unreachable", "message": "connection refused", "hint": "…" }
///   }],
///   "calls": [{
///     "source": "file", "locators": ["shop.port", "shop.region"],
///     "offset_us": 12, "elapsed_us": 12300, "attempts": 1, "components": 2
///   }]
/// }
/// ```
///
/// Times are whole microseconds, rounded down. `place`, `version`, `age_us`, `call`, `problem` and its `hint` are
/// omitted if there is none; `locator` is empty if the source was not asked. `call` is a position in `calls`.
///
/// A deserialized report is equal to the one that was serialized. Unknown keys are ignored; an unknown outcome, an unknown
/// kind of problem, a missing key and a `call` that does not exist are errors.
///
/// ```
/// use component_model::Report;
///
/// # let report = doc_examples::report();
///
/// let json = serde_json::to_string(&report)?;
/// assert_eq!(serde_json::from_str::<Report>(&json)?, report);
/// assert!(serde_json::from_str::<Report>(&json.replace("\"stale\"", "\"expired\"")).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Report(Arc<Contents>);

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Contents {
    name: Box<str>,
    #[serde(rename = "total_us")]
    total: Micros,
    components: Vec<ComponentReport>,
    calls: Vec<CallReport>,
}

impl Report {
    /// The name of the struct.
    ///
    /// ```
    /// # let report = doc_examples::report();
    /// assert_eq!(report.name(), "AppConfig");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How long the whole fetch took.
    ///
    /// ```
    /// # let report = doc_examples::report();
    /// assert!(report.total() >= report.entry("port").unwrap().elapsed());
    /// ```
    #[must_use]
    pub fn total(&self) -> Duration {
        self.0.total.duration()
    }

    /// The fetched components, in the order of their declaration.
    ///
    /// ```
    /// # let report = doc_examples::report();
    /// let components: Vec<_> = report.entries().map(|entry| entry.component()).collect();
    /// assert_eq!(components, ["host", "port", "region"]);
    /// ```
    #[must_use]
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &ComponentReport> {
        self.0.components.iter()
    }

    /// The entry of a field.
    ///
    /// ```
    /// # let report = doc_examples::report();
    /// assert_eq!(report.entry("port").unwrap().source(), "file");
    /// assert!(report.entry("timeout").is_none());
    /// ```
    #[must_use]
    pub fn entry(&self, field: &str) -> Option<&ComponentReport> {
        self.entries().find(|entry| entry.component() == field)
    }

    /// The calls that were sent. Components that share a call have the same [position](ComponentReport::call) in this list.
    ///
    /// ```
    /// # let report = doc_examples::report();
    /// let sources: Vec<_> = report.calls().iter().map(|call| call.source()).collect();
    /// assert_eq!(sources, ["file", "consul"]);
    /// ```
    #[must_use]
    pub fn calls(&self) -> &[CallReport] {
        &self.0.calls
    }

    /// How long the fetch would have taken with one call after another: the sum of the calls' times.
    fn sum(&self) -> Duration {
        self.calls().iter().map(CallReport::elapsed).fold(Duration::ZERO, Duration::saturating_add)
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("name", &self.name())
            .field("total", &self.total())
            .field("components", &self.0.components)
            .field("calls", &self.calls())
            .finish()
    }
}
