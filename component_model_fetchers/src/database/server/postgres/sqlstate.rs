//! PostgreSQL's error codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use component_model_source::{ErrorKind, SourceError};
use sqlx::{
    error::DatabaseError,
    postgres::{PgDatabaseError, PgErrorPosition},
};

use crate::database::{
    failure::unequal_count,
    names::{Names, Object, between},
};

/// Whether the server ends the connection with this error.
pub(super) fn has_ended(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| ENDED.contains(&&*code))
}

/// An administrator, a crash, a failover, and the time that a session or a transaction may be idle.
const ENDED: [&str; 6] = ["57P01", "57P02", "57P05", "25P03", "08003", "08006"];

/// Classifies an error. No code tells what the server's own text holds: it may repeat a value (`'…'::regclass`) or the
/// user's name, so only a name that the statement has is shown of it.
pub(super) fn classify(error: &dyn DatabaseError, names: &Names<'_>) -> SourceError {
    let code = error.code().unwrap_or_default();
    let sqlstate = format!("SQLSTATE {code}");
    let message = error.message();
    match &*code {
        "42P01" => names.missing(Object::Table, table(message), &sqlstate),
        "42703" => names.missing(Object::Column, column(message), &sqlstate),
        "42883" => {
            let error = names.missing(Object::Function, function(message), &sqlstate);
            match error.hint() {
                Some(_) => error,
                None => error.with_hint(
                    "no function or operator takes values of these types: a parameter from text is bound as text, so write \
                     `$1::bigint` for a number",
                ),
            }
        }
        "3F000" => names.missing(Object::Schema, between(message, "schema \"", "\" does not exist"), &sqlstate),
        "3D000" => names.missing(Object::Database, between(message, "database \"", "\" does not exist"), &sqlstate),
        "42702" => names.ambiguous(between(message, "column reference \"", "\" is ambiguous"), &sqlstate),
        "42501" => names.denied(denied(message), &sqlstate),
        "28P01" => SourceError::new(ErrorKind::Denied, "the password is wrong or the user is unknown")
            .with_hint("check the user name and the password of the connection"),
        "08P01" if message.starts_with("bind message supplies") => unequal_count(),
        "26000" => SourceError::new(ErrorKind::Unavailable, "a pooler lost the statement between two steps"),
        "57014" => SourceError::new(ErrorKind::Timeout, "the server cancelled the query (statement_timeout)"),
        "57P03" => SourceError::new(ErrorKind::Unavailable, "the server is starting up"),
        "53300" => SourceError::new(ErrorKind::Unavailable, "the server has no connection left"),
        "57P04" => SourceError::new(ErrorKind::Misconfigured, "the database was dropped"),
        // Waiting resolves none of these: a full disk, a limit of the configuration, a view that is not filled.
        "53100" | "53400" => {
            SourceError::new(ErrorKind::Other, format!("the server has no space left (SQLSTATE {code})"))
        }
        "55000" | "55P02" | "55P04" => {
            SourceError::new(ErrorKind::Misconfigured, format!("the server does not support this (SQLSTATE {code})"))
        }
        code if ENDED.contains(&code) => ended(code),
        code => classify_class(code, error),
    }
}

/// `relation "x" does not exist`, `missing FROM-clause entry for table "x"`
fn table(message: &str) -> Option<&str> {
    between(message, "relation \"", "\" does not exist")
        .or_else(|| between(message, "missing FROM-clause entry for table \"", "\""))
        .or_else(|| between(message, "invalid reference to FROM-clause entry for table \"", "\""))
}

/// `column "x" does not exist`, `column t.x does not exist`
fn column(message: &str) -> Option<&str> {
    between(message, "column \"", "\" does not exist").or_else(|| between(message, "column ", " does not exist"))
}

/// `function f(integer, text) does not exist`
fn function(message: &str) -> Option<&str> {
    between(message, "function ", ") does not exist")?.split_once('(').map(|(name, _)| name)
}

/// `permission denied for table x`
fn denied(message: &str) -> Option<(Object, &str)> {
    let (object, name) = message.strip_prefix("permission denied for ")?.split_once(' ')?;
    let object = match object {
        "table" | "view" | "relation" | "sequence" => Object::Table,
        "column" => Object::Column,
        "schema" => Object::Schema,
        "function" | "procedure" => Object::Function,
        "database" => Object::Database,
        _ => return None,
    };
    Some((object, name))
}

fn ended(code: &str) -> SourceError {
    SourceError::new(ErrorKind::Unavailable, format!("the server ended the connection (SQLSTATE {code})"))
}

fn classify_class(code: &str, error: &dyn DatabaseError) -> SourceError {
    let new = |kind, what: &str| SourceError::new(kind, format!("{what} (SQLSTATE {code})"));
    match code.get(..2).unwrap_or_default() {
        "08" => new(ErrorKind::Unreachable, "the connection failed"),
        "28" => new(ErrorKind::Denied, "the server does not accept this connection")
            .with_hint("check the user, the database and the server's `pg_hba.conf`"),
        "42" => new(ErrorKind::Misconfigured, &format!("the query is wrong{}", position(error))),
        "0A" | "25" | "54" => new(ErrorKind::Misconfigured, "the server does not support this"),
        "22" | "21" => new(ErrorKind::Malformed, "the query fails on its data or its parameters"),
        "40" | "53" | "55" | "57" => new(ErrorKind::Unavailable, "the server cannot do this now"),
        _ => new(ErrorKind::Other, "the server failed"),
    }
}

/// The position in the query, as the server counts.
fn position(error: &dyn DatabaseError) -> String {
    match error.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::position) {
        Some(PgErrorPosition::Original(character)) => format!(" at its character {character}"),
        _ => String::new(),
    }
}
