//! Bodies, as they were sent.

use component_model_source::{ErrorKind, SourceError};
use reqwest::Response;

use super::failure::of_exchange;

/// The most memory that is reserved for a body before it arrives, in bytes.
const RESERVED: usize = 1024 * 1024;

/// The whole body as it was sent, as long as it stays within the limit.
pub(crate) async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, SourceError> {
    if response.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(too_large(limit));
    }
    // The announced length is only a hint, and may be wrong.
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let mut body = Vec::with_capacity(announced.min(RESERVED));
    while let Some(chunk) = response.chunk().await.map_err(of_exchange)? {
        if chunk.len() > limit - body.len() {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub(crate) fn too_large(limit: usize) -> SourceError {
    SourceError::new(ErrorKind::TooLarge, format!("the body has more than {limit} bytes"))
}
