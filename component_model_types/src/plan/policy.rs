//! How one component is fetched.

use std::{fmt, time::Duration};

use super::Layer;

/// How one component is fetched; `None` if the attribute does not set the policy, so that the default applies.
///
/// ```
/// use component_model::plan::Policy;
/// use std::time::Duration;
///
/// let policy = Policy { timeout: Some(Duration::from_millis(250)), ..Policy::NEW };
/// assert_eq!(policy.fallback, None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Policy<'p> {
    /// The longest that one attempt may take.
    pub timeout: Option<Duration>,
    /// The longest that the component may take, with all its attempts, pauses and sources.
    pub deadline: Option<Duration>,
    /// The most attempts at each source, the first included.
    pub retry_attempts: Option<u32>,
    /// The longest pause before the second attempt; it doubles with each further attempt.
    pub retry_backoff: Option<Duration>,
    /// The longest pause between two attempts.
    pub retry_max_backoff: Option<Duration>,
    /// Whether the circuit breaker of the source applies.
    pub circuit_breaker: Option<bool>,
    /// How long a value from the cache is used.
    pub ttl: Option<Duration>,
    /// How much longer a value from the cache is used while the source cannot answer.
    pub stale_for: Option<Duration>,
    /// How long before the end of its `ttl` a value from the cache is fetched again in the background.
    pub refresh_ahead: Option<Duration>,
    /// The source that is asked if those of the component cannot answer.
    pub fallback_to: Option<Layer<'p>>,
    /// The value if no source has one.
    pub default: Option<DefaultValue<'p>>,
    /// The text that is decoded as the field's type if no source has a value, or if none can answer.
    pub fallback: Option<&'p str>,
    /// What the fallback is used for.
    pub fallback_on: FallbackOn<'p>,
}

impl Policy<'_> {
    /// The defaults.
    pub const NEW: Self = Self {
        timeout: None,
        deadline: None,
        retry_attempts: None,
        retry_backoff: None,
        retry_max_backoff: None,
        circuit_breaker: None,
        ttl: None,
        stale_for: None,
        refresh_ahead: None,
        fallback_to: None,
        default: None,
        fallback: None,
        fallback_on: FallbackOn::CannotAnswer,
    };
}

impl Policy<'_> {
    /// The policies that contain no text, so that they outlive the plan.
    ///
    /// ```
    /// use component_model::plan::Policy;
    ///
    /// let policy = Policy { retry_attempts: Some(3), fallback: Some("eu"), ..Policy::NEW };
    /// assert_eq!(policy.without_text(), Policy { retry_attempts: Some(3), ..Policy::NEW });
    /// ```
    #[must_use]
    pub const fn without_text(&self) -> Policy<'static> {
        Policy {
            timeout: self.timeout,
            deadline: self.deadline,
            retry_attempts: self.retry_attempts,
            retry_backoff: self.retry_backoff,
            retry_max_backoff: self.retry_max_backoff,
            circuit_breaker: self.circuit_breaker,
            ttl: self.ttl,
            stale_for: self.stale_for,
            refresh_ahead: self.refresh_ahead,
            ..Policy::NEW
        }
    }

    /// The policies that are durations, by the names of their attributes.
    ///
    /// ```
    /// use component_model::plan::Policy;
    ///
    /// assert_eq!(Policy::NEW.durations()[0], ("timeout", None));
    /// ```
    #[must_use]
    pub const fn durations(&self) -> [(&'static str, Option<Duration>); 7] {
        [
            ("timeout", self.timeout),
            ("deadline", self.deadline),
            ("retry_backoff", self.retry_backoff),
            ("retry_max_backoff", self.retry_max_backoff),
            ("ttl", self.ttl),
            ("stale_for", self.stale_for),
            ("refresh_ahead", self.refresh_ahead),
        ]
    }
}

/// Shows no value: the component may be sensitive.
impl fmt::Debug for Policy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("timeout", &self.timeout)
            .field("deadline", &self.deadline)
            .field("retry_attempts", &self.retry_attempts)
            .field("retry_backoff", &self.retry_backoff)
            .field("retry_max_backoff", &self.retry_max_backoff)
            .field("circuit_breaker", &self.circuit_breaker)
            .field("ttl", &self.ttl)
            .field("stale_for", &self.stale_for)
            .field("refresh_ahead", &self.refresh_ahead)
            .field("fallback_to", &self.fallback_to)
            .field("default", &self.default)
            .field("fallback", &self.fallback.map(|_| "…"))
            .field("fallback_on", &self.fallback_on)
            .finish()
    }
}

/// The value of a component for which no source has one.
///
/// ```
/// use component_model::plan::DefaultValue;
///
/// assert_eq!(DefaultValue::Literal("8080").written(), "8080");
/// assert_eq!(DefaultValue::OfType.written(), "Default::default()");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DefaultValue<'p> {
    /// The `Default` of the field's type.
    OfType,
    /// Text that the field's type reads.
    Literal(&'p str),
    /// An expression of the field's type, as written. Only the code that a derive generates can evaluate it.
    Expression(&'p str),
}

/// Shows the kind, and no value: the component may be sensitive.
impl fmt::Debug for DefaultValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OfType => "OfType",
            Self::Literal(_) => "Literal(…)",
            Self::Expression(_) => "Expression(…)",
        })
    }
}

impl<'p> DefaultValue<'p> {
    /// The value as a user would write it.
    ///
    /// ```
    /// use component_model::plan::DefaultValue;
    ///
    /// assert_eq!(DefaultValue::Expression("Limits::strict()").written(), "Limits::strict()");
    /// ```
    #[must_use]
    pub const fn written(&self) -> &'p str {
        match *self {
            Self::OfType => "Default::default()",
            Self::Literal(text) | Self::Expression(text) => text,
        }
    }
}

/// The failures for which a `fallback` is used.
///
/// ```
/// use component_model::plan::{FallbackOn, Policy};
///
/// assert_eq!(Policy::NEW.fallback_on, FallbackOn::CannotAnswer);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FallbackOn<'p> {
    /// If the value is absent, or if the source cannot answer. A value that is denied or wrong is an error.
    CannotAnswer,
    /// For every failure but a mistake in the program.
    Any,
    /// For failures of these kinds, in snake case, such as `absent` and `unreachable`.
    Kinds(&'p [&'p str]),
}

impl FallbackOn<'_> {
    /// The kinds that `fallback_on` may name.
    ///
    /// ```
    /// use component_model::plan::FallbackOn;
    ///
    /// assert!(FallbackOn::KINDS.contains(&"unreachable"));
    /// ```
    pub const KINDS: [&'static str; 14] = [
        "absent",
        "denied",
        "malformed",
        "timeout",
        "deadline",
        "unreachable",
        "unavailable",
        "throttled",
        "circuit_open",
        "too_large",
        "invalid",
        "not_set_up",
        "shut_down",
        "other",
    ];
}
