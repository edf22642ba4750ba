//! The attempt's timeout: the longest that one try may take. A retry starts a new one.

use std::{future::Future, time::Duration};

use crate::{ErrorKind, SourceError, error::duration_text};

/// The timeout of an attempt where the attribute names none.
pub(super) const DEFAULT: Duration = Duration::from_secs(2);

/// Runs an attempt for at most `limit`.
///
/// # Cancel safety
/// Dropping it drops the attempt.
pub(super) async fn attempt<T>(limit: Duration, attempt: impl Future<Output = T>) -> Result<T, SourceError> {
    tokio::time::timeout(limit, attempt).await.map_err(|_| {
        SourceError::new(ErrorKind::Timeout, format!("no answer within {}", duration_text(limit)))
            .with_hint("`timeout` on the component allows more time")
    })
}
