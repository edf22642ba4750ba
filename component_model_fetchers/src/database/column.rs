//! Turns a server's row into named values, and measures them.

use std::collections::HashSet;

use component_model_source::{ErrorKind, SourceError, Value, limit};
use sqlx::{Column as _, Row as _, TypeInfo as _};

use super::{server::Server, sql::Sql};

/// The most that one answer may hold.
pub(super) const LIMIT: usize = limit::BYTES;

/// Why the value of a column cannot be read.
#[derive(Debug)]
pub enum Unreadable {
    /// There is no conversion for this type.
    Type,
    /// The bytes do not have the format of their type; what is wrong with them, without the bytes.
    Content(&'static str),
    /// A document with more than [`limit::VALUES`] values.
    TooMany,
}

/// The value of a JSON document; the error says what is wrong with one that the server takes and this crate does not.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) fn json(text: &str, unreadable: &'static str) -> Result<Value, Unreadable> {
    Value::from_json(text).map_err(|error| match component_model_source::value::is_too_many(&error) {
        true => Unreadable::TooMany,
        false => Unreadable::Content(unreadable),
    })
}

/// The names of an answer's columns: the same for each of its rows.
#[derive(Debug)]
pub(super) struct Names {
    sql: Sql,
    names: Option<Vec<String>>,
}

impl Names {
    /// Of the answer to a query.
    pub(super) fn new(sql: &Sql) -> Self {
        Self { sql: sql.clone(), names: None }
    }

    /// The named values of a row.
    pub(super) fn row<S: Server>(&mut self, row: &S::Row) -> Result<Vec<(String, Value)>, SourceError> {
        let sql = &self.sql;
        // Read only for an error.
        let shows = |name: &str| sql.shows_columns(&S::QUOTING)(name);
        let names = match &mut self.names {
            Some(names) => names,
            names => names.insert(distinct(row.columns().iter().map(sqlx::Column::name), shows)?),
        };
        let named = |(index, name): (usize, &String)| Ok((name.clone(), value::<S>(row, index, shows)?));
        names.iter().enumerate().map(named).collect()
    }

    /// The names that no error may show.
    pub(super) fn hidden<S: Server>(self) -> Vec<String> {
        let shows = self.sql.shows_columns(&S::QUOTING);
        self.names.unwrap_or_default().into_iter().filter(|name| !shows(name)).collect()
    }
}

fn distinct<'a>(
    names: impl Iterator<Item = &'a str>,
    shows: impl Fn(&str) -> bool,
) -> Result<Vec<String>, SourceError> {
    let mut seen = HashSet::new();
    names
        .map(|name| match seen.insert(name) {
            true => Ok(name.to_owned()),
            false => Err(two_of_one_name(name, shows(name))),
        })
        .collect()
}

fn two_of_one_name(name: &str, is_shown: bool) -> SourceError {
    let message = if is_shown {
        format!("two columns have the name `{name}`")
    } else {
        "two columns have the same name".to_owned()
    };
    SourceError::new(ErrorKind::Malformed, message).with_hint("name one of them with `AS` in the query")
}

/// The value of one column. Its name is in an error only if it `shows`.
pub(super) fn value<S: Server>(row: &S::Row, index: usize, shows: impl Fn(&str) -> bool) -> Result<Value, SourceError> {
    S::value(row, index).map_err(|problem| {
        let column = &row.columns()[index];
        let name = match column.name() {
            name if shows(name) => format!("the column `{name}`"),
            _ => format!("the column {}", index + 1),
        };
        match problem {
            Unreadable::Content(what) => SourceError::new(ErrorKind::Malformed, format!("{name} holds {what}")),
            Unreadable::TooMany => {
                let what = format!("{name} holds a document with more than a million values");
                SourceError::new(ErrorKind::TooLarge, what).with_hint("let the query ask for a part of it")
            }
            Unreadable::Type => SourceError::new(
                ErrorKind::Malformed,
                format!("{name} has the type {}, which cannot be read", column.type_info().name()),
            )
            .with_hint("cast it to text in the query"),
        }
    })
}

/// About how many bytes a value holds.
pub(super) fn weight(value: &Value) -> usize {
    value.weight()
}

/// What a row holds beside its values: one without columns costs memory too.
pub(super) const ROW: usize = size_of::<Vec<(String, Value)>>();

/// About how many bytes a row of named values holds.
pub(super) fn weight_of_row(members: &[(String, Value)]) -> usize {
    ROW + members.iter().map(|(name, value)| name.len() + weight(value)).sum::<usize>()
}

/// The error for an answer beyond the limit.
pub(super) fn too_large() -> SourceError {
    SourceError::new(ErrorKind::TooLarge, format!("the answer holds more than {}", limit::BYTES_SHOWN))
        .with_hint("let the query ask for less")
}
