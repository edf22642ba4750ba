//! One layer of a component.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{PolicyDescription, PolicyOrigin};
use crate::{Problem, report::Micros};

/// One source of a component, and what the component asks of it.
///
/// ```
/// use component_model::{Memory, Policies, PolicyOrigin, prelude::*};
/// use std::time::Duration;
/// # use doc_examples::AppConfig;
///
/// let policies = Policies::new().timeout(Duration::from_secs(5));
/// let sources = Sources::builder().source("settings", Memory::default()).policies("settings", policies).build();
/// let description = AppConfig::describe(&sources);
/// let layer = &description.component("port").unwrap().layers()[0];
/// assert_eq!((layer.source(), layer.locator()), ("settings", "port"));
/// assert_eq!((layer.timeout(), layer.timeout_from()), (Duration::from_secs(5), PolicyOrigin::Registration));
/// assert!(layer.problem().is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerDescription {
    pub(super) source: Box<str>,
    pub(super) locator: Box<str>,
    #[serde(rename = "timeout_us")]
    pub(super) timeout: Micros,
    pub(super) timeout_from: PolicyOrigin,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) policies: Vec<PolicyDescription>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<Problem>,
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
    /// use component_model::{PolicyOrigin, prelude::*};
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// let description = AppConfig::describe(&sources());
    /// assert_eq!(description.components()[0].layers()[0].timeout_from(), PolicyOrigin::BuiltIn);
    /// ```
    #[must_use]
    pub fn timeout_from(&self) -> PolicyOrigin {
        self.timeout_from
    }

    /// The other policies of a plain fetch, also those that are built-in defaults; `fetch_with_resilience` and
    /// `fetch_with_cache` add theirs to what is [`BuiltIn`](PolicyOrigin::BuiltIn). `ttl`, `stale_for` and `refresh_ahead` are
    /// among them only if they are set.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// let description = AppConfig::describe(&sources());
    /// let policies = description.components()[0].layers()[0].policies();
    /// let names: Vec<_> = policies.iter().map(|policy| policy.name()).collect();
    /// assert_eq!(names, ["retry_attempts", "retry_backoff", "retry_max_backoff", "circuit_breaker", "limit"]);
    /// ```
    #[must_use]
    pub fn policies(&self) -> &[PolicyDescription] {
        &self.policies
    }

    /// The policy with a name.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// let description = AppConfig::describe(&sources());
    /// assert!(description.components()[0].layers()[0].policy("ttl").is_none());
    /// ```
    #[must_use]
    pub fn policy(&self, name: &str) -> Option<&PolicyDescription> {
        self.policies.iter().find(|policy| policy.name() == name)
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
