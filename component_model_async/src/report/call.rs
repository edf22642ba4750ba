//! One call: the requests of one round trip to a source.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::serialize::Micros;

/// One call to a source, with all its requests. Several components may have waited for it.
///
/// ```
/// # let report = component_model_async::doctest::report();
/// let call = &report.calls()[0];
/// assert_eq!((call.source(), call.components()), ("file", 2));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallReport {
    pub(super) source: Box<str>,
    pub(super) locators: Vec<Box<str>>,
    #[serde(rename = "offset_us")]
    pub(super) offset: Micros,
    #[serde(rename = "elapsed_us")]
    pub(super) elapsed: Micros,
    pub(super) attempts: u32,
    pub(super) components: usize,
}

impl CallReport {
    /// The name of the source.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert_eq!(report.calls()[1].source(), "consul");
    /// ```
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Where the source looked, in its own notation: one locator for each request.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert!(report.calls()[0].locators().eq(["shop.port", "shop.region"]));
    /// ```
    #[must_use]
    pub fn locators(&self) -> impl ExactSizeIterator<Item = &str> {
        self.locators.iter().map(|locator| &**locator)
    }

    /// When the call began, measured from the beginning of the fetch.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert!(report.calls()[1].offset().is_zero());
    /// ```
    #[must_use]
    pub fn offset(&self) -> Duration {
        self.offset.duration()
    }

    /// How long the call took, with all its attempts and the pauses between them.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// let slowest = report.calls().iter().max_by_key(|call| call.elapsed()).unwrap();
    /// assert_eq!(slowest.source(), "consul");
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed.duration()
    }

    /// How often the source was asked.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert_eq!(report.calls()[1].attempts(), 3);
    /// ```
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How many components waited for the call.
    ///
    /// ```
    /// # let report = component_model_async::doctest::report();
    /// assert_eq!(report.calls()[0].components(), 2);
    /// ```
    #[must_use]
    pub fn components(&self) -> usize {
        self.components
    }
}
