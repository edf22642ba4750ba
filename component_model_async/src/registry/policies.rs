//! The policies of a registration.

use std::time::Duration;

use component_model_types::plan::{path, template};
use serde::Serialize;

use crate::{
    ErrorKind, SourceError,
    policy::{breaker::CircuitBreaker, budget::RetryBudget, hedge::Hedge, timeout},
};

/// How components are fetched from one registered name, unless their attributes set another policy.
///
/// ```
/// use component_model::{Memory, Policies, Sources};
/// use std::time::Duration;
///
/// let sources = Sources::builder()
///     .source("consul", Memory::new([("port", "8080")]))
///     .policies("consul", Policies::new().timeout(Duration::from_millis(500)))
///     .build();
/// assert_eq!(sources.state().source("consul").unwrap().policies().attempt_timeout(), Some(Duration::from_millis(500)));
/// ```
///
/// A component's attribute overrides the policies of its source, which override the defaults.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policies {
    timeout: Option<Duration>,
    attempts: Option<u32>,
    backoff: Option<Duration>,
    max_backoff: Option<Duration>,
    budget: Option<RetryBudget>,
    breaker: Option<Option<CircuitBreaker>>,
    limit: Option<usize>,
    hedge: Option<Hedge>,
    ttl: Option<Duration>,
    stale_for: Option<Duration>,
    refresh_ahead: Option<Duration>,
    root: Option<String>,
}

/// What turns a circuit breaker on or off: its figures, `true` for the default ones, `false` or `None` for none.
///
/// ```
/// use component_model::{BreakerSetting, CircuitBreaker};
///
/// assert_eq!(true.breaker(), Some(CircuitBreaker::new()));
/// assert_eq!(None::<CircuitBreaker>.breaker(), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a setting of a circuit breaker",
    note = "write `true`, `false` or the figures: `CircuitBreaker::new().minimum_calls(20)`"
)]
pub trait BreakerSetting {
    /// The figures; `None` for no breaker.
    fn breaker(self) -> Option<CircuitBreaker>;
}

impl BreakerSetting for CircuitBreaker {
    fn breaker(self) -> Option<CircuitBreaker> {
        Some(self)
    }
}

impl BreakerSetting for Option<CircuitBreaker> {
    fn breaker(self) -> Option<CircuitBreaker> {
        self
    }
}

impl BreakerSetting for bool {
    fn breaker(self) -> Option<CircuitBreaker> {
        self.then(CircuitBreaker::new)
    }
}

impl Policies {
    /// The defaults.
    ///
    /// ```
    /// use component_model::Policies;
    ///
    /// assert_eq!(Policies::new().attempt_timeout(), None);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long one attempt may take. The default is 2 seconds. A timeout of zero makes the source unusable, as
    /// misconfigured.
    ///
    /// ```
    /// use component_model::Policies;
    /// use std::time::Duration;
    ///
    /// let policies = Policies::new().timeout(Duration::from_secs(5));
    /// assert_eq!(policies.attempt_timeout(), Some(Duration::from_secs(5)));
    /// ```
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// Sets how often a request is attempted, the first attempt included; 1 retries nothing, which is the default but in a
    /// resilient fetch. Only transient failures are retried, after a pause. Zero attempts make the source unusable, as
    /// misconfigured.
    ///
    /// ```
    /// use component_model::Policies;
    ///
    /// assert_eq!(Policies::new().retry_attempts(5).most_attempts(), Some(5));
    /// ```
    #[must_use]
    pub fn retry_attempts(self, attempts: u32) -> Self {
        Self { attempts: Some(attempts), ..self }
    }

    /// Sets the longest pause after the first failed attempt; it doubles with every further one. The pause is chosen at
    /// random between zero and that ("full jitter"). The default is 100 ms.
    ///
    /// ```
    /// use component_model::Policies;
    /// use std::time::Duration;
    ///
    /// let policies = Policies::new().retry_attempts(3).retry_backoff(Duration::from_millis(50));
    /// assert_eq!(policies.first_backoff(), Some(Duration::from_millis(50)));
    /// ```
    #[must_use]
    pub fn retry_backoff(self, pause: Duration) -> Self {
        Self { backoff: Some(pause), ..self }
    }

