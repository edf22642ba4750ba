//! The policies of one layer, and where each comes from.

use std::time::Duration;

use component_model_types::plan::Policy;
use serde::{Deserialize, Serialize};

use crate::{
    Policies,
    policy::{caching, mode::Mode, retry::Retry},
    report::Micros,
};

/// One policy that holds for a layer of a component, apart from its timeout.
///
/// ```
/// use component_model::{Memory, Policies, PolicyOrigin, PolicyValue, prelude::*};
///
/// #[derive(AsyncAssign)]
/// struct AppConfig {
///     #[component(fetch_from = "consul", ttl = "1m")]
///     port: u16,
/// }
///
/// let policies = Policies::new().retry_attempts(3);
/// let sources = Sources::builder().source("consul", Memory::default()).policies("consul", policies).build();
/// let description = AppConfig::describe(&sources);
/// let layer = &description.components()[0].layers()[0];
/// let ttl = layer.policy("ttl").unwrap();
/// assert_eq!((ttl.name(), ttl.origin()), ("ttl", PolicyOrigin::Component));
/// assert_eq!(layer.policy("retry_attempts").unwrap().value(), PolicyValue::Count(3));
/// assert_eq!(layer.policy("retry_attempts").unwrap().origin(), PolicyOrigin::Registration);
/// assert_eq!(layer.policy("circuit_breaker").unwrap().value(), PolicyValue::Flag(false));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyDescription {
    #[serde(rename = "policy")]
    pub(super) name: Box<str>,
    #[serde(flatten)]
    pub(super) value: PolicyValue,
    #[serde(rename = "from")]
    pub(super) origin: PolicyOrigin,
}

/// What a policy says.
///
/// ```
/// use component_model::PolicyValue;
/// use std::time::Duration;
///
/// assert_ne!(PolicyValue::Duration(Duration::from_secs(1)), PolicyValue::Count(1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PolicyValue {
    /// A duration, in whole microseconds.
    #[serde(rename = "duration_us", with = "micros")]
    Duration(Duration),
    /// A number, such as that of the attempts.
    Count(u64),
    /// Whether it is on.
    Flag(bool),
}

/// Where a policy comes from.
///
/// ```
/// use component_model::{PolicyOrigin, prelude::*};
/// # use doc_examples::{AppConfig, sources};
///
/// let description = AppConfig::describe(&sources());
/// assert_eq!(description.components()[0].layers()[0].timeout_from(), PolicyOrigin::BuiltIn);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PolicyOrigin {
    /// The attribute of the component.
    Component,
    /// The policies of the source's registration.
    Registration,
    /// Neither: the built-in default.
    BuiltIn,
}

impl PolicyDescription {
    /// The name of the policy, which is that of its attribute: `retry_attempts`, `retry_backoff`, `retry_max_backoff`,
    /// `circuit_breaker`, `ttl`, `stale_for` or `refresh_ahead`. Only a registration sets the `limit` on parallel requests.
    ///
    /// ```
    /// use component_model::prelude::*;
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// let description = AppConfig::describe(&sources());
    /// assert_eq!(description.components()[0].layers()[0].policies()[0].name(), "retry_attempts");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says.
    ///
    /// ```
    /// use component_model::{PolicyValue, prelude::*};
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// let description = AppConfig::describe(&sources());
    /// assert_eq!(description.components()[0].layers()[0].policies()[0].value(), PolicyValue::Count(1));
    /// ```
    #[must_use]
    pub fn value(&self) -> PolicyValue {
        self.value
    }

    /// Where it comes from.
    ///
    /// ```
    /// use component_model::{PolicyOrigin, prelude::*};
    /// # use doc_examples::{AppConfig, sources};
    ///
    /// let description = AppConfig::describe(&sources());
    /// assert_eq!(description.components()[0].layers()[0].policies()[0].origin(), PolicyOrigin::BuiltIn);
    /// ```
    #[must_use]
    pub fn origin(&self) -> PolicyOrigin {
        self.origin
    }
}

impl PolicyOrigin {
    pub(super) fn new(is_written: bool, is_registered: bool) -> Self {
        match (is_written, is_registered) {
            (true, _) => Self::Component,
            (false, true) => Self::Registration,
            (false, false) => Self::BuiltIn,
        }
    }
}

/// The policies of a layer in a plain fetch. `limit` is that of the source itself.
pub(super) fn of_layer(
    attributes: &Policy<'_>,
    registration: &Policies,
    limit: Option<usize>,
) -> Vec<PolicyDescription> {
    let mode = Mode::default();
    let retry = Retry::new(attributes, registration, mode);
    let fresh = caching::freshness(attributes, registration, mode);
    let breaker = attributes.circuit_breaker.or(registration.has_breaker());
    let limit = registration.parallel_requests().or(limit);
    let count = |count: usize| PolicyValue::Count(u64::try_from(count).unwrap_or(u64::MAX));
    let policy = |name: &str, value, is_written, is_registered| PolicyDescription {
        name: name.into(),
        value,
        origin: PolicyOrigin::new(is_written, is_registered),
    };
    let (a, r) = (attributes, registration);
    let always = [
        (
            "retry_attempts",
            PolicyValue::Count(retry.attempts.into()),
            a.retry_attempts.is_some(),
            r.most_attempts().is_some(),
        ),
        (
            "retry_backoff",
            PolicyValue::Duration(retry.backoff.first),
            a.retry_backoff.is_some(),
            r.first_backoff().is_some(),
        ),
        (
            "retry_max_backoff",
            PolicyValue::Duration(retry.backoff.max),
            a.retry_max_backoff.is_some(),
            r.longest_backoff().is_some(),
        ),
        (
            "circuit_breaker",
            PolicyValue::Flag(breaker.unwrap_or(false)),
            a.circuit_breaker.is_some(),
            r.has_breaker().is_some(),
        ),
    ];
    let cached = fresh.map(|fresh| {
        [
            ("ttl", fresh.ttl, a.ttl.is_some(), r.time_to_live().is_some()),
            ("stale_for", fresh.stale_for, a.stale_for.is_some(), r.longest_staleness().is_some()),
            ("refresh_ahead", fresh.refresh_ahead, a.refresh_ahead.is_some(), r.time_to_refresh().is_some()),
        ]
    });
    let cached = cached.into_iter().flatten().filter(|(_, _, is_written, is_registered)| *is_written || *is_registered);
    let cached = cached.map(|(name, duration, a, r)| policy(name, PolicyValue::Duration(duration), a, r));
    let limit = limit.map(|limit| policy("limit", count(limit), false, r.parallel_requests().is_some()));
    always.into_iter().map(|(name, value, a, r)| policy(name, value, a, r)).chain(limit).chain(cached).collect()
}

mod micros {
    use serde::{Deserializer, Serializer};

    use super::{Deserialize, Duration, Micros, Serialize};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        Micros::from(*duration).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Micros::deserialize(deserializer).map(Micros::duration)
    }
}
