//! The rows of a query.
//!
//! What always holds: the type decides what the rows are, and their number does not. A list takes any number of rows,
//! each an item; a map takes any number of rows with two columns, each an entry; anything else takes one row. No row is
//! the empty list or map, and otherwise absence. A struct that flattens another asks for a map, and is a struct here.

use std::{cell::Cell, collections::HashSet};

use serde::de::{DeserializeSeed, Deserializer as _, MapAccess, Visitor};

use super::{DecodeError, Step, document::Rules};
use crate::Value;

/// The columns of one row.
pub(super) type Columns = [(String, Value)];

/// The one row, where there is one.
pub(super) fn single(rows: &[Value]) -> Result<&Value, DecodeError> {
    match rows {
        [] => Err(DecodeError::absent()),
        [row] => Ok(row),
        rows => Err(DecodeError::new(format!("expected one row, found {}", rows.len()))),
    }
}

/// The one column of a row.
pub(super) fn single_column(columns: &Columns) -> Result<&Value, DecodeError> {
    match columns {
        [(_, column)] => Ok(column),
        _ => Err(DecodeError::new(format!("expected one column for a single value, found {}", columns.len()))),
    }
}

/// The one column of the one row.
pub(super) fn only_column(value: &Value) -> Option<&Value> {
    match value {
        Value::Rows(rows) => single(rows).ok().and_then(only_column),
        Value::Row(columns) => single_column(columns).ok(),
        _ => None,
    }
}

/// The one column, where it holds a document itself and is not a field of the struct that asks.
pub(super) fn column_with_map<'c>(columns: &'c Columns, fields: &[&str]) -> Option<&'c Value> {
    let [(name, column)] = columns else { return None };
    let holds_map = match column {
        Value::Map(_) => true,
        Value::Text(text) => text.trim_start().starts_with('{'),
        _ => false,
    };
    (holds_map && !fields.contains(&name.as_str())).then_some(column)
}

/// Visits rows as a map: two columns are a key and its value, other columns are the members by their names, of one row.
pub(super) fn visit_map<'de, V: Visitor<'de>>(
    rows: &[Value],
    rules: Rules,
    visitor: V,
) -> Result<V::Value, DecodeError> {
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        match row {
            Value::Row(columns) if columns.len() == 2 => entries.push(&columns[..]),
            _ if rows.len() > 1 => {
                let found = rows.len();
                let message = format!(
                    "expected one row, found {found}; a map also takes rows of two columns, a name and its value"
                );
                return Err(DecodeError::new(message));
            }
            _ => return rules.document(single(rows)?).deserialize_map(visitor),
        }
    }
    check_unique(&entries)?;
    visitor.visit_map(Entries { entries, next: 0, pending: None, by_name: Cell::new(false), rules })
}

fn check_unique(entries: &[&Columns]) -> Result<(), DecodeError> {
    let mut seen = HashSet::with_capacity(entries.len());
    let twice = entries.iter().any(|columns| match &columns[0].1 {
        Value::Text(key) | Value::String(key) => !seen.insert(key.clone()),
        Value::Signed(key) => !seen.insert(key.to_string()),
        Value::Unsigned(key) => !seen.insert(key.to_string()),
        _ => false,
    });
    if twice { Err(DecodeError::key_twice()) } else { Ok(()) }
}

/// Rows of two columns. A struct that flattens another asks for a map too, and is told from one by asking for names of
/// fields: for it the one row's columns are the members.
struct Entries<'v> {
    entries: Vec<&'v Columns>,
    next: usize,
    pending: Option<(Step, &'v Value)>,
    by_name: Cell<bool>,
    rules: Rules,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = DecodeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        let position = self.next;
        self.next += 1;
        if self.entries.is_empty() {
            return match asks_by_name(seed) {
                true => Err(DecodeError::absent()),
                false => Ok(None),
            };
        }
        if self.by_name.get() {
            let Some((name, value)) = self.entries.first().and_then(|columns| columns.get(position)) else {
                return Ok(None);
            };
            self.pending = Some((Step::Key(name.clone()), value));
            return seed.deserialize(self.rules.key(name)).map(Some);
        }
        let Some(columns) = self.entries.get(position) else { return Ok(None) };
        let key = FirstKey { columns: Some(columns), rows: self.entries.len(), by_name: &self.by_name };
        let key = seed.deserialize(self.rules.first_key(&key)).map_err(|error| match self.by_name.get() {
            true => error,
            false => error.within(Step::Key(columns[0].0.clone())).within(Step::Index(position)),
        })?;
        self.pending = Some(match self.by_name.get() {
            true => (Step::Key(columns[0].0.clone()), &columns[0].1),
            // The key is a piece of what the table holds, so that no error names it.
            false => (Step::Index(position), &columns[1].1),
        });
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        match self.pending.take() {
            Some((step, value)) => seed.deserialize(self.rules.document(value)).map_err(|error| error.within(step)),
            None => Err(DecodeError::new("a value was asked for before its key")),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len().saturating_sub(self.next))
    }
}

/// Whether a key is the name of a field, asked where there is no row that could tell: then a map is empty, and a struct is
/// absent.
fn asks_by_name<'de, S: DeserializeSeed<'de>>(seed: S) -> bool {
    let by_name = Cell::new(false);
    let key = FirstKey { columns: None, rows: 0, by_name: &by_name };
    // Only the question matters: what the type makes of no key is not an answer.
    let _ = seed.deserialize(Rules::default().first_key(&key));
    by_name.get()
}

/// A key of which it is not known yet whether it is the first column's value or its name.
#[derive(Clone, Copy)]
pub(super) struct FirstKey<'k> {
    /// `None` if there is no row.
    columns: Option<&'k Columns>,
    rows: usize,
    by_name: &'k Cell<bool>,
}

impl<'k> FirstKey<'k> {
    /// The key of an entry.
    pub(super) fn value(&self) -> Result<&'k Value, DecodeError> {
        self.columns.map(|columns| &columns[0].1).ok_or_else(DecodeError::absent)
    }

    /// The name of the first column, for a struct, which takes one row.
    pub(super) fn name(&self) -> Result<&'k str, DecodeError> {
        self.by_name.set(true);
        match (self.columns, self.rows) {
            (None, _) => Err(DecodeError::absent()),
            (Some(columns), 1) => Ok(&columns[0].0),
            (Some(_), rows) => Err(DecodeError::new(format!("expected one row, found {rows}"))),
        }
    }
}
