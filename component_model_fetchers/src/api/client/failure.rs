//! What the statuses of an API mean.

use component_model_source::{ErrorKind, SourceError};
use reqwest::{Response, StatusCode};

use super::{super::config::Config, hop::Hop};
use crate::http;

/// Whether a status means that there is no value.
pub(super) fn is_absence(status: StatusCode) -> bool {
    matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::NO_CONTENT)
}

/// The failure that a status means, whatever the body says.
pub(super) fn of_status(response: &Response, hop: &Hop, config: &Config) -> SourceError {
    let error = http::of_status(response);
    if error.kind() == ErrorKind::Denied { error.with_hint(denied_hint(hop, config)) } else { error }
}

fn denied_hint(hop: &Hop, config: &Config) -> String {
    if hop.astray {
        format!("the server redirected to {}, where what is configured is not sent", hop.origin())
    } else if !hop.headers.is_empty() {
        "the server refuses what is configured: is the token or the password right, and may it read this?".to_owned()
    } else if config.has_credentials() {
        format!("nothing that is configured is sent to {}: it is not the base's origin", hop.origin())
    } else {
        "no credentials are configured: API_TOKEN, or `bearer`, `basic` or `header` of the builder".to_owned()
    }
}
