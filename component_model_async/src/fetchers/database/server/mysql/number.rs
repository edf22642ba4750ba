//! The error numbers of MySQL and MariaDB: <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>,
//! <https://mariadb.com/kb/en/mariadb-error-code-reference/>.

use sqlx::{error::DatabaseError, mysql::MySqlDatabaseError};

use crate::{ErrorKind, SourceError};

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

/// Classifies an error. The server's own text is shown only for numbers whose text holds nothing but names of the query:
/// others repeat values or the user's name.
pub(super) fn classify(error: &dyn DatabaseError) -> SourceError {
    classify_number(number(error), error.message(), &error.code().unwrap_or_default())
}

fn classify_number(number: u16, message: &str, sqlstate: &str) -> SourceError {
    let new = |kind, what: &str| SourceError::new(kind, format!("{what} (error {number})"));
    match number {
        // Unknown database, table, column, function; no database chosen; ambiguous column.
        1049 | 1146 | 1109 | 1054 | 1305 | 1046 | 1052 => {
            SourceError::new(ErrorKind::Misconfigured, message.to_owned())
        }
        1045 | 1698 | 1820 | 1862 | 3118 | 4151 => {
            SourceError::new(ErrorKind::Denied, "the password is wrong or the user may not log in")
                .with_hint("check the user name and the password of the connection")
        }
        1044 | 1142 | 1143 | 1227 | 1370 => {
            let what = object(message).map_or_else(String::new, |object| format!(" on {object}"));
            new(ErrorKind::Denied, &format!("the user lacks the right{what}"))
                .with_hint("grant the right to the user of the connection")
        }
        1129 | 1130 => new(ErrorKind::Denied, "the server does not accept connections from this host"),
        1064 | 1149 => new(ErrorKind::Misconfigured, "the query has a mistake in its syntax"),
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

/// The table or the database that a right is missing on: the end of the message, after the user's name.
fn object(message: &str) -> Option<&str> {
    ["for table ", "to database ", "in table "].iter().find_map(|before| {
        let start = message.rfind(before)? + before.len();
        message.get(start..)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_the_server_ended_is_transient() {
        for number in ENDED {
            assert!(classify_number(number, "", "HY000").is_transient(), "{number}");
        }
    }

    #[test]
    fn a_missing_right_names_the_table_and_not_the_user() {
        let message = "SELECT command denied to user 'hunter'@'localhost' for table `app`.`config`";
        assert_eq!(object(message), Some("`app`.`config`"));
        assert_eq!(object("Access denied for user 'hunter'@'%' to database 'app'"), Some("'app'"));
        assert_eq!(object("anything else"), None);
    }
}
