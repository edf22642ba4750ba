//! What an error may repeat of a statement: the names in its text, and nothing else that a server says.
//!
//! A server's message may hold a value, whatever its code is: a value can be cast to the name of a table, and a function can
//! raise any error. So a message is only searched for the name it is about, and that name is shown as the statement has it.

use std::borrow::Cow;

use component_model_source::{ErrorKind, SourceError};

use super::{
    sql::{self, Quoting},
    table::Table,
};

/// The names in a statement.
#[derive(Debug, Default)]
pub struct Names<'a> {
    names: Vec<Cow<'a, str>>,
    /// The table that a key is read from.
    default_table: Option<&'a Table>,
}

/// What a name can be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    Table,
    Column,
    Function,
    #[cfg(feature = "postgres")]
    Schema,
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    Database,
}

impl Object {
    fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Function => "function",
            #[cfg(feature = "postgres")]
            Self::Schema => "schema",
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            Self::Database => "database",
        }
    }
}

impl<'a> Names<'a> {
    /// The names of a query.
    pub(super) fn of_query(text: &'a str, quoting: &'a Quoting) -> Self {
        Self { names: sql::names(text, quoting), default_table: None }
    }

    /// The names of the default table and its columns.
    pub(super) fn of_table(table: &'a Table) -> Self {
        Self { names: table.names().map(Cow::Borrowed).collect(), default_table: Some(table) }
    }

    /// A name of the statement, as the statement has it; a name with dots, if all of its parts are names.
    pub(super) fn find(&self, name: &str) -> Option<Cow<'_, str>> {
        let one = |name: &str| self.names.iter().find(|known| known.eq_ignore_ascii_case(name)).map(|known| &**known);
        if let Some(known) = one(name) {
            return Some(Cow::Borrowed(known));
        }
        let parts: Option<Vec<_>> = name.split('.').map(one).collect();
        parts.map(|parts| Cow::Owned(parts.join(".")))
    }

    /// Something does not exist. `code` is shown if the name is not one of the statement's.
    pub(super) fn missing(&self, object: Object, name: Option<&str>, code: &str) -> SourceError {
        let word = object.word();
        let message = match name.and_then(|name| self.find(name)) {
            Some(name) => format!("there is no {word} `{name}`"),
            None => format!("there is no such {word} ({code})"),
        };
        let error = SourceError::new(ErrorKind::Misconfigured, message);
        match self.default_table {
            Some(table) if matches!(object, Object::Table | Object::Column) => error.with_hint(table.hint()),
            _ => error,
        }
    }

    /// A column is in several tables.
    pub(super) fn ambiguous(&self, name: Option<&str>, code: &str) -> SourceError {
        let message = match name.and_then(|name| self.find(name)) {
            Some(name) => format!("the column `{name}` is in several tables"),
            None => format!("a column is in several tables ({code})"),
        };
        SourceError::new(ErrorKind::Misconfigured, message)
    }

    /// The user may not read something.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) fn denied(&self, object: Option<(Object, &str)>, code: &str) -> SourceError {
        let known = object.and_then(|(object, name)| Some((object.word(), self.find(name)?)));
        let message = match known {
            Some((word, name)) => format!("no permission for the {word} `{name}`"),
            None => format!("no permission ({code})"),
        };
        SourceError::new(ErrorKind::Denied, message).with_hint("grant the right to the user of the connection")
    }
}

/// What is between two texts, such as the name in `no such table: config`.
pub(super) fn between<'m>(message: &'m str, before: &str, after: &str) -> Option<&'m str> {
    message.strip_prefix(before)?.strip_suffix(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_statement_are_found() {
        let sql = r#"SELECT App.config.a, "it""s", 8080, 'hunter2' AS 'alias' FROM "a.b" WHERE c = $$hunter3$$"#;
        let names = Names::of_query(sql, &Quoting::POSTGRES);
        for (name, found) in [("config", "config"), ("app.config", "App.config"), ("it\"s", "it\"s"), ("a.b", "a.b")] {
            assert_eq!(names.find(name).as_deref(), Some(found));
        }
        for literal in ["hunter2", "hunter3", "8080", "", "config.hunter2", "conf", "."] {
            assert_eq!(names.find(literal), None, "{literal}");
        }
    }
}
