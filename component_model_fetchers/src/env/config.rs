//! The variables of a source: those of the process or given ones, and those of files.

use std::{collections::HashMap, ffi::OsString, fmt, path::PathBuf, sync::Arc};

use super::dotenv;
use crate::ended::Ended;

/// Variables of the environment. Shutting the source down ends all its clones.
///
/// ```
/// use component_model::{Sources, fetchers::env::Env};
///
/// // The process's own variables, and those of a file that they override.
/// let sources = Sources::builder().source("env", Env::new().dotenv("service.env")).build();
/// // The variables of one test, which are not shared with others.
/// let sources = Sources::builder().source("env", Env::of([("PORT", "8080")])).build();
/// # let _ = sources;
/// ```
#[derive(Clone, Default)]
pub struct Env {
    pub(super) variables: Variables,
    pub(super) files: Vec<dotenv::File>,
    pub(super) interpolate: bool,
    pub(super) ended: Ended,
}

/// Where variables come from.
#[derive(Clone, Default)]
pub(super) enum Variables {
    #[default]
    OfProcess,
    Given(Arc<HashMap<OsString, OsString>>),
}

impl Variables {
    pub(super) fn of<K: Into<OsString>, V: Into<OsString>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Given(Arc::new(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }

    /// The names that are set, as far as they are UTF-8.
    pub(super) fn names(&self) -> Vec<String> {
        let names: Vec<_> = match self {
            Self::Given(variables) => variables.keys().cloned().collect(),
            Self::OfProcess => std::env::vars_os().map(|(name, _)| name).collect(),
        };
        names.into_iter().filter_map(|name| name.into_string().ok()).collect()
    }

    /// The text of a variable, if it is set; an error if it is not UTF-8.
    pub(super) fn get(&self, name: &str) -> Result<Option<String>, OsString> {
        let value = match self {
            Self::Given(variables) => variables.get(std::ffi::OsStr::new(name)).cloned(),
            Self::OfProcess => std::env::var_os(name),
        };
        value.map(OsString::into_string).transpose()
    }
}

impl Env {
    /// The variables of the process, read at each fetch.
    ///
    /// ```
    /// use component_model::{Sources, fetchers::env::Env};
    ///
    /// let sources = Sources::builder().source("env", Env::new()).build();
    /// assert_eq!(sources.names(), ["env"]);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only the given variables.
    ///
    /// ```
    /// use component_model::{Fetch, Sources, fetchers::env::Env};
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// let sources = Sources::builder().source("settings", Env::of([("HOST", "localhost"), ("PORT", "8080")])).build();
    /// let config: AppConfig = Fetch::new().sources(&sources).await?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    pub fn of<K: Into<OsString>, V: Into<OsString>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        Self { variables: Variables::of(variables), ..Self::default() }
    }

    /// Adds the variables of a `.env` file. The environment overrides them, and they override those of files added later.
    ///
    /// The file is read at each fetch and changes no variable of the process. A missing file is an error;
    /// [`dotenv_if_present`](Self::dotenv_if_present) allows it. The module
    /// `component_model::fetchers::env` describes what a file may contain.
    ///
    /// ```
    /// use component_model::{Fetch, Sources, fetchers::env::Env};
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("service.env");
    /// std::fs::write(&path, "HOST=from-the-file\nPORT=8080\n")?;
    ///
    /// let env = Env::of([("HOST", "from-the-environment")]).dotenv(path);
    /// let config: AppConfig = Fetch::new().sources(&Sources::builder().source("settings", env).build()).await?;
    /// assert_eq!((config.host.as_str(), config.port), ("from-the-environment", 8080));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn dotenv(mut self, path: impl Into<PathBuf>) -> Self {
        self.files.push(dotenv::File { path: path.into(), may_be_missing: false });
        self
    }

    /// Like [`dotenv`](Self::dotenv), but a missing file has no variables.
    ///
    /// ```
    /// use component_model::{Fetch, Sources, fetchers::env::Env};
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model::ComponentErrors> {
    /// // A developer may have a `.env.local`; production does not.
    /// let env = Env::of([("HOST", "localhost"), ("PORT", "8080")]).dotenv_if_present("no/such/.env.local");
    /// let config: AppConfig = Fetch::new().sources(&Sources::builder().source("settings", env).build()).await?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn dotenv_if_present(mut self, path: impl Into<PathBuf>) -> Self {
        self.files.push(dotenv::File { path: path.into(), may_be_missing: true });
        self
    }

    /// Inserts variables for `${NAME}` in `.env` files; without this call the text is unchanged.
    ///
    /// ```
    /// use component_model::{Fetch, Sources, fetchers::env::Env};
    /// # use doc_examples::AppConfig;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("service.env");
    /// std::fs::write(&path, "DOMAIN=example.org\nHOST=${STAGE}.${DOMAIN}\nPORT=80\n")?;
    ///
    /// let env = Env::of([("STAGE", "test")]).dotenv(path).interpolate();
    /// let config: AppConfig = Fetch::new().sources(&Sources::builder().source("settings", env).build()).await?;
    /// assert_eq!(config.host, "test.example.org");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn interpolate(mut self) -> Self {
        self.interpolate = true;
        self
    }

    /// The same as [`Env::new`]; no `.env` file is read unless one is added.
    ///
    /// ```
    /// use component_model::{Sources, fetchers::env::Env};
    ///
    /// let sources = Sources::builder().source("env", Env::from_env()).build();
    /// ```
    #[must_use]
    pub fn from_env() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: Vec<_> = self.files.iter().map(|file| &file.path).collect();
        f.debug_struct("Env").field("files", &files).finish_non_exhaustive()
    }
}
