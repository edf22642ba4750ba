//! Resolves scalars by the core schema of YAML 1.2: only a scalar without quotes may be something other than text.

use std::borrow::Cow;

use component_model_source::Value;
use saphyr_parser::{ScalarStyle, Tag};

/// A scalar as the schema reads it. Digits with a leading zero are text, as in other parsers: a password `0042` is not a
/// number.
pub(super) fn value(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    if !is_plain(style, tag) {
        return Value::String(text.into_owned());
    }
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        _ => integer(&text).or_else(|| float(&text)).unwrap_or_else(|| Value::String(text.into_owned())),
    }
}

/// Whether the schema resolves a scalar: it has neither quotes nor the tag of text, or a tag asks for the schema.
pub(super) fn is_plain(style: ScalarStyle, tag: Option<&Tag>) -> bool {
    match tag.filter(|tag| tag.is_yaml_core_schema()) {
        Some(tag) => matches!(&*tag.suffix, "int" | "float" | "bool" | "null"),
        None => style == ScalarStyle::Plain,
    }
}

/// An integer; one that is out of range for [`Value`] stays text, which affects only the component that reads it.
fn integer(text: &str) -> Option<Value> {
    let (sign, unsigned) = sign(text);
    let (radix, digits) = match unsigned.get(..2) {
        Some("0x") => (16, &unsigned[2..]),
        Some("0o") => (8, &unsigned[2..]),
        Some("0b") => (2, &unsigned[2..]),
        _ => (10, unsigned),
    };
    // As in JSON, whose numbers YAML takes over; an integer has no zero of its own with a sign.
    if text == "-0" {
        return Some(Value::Float(-0.0));
    }
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    if !is_number || radix == 10 && digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    Some(match i128::from_str_radix(&format!("{sign}{digits}"), radix) {
        Ok(number) => whole(number),
        Err(_) => Value::text(text),
    })
}

fn whole(number: i128) -> Value {
    let unsigned = u64::try_from(number).map(Value::Unsigned);
    let signed = || i64::try_from(number).map(Value::Signed);
    unsigned.or_else(|_| signed()).unwrap_or_else(|_| Value::text(number.to_string()))
}

/// A number with a fraction, an exponent, or that is infinite.
fn float(text: &str) -> Option<Value> {
    let (sign, unsigned) = sign(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Some(Value::Float(if sign == "-" { f64::NEG_INFINITY } else { f64::INFINITY }));
    }
    let is_number = unsigned.starts_with(|first: char| first == '.' || first.is_ascii_digit())
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
        && unsigned.contains(['.', 'e', 'E']);
    let leading_zero = unsigned.starts_with('0') && unsigned[1..].starts_with(|next: char| next.is_ascii_digit());
    if !is_number || leading_zero {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    Some(if number.is_finite() { Value::Float(number) } else { Value::text(text) })
}

fn sign(text: &str) -> (&str, &str) {
    match text.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    }
}
