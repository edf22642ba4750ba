//! One layer of a component.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Problem, report::Micros};

/// One source of a component, and what the component asks of it.
///
/// ```
/// use component_model::{Memory, Policies, TimeoutOrigin, prelude::*};
/// use std::time::Duration;
/// # use doc_examples::AppConfig;
///
/// let policies = Policies::new().timeout(Duration::from_secs(5));
/// let sources = Sources::builder().source("settings", Memory::default()).policies("settings", policies).build();
/// let description = AppConfig::describe(&sources);
/// let layer = &description.component("port").unwrap().layers()[0];
/// assert_eq!((layer.source(), layer.locator()), ("settings", "port"));
/// assert_eq!((layer.timeout(), layer.timeout_from()), (Duration::from_secs(5), TimeoutOrigin::Registration));
/// assert!(layer.problem().is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerDescription {
    pub(super) source: Box<str>,
    pub(super) locator: Box<str>,
    #[serde(rename = "timeout_us")]
    pub(super) timeout: Micros,
    pub(super) timeout_from: TimeoutOrigin,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<Problem>,
}

/// Where a timeout comes from.
///
/// ```
/// use component_model::{TimeoutOrigin, prelude::*};
/// # use doc_examples::{AppConfig, sources};
///
/// let description = AppConfig::describe(&sources());
/// assert_eq!(description.components()[0].layers()[0].timeout_from(), TimeoutOrigin::BuiltIn);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TimeoutOrigin {
    /// The attribute of the component.
    Component,
    /// The policies of the source's registration.
    Registration,
    /// Neither: the default of 2 s.
    BuiltIn,
}

impl LayerDescription {
    /// The name of the source.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(AppConfig::describe(&sources()).components()[0].layers()[0].source(), "settings");
    /// ```
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The place of the value in the source's own notation, with the names of components in braces. If the source cannot
    /// tell, what is written in the struct.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(AppConfig::describe(&sources()).components()[0].layers()[0].locator(), "host");
    /// ```
    #[must_use]
    pub fn locator(&self) -> &str {
        &self.locator
    }

    /// How long one attempt may take, in whole microseconds.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// use std::time::Duration;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// assert_eq!(AppConfig::describe(&sources()).components()[0].layers()[0].timeout(), Duration::from_secs(2));
    /// ```
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout.duration()
    }

    /// Where the timeout comes from.
    ///
    /// ```
    /// use component_model::{TimeoutOrigin, prelude::*};
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// let description = AppConfig::describe(&sources());
    /// assert_eq!(description.components()[0].layers()[0].timeout_from(), TimeoutOrigin::BuiltIn);
    /// ```
    #[must_use]
    pub fn timeout_from(&self) -> TimeoutOrigin {
        self.timeout_from
    }

    /// Why it cannot be asked here.
    ///
    /// ```
    /// use component_model::{ErrorKind, prelude::*};
    /// # use doc_examples::AppConfig;
    ///
    /// let description = AppConfig::describe(&Sources::default());
    /// let problem = description.components()[0].layers()[0].problem().unwrap();
    /// assert_eq!(problem.kind(), ErrorKind::UnknownSource);
    /// ```
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }
}