    /// Sets the longest pause of all. A source that asks for a longer one, as with `Retry-After`, is not asked again. The
    /// default is 10 seconds, or [`retry_backoff`](Self::retry_backoff) if that is longer.
    ///
    /// ```
    /// use component_model::Policies;
    /// use std::time::Duration;
    ///
    /// let policies = Policies::new().retry_max_backoff(Duration::from_secs(1));
    /// assert_eq!(policies.longest_backoff(), Some(Duration::from_secs(1)));
    /// ```
    #[must_use]
    pub fn retry_max_backoff(self, pause: Duration) -> Self {
        Self { max_backoff: Some(pause), ..self }
    }

    /// Sets how much load retries may add to the source.
    ///
    /// ```
    /// use component_model::{Policies, RetryBudget};
    ///
    /// let policies = Policies::new().retry_budget(RetryBudget::new().percent(10));
    /// assert_eq!(policies.budget(), Some(RetryBudget::new().percent(10)));
    /// ```
    #[must_use]
    pub fn retry_budget(self, budget: RetryBudget) -> Self {
        Self { budget: Some(budget), ..self }
    }

    /// Turns the circuit breaker of the source on, with these figures or with `true`, or off, with `false`. There is one for each of its
    /// endpoints, and all fetches share it. Without this it is on in resilient fetches only. The attribute `circuit_breaker`
    /// of a component overrides whether it applies. Figures that make no sense make the source unusable, as misconfigured.
    ///
    /// ```
    /// use component_model::{CircuitBreaker, Policies};
    ///
    /// let policies = Policies::new().circuit_breaker(CircuitBreaker::new().minimum_calls(20));
    /// assert_eq!(policies.breaker(), Some(CircuitBreaker::new().minimum_calls(20)));
    /// assert_eq!(Policies::new().circuit_breaker(true).breaker(), Some(CircuitBreaker::new()));
    /// assert_eq!(Policies::new().circuit_breaker(false).breaker(), None);
    /// ```
    #[must_use]
    pub fn circuit_breaker(self, breaker: impl BreakerSetting) -> Self {
        Self { breaker: Some(breaker.breaker()), ..self }
    }

    /// Sets how many requests to the source run at once, of all fetches together; the others wait, in their order, and their
    /// timeouts begin when they are sent. The default is 16. A database has none of its own: its requests wait for a connection of
    /// its pool, and their timeouts run meanwhile. A limit of zero makes the source unusable, as misconfigured.
    ///
    /// ```
    /// use component_model::Policies;
    ///
    /// assert_eq!(Policies::new().limit(4).parallel_requests(), Some(4));
    /// ```
    #[must_use]
    pub fn limit(self, parallel_requests: usize) -> Self {
        Self { limit: Some(parallel_requests), ..self }
    }

    /// Sends a request a second time if its answer takes longer than most, and takes the first good answer. What a
    /// source marks as [not repeatable](crate::Request::once) is sent once. It counts as a retry for the budget, and needs a permit of the limit. Off by default.
    ///
    /// ```
    /// use component_model::{Hedge, Policies};
    /// use std::time::Duration;
    ///
    /// let policies = Policies::new().hedge(Hedge::after(Duration::from_millis(50)));
    /// assert_eq!(policies.hedging(), Some(Hedge::after(Duration::from_millis(50))));
    /// ```
    #[must_use]
    pub fn hedge(self, hedge: Hedge) -> Self {
        Self { hedge: Some(hedge), ..self }
    }

