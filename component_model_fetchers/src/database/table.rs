//! The default table: its names, how they are written in SQL, and the answers to many keys from one query.

use std::collections::{HashMap, hash_map::Entry};

use component_model_source::{Answer, ErrorKind, Record, Reply, SourceError, Value};

/// A table with a column of keys and a column of values. Its names are always valid.
#[derive(Debug, Clone)]
pub struct Table {
    name: String,
    key: String,
    value: String,
}

impl Default for Table {
    fn default() -> Self {
        Self { name: "config".to_owned(), key: "key".to_owned(), value: "value".to_owned() }
    }
}

impl Table {
    pub(super) fn new(name: &str, key: &str, value: &str) -> Result<Self, SourceError> {
        name.split('.').chain([key, value]).try_for_each(check)?;
        Ok(Self { name: name.to_owned(), key: key.to_owned(), value: value.to_owned() })
    }

    /// The key in this source's own notation.
    pub(super) fn locator(&self, key: &str) -> String {
        format!("{}[{key}]", self.name)
    }

    /// The names of the table and its columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.name.split('.').chain([self.key.as_str(), self.value.as_str()])
    }

    /// What to do if the table does not exist.
    pub(super) fn hint(&self) -> String {
        format!("a key is read from the default table, `{}`; name another with `Database::table`", self.name)
    }

    /// The quoted names of table, key and value.
    pub(super) fn quoted(&self, quote: char) -> [String; 3] {
        let table: Vec<_> = self.name.split('.').map(|part| quoted(part, quote)).collect();
        [table.join("."), quoted(&self.key, quote), quoted(&self.value, quote)]
    }

    /// `SELECT … WHERE table.key IN (?, ?)`. SQLite would read an unknown name in quotes as text, unless it has a table.
    #[cfg(any(feature = "sqlite", feature = "mysql"))]
    pub(super) fn query_in(&self, quote: char, keys: usize) -> String {
        let [table, key, value] = self.quoted(quote);
        let placeholders = vec!["?"; keys].join(", ");
        format!("SELECT {table}.{key}, {table}.{value} FROM {table} WHERE {table}.{key} IN ({placeholders})")
    }
}

fn check(identifier: &str) -> Result<(), SourceError> {
    let bad = match identifier {
        "" => "empty",
        long if long.len() > 128 => "longer than 128 bytes",
        odd if odd.chars().any(char::is_control) => "a name with control characters",
        _ => return Ok(()),
    };
    Err(SourceError::new(ErrorKind::Misconfigured, format!("the name of the default table or of its column is {bad}")))
}

/// Quoted as in SQL: a quote within is doubled.
fn quoted(identifier: &str, quote: char) -> String {
    format!("{quote}{}{quote}", identifier.replace(quote, &format!("{quote}{quote}")))
}

/// The rows of the default table, by key.
#[derive(Debug, Default)]
pub(super) struct Answers(HashMap<String, Rows>);

/// The rows of one key.
#[derive(Debug)]
enum Rows {
    One(Result<Record, SourceError>),
    Several(usize),
}

impl Answers {
    pub(super) fn add(&mut self, key: String, value: Result<Value, SourceError>) {
        match self.0.entry(key) {
            Entry::Vacant(vacant) => drop(vacant.insert(Rows::One(value.map(Record::new)))),
            Entry::Occupied(mut occupied) => {
                let rows = match occupied.get() {
                    Rows::One(_) => 2,
                    Rows::Several(rows) => rows + 1,
                };
                occupied.insert(Rows::Several(rows));
            }
        }
    }

    /// The answer to a request for a key; several may have the same.
    pub(super) fn answer(&self, key: &str) -> Answer {
        match self.0.get(key) {
            None => Ok(Reply::ABSENT),
            Some(Rows::One(record)) => record.clone().map(Reply::from),
            Some(Rows::Several(rows)) => {
                Err(SourceError::new(ErrorKind::Malformed, format!("the key is in {rows} rows"))
                    .with_hint("make the key column unique"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_name_stays_a_name() {
        let table = Table::new(r#"app.co"nfig"#, "k`", "v").unwrap();
        assert_eq!(table.quoted('"'), [r#""app"."co""nfig""#, r#""k`""#, r#""v""#]);
        assert_eq!(table.quoted('`'), [r#"`app`.`co"nfig`"#, "`k```", "`v`"]);
    }

    #[test]
    fn invalid_names_of_tables_are_misconfigured() {
        for bad in ["", "a..b", ".", "a\0b", "a\nb", &"x".repeat(200)] {
            assert_eq!(Table::new(bad, "key", "value").unwrap_err().kind(), ErrorKind::Misconfigured, "{bad:?}");
        }
    }
}
