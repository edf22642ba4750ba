//! One component: where its value is from, and what happened.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Outcome, Problem, serialize::Micros};

/// What happened to one component. It is `Serialize` and `Deserialize`, as in the [report](super::Report#as-data).
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentReport {
    pub(super) component: Box<str>,
    #[serde(rename = "type")]
    pub(super) ty: Box<str>,
    pub(super) source: Box<str>,
    pub(super) locator: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<Box<str>>,
    #[serde(rename = "age_us", skip_serializing_if = "Option::is_none")]
    pub(super) age: Option<Micros>,
    pub(super) outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call: Option<usize>,
    pub(super) attempts: u32,
    #[serde(rename = "offset_us")]
    pub(super) offset: Micros,
    #[serde(rename = "elapsed_us")]
    pub(super) elapsed: Micros,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<Problem>,
}

impl ComponentReport {
    /// The field's name.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert_eq!(report.entries().next().unwrap().component(), "host");
    /// ```
    #[must_use]
    pub fn component(&self) -> &str {
        &self.component
    }

    /// The field's type, as written in the struct.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert_eq!(report.entry("port").unwrap().ty(), "u16");
    /// ```
    #[must_use]
    pub fn ty(&self) -> &str {
        &self.ty
    }

    /// The name of the source that returned the value or failed; the first source if none was asked.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert_eq!(report.entry("port").unwrap().source(), "file");
    /// ```
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Where the source looked, in its own notation; empty if it was not asked.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert_eq!(report.entry("port").unwrap().locator(), "shop.port");
    /// ```
    #[must_use]
    pub fn locator(&self) -> &str {
        &self.locator
    }

    /// The exact place of the value, or of the part of it that is wrong: `shop.toml:12:8`. `None` if the source does
    /// not know.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert_eq!(report.entry("port").unwrap().place(), Some("shop.toml:12:8"));
    /// assert_eq!(report.entry("host").unwrap().place(), None);
    /// ```
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// The version of the value, as the source defines it: an `ETag`, a revision. `None` if the source does not know.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert_eq!(report.entry("host").unwrap().version(), Some("41"));
    /// ```
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// How old the value was when it was used. `None` if it was not stored before.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// use std::time::Duration;
    ///
    /// assert_eq!(report.entry("host").unwrap().age(), Some(Duration::from_secs(90)));
    /// assert_eq!(report.entry("port").unwrap().age(), None);
    /// ```
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.age.map(Micros::duration)
    }

    /// What the component got.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// use component_model_async::Outcome;
    ///
    /// assert_eq!(report.entry("port").unwrap().outcome(), Outcome::Fetched);
    /// assert_eq!(report.entry("host").unwrap().outcome(), Outcome::Stale);
    /// ```
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Which of the report's [calls](super::Report::calls) returned the value or failed. `None` if no call was needed.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// let [port, region] = ["port", "region"].map(|field| report.entry(field).unwrap().call());
    /// assert_eq!((port, region), (Some(0), Some(0)));
    /// assert_eq!(report.calls()[0].source(), "file");
    /// ```
    #[must_use]
    pub fn call(&self) -> Option<usize> {
        self.call
    }

    /// How often the source was asked; components that share a call share its attempts.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert_eq!(report.entry("host").unwrap().attempts(), 3);
    /// ```
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// When the component began, measured from the beginning of the fetch.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert!(report.entry("port").unwrap().offset() <= report.total());
    /// ```
    #[must_use]
    pub fn offset(&self) -> Duration {
        self.offset.duration()
    }

    /// How long the component took.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// let slowest = report.entries().max_by_key(|entry| entry.elapsed()).unwrap();
    /// assert_eq!(slowest.component(), "host");
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed.duration()
    }

    /// Why the component fell back or failed.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert_eq!(report.entry("host").unwrap().problem().unwrap().message(), "connection refused");
    /// assert!(report.entry("port").unwrap().problem().is_none());
    /// ```
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }
}
