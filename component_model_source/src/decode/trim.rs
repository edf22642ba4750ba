//! The white space around the texts within a value.
//!
//! It is dropped where a type refused a text, which the path of its error says. All rows of a query have the same type in
//! a column, and all items of a list have the same type, so that it is dropped in all of them together.

use super::Step;
use crate::Value;

/// Whether there is white space to drop at the end of these steps.
pub(super) fn applies(value: &Value, steps: &[Step]) -> bool {
    match value {
        Value::Text(text) => text.trim().len() < text.len(),
        Value::Rows(rows) => rows.iter().any(|row| applies(row, within_rows(steps))),
        Value::Row(columns) => column(columns, steps).is_some_and(|index| applies(&columns[index].1, &[])),
        Value::List(items) => items.iter().any(|item| applies(item, steps.get(1..).unwrap_or_default())),
        Value::Map(members) => member(members, steps).is_some_and(|index| applies(&members[index].1, &steps[1..])),
        _ => false,
    }
}

/// Drops it.
pub(super) fn apply(value: &mut Value, steps: &[Step]) {
    match value {
        Value::Text(text) => *text = text.trim().to_owned(),
        Value::Rows(rows) => rows.iter_mut().for_each(|row| apply(row, within_rows(steps))),
        Value::Row(columns) => {
            if let Some(index) = column(columns, steps) {
                apply(&mut columns[index].1, &[]);
            }
        }
        Value::List(items) => items.iter_mut().for_each(|item| apply(item, steps.get(1..).unwrap_or_default())),
        Value::Map(members) => {
            if let Some(index) = member(members, steps) {
                apply(&mut members[index].1, &steps[1..]);
            }
        }
        _ => {}
    }
}

/// The steps from a row on, in a list of rows or in the only row.
fn within_rows(steps: &[Step]) -> &[Step] {
    if let [Step::Index(_), steps @ ..] = steps { steps } else { steps }
}

/// The column that the steps name; the only one, or the value of an entry, is not named.
fn column(columns: &[(String, Value)], steps: &[Step]) -> Option<usize> {
    match (steps, columns.len()) {
        ([Step::Key(_), ..], _) => member(columns, steps),
        (_, 1) => Some(0),
        (_, 2) => Some(1),
        _ => None,
    }
}

fn member(members: &[(String, Value)], steps: &[Step]) -> Option<usize> {
    let [Step::Key(name), ..] = steps else { return None };
    members.iter().position(|(known, _)| known == name)
}
