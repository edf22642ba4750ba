//! `.env` files: read into a map, never into the process's environment.

mod expand;
mod parse;
#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
};

use component_model_source::{ErrorKind, SourceError};

use super::config::Variables;
use crate::read::{self, Waiting};

/// A `.env` file that is to be read.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) may_be_missing: bool,
}

/// Why a file is not valid, and in which line; the text of the line may contain a password and is not repeated.
#[derive(Debug, PartialEq, Eq)]
struct Broken {
    line: usize,
    kind: ErrorKind,
    message: Cow<'static, str>,
}

impl Broken {
    fn malformed(line: usize, message: &'static str) -> Self {
        Self { line, kind: ErrorKind::Malformed, message: message.into() }
    }
}

/// The variables of all files. If several files have a variable, the first wins; within a file, the last line wins.
///
/// With `interpolate`, `${NAME}` inserts one of `variables` or of the lines above.
pub(super) fn load(
    files: &[File],
    interpolate: Option<&Variables>,
    waiting: &Waiting,
) -> Result<HashMap<String, String>, SourceError> {
    let mut all = HashMap::new();
    for file in files {
        let Some(text) = text(file, waiting)? else { continue };
        for (name, value) in variables(&text, interpolate).map_err(|broken| broken.at(&file.path))? {
            all.entry(name).or_insert(value);
        }
    }
    Ok(all)
}

fn variables(text: &str, interpolate: Option<&Variables>) -> Result<HashMap<String, String>, Broken> {
    expand::expand(parse::parse(text, interpolate.is_some())?, interpolate)
}

/// The text of a file. A missing file is an error, unless it is optional: to ignore it would hide a wrong path.
fn text(file: &File, waiting: &Waiting) -> Result<Option<String>, SourceError> {
    match read::text(&file.path, waiting) {
        Err(error) if error.kind() == ErrorKind::Absent && file.may_be_missing => Ok(None),
        Err(error) if error.kind() == ErrorKind::Absent => Err(missing(&error)),
        text => text.map(Some),
    }
}

fn missing(error: &SourceError) -> SourceError {
    let hint = error.hint().unwrap_or_default();
    SourceError::new(ErrorKind::Misconfigured, error.to_string())
        .with_hint(format!("{hint}; `dotenv_if_present` allows a missing file"))
}

impl Broken {
    fn at(self, path: &Path) -> SourceError {
        SourceError::new(self.kind, self.message).at(format!("{}:{}", path.display(), self.line))
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}
