//! The rows of a query: a scalar wants one row with one column, a struct one row, a list all of them.

use super::DecodeError;
use crate::Value;

/// More rows than a single value can come from.
pub(super) fn too_many(rows: &[Value]) -> DecodeError {
    DecodeError::new(format!("expected one row, found {}", rows.len()))
}

/// The one column of a row.
pub(super) fn single_column(columns: &[(String, Value)]) -> Result<&Value, DecodeError> {
    match columns {
        [(_, column)] => Ok(column),
        _ => Err(DecodeError::new(format!("expected one column for a single value, found {}", columns.len()))),
    }
}

/// The one column, where it holds a list itself: a JSON array, an SQL array, bytes.
pub(super) fn column_with_list(columns: &[(String, Value)]) -> Option<&Value> {
    match columns {
        [(_, column @ (Value::List(_) | Value::Bytes(_)))] => Some(column),
        [(_, column @ Value::Text(text))] if text.trim_start().starts_with('[') => Some(column),
        _ => None,
    }
}

/// The one column, where it holds a document itself and is no field of the struct that asks.
pub(super) fn column_with_map<'c>(columns: &'c [(String, Value)], fields: &[&str]) -> Option<&'c Value> {
    let [(name, column)] = columns else { return None };
    let holds_map = match column {
        Value::Map(_) => true,
        Value::Text(text) => text.trim_start().starts_with('{'),
        _ => false,
    };
    (holds_map && !fields.contains(&name.as_str())).then_some(column)
}
