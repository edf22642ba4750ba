//! What text means where a scalar is asked for: the one place that knows the notations.

use std::{str::FromStr, time::Duration};

use super::{DecodeError, text};
use crate::Value;

/// A number in Rust's notation, with white space around it dropped.
pub(super) fn number<N: FromStr>(text: &str, expected: &str) -> Result<N, DecodeError> {
    let text = text.trim();
    text.parse().map_err(|_| match text {
        "" => DecodeError::new(format!("expected {expected}, found empty text")),
        _ if is_integer(text) => out_of_range(expected),
        _ => DecodeError::not_a(expected),
    })
}

/// Whether text is a whole number of any size.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number with a fraction. `inf` and `NaN` are numbers where somebody wrote them, and no other number becomes
/// infinite.
pub(super) fn float<N: FromStr + Copy>(text: &str, is_finite: fn(N) -> bool, expected: &str) -> Result<N, DecodeError> {
    let read = number(text, expected)?;
    let has_digits = text.contains(|character: char| character.is_ascii_digit());
    if has_digits && !is_finite(read) { Err(out_of_range(expected)) } else { Ok(read) }
}

/// A number of a document as an `f32`, which has fewer of them.
pub(super) fn narrow(value: f64) -> Result<f32, DecodeError> {
    #[expect(clippy::cast_possible_truncation, reason = "to the nearest; what has none is refused")]
    let narrow = value as f32;
    if value.is_finite() && !narrow.is_finite() { Err(out_of_range("f32")) } else { Ok(narrow) }
}

fn out_of_range(expected: &str) -> DecodeError {
    DecodeError::new(format!("expected {expected}, found a number that is out of its range"))
}

/// What text is by its looks. A number that would be written otherwise, such as `0042` or `1.10`, stays text.
pub(super) fn guess(text: &str) -> Option<Value> {
    match text {
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        _ => {}
    }
    let as_written = |number: String| number == text;
    let unsigned = text.parse().ok().filter(|number: &u64| as_written(number.to_string())).map(Value::Unsigned);
    let signed = || text.parse().ok().filter(|number: &i64| as_written(number.to_string())).map(Value::Signed);
    let float = || text.parse().ok().filter(|number: &f64| number.is_finite() && as_written(number.to_string()));
    unsigned.or_else(signed).or_else(|| float().map(Value::Float)).or_else(|| text::json(text).ok().flatten())
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
