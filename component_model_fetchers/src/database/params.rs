//! The parameters of a query: the JSON list of the attribute, or the values that a fetcher binds.

use std::{
    fmt,
    hash::{Hash, Hasher},
    mem::discriminant,
};

use component_model_source::{ErrorKind, SourceError, Value};
use serde_json::Value as Json;

/// One value for a placeholder; its `Debug` shows the type only.
#[derive(Clone)]
pub enum Param {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
}

impl Param {
    /// What tells it from others of its type; a number of JSON is never `NaN`.
    fn bits(&self) -> (u64, &str) {
        match self {
            Self::Null => (0, ""),
            Self::Bool(value) => (u64::from(*value), ""),
            Self::Signed(value) => (value.cast_unsigned(), ""),
            Self::Unsigned(value) => (*value, ""),
            Self::Float(value) => (value.to_bits(), ""),
            Self::Text(text) => (0, text),
        }
    }
}

/// What tells a statement in a database with its parameters from others: the same in every version.
pub(super) fn identity(place: &str, query: &str, params: &[Param]) -> String {
    let text = |param: &Param| match param {
        Param::Null => "null".to_owned(),
        Param::Bool(value) => value.to_string(),
        Param::Signed(value) => value.to_string(),
        Param::Unsigned(value) => value.to_string(),
        Param::Float(value) => value.to_string(),
        Param::Text(value) => format!("{}:{value}", value.len()),
    };
    let whole = [place.to_owned(), query.to_owned()];
    whole.into_iter().chain(params.iter().map(text)).collect::<Vec<_>>().join("\n")
}

impl PartialEq for Param {
    fn eq(&self, other: &Self) -> bool {
        discriminant(self) == discriminant(other) && self.bits() == other.bits()
    }
}

impl Eq for Param {}

impl Hash for Param {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (discriminant(self), self.bits()).hash(state);
    }
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool",
            Self::Signed(_) => "Signed",
            Self::Unsigned(_) => "Unsigned",
            Self::Float(_) => "Float",
            Self::Text(_) => "Text",
        })
    }
}

/// The items of the option `params`.
pub(super) fn bound(items: Vec<Value>) -> Result<Vec<Param>, SourceError> {
    items.into_iter().enumerate().map(|(index, item)| from_value(index, item)).collect()
}

fn from_value(index: usize, value: Value) -> Result<Param, SourceError> {
    match value {
        Value::Null => Ok(Param::Null),
        Value::Bool(value) => Ok(Param::Bool(value)),
        Value::Signed(value) => Ok(Param::Signed(value)),
        Value::Unsigned(value) => Ok(i64::try_from(value).map_or(Param::Unsigned(value), Param::Signed)),
        Value::Float(value) => Ok(Param::Float(value)),
        Value::Text(text) | Value::String(text) => Ok(Param::Text(text)),
        _ => Err(not_a_scalar(index)),
    }
}

/// The parameter that a JSON value stands for; the index is used only in errors.
pub(super) fn from_json(index: usize, value: Json) -> Result<Param, SourceError> {
    match value {
        Json::Null => Ok(Param::Null),
        Json::Bool(value) => Ok(Param::Bool(value)),
        Json::String(text) => Ok(Param::Text(text)),
        Json::Number(number) => number
            .as_i64()
            .map(Param::Signed)
            .or_else(|| number.as_u64().map(Param::Unsigned))
            .or_else(|| number.as_f64().map(Param::Float))
            .ok_or_else(|| misconfigured(format!("parameter {} is not a number that fits 64 bits", index + 1))),
        Json::Array(_) | Json::Object(_) => Err(not_a_scalar(index)),
    }
}

fn not_a_scalar(index: usize) -> SourceError {
    let message = "is a list or a map: only text, numbers, booleans and null can be bound";
    misconfigured(format!("parameter {} {message}", index + 1))
}

/// The error for an integer that the server has no type for.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) fn too_large_integer() -> SourceError {
    misconfigured("a parameter is an integer that does not fit 64 bits with a sign").with_hint("bind it as text")
}

fn misconfigured(message: impl Into<std::borrow::Cow<'static, str>>) -> SourceError {
    SourceError::new(ErrorKind::Misconfigured, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Vec<Param>, SourceError> {
        let Ok(Value::List(items)) = Value::from_json(json) else { return Ok(Vec::new()) };
        bound(items)
    }

    #[test]
    fn each_parameter_has_the_type_it_has_in_json() {
        let params = read(r#"["eu", 5, -5, true, null, 1.5, 18446744073709551615]"#).unwrap();
        let text = Param::Text("eu".to_owned());
        let rest = [Param::Bool(true), Param::Null, Param::Float(1.5), Param::Unsigned(u64::MAX)];
        assert_eq!(params[..3], [text, Param::Signed(5), Param::Signed(-5)]);
        assert_eq!(params[3..], rest);
    }

    #[test]
    fn what_is_not_a_scalar_is_misconfigured_and_not_repeated() {
        let error = read(r#"[["hunter2"]]"#).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("hunter2"));
        assert!(!format!("{:?}", read(r#"["hunter2"]"#).unwrap()).contains("hunter2"));
    }
}
