//! The registered sources as data: for a status page, a log line at start, a test.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Policies, Registration, Registry, features};
use crate::{BreakerState, Problem, policy::guard::Guard};

/// A snapshot of what is registered in [`Sources`](crate::Sources): plain data, which contains no source.
///
/// ```
/// use component_model::{ErrorKind, Memory, SourceError, Sources};
///
/// let broken: Result<Memory, SourceError> = Err(SourceError::new(ErrorKind::NotSetUp, "`VAULT_ADDR` is not set"));
/// let sources = Sources::builder().constant("region", "eu").try_source("vault", broken).build();
///
/// let state = sources.state();
/// assert!(state.source("region").unwrap().problem().is_none());
/// assert_eq!(state.source("vault").unwrap().problem().unwrap().message(), "`VAULT_ADDR` is not set");
/// assert!(!state.is_shut_down());
/// ```
///
/// # As data
///
/// ```text
/// {
///   "shut_down": false,
///   "sources": [
///     { "name": "consul", "status": "ready", "policies": { "timeout_us": 500000 } },
///     { "name": "vault", "status": "unusable", "policies": {},
///       "problem": { "kind": "not_set_up", "message": "`VAULT_ADDR` is not set", "hint": "…" } },
///     { "name": "file", "status": "feature_off", "policies": {}, "features": ["file"], "problem": { … } }
///   ]
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourcesState {
    shut_down: bool,
    sources: Vec<SourceState>,
}

/// The state of one registered name.
///
/// ```
/// use component_model::{SourceStatus, Sources};
///
/// let state = Sources::builder().constant("region", "eu").build().state();
/// let region = state.source("region").unwrap();
/// assert_eq!((region.name(), region.status()), ("region", SourceStatus::Ready));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceState {
    name: String,
    status: SourceStatus,
    policies: Policies,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    features: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    breakers: BTreeMap<String, BreakerState>,
    requests: usize,
    queued: usize,
}

/// Whether a source can be asked.
///
/// ```
/// use component_model::SourceStatus;
///
/// assert_ne!(SourceStatus::Ready, SourceStatus::FeatureOff);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SourceStatus {
    /// It can be asked.
    Ready,
    /// It could not be set up; the problem states why.
    Unusable,
    /// It is built in, but its cargo feature is off.
    FeatureOff,
}

impl SourcesState {
    pub(super) fn new(registry: &Registry, shut_down: bool) -> Self {
        let sources = registry.all().map(|(name, registration, policies)| {
            SourceState::new(name, registration, policies).guarded_by(registry.guard(name))
        });
        Self { shut_down, sources: sources.collect() }
    }

    /// All registered names, in alphabetical order.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// let state = Sources::builder().constant("region", "eu").build().state();
    /// assert_eq!(state.sources().len(), 1);
    /// ```
    #[must_use]
    pub fn sources(&self) -> &[SourceState] {
        &self.sources
    }

    /// The state of a name; `None` if it is not registered.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// assert!(Sources::builder().build().state().source("region").is_none());
    /// ```
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&SourceState> {
        self.sources.iter().find(|source| source.name == name)
    }

    /// Whether [`Sources::shutdown`](crate::Sources::shutdown) was called.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let sources = Sources::builder().build();
    /// sources.shutdown().await;
    /// assert!(sources.state().is_shut_down());
    /// # }
    /// ```
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.shut_down
    }
}

impl SourceState {
    fn new(name: &str, registration: &Registration, policies: Option<&Policies>) -> Self {
        let (status, error) = match registration {
            Registration::Ready(_) => (SourceStatus::Ready, None),
            Registration::FeatureOff(error) => (SourceStatus::FeatureOff, Some(error)),
            Registration::Unusable(error) => (SourceStatus::Unusable, Some(error)),
        };
        let features = if status == SourceStatus::FeatureOff { features::of(name) } else { &[] };
        Self {
            name: name.to_owned(),
            status,
            policies: policies.cloned().unwrap_or_default(),
            features: features.iter().map(ToString::to_string).collect(),
            problem: error.map(Problem::from),
            breakers: BTreeMap::new(),
            requests: 0,
            queued: 0,
        }
    }

    fn guarded_by(mut self, guard: Option<&Guard>) -> Self {
        if let Some(guard) = guard {
            self.breakers = guard.states().into_iter().collect();
            (self.requests, self.queued) = (guard.limit.in_use(), guard.limit.waiting());
        }
        self
    }

