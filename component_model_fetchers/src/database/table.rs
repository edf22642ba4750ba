//! The default table: its names, how they are written in SQL, and the answers to many keys from one query.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher as _, RandomState},
    sync::LazyLock,
};

use component_model_source::{Answer, ErrorKind, Record, Reply, SourceError, Value, Version};

use super::server::Server;

/// A table with a column of keys and a column of values. Its names are always valid.
#[derive(Debug, Clone)]
pub struct Table {
    name: String,
    key: String,
    value: String,
    version: Option<VersionBy>,
}

/// What tells one state of a row from another.
#[derive(Debug, Clone)]
pub(super) enum VersionBy {
    Column(String),
    /// A checksum of the value, made by the server.
    Checksum,
}

/// What is selected beside the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// The values, and their versions if they have some.
    Values,
    Versions,
}

impl Default for Table {
    fn default() -> Self {
        Self { name: "config".to_owned(), key: "key".to_owned(), value: "value".to_owned(), version: None }
    }
}

impl Table {
    pub(super) fn new(name: &str, key: &str, value: &str) -> Result<Self, SourceError> {
        name.split('.').chain([key, value]).try_for_each(check)?;
        Ok(Self { name: name.to_owned(), key: key.to_owned(), value: value.to_owned(), version: None })
    }

    /// What adds the value of a key.
    pub(super) fn how_to_set(&self, key: &str) -> String {
        format!("insert a row into `{}` whose `{}` is `{key}`", self.name, self.key)
    }

    /// The same names, with another table's way to tell versions.
    pub(super) fn with_versions_of(self, other: Self) -> Self {
        Self { version: other.version, ..self }
    }

    pub(super) fn with_version(self, version: VersionBy) -> Result<Self, SourceError> {
        if let VersionBy::Column(name) = &version {
            check(name)?;
        }
        Ok(Self { version: Some(version), ..self })
    }

    /// Whether a server tells the versions of its rows.
    pub(super) fn has_versions<S: Server>(&self) -> bool {
        match &self.version {
            None => false,
            Some(VersionBy::Column(_)) => true,
            Some(VersionBy::Checksum) => S::checksum("", "").is_some(),
        }
    }

    /// What a query selects beside the key, with a prefix before each name.
    pub(super) fn selected<S: Server>(&self, columns: Columns, quote: char, prefix: &str) -> String {
        let value = format!("{prefix}{}", quoted(&self.value, quote));
        let version = self.version.as_ref().and_then(|version| match version {
            VersionBy::Column(name) => Some(S::version(&format!("{prefix}{}", quoted(name, quote)))),
            VersionBy::Checksum => S::checksum(&value, &SALT),
        });
        match (columns, version) {
            (Columns::Versions, Some(version)) => version,
            (Columns::Values, Some(version)) => format!("{value}, {version}"),
            (_, None) => value,
        }
    }

    /// The key in this source's own notation.
    pub(super) fn locator(&self, key: &str) -> String {
        format!("{}[{key}]", self.name)
    }

    /// The names of the table and its columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let version = match &self.version {
            Some(VersionBy::Column(name)) => Some(name.as_str()),
            Some(VersionBy::Checksum) | None => None,
        };
        self.name.split('.').chain([self.key.as_str(), self.value.as_str()]).chain(version)
    }

    /// What to do if the table or a column does not exist.
    pub(super) fn hint(&self) -> String {
        let Self { name, key, value, .. } = self;
        format!(
            "a key is read from the default table, `{name}` with the columns `{key}` and `{value}`; name others with \
             `Database::table`"
        )
    }

    /// The quoted names of table and key.
    pub(super) fn quoted(&self, quote: char) -> [String; 2] {
        let table: Vec<_> = self.name.split('.').map(|part| quoted(part, quote)).collect();
        [table.join("."), quoted(&self.key, quote)]
    }

    /// `SELECT … WHERE table.key IN (?, ?)`. SQLite would read an unknown name in quotes as text, unless it has a table.
    #[cfg(any(feature = "sqlite", feature = "mysql"))]
    pub(super) fn query_in<S: Server>(&self, columns: Columns, quote: char, keys: usize) -> String {
        let [table, key] = self.quoted(quote);
        let selected = self.selected::<S>(columns, quote, &format!("{table}."));
        let placeholders = vec!["?"; keys].join(", ");
        format!("SELECT {table}.{key}, {selected} FROM {table} WHERE {table}.{key} IN ({placeholders})")
    }
}

/// Goes into each checksum, so that it tells nothing about a value. The same as long as the process runs.
static SALT: LazyLock<String> = LazyLock::new(|| {
    let key = RandomState::new();
    [0, 1].map(|half: u8| format!("{:016x}", key.hash_one(half))).concat()
});

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
    pub(super) fn add(&mut self, key: String, value: Result<Value, SourceError>, version: Option<Version>) {
        let record = |value| version.into_iter().fold(Record::new(value), Record::with_version);
        match self.0.entry(key) {
            Entry::Vacant(vacant) => drop(vacant.insert(Rows::One(value.map(record)))),
            Entry::Occupied(mut occupied) => {
                let rows = match occupied.get() {
                    Rows::One(_) => 2,
                    Rows::Several(rows) => rows + 1,
                };
                occupied.insert(Rows::Several(rows));
            }
        }
    }

    /// The only row of a key.
    pub(super) fn record(&self, key: &str) -> Option<&Record> {
        match self.0.get(key) {
            Some(Rows::One(Ok(record))) => Some(record),
            _ => None,
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
        assert_eq!(table.quoted('"'), [r#""app"."co""nfig""#, r#""k`""#]);
        assert_eq!(table.quoted('`'), [r#"`app`.`co"nfig`"#, "`k```"]);
    }

    #[test]
    fn invalid_names_of_tables_are_misconfigured() {
        for bad in ["", "a..b", ".", "a\0b", "a\nb", &"x".repeat(200)] {
            assert_eq!(Table::new(bad, "key", "value").unwrap_err().kind(), ErrorKind::Misconfigured, "{bad:?}");
        }
    }
}
