//! The source `env`: variables of the environment, and `.env` files.
//!
//! | option | what it says |
//! | --- | --- |
//! | `key` | the variable, as it is written; without it the container's prefix and the field's name in upper case |
//!
//! The value is text: the field's type reads it ([how](crate::decode)), so a list is `a,b,c` or JSON, and a struct is
//! `host=db,port=5432` or JSON. A variable that is set to nothing is present and empty; one that is not set is absent;
//! one that is not UTF-8 is malformed.

mod dotenv;

use std::{collections::HashMap, ffi::OsString, fmt, path::PathBuf, sync::Arc};

use super::read;
use crate::{Answer, Ask, ErrorKind, Found, Request, Source, SourceError, Value};

/// Variables of the environment.
///
/// ```
/// use component_model_async::{Sources, fetchers::env::Env};
///
/// // The process's own variables, and below them those of a file.
/// let sources = Sources::builder().source("env", Env::new().dotenv("service.env")).build();
/// // Variables of a test's own: nothing is shared with other tests.
/// let sources = Sources::builder().source("env", Env::of([("PORT", "8080")])).build();
/// # let _ = sources;
/// ```
#[derive(Clone, Default)]
pub struct Env {
    /// `None` for those of the process.
    variables: Option<Arc<HashMap<OsString, OsString>>>,
    files: Vec<PathBuf>,
}

impl Env {
    /// The variables of the process, read at each fetch.
    ///
    /// ```
    /// use component_model_async::{Sources, fetchers::env::Env};
    ///
    /// let sources = Sources::builder().source("env", Env::new()).build();
    /// assert_eq!(sources.names(), ["env"]);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// These variables and no others.
    ///
    /// ```
    /// # use component_model_async::{Fetch, Sources, doctest::AppConfig, fetchers::env::Env};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model_async::ComponentErrors> {
    /// let sources = Sources::builder().source("settings", Env::of([("host", "localhost"), ("port", "8080")])).build();
    /// let config: AppConfig = Fetch::new().sources(&sources).await?;
    /// assert_eq!(config.port, 8080);
    /// # Ok(())
    /// # }
    /// ```
    pub fn of<K: Into<OsString>, V: Into<OsString>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables: Some(Arc::new(variables)), files: Vec::new() }
    }

    /// Adds the variables of a `.env` file: below those of the environment, above those of files added after it.
    ///
    /// The file is read at each fetch and changes no variable of the process. It must be there.
    ///
    /// ```
    /// # use component_model_async::{Fetch, Sources, doctest::AppConfig, fetchers::env::Env};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("service.env");
    /// std::fs::write(&path, "host=from-the-file\nport=8080\n")?;
    ///
    /// let env = Env::of([("host", "from-the-environment")]).dotenv(path);
    /// let config: AppConfig = Fetch::new().sources(&Sources::builder().source("settings", env).build()).await?;
    /// assert_eq!((config.host.as_str(), config.port), ("from-the-environment", 8080));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn dotenv(mut self, path: impl Into<PathBuf>) -> Self {
        self.files.push(path.into());
        self
    }

    /// As [`Env::new`]; a `.env` file is read only where one is named.
    ///
    /// ```
    /// use component_model_async::{Sources, fetchers::env::Env};
    ///
    /// let sources = Sources::builder().source("env", Env::from_env()).build();
    /// ```
    #[must_use]
    pub fn from_env() -> Self {
        Self::new()
    }

    fn variable(&self, name: &str) -> Answer {
        let value = match &self.variables {
            Some(variables) => variables.get(std::ffi::OsStr::new(name)).cloned(),
            None => std::env::var_os(name),
        };
        let text = value.map(OsString::into_string).transpose();
        text.map(|text| text.map(|text| Found::new(Value::Text(text))))
            .map_err(|_| SourceError::new(ErrorKind::Malformed, "the variable is not UTF-8"))
    }

    /// Answers from the environment, then from the files, which are read once and only if they are needed.
    async fn answers(&self, requests: &[Request]) -> Vec<Answer> {
        let mut answers: Vec<Answer> = requests.iter().map(|request| self.variable(request.key())).collect();
        if self.files.is_empty() || answers.iter().all(|answer| !matches!(answer, Ok(None))) {
            return answers;
        }
        let files = self.files.clone();
        let below = read::blocking(move || dotenv::load(&files)).await;
        for (answer, request) in answers.iter_mut().zip(requests) {
            if matches!(answer, Ok(None)) {
                *answer = below.as_ref().map_err(Clone::clone).map(|below| below.get(request.key()).map(found));
            }
        }
        answers
    }
}

fn found(text: &String) -> Found {
    Found::new(Value::text(text))
}

impl Source for Env {
    fn bind(&self, ask: &Ask<'_>) -> Result<Request, SourceError> {
        let name = ask.key_with(|name| name.to_uppercase().into());
        if name.is_empty() || name.contains(['=', '\0']) {
            let message = "the name of a variable is not empty and holds neither `=` nor a zero byte";
            return Err(SourceError::new(ErrorKind::Misconfigured, message));
        }
        let request = Request::new(name.clone(), name);
        Ok(if self.files.is_empty() { request } else { request.with_group("") })
    }

    fn at_hand(&self, request: &Request) -> Option<Answer> {
        self.files.is_empty().then(|| self.variable(request.key()))
    }

    async fn fetch(&self, request: &Request) -> Answer {
        self.answers(std::slice::from_ref(request)).await.pop().unwrap_or(Ok(None))
    }

    async fn fetch_many(&self, requests: &[Request]) -> Vec<Answer> {
        self.answers(requests).await
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").field("files", &self.files).finish_non_exhaustive()
    }
}
