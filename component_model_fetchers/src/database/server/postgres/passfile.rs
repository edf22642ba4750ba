//! The password file, <https://www.postgresql.org/docs/current/libpq-pgpass.html>: each line is
//! `host:port:database:user:password`, `*` is any, and `\` escapes a `:` or a `\`.
//!
//! sqlx can read it too, but logs a line that it does not understand, with the password. As with libpq, the first line that
//! fits counts, and a line that is not well formed matters only if it might have been that line.

use std::{
    env::var_os,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use component_model_source::{ErrorKind, SourceError};
use sqlx::postgres::PgConnectOptions;

/// The most of a file that is read, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// Where the password may be: in the file that `PGPASSFILE` names, then in the one of the user's home.
pub(super) fn paths() -> Vec<PathBuf> {
    var_os("PGPASSFILE").map(PathBuf::from).into_iter().chain(of_the_user()).collect()
}

#[cfg(not(windows))]
fn of_the_user() -> Option<PathBuf> {
    std::env::home_dir().map(|home| home.join(".pgpass"))
}

#[cfg(windows)]
fn of_the_user() -> Option<PathBuf> {
    var_os("APPDATA").map(|folder| PathBuf::from(folder).join("postgresql").join("pgpass.conf"))
}

/// The password that the files have for a connection.
pub(super) fn password(paths: &[PathBuf], options: &PgConnectOptions) -> Result<Option<String>, SourceError> {
    let fields = [
        options.get_host(),
        &options.get_port().to_string(),
        options.get_database().unwrap_or_default(),
        options.get_username(),
    ];
    for path in paths {
        let Some(Contents { lines, private }) = read(path) else { continue };
        match find(&lines, &fields) {
            Found::Nothing => {}
            Found::Password(_) if !private => return Err(not_private(path)),
            Found::Password(password) => return Ok(Some(password)),
            Found::Broken(number) => return Err(broken(path, number)),
        }
    }
    Ok(None)
}

struct Contents {
    lines: Vec<u8>,
    /// Whether nobody else may read or write the file.
    private: bool,
}

/// What a file holds. One that cannot be read has no password, and a pipe could be read only once, or never.
fn read(path: &Path) -> Option<Contents> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let file = File::open(path).ok()?;
    let private = is_private(&file)?;
    let mut lines = Vec::new();
    file.take(LIMIT).read_to_end(&mut lines).ok()?;
    Some(Contents { lines, private })
}

#[cfg(unix)]
fn is_private(file: &File) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(file.metadata().ok()?.permissions().mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_private(_: &File) -> Option<bool> {
    Some(true)
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Password(String),
    /// No line fits, but the one of this number might have been meant to.
    Broken(usize),
}

fn find(lines: &[u8], fields: &[&str]) -> Found {
    let mut found = Found::Nothing;
    for (index, line) in lines.split(|byte| *byte == b'\n').enumerate() {
        let line = std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line));
        match line.map(|line| of_line(line, fields)) {
            Ok(Ok(Some(password))) => return Found::Password(password),
            Ok(Ok(None)) => {}
            Ok(Err(Incomplete)) | Err(_) if found == Found::Nothing => found = Found::Broken(index + 1),
            Ok(Err(Incomplete)) | Err(_) => {}
        }
    }
    found
}

/// A line ends before its password.
struct Incomplete;

/// The password of a line, if the line fits.
fn of_line(line: &str, fields: &[&str]) -> Result<Option<String>, Incomplete> {
    if line.trim().is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let mut rest = line;
    for expected in fields {
        let (field, after) = split(rest).ok_or(Incomplete)?;
        if field != "*" && unescaped(field) != *expected {
            return Ok(None);
        }
        rest = after;
    }
    Ok(Some(unescaped(rest)))
}

/// The first field, as it is written, and what comes after its colon.
fn split(line: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    let end = line.bytes().position(|byte| {
        let ends = byte == b':' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some((&line[..end], &line[end + 1..]))
}

fn unescaped(field: &str) -> String {
    let mut characters = field.chars();
    let mut text = String::with_capacity(field.len());
    while let Some(character) = characters.next() {
        text.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    text
}

fn broken(path: &Path, number: usize) -> SourceError {
    let path = path.display();
    SourceError::new(ErrorKind::Misconfigured, format!("the line {number} of the password file {path} is not valid"))
        .with_hint("write it as `host:port:database:user:password`, or give the password in the URL or in PGPASSWORD")
}

fn not_private(path: &Path) -> SourceError {
    let path = path.display();
    SourceError::new(ErrorKind::Misconfigured, format!("others than its owner may use the password file {path}"))
        .with_hint(format!("`chmod 600 {path}`, or give the password in the URL or in PGPASSWORD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [&str; 4] = ["db:1", "5432", "shop", "me"];

    fn found(lines: &str) -> Found {
        find(lines.as_bytes(), &FIELDS)
    }

    fn password(text: &str) -> Found {
        Found::Password(text.to_owned())
    }

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let lines = "# *:*:*:*:no\n\nother:*:*:*:no\r\ndb\\:1:5432:shop:me:a\\:b\\\\c:d\r\n*:*:*:*:last";
        assert_eq!(found(lines), password("a:b\\c:d"));
        assert_eq!(found("*:*:*:you:no\n*:*:*:*:last"), password("last"));
        assert_eq!(found("*:*:*:*:"), password(""));
        assert_eq!(found("db\\:1:5432:shop:you:no"), Found::Nothing);
    }

    #[test]
    fn a_line_that_is_not_valid_counts_only_if_no_other_fits() {
        assert_eq!(found("*:*:*:secret\n*:*:*:*:last"), password("last"));
        assert_eq!(found("other:secret\n*:*:*:secret\n*:secret\n"), Found::Broken(2));
        assert_eq!(find(b"other:*:*:*:x\n*:*:*:*:\xff", &FIELDS), Found::Broken(2));
        assert_eq!(found("*:*:*:me\\:secret"), Found::Broken(1));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_an_error_if_it_has_the_password() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passwords");
        std::fs::write(&path, "*:*:*:me:hunter2").unwrap();
        let ask = |user: &str, mode| {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            super::super::options_with(&format!("postgres://{user}@h/d"), vec![path.clone()]).map(|_| ())
        };
        assert!(ask("me", 0o600).is_ok() && ask("you", 0o644).is_ok());
        let error = ask("me", 0o644).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.to_string().contains("passwords") && !error.to_string().contains("hunter2"));
    }
}
