//! The attempt's timeout: the longest that one try may take. A retry starts a new one.

use std::{future::Future, time::Duration};

use crate::{ErrorKind, SourceError, text::duration_text};

/// The timeout of an attempt where the attribute names none.
pub(crate) const DEFAULT: Duration = Duration::from_secs(2);

/// Runs an attempt of a component for at most `limit`.
///
/// # Cancel safety
/// Dropping it drops the attempt.
pub(super) async fn attempt<T>(limit: Duration, attempt: impl Future<Output = T>) -> Result<T, SourceError> {
    bounded(limit, attempt, "`timeout` on the component allows more time").await
}

/// Runs the attempt of a typed fetcher, which knows no component, for at most `limit`.
///
/// # Cancel safety
/// Dropping it drops the attempt.
#[cfg(any(feature = "api", feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub(crate) async fn fetcher_attempt<T>(
    limit: Duration,
    attempt: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, SourceError> {
    crate::engine::runtime::required()?;
    bounded(limit, attempt, "`timeout` of the fetcher allows more time").await?
}

async fn bounded<T>(limit: Duration, attempt: impl Future<Output = T>, hint: &'static str) -> Result<T, SourceError> {
    tokio::time::timeout(limit, attempt).await.map_err(|_| {
        SourceError::new(ErrorKind::Timeout, format!("no answer within {}", duration_text(limit))).with_hint(hint)
    })
}
