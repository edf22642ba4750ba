//! What text means where a scalar is asked for: the one place that knows the notations.

use std::{str::FromStr, time::Duration};

use super::DecodeError;

/// A number in Rust's notation, with white space around it dropped.
pub(super) fn number<N: FromStr>(text: &str, expected: &str) -> Result<N, DecodeError> {
    text.trim().parse().map_err(|_| DecodeError::not_a(expected))
}

/// The words that people write for a boolean.
pub(super) fn boolean(text: &str) -> Result<bool, DecodeError> {
    let word = text.trim();
    let is = |known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
    if is(&["true", "1", "yes", "on"]) {
        Ok(true)
    } else if is(&["false", "0", "no", "off"]) {
        Ok(false)
    } else {
        Err(DecodeError::not_a("bool"))
    }
}

/// Exactly one character.
pub(super) fn character(text: &str) -> Result<char, DecodeError> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(character),
        _ => Err(DecodeError::not_a("a single character")),
    }
}

/// `30`, `1.5`, `250ms`, `1h30m`.
pub(super) fn duration(text: &str) -> Result<Duration, DecodeError> {
    component_model_types::duration::parse(text.trim()).map_err(|error| DecodeError::new(error.to_string()))
}

/// Whether serde's own `Duration` asks: the only struct of the standard library that people write as text.
pub(super) fn is_duration(name: &str, fields: &[&str]) -> bool {
    name == "Duration" && fields == ["secs", "nanos"]
}
