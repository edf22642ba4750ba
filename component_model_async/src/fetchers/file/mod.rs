//! The source `file`: TOML, JSON, YAML and plain text.
//!
//! | option | meaning |
//! | --- | --- |
//! | `path` | the file; without it the one that [`File::new`] or the variable `CONFIG_FILE` names |
//! | `key` | the way into the document: `server.port`, `servers[0].host`, `"a.b".c`; empty for the whole document |
//!
//! The format follows from the ending: `.toml`, `.json`, `.yaml` or `.yml`; anything else is plain text, whose value is
//! the whole file without the newline at its end, so that a mounted secret (`/run/secrets/db_password`) reads as it is.
//! A missing file and a missing key are absent: a later layer or a fallback is used. A file that cannot be parsed is
//! malformed, with line and column, and so is a key that leads through a value without keys. What is not a regular file, or
//! has no end, is misconfigured. A file is read and parsed once per fetch, however many components read from it.
//!
//! A string of a document is a string and never becomes a number: what is typed stays typed. A byte order mark at the start
//! is dropped. At most 16 MiB are read, and a document holds at most a million values, so that reading one takes at most
//! twelve times 16 MiB of memory.

mod document;
mod format;
mod json;
mod keypath;
mod places;
mod toml;
mod yaml;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use component_model_types::built_in;

use self::{document::Document, format::Format, keypath::KeyPath};
use super::read;
use crate::{Answer, ErrorKind, OptionSpec, Request, RequestSpec, Source, SourceError};

/// Values of a file.
///
/// ```
/// use component_model_async::{Sources, fetchers::file::File};
///
/// let sources = Sources::builder().source("file", File::new("app.toml")).build();
/// assert_eq!(sources.names(), ["file"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct File {
    path: Option<PathBuf>,
}

impl File {
    /// A file that components read from unless their attribute names another `path`.
    ///
    /// ```
    /// # use component_model_async::{Fetch, Sources, doctest::AppConfig, fetchers::file::File};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("app.toml");
    /// std::fs::write(&path, "host = \"localhost\"\nport = 8080\n")?;
    ///
    /// let sources = Sources::builder().source("settings", File::new(path)).build();
    /// let config: AppConfig = Fetch::new().sources(&sources).await?;
    /// assert_eq!((config.host.as_str(), config.port), ("localhost", 8080));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: Some(path.into()) }
    }

    /// The file that the variable `CONFIG_FILE` names, if it is set and not empty.
    ///
    /// ```
    /// use component_model_async::{Sources, fetchers::file::File};
    ///
    /// // Without `CONFIG_FILE`, each component names its `path`.
    /// let sources = Sources::builder().source("file", File::from_env()).build();
    /// ```
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_variable(std::env::var_os("CONFIG_FILE"))
    }

    /// A variable that is set to nothing names no file.
    fn from_variable(path: Option<OsString>) -> Self {
        Self { path: path.filter(|path| !path.is_empty()).map(PathBuf::from) }
    }

    fn path_for(&self, spec: &RequestSpec<'_>) -> Result<PathBuf, SourceError> {
        let path = spec.option("path").map(PathBuf::from).or_else(|| self.path.clone());
        path.ok_or_else(|| {
            SourceError::new(ErrorKind::Misconfigured, "no file is named")
                .with_hint("add `path = \"app.toml\"` to the component, or set CONFIG_FILE")
        })
    }
}

impl Source for File {
    const OPTIONS: &'static [OptionSpec] = built_in::FILE.options;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError> {
        let path = self.path_for(spec)?;
        let Some(file) = path.to_str() else {
            return Err(SourceError::new(ErrorKind::Misconfigured, "the path is not UTF-8"));
        };
        if Format::of(&path) == Format::Plain {
            return match spec.explicit_key() {
                None | Some("") => Ok(Request::new("", file).with_group(file)),
                Some(_) => Err(SourceError::new(ErrorKind::Misconfigured, "plain text has no keys")
                    .with_hint("the format follows from the ending: .toml, .json, .yaml or .yml")),
            };
        }
        let key = spec.key();
        KeyPath::new(&key)?;
        Ok(Request::new(&*key, format!("{file}#{key}")).with_group(file))
    }

    async fn fetch(&self, request: &Request) -> Answer {
        self.fetch_many(std::slice::from_ref(request)).await.pop().unwrap_or(Ok(None))
    }

    async fn fetch_many(&self, requests: &[Request]) -> Vec<Answer> {
        let path = PathBuf::from(requests.first().and_then(Request::group).unwrap_or_default());
        if let Some(text) = read::text_in_memory(&path) {
            return answers(&path, text, requests);
        }
        let asked = requests.to_vec();
        // A large document is parsed and searched where it is read, off the executor.
        let read = read::blocking(move |waiting| Ok(answers(&path, read::text(&path, waiting), &asked))).await;
        read.unwrap_or_else(|error| requests.iter().map(|_| Err(error.clone())).collect())
    }
}

fn answers(path: &Path, text: Result<String, SourceError>, requests: &[Request]) -> Vec<Answer> {
    match text.and_then(|text| Document::parse(path, text)) {
        Ok(document) => document.answers(requests),
        Err(error) => requests.iter().map(|_| Err(error.clone())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_set_to_nothing_names_no_file() {
        assert_eq!(File::from_variable(Some(OsString::new())).path, None);
        assert_eq!(File::from_variable(Some("a.toml".into())).path, Some(PathBuf::from("a.toml")));
    }
}
