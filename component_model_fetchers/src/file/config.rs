//! The default file of a source.

use std::{ffi::OsString, fmt, path::PathBuf};

use crate::ended::Ended;

/// The source `file`: values from files. The module `component_model::fetchers::file` describes it. Shutting it down ends all
/// its clones.
///
/// ```
/// use component_model::{Sources, fetchers::file::File};
///
/// let sources = Sources::builder().source("file", File::new("app.toml")).build();
/// assert_eq!(sources.names(), ["file"]);
/// ```
#[derive(Clone, Default)]
pub struct File {
    pub(super) path: Option<PathBuf>,
    pub(super) ended: Ended,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("path", &self.path).finish_non_exhaustive()
    }
}

impl File {
    /// A source with a default file, which components read unless their attribute has a `path`.
    ///
    /// ```
    /// use component_model::{Fetch, Sources, fetchers::file::File};
    /// # use doc_examples::AppConfig;
    ///
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
        Self { path: Some(path.into()), ..Self::default() }
    }

    /// A source whose default file is the one in the variable `CONFIG_FILE`, if that is set and not empty.
    ///
    /// ```
    /// use component_model::{Sources, fetchers::file::File};
    ///
    /// // Without `CONFIG_FILE`, each component needs a `path`.
    /// let sources = Sources::builder().source("file", File::from_env()).build();
    /// ```
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_variable(std::env::var_os("CONFIG_FILE"))
    }

    /// An empty variable counts as unset.
    fn from_variable(path: Option<OsString>) -> Self {
        Self { path: path.filter(|path| !path.is_empty()).map(PathBuf::from), ..Self::default() }
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