    /// Caches the values of the source for this long. Without it, values of components with a `ttl` are cached, and in
    /// `fetch_with_cache` all of them for 60 s. A time of zero caches no value, not even in `fetch_with_cache`, unless the
    /// component has a `ttl`.
    ///
    /// ```
    /// use component_model::Policies;
    /// use std::time::Duration;
    ///
    /// let policies = Policies::new().ttl(Duration::from_secs(60));
    /// assert_eq!(policies.time_to_live(), Some(Duration::from_secs(60)));
    /// ```
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { ttl: Some(ttl), ..self }
    }

    /// Sets for how long after its time to live a value is used while the source cannot answer.
    ///
    /// ```
    /// use component_model::Policies;
    /// use std::time::Duration;
    ///
    /// let policies = Policies::new().stale_for(Duration::from_secs(3600));
    /// assert_eq!(policies.longest_staleness(), Some(Duration::from_secs(3600)));
    /// ```
    #[must_use]
    pub fn stale_for(self, longer: Duration) -> Self {
        Self { stale_for: Some(longer), ..self }
    }

    /// Sets how long before the end of its time to live a value that is used is fetched again in the background. It is for
    /// components that are cached: those with a `ttl`, all if the registration has one, or all in `fetch_with_cache`. If it is
    /// longer than the `ttl` of the registration, the source is unusable, as misconfigured.
    ///
    /// ```
    /// use component_model::Policies;
    /// use std::time::Duration;
    ///
    /// let policies = Policies::new().ttl(Duration::from_secs(60)).refresh_ahead(Duration::from_secs(10));
    /// assert_eq!(policies.time_to_refresh(), Some(Duration::from_secs(10)));
    /// ```
    #[must_use]
    pub fn refresh_ahead(self, before: Duration) -> Self {
        Self { refresh_ahead: Some(before), ..self }
    }

    /// Puts a path before every derived key, such as `teams/shop`; a written key is not changed. A root that is not a path
    /// makes the source unusable, as misconfigured.
    ///
    /// ```
    /// use component_model::{Memory, Policies, prelude::*};
    ///
    /// #[derive(AsyncAssign)]
    /// struct AppConfig {
    ///     #[component(fetch_from = "consul")]
    ///     port: u16,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ComponentErrors> {
    /// let sources = Sources::builder()
    ///     .source("consul", Memory::new([("teams.shop.port", "8080")]))
    ///     .policies("consul", Policies::new().root("teams/shop"))
    ///     .build();
    /// assert_eq!(AppConfig::fetch_all_components_from(&sources).await?.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn root(self, path: impl Into<String>) -> Self {
        Self { root: Some(path.into()), ..self }
    }

    /// What precedes every derived key; empty if it is not set.
    ///
    /// ```
    /// use component_model::Policies;
    ///
    /// assert_eq!(Policies::new().root("teams").root_path(), "teams");
    /// ```
    #[must_use]
    pub fn root_path(&self) -> &str {
        self.root.as_deref().unwrap_or_default()
    }

    /// How long one attempt may take, if it is set.
    ///
    /// ```
    /// use component_model::Policies;
    ///
    /// assert!(Policies::new().attempt_timeout().is_none());
    /// ```
    #[must_use]
    pub fn attempt_timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// How often a request is attempted, if it is set.
    ///
    /// ```
    /// assert!(component_model::Policies::new().most_attempts().is_none());
    /// ```
    #[must_use]
    pub fn most_attempts(&self) -> Option<u32> {
        self.attempts
    }

    /// The longest pause after the first failed attempt, if it is set.
    ///
    /// ```
    /// assert!(component_model::Policies::new().first_backoff().is_none());
    /// ```
    #[must_use]
    pub fn first_backoff(&self) -> Option<Duration> {
        self.backoff
    }

    /// The longest pause of all, if it is set.
    ///
    /// ```
    /// assert!(component_model::Policies::new().longest_backoff().is_none());
    /// ```
    #[must_use]
    pub fn longest_backoff(&self) -> Option<Duration> {
        self.max_backoff
    }

    /// How much load retries may add, if it is set.
    ///
    /// ```
    /// assert!(component_model::Policies::new().budget().is_none());
    /// ```
    #[must_use]
    pub fn budget(&self) -> Option<RetryBudget> {
        self.budget
    }

    /// The figures of the circuit breaker, if they are set.
    ///
    /// ```
    /// assert!(component_model::Policies::new().breaker().is_none());
    /// ```
    #[must_use]
    pub fn breaker(&self) -> Option<CircuitBreaker> {
        self.breaker.flatten()
    }

    /// Whether the circuit breaker is turned on or off.
    pub(crate) fn has_breaker(&self) -> Option<bool> {
        self.breaker.map(|breaker| breaker.is_some())
    }

    /// How many requests run at once, if it is set.
    ///
    /// ```
    /// assert!(component_model::Policies::new().parallel_requests().is_none());
    /// ```
    #[must_use]
    pub fn parallel_requests(&self) -> Option<usize> {
        self.limit
    }

    /// When requests are sent a second time, if they are.
    ///
    /// ```
    /// assert!(component_model::Policies::new().hedging().is_none());
    /// ```
    #[must_use]
    pub fn hedging(&self) -> Option<Hedge> {
        self.hedge
    }

    /// For how long values are cached, if it is set.
    ///
    /// ```
    /// assert!(component_model::Policies::new().time_to_live().is_none());
    /// ```
    #[must_use]
    pub fn time_to_live(&self) -> Option<Duration> {
        self.ttl
    }

    /// For how much longer values are used while the source cannot answer, if it is set.
    ///
    /// ```
    /// assert!(component_model::Policies::new().longest_staleness().is_none());
    /// ```
    #[must_use]
    pub fn longest_staleness(&self) -> Option<Duration> {
        self.stale_for
    }

    /// How long before their end values are fetched again, if it is set.
    ///
    /// ```
    /// assert!(component_model::Policies::new().time_to_refresh().is_none());
    /// ```
    #[must_use]
    pub fn time_to_refresh(&self) -> Option<Duration> {
        self.refresh_ahead
    }

    /// What is wrong with them.
    pub(crate) fn mistake(&self) -> Option<SourceError> {
        let wrong = |message: String| Some(SourceError::new(ErrorKind::Misconfigured, message));
        let is_path = || path::mistake(self.root_path());
        let is_plain = || {
            let is_plain = template::is_plain(self.root_path());
            (!is_plain).then(|| "the root of a source cannot be a template".to_owned())
        };
        match self {
            Self { timeout: Some(limit), .. } if limit.is_zero() => timeout::check(*limit, "source").err(),
            Self { attempts: Some(0), .. } => {
                wrong("the attempts at the source are 0: they count the first attempt too".to_owned())
                    .map(|error| error.with_hint("write `retry_attempts(1)` for no retries"))
            }
            Self { breaker: Some(Some(breaker)), .. } if breaker.check().is_err() => breaker.check().err(),
            Self { budget: Some(budget), .. } if budget.check().is_err() => budget.check().err(),
            Self { hedge: Some(hedge), .. } if hedge.check(self.timeout.unwrap_or(timeout::DEFAULT)).is_err() => {
                hedge.check(self.timeout.unwrap_or(timeout::DEFAULT)).err()
            }
            Self { ttl: Some(ttl), refresh_ahead: Some(ahead), .. } if ahead > ttl => Some(
                SourceError::new(ErrorKind::Misconfigured, "`refresh_ahead` of the source is longer than its `ttl`")
                    .with_hint("a value is refreshed within the last half of its `ttl`"),
            ),
            Self { limit: Some(0), .. } => {
                wrong("the limit of the source is 0, so no request could be sent".to_owned()).map(|error| {
                    error.with_hint("leave `limit` out for the default, or set the most parallel requests")
                })
            }
            Self { backoff: Some(first), max_backoff: Some(max), .. } if first > max => {
                wrong("the first pause between attempts is longer than the longest".to_owned())
            }
            _ => is_path().or_else(is_plain).and_then(wrong),
        }
    }
}

