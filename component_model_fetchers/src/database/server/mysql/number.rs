//! The error numbers of MySQL and MariaDB: <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>,
//! <https://mariadb.com/kb/en/mariadb-error-code-reference/>.

use component_model_source::{ErrorKind, SourceError};
use sqlx::{error::DatabaseError, mysql::MySqlDatabaseError};

use crate::database::names::{Names, Object, between};

/// Whether the server, or the user there, has no connection left.
pub(super) fn is_full(error: &dyn DatabaseError) -> bool {
    matches!(number(error), 1040 | 1041 | 1203 | 1226)
}

/// Whether the server ends the connection with this error.
pub(super) fn has_ended(error: &dyn DatabaseError) -> bool {
    ENDED.contains(&number(error))
}

/// The server shuts down, somebody killed the connection or its session, or it was idle for too long.
const ENDED: [u16; 6] = [1053, 1077, 1079, 1927, 3169, 4031];

fn number(error: &dyn DatabaseError) -> u16 {
    error.try_downcast_ref::<MySqlDatabaseError>().map_or(0, MySqlDatabaseError::number)
}

/// Classifies an error. No number tells what the server's own text holds: it may repeat a value (`SIGNAL`) or the user's
/// name, so only a name that the statement has is shown of it.
pub(super) fn classify(error: &dyn DatabaseError, names: &Names<'_>) -> SourceError {
    classify_number(number(error), error.message(), &error.code().unwrap_or_default(), names)
}

fn classify_number(number: u16, message: &str, sqlstate: &str, names: &Names<'_>) -> SourceError {
    let new = |kind, what: &str| SourceError::new(kind, format!("{what} (error {number})"));
    let code = format!("error {number}");
    match number {
        1049 => names.missing(Object::Database, quoted_after(message, "Unknown database "), &code),
        1146 => names.missing(Object::Table, known(names, quoted_after(message, "Table ")), &code),
        1109 => names.missing(Object::Table, quoted_after(message, "Unknown table "), &code),
        1054 => names.missing(Object::Column, quoted_after(message, "Unknown column "), &code),
        1305 => {
            let function = between(message, "FUNCTION ", " does not exist");
            names.missing(Object::Function, known(names, function), &code)
        }
        1046 => new(ErrorKind::Misconfigured, "no database is chosen"),
        1052 => names.ambiguous(quoted_after(message, "Column "), &code),
        1045 | 1698 | 1820 | 1862 | 3118 | 4151 => {
            SourceError::new(ErrorKind::Denied, "the password is wrong or the user may not log in")
                .with_hint("check the user name and the password of the connection")
        }
        1044 | 1142 | 1143 | 1227 | 1370 => {
            let object = object(message);
            let table = object.as_ref().map(|(object, name)| (*object, known(names, Some(name)).unwrap_or(name)));
            names.denied(table, &code)
        }
        1129 | 1130 => new(ErrorKind::Denied, "the server does not accept connections from this host"),
        1064 | 1149 => new(ErrorKind::Misconfigured, "the query has a mistake in its syntax"),
        // MariaDB has no state of its own for it.
        1525 => new(ErrorKind::Misconfigured, "a literal of the query is not valid for its type"),
        1040 | 1041 | 1203 | 1226 => new(ErrorKind::Unavailable, "the server has no connection left"),
        number if ENDED.contains(&number) => new(ErrorKind::Unavailable, "the server ended the connection"),
        1205 | 1213 => new(ErrorKind::Unavailable, "the rows are locked"),
        1317 | 1969 | 3024 => new(ErrorKind::Timeout, "the server cancelled the query"),
        1153 => new(ErrorKind::TooLarge, "a packet is larger than the server allows"),
        _ => classify_sqlstate(number, sqlstate),
    }
}

fn classify_sqlstate(number: u16, sqlstate: &str) -> SourceError {
    let new = |kind, what: &str| SourceError::new(kind, format!("{what} (error {number})"));
    match sqlstate.get(..2).unwrap_or_default() {
        "08" => new(ErrorKind::Unreachable, "the connection failed"),
        "28" => new(ErrorKind::Denied, "the server does not accept this connection"),
        "42" => new(ErrorKind::Misconfigured, "the query is wrong"),
        "22" | "21" => new(ErrorKind::Malformed, "the query fails on its data or its parameters"),
        "40" => new(ErrorKind::Unavailable, "the server cannot do this now"),
        _ => new(ErrorKind::Other, "the server failed"),
    }
}

/// What is between the quotes after a text: `Unknown column 'x' in 'SELECT'`.
fn quoted_after<'m>(message: &'m str, before: &str) -> Option<&'m str> {
    message.strip_prefix(before)?.strip_prefix('\'')?.split_once('\'').map(|(name, _)| name)
}

/// The name, without the database before it if the statement does not have that.
fn known<'m>(names: &Names<'_>, name: Option<&'m str>) -> Option<&'m str> {
    match name?.split_once('.') {
        Some((_, last)) if names.find(name?).is_none() => Some(last),
        _ => name,
    }
}

/// The table or the database that a right is missing on: the end of the message, after the user's name.
fn object(message: &str) -> Option<(Object, String)> {
    let ends = [("for table ", Object::Table), ("to database ", Object::Database), ("in table ", Object::Table)];
    ends.into_iter().find_map(|(before, object)| {
        let start = message.rfind(before)? + before.len();
        Some((object, message.get(start..)?.replace(['`', '\''], "")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_the_server_ended_is_transient() {
        for number in ENDED {
            assert!(classify_number(number, "", "HY000", &Names::default()).is_transient(), "{number}");
        }
    }

    #[test]
    fn a_literal_that_is_not_valid_is_a_mistake_of_the_query() {
        let error = classify_number(1525, "Incorrect DATE value: 'hunter2'", "HY000", &Names::default());
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn a_missing_right_names_the_table_and_not_the_user() {
        let message = "SELECT command denied to user 'hunter'@'localhost' for table `app`.`config`";
        assert_eq!(object(message), Some((Object::Table, "app.config".to_owned())));
        let message = "Access denied for user 'hunter'@'%' to database 'app'";
        assert_eq!(object(message), Some((Object::Database, "app".to_owned())));
        assert_eq!(object("anything else"), None);
    }
}
