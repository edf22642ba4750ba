//! Calls of one request.

use component_model_source::{Answer, SourceError};

/// The answer to the only request of a call.
pub(super) fn only(mut answers: Vec<Answer>) -> Answer {
    answers.pop().unwrap_or_else(|| Err(SourceError::wrong_number_of_answers(0, 1)))
}
