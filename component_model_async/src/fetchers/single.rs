//! Calls of one request.

use crate::{Answer, registry::wrong_number_of_answers};

/// The answer to the only request of a call.
pub(super) fn only(mut answers: Vec<Answer>) -> Answer {
    answers.pop().unwrap_or_else(|| Err(wrong_number_of_answers(0, 1)))
}
