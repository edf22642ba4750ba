//! The attempt's timeout: how long a component waits for one attempt. A retry starts a new timeout.

use std::time::Duration;

use crate::{ErrorKind, Policies, SourceError, text::duration_text};

/// How long after the end of an attempt what it holds is taken from it, since whoever made it does not run.
pub(crate) const GRACE: Duration = Duration::from_millis(100);

/// The timeout of an attempt if neither the attribute nor the registration has one.
pub(crate) const DEFAULT: Duration = Duration::from_secs(2);

/// The timeout of a component's attempts at a source: that of its attribute, of the registration, or the default.
pub(crate) fn of_attempt(attribute: Option<Duration>, registration: Option<&Policies>) -> Duration {
    attribute.or_else(|| registration?.attempt_timeout()).unwrap_or(DEFAULT)
}

/// The failure of a component that has waited this long.
pub(crate) fn exceeded(limit: Duration) -> SourceError {
    no_answer(limit, "`timeout` on the component or on its source allows more time")
}

/// The failure of a component that has had this long for all its attempts and sources.
pub(crate) fn component_deadline(allowed: Duration) -> SourceError {
    let message = format!("the component has no value within its deadline of {}", duration_text(allowed));
    SourceError::new(ErrorKind::Deadline, message)
}

/// Checks a timeout that the program sets: with none at all, nothing could be answered.
pub(crate) fn check(timeout: Duration, of: &str) -> Result<(), SourceError> {
    match timeout {
        Duration::ZERO => Err(SourceError::new(ErrorKind::Misconfigured, format!("the timeout of the {of} is 0"))
            .with_hint("leave it out for the default of 2 s")),
        _ => Ok(()),
    }
}

/// Runs the attempt of a typed fetcher, which has no component, for at most `limit`.
///
/// # Cancel safety
/// Dropping it drops the attempt.
#[cfg(any(
    feature = "api",
    feature = "consul",
    feature = "sqlite",
    feature = "postgres",
    feature = "mysql",
    feature = "vault"
))]
pub(crate) async fn fetcher_attempt<T>(
    limit: Duration,
    attempt: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, SourceError> {
    check(limit, "fetcher")?;
    crate::engine::runtime::required()?;
    let attempt = tokio::time::timeout(limit, attempt);
    attempt.await.unwrap_or_else(|_| Err(no_answer(limit, "`timeout` of the fetcher allows more time")))
}

pub(crate) fn no_answer(limit: Duration, hint: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Timeout, format!("no answer within {}", duration_text(limit))).with_hint(hint)
}
