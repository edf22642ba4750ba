//! The file that is read if a component names none.

use std::{ffi::OsString, path::PathBuf};

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
    pub(super) path: Option<PathBuf>,
}

impl File {
    /// The file for all components whose attribute names no other `path`.
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

    /// A variable that is set to an empty string names no file.
    fn from_variable(path: Option<OsString>) -> Self {
        Self { path: path.filter(|path| !path.is_empty()).map(PathBuf::from) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_names_no_file() {
        assert_eq!(File::from_variable(Some(OsString::new())).path, None);
        assert_eq!(File::from_variable(Some("a.toml".into())).path, Some(PathBuf::from("a.toml")));
    }
}