    /// The states of the circuit breakers, by endpoint; that of a source without endpoints is under an empty name. An endpoint
    /// has one as soon as it was asked with it.
    ///
    /// ```
    /// use component_model::{Memory, Sources};
    ///
    /// let state = Sources::builder().source("consul", Memory::default()).build().state();
    /// assert_eq!(state.source("consul").unwrap().breakers().count(), 0);
    /// ```
    #[must_use]
    pub fn breakers(&self) -> impl ExactSizeIterator<Item = (&str, &BreakerState)> {
        self.breakers.iter().map(|(endpoint, state)| (endpoint.as_str(), state))
    }

    /// How many requests are being answered, as far as the limit counts them.
    ///
    /// ```
    /// use component_model::{Memory, Sources};
    ///
    /// let state = Sources::builder().source("consul", Memory::default()).build().state();
    /// assert_eq!(state.source("consul").unwrap().requests(), 0);
    /// ```
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests
    }

    /// How many requests wait, since the limit is reached.
    ///
    /// ```
    /// use component_model::{Memory, Sources};
    ///
    /// let state = Sources::builder().source("consul", Memory::default()).build().state();
    /// assert_eq!(state.source("consul").unwrap().queued(), 0);
    /// ```
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queued
    }

    /// The name.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// let state = Sources::builder().constant("region", "eu").build().state();
    /// assert_eq!(state.sources()[0].name(), "region");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it can be asked.
    ///
    /// ```
    /// use component_model::{SourceStatus, Sources};
    ///
    /// let state = Sources::builder().constant("region", "eu").build().state();
    /// assert_eq!(state.sources()[0].status(), SourceStatus::Ready);
    /// ```
    #[must_use]
    pub fn status(&self) -> SourceStatus {
        self.status
    }

    /// The policies of the name.
    ///
    /// ```
    /// use component_model::{Policies, Sources};
    ///
    /// let state = Sources::builder().constant("region", "eu").build().state();
    /// assert_eq!(state.sources()[0].policies(), &Policies::new());
    /// ```
    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// The cargo features that would enable it, any one of them, if they are off.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// let state = Sources::builder().constant("region", "eu").build().state();
    /// assert!(state.sources()[0].features().is_empty());
    /// ```
    #[must_use]
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// Why it cannot be asked.
    ///
    /// ```
    /// use component_model::Sources;
    ///
    /// let state = Sources::builder().constant("region", "eu").build().state();
    /// assert!(state.sources()[0].problem().is_none());
    /// ```
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::{Registration, not_compiled_in},
        *,
    };
    use crate::{ErrorKind, Memory, SourceError, Sources};

    fn sources() -> Sources {
        let broken = SourceError::new(ErrorKind::NotSetUp, "`VAULT_ADDR` is not set").with_hint("set it");
        Sources::builder()
            .source("settings", Memory::default())
            .policies("settings", Policies::new().timeout(Duration::from_millis(500)))
            .try_source::<Memory>("vault", Err(broken))
            .entry("database", Registration::FeatureOff(not_compiled_in("database")))
            .build()
    }

    #[test]
    fn the_state_is_serialized_as_documented() {
        let state = serde_json::to_value(sources().state()).unwrap();
        let expected = serde_json::json!({
            "shut_down": false,
            "sources": [
                {
                    "name": "database",
                    "status": "feature_off",
                    "policies": {},
                    "features": ["sqlite", "postgres", "mysql"],
                    "problem": {
                        "kind": "unknown_source",
                        "message": "the source `database` is not compiled in",
                        "hint": "`database` is built in: turn on one of the cargo features `sqlite`, `postgres` and \
                                 `mysql`, or register it in `Sources`",
                    },
                    "requests": 0,
                    "queued": 0,
                },
                {
                    "name": "settings",
                    "status": "ready",
                    "policies": { "timeout_us": 500_000 },
                    "requests": 0,
                    "queued": 0,
                },
                {
                    "name": "vault",
                    "status": "unusable",
                    "policies": {},
                    "problem": { "kind": "not_set_up", "message": "`VAULT_ADDR` is not set", "hint": "set it" },
                    "requests": 0,
                    "queued": 0,
                },
            ],
        });
        assert_eq!(state, expected);
    }

    #[test]
    fn a_source_whose_feature_is_off_names_the_features_and_the_others_name_none() {
        let state = sources().state();
        let of = |name: &str| state.source(name).unwrap().clone();
        assert_eq!(of("database").status(), SourceStatus::FeatureOff);
        assert_eq!(of("database").features(), ["sqlite", "postgres", "mysql"]);
        assert!(of("settings").features().is_empty() && of("vault").features().is_empty());
        assert!(!sources().names().contains(&"database"));
    }

    #[tokio::test]
    async fn the_state_tells_that_the_sources_are_shut_down() {
        let sources = sources();
        sources.shutdown().await;
        assert_eq!(serde_json::to_value(sources.state()).unwrap()["shut_down"], true);
    }
}
