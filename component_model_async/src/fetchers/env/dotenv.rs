//! `.env` files: read into a map, never into the process's environment.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::read;
use crate::{ErrorKind, SourceError};

/// The variables of all files; the first file that has a variable wins.
pub(super) fn load(files: &[PathBuf]) -> Result<HashMap<String, String>, SourceError> {
    let mut variables = HashMap::new();
    for path in files {
        for (name, value) in parse(path, &text(path)?)? {
            variables.entry(name).or_insert(value);
        }
    }
    Ok(variables)
}

/// The text of a file that must be there: to take a missing one for absent variables would hide a wrong path.
fn text(path: &Path) -> Result<String, SourceError> {
    read::text(path).map_err(|error| match (error.kind(), error.hint()) {
        (ErrorKind::Absent, Some(hint)) => {
            SourceError::new(ErrorKind::Misconfigured, error.to_string()).with_hint(hint.to_owned())
        }
        _ => error,
    })
}

/// The variables of one file; the last line that sets a variable wins within it.
fn parse(path: &Path, text: &str) -> Result<HashMap<String, String>, SourceError> {
    dotenvy::from_read_iter(text.as_bytes()).collect::<Result<_, _>>().map_err(|error| {
        // The text of the error repeats the line, and with it perhaps a password.
        let error_at = match &error {
            dotenvy::Error::LineParse(line, _) => {
                text.lines().position(|known| !known.trim().is_empty() && line.starts_with(known))
            }
            _ => None,
        };
        let place =
            error_at.map_or_else(|| path.display().to_string(), |line| format!("{}:{}", path.display(), line + 1));
        SourceError::new(ErrorKind::Malformed, "the line is no assignment such as NAME=value").at(place)
    })
}
