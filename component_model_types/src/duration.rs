//! The one parser of durations: for the derives' `timeout = "1h30m"` and for text that is assigned to a [`Duration`].
//!
//! What always holds: nothing is guessed and nothing panics; an error states what is wrong and never repeats the text,
//! which may be a secret.

use std::{error::Error, fmt, time::Duration};

/// The units, from the largest to the smallest, in nanoseconds.
const UNITS: [(&str, u128); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", NANOS_PER_SECOND),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// The number of digits after the point that are read; further digits are less than a nanosecond in every unit.
const FRACTION_DIGITS: usize = 18;

/// Parses a duration.
///
/// A bare number is seconds (`"30"`, `"1.5"`); with units it is a sequence from the largest to the smallest
/// (`"250ms"`, `"1h30m"`, `"1.5s"`). The units are `ns`, `us`, `ms`, `s`, `m`, `h` and `d`. Space around the text is
/// ignored; fractions of a nanosecond are dropped.
///
/// ```
/// use component_model::duration::parse;
/// use std::time::Duration;
///
/// assert_eq!(parse("30")?, Duration::from_secs(30));
/// assert_eq!(parse("250ms")?, Duration::from_millis(250));
/// assert_eq!(parse("1h30m")?, Duration::from_secs(90 * 60));
/// assert_eq!(parse("1.5")?, Duration::from_millis(1500));
/// assert!(parse("30m1h").is_err());
/// # Ok::<(), component_model::duration::ParseDurationError>(())
/// ```
///
/// # Errors
///
/// If the text is empty, negative, not a number with known units from the largest to the smallest, or too large for a
/// [`Duration`].
pub fn parse(text: &str) -> Result<Duration, ParseDurationError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ParseDurationError(Problem::Empty));
    }
    if text.starts_with('-') {
        return Err(ParseDurationError(Problem::Negative));
    }
    if text.contains(char::is_whitespace) && parse(&text.split_whitespace().collect::<String>()).is_ok() {
        return Err(ParseDurationError(Problem::Space));
    }
    let nanos = if text.bytes().all(is_number_byte) { amount(text, NANOS_PER_SECOND) } else { sequence(text) };
    nanos.and_then(from_nanos).map_err(ParseDurationError)
}

/// Parses pairs of number and unit, each unit smaller than the one before.
fn sequence(mut rest: &str) -> Result<u128, Problem> {
    let mut total = 0u128;
    let mut smallest = u128::MAX;
    while !rest.is_empty() {
        let (number, after) = split(rest, is_number_byte);
        let (name, after) = split(after, |byte| !is_number_byte(byte));
        if number.is_empty() {
            return Err(Problem::Number);
        }
        let (_, unit) = *UNITS.iter().find(|(known, _)| *known == name).ok_or(match name {
            "" => Problem::NoUnit,
            _ => Problem::Unit,
        })?;
        if unit >= smallest {
            return Err(Problem::Order);
        }
        total = total.checked_add(amount(number, unit)?).ok_or(Problem::TooLarge)?;
        smallest = unit;
        rest = after;
    }
    Ok(total)
}

/// Parses a decimal number of `unit`s as nanoseconds, without floating-point rounding.
fn amount(number: &str, unit: u128) -> Result<u128, Problem> {
    let (whole, fraction) = match number.split_once('.') {
        Some((_, "")) => return Err(Problem::Number),
        Some(parts) => parts,
        None => (number, "0"),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(Problem::Number);
    }
    let whole: u128 = whole.parse().map_err(|_| Problem::TooLarge)?;
    let fraction = &fraction[..fraction.len().min(FRACTION_DIGITS)];
    let scale = fraction.bytes().fold(1u128, |scale, _| scale * 10);
    let part = fraction.bytes().fold(0u128, |sum, digit| sum * 10 + u128::from(digit - b'0'));
    whole.checked_mul(unit).and_then(|nanos| nanos.checked_add(part * unit / scale)).ok_or(Problem::TooLarge)
}

fn from_nanos(nanos: u128) -> Result<Duration, Problem> {
    let seconds = u64::try_from(nanos / NANOS_PER_SECOND).map_err(|_| Problem::TooLarge)?;
    let rest = u32::try_from(nanos % NANOS_PER_SECOND).map_err(|_| Problem::TooLarge)?;
    Ok(Duration::new(seconds, rest))
}

