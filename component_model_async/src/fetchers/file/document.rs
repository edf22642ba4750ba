//! A parsed file, and the answers it gives.

use std::{path::Path, sync::Arc};

use super::{format::Format, keypath::KeyPath, place};
use crate::{Answer, ErrorKind, Found, SourceError, Value, decode};

/// A file that was read: its text, for the places of errors, and its value.
pub(super) struct Document {
    name: String,
    format: Format,
    text: String,
    value: Value,
}

impl Document {
    /// Parses the text of a file.
    pub(super) fn parse(path: &Path, text: String) -> Result<Self, SourceError> {
        let (name, format) = (path.display().to_string(), Format::of(path));
        let value = match format {
            Format::Toml => toml_value(&name, &text)?,
            Format::Json => Value::from_json(&text).map_err(|error| json_error(&name, &error))?,
            Format::Yaml => yaml_value(&name, &text)?,
            Format::Plain => {
                Value::text(text.strip_suffix('\n').map_or(&*text, |line| line.strip_suffix('\r').unwrap_or(line)))
            }
        };
        Ok(Self { name, format, text, value })
    }
}

/// What the document has at a path.
pub(super) fn answer(document: &Arc<Document>, path: &KeyPath) -> Answer {
    let Some((value, steps)) = path.find(&document.value) else { return Ok(None) };
    let document = Arc::clone(document);
    let place = move |within: &decode::Path| {
        let steps: Vec<_> = steps.iter().chain(within.steps()).cloned().collect();
        let (line, column) = place::find(document.format, &document.text, &steps)?;
        Some(format!("{}:{line}:{column}", document.name))
    };
    Ok(Some(Found::new(value.clone()).with_place(place)))
}

fn malformed(message: impl Into<String>, name: &str, position: Option<(usize, usize)>) -> SourceError {
    let place = match position {
        Some((line, column)) => format!("{name}:{line}:{column}"),
        None => name.to_owned(),
    };
    SourceError::new(ErrorKind::Malformed, message.into()).at(place)
}

fn json_error(name: &str, error: &serde_json::Error) -> SourceError {
    // The position stands in the place; the message ends with it again.
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    malformed(format!("not JSON: {message}"), name, Some((error.line(), error.column())))
}

fn toml_value(name: &str, text: &str) -> Result<Value, SourceError> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let position = error.span().map(|span| place::position(text, span.start));
        malformed(format!("not TOML: {}", error.message()), name, position)
    })?;
    Ok(from_toml(toml::Value::Table(table)))
}

fn from_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::Signed(number),
        toml::Value::Float(number) => Value::Float(number),
        toml::Value::Boolean(value) => Value::Bool(value),
        toml::Value::Datetime(moment) => Value::String(moment.to_string()),
        toml::Value::Array(items) => Value::List(items.into_iter().map(from_toml).collect()),
        toml::Value::Table(members) => {
            Value::Map(members.into_iter().map(|(name, member)| (name, from_toml(member))).collect())
        }
    }
}

fn yaml_value(name: &str, text: &str) -> Result<Value, SourceError> {
    let yaml_error = |error: &yaml_serde::Error| {
        let position = error.location().map(|location| (location.line(), location.column()));
        malformed(not_yaml(error), name, position)
    };
    // Through YAML's own value: it refuses a key that stands twice, and knows merge keys and tags.
    let mut value: yaml_serde::Value = yaml_serde::from_str(text).map_err(|error| yaml_error(&error))?;
    value.apply_merge().map_err(|error| yaml_error(&error))?;
    from_yaml(value).ok_or_else(|| malformed("a key of a map is no scalar", name, None))
}

/// What is wrong, where that is known without the parser's text, which may repeat the document's.
fn not_yaml(error: &yaml_serde::Error) -> &'static str {
    let text = error.to_string();
    let known = [
        ("duplicate entry", "not YAML: a key stands twice in one map"),
        ("recursion limit", "not YAML: it is nested too deeply"),
        ("repetition limit", "not YAML: its aliases repeat too much"),
        ("unknown anchor", "not YAML: an alias has no anchor"),
        ("more than one document", "not YAML: there is more than one document"),
    ];
    known.iter().find(|(sign, _)| text.contains(sign)).map_or("not YAML", |(_, message)| message)
}

/// `None` where the key of a map is no scalar.
fn from_yaml(value: yaml_serde::Value) -> Option<Value> {
    Some(match value {
        yaml_serde::Value::Null => Value::Null,
        yaml_serde::Value::Bool(value) => Value::Bool(value),
        yaml_serde::Value::Number(number) => from_yaml_number(&number),
        yaml_serde::Value::String(text) => Value::String(text),
        yaml_serde::Value::Sequence(items) => Value::List(items.into_iter().map(from_yaml).collect::<Option<_>>()?),
        yaml_serde::Value::Mapping(members) => Value::Map(
            members.into_iter().map(|(key, member)| Some((scalar(key)?, from_yaml(member)?))).collect::<Option<_>>()?,
        ),
        yaml_serde::Value::Tagged(tagged) => from_yaml(tagged.value)?,
    })
}

fn from_yaml_number(number: &yaml_serde::Number) -> Value {
    let unsigned = number.as_u64().map(Value::Unsigned);
    let signed = || number.as_i64().map(Value::Signed);
    unsigned.or_else(signed).or_else(|| number.as_f64().map(Value::Float)).unwrap_or(Value::Null)
}

fn scalar(key: yaml_serde::Value) -> Option<String> {
    match key {
        yaml_serde::Value::String(text) => Some(text),
        yaml_serde::Value::Bool(value) => Some(value.to_string()),
        yaml_serde::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