impl Serialize for Policies {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape<'s> {
            #[serde(skip_serializing_if = "Option::is_none")]
            timeout_us: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            retry_attempts: Option<u32>,
            #[serde(skip_serializing_if = "Option::is_none")]
            retry_backoff_us: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            retry_max_backoff_us: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            retry_budget: Option<RetryBudget>,
            #[serde(skip_serializing_if = "Option::is_none")]
            circuit_breaker: Option<Option<CircuitBreaker>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            limit: Option<usize>,
            #[serde(skip_serializing_if = "Option::is_none")]
            hedge: Option<Hedge>,
            #[serde(skip_serializing_if = "Option::is_none")]
            ttl_us: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            stale_for_us: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            refresh_ahead_us: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            root: Option<&'s str>,
        }
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let shape = Shape {
            timeout_us: self.timeout.map(micros),
            retry_attempts: self.attempts,
            retry_backoff_us: self.backoff.map(micros),
            retry_max_backoff_us: self.max_backoff.map(micros),
            retry_budget: self.budget,
            circuit_breaker: self.breaker,
            limit: self.limit,
            hedge: self.hedge,
            ttl_us: self.ttl.map(micros),
            stale_for_us: self.stale_for.map(micros),
            refresh_ahead_us: self.refresh_ahead.map(micros),
            root: self.root.as_deref(),
        };
        shape.serialize(serializer)
    }
}