fn is_number_byte(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'.'
}

/// Splits off the longest prefix whose bytes are all `wanted`.
///
/// It splits only next to an ASCII byte or at the end, so always between characters.
fn split(text: &str, wanted: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !wanted(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Why a text is not a duration; it does not repeat the text.
///
/// ```
/// use component_model::duration::parse;
///
/// let error = parse("5 weeks").unwrap_err();
/// assert_eq!(error.to_string(), "unknown unit of time; known are ns, us, ms, s, m, h, d");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseDurationError(Problem);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    Empty,
    Space,
    Negative,
    Number,
    NoUnit,
    Unit,
    Order,
    TooLarge,
}

impl fmt::Display for ParseDurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Problem::Empty => "a duration needs a number",
            Problem::Space => "a duration has no spaces: write it as `5s` or `1m30s`",
            Problem::Negative => "a duration cannot be negative",
            Problem::Number => "a duration needs a decimal number before each unit",
            Problem::NoUnit => "the last number of a duration needs a unit, as the others have one",
            Problem::Unit => "unknown unit of time; known are ns, us, ms, s, m, h, d",
            Problem::Order => "the units of a duration go from the largest to the smallest, each once",
            Problem::TooLarge => "the duration is too large",
        })
    }
}

impl Error for ParseDurationError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_is_seconds_and_may_be_fractional() {
        assert_eq!(parse("30"), Ok(Duration::from_secs(30)));
        assert_eq!(parse(" 1.5 "), Ok(Duration::from_millis(1500)));
        assert_eq!(parse("0"), Ok(Duration::ZERO));
    }

    #[test]
    fn every_unit_is_known() {
        for (text, nanos) in [
            ("1ns", 1),
            ("1us", 1_000),
            ("1ms", 1_000_000),
            ("1s", 1_000_000_000),
            ("1m", 60_000_000_000),
            ("1h", 3_600_000_000_000),
            ("1d", 86_400_000_000_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn units_descend_and_do_not_repeat() {
        assert_eq!(parse("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse("1d2h3m4.5s"), Ok(Duration::from_millis(93_784_500)));
        for text in ["30m1h", "1s1s"] {
            assert_eq!(parse(text), Err(ParseDurationError(Problem::Order)), "{text}");
        }
    }

    #[test]
    fn fractions_smaller_than_a_nanosecond_are_truncated() {
        assert_eq!(parse("0.30000000000000004"), Ok(Duration::from_millis(300)));
        assert_eq!(parse("1.9ns"), Ok(Duration::from_nanos(1)));
        assert_eq!(parse(&format!("0.{}", "9".repeat(400))), Ok(Duration::from_nanos(999_999_999)));
    }

    #[test]
    fn the_largest_duration_fits_and_one_second_more_does_not() {
        assert_eq!(parse("18446744073709551615.999999999"), Ok(Duration::MAX));
        assert_eq!(parse("18446744073709551616"), Err(ParseDurationError(Problem::TooLarge)));
        assert_eq!(parse(&"9".repeat(100)), Err(ParseDurationError(Problem::TooLarge)));
        assert_eq!(parse("340282366920938463463374607431768211455d"), Err(ParseDurationError(Problem::TooLarge)));
    }

    #[test]
    fn text_that_is_not_a_duration_is_rejected() {
        for (text, problem) in [
            ("", Problem::Empty),
            ("  ", Problem::Empty),
            ("-5", Problem::Negative),
            ("s", Problem::Number),
            ("1.", Problem::Number),
            (".5", Problem::Number),
            ("1.2.3", Problem::Number),
            ("1h30", Problem::NoUnit),
            ("5µs", Problem::Unit),
            ("5 s", Problem::Space),
            ("1m 30s", Problem::Space),
            ("5 weeks", Problem::Unit),
            ("NaN", Problem::Number),
            ("soon", Problem::Number),
            ("1e3", Problem::Unit),
        ] {
            assert_eq!(parse(text), Err(ParseDurationError(problem)), "{text}");
        }
    }
}
