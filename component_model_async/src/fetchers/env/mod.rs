//! The source `env`: variables of the environment, and `.env` files.
//!
//! | option | meaning |
//! | --- | --- |
//! | `key` | the variable, as it is written; without it the container's prefix and the field's name in upper case |
//!
//! The value is text: the field's type reads it ([how](crate::decode)), so a list is `a,b,c` or JSON, and a struct is
//! `host=db,port=5432` or JSON. A variable that is set to nothing is present and empty; one that is not set is absent;
//! one that is not UTF-8 is malformed.
//!
//! # `.env` files
//!
//! ```text
//! # a comment
//! export PORT=8080            # `export` is allowed; a comment needs white space before it
//! PASSWORD=pa$$word#1         # read as it stands: pa$$word#1
//! LABELS={"a": 1}             # quotes within a value are part of it
//! GREETING="two\nlines \"x\""  # in double quotes: \n \r \t \" \\ \$
//! PATTERN='^\d+$'             # in single quotes nothing has a meaning
//! KEY="-----BEGIN KEY-----
//! ...                         # a quoted value may have several lines
//! -----END KEY-----"
//! ```
//!
//! - A name is made of letters, digits, `_`, `.` and `-`. Spaces and tabs around the name and the `=` are dropped.
//! - Without quotes the value is the rest of the line, without white space at its ends and without a comment, which begins
//!   with `#` after white space. No character has a meaning, neither a backslash nor `$`.
//! - In quotes the value is what is between them. A line end in it is a `\n`, whatever the editor wrote. A backslash before
//!   any other character than those above stays.
//! - The last line that sets a name wins within a file, and the first file that has it among several; a variable of the
//!   environment wins over all files.
//! - A line that is not understood fails the components that need the file, with the file and the line, never its text.
//!   Files may end their lines with CRLF and begin with a byte order mark.
//!
//! `${NAME}` inserts a variable only after [`Env::interpolate`]: in double quotes and without quotes, one of the
//! environment (that of [`Env::of`], if it was made so) or else of a line above in the same file. One that is not set is an
//! error. `$NAME` without braces stays as it is, what is inserted is not searched again, and the values of a file hold at
//! most 16 MiB.
//!
//! | other readers | what they do with the same file |
//! | --- | --- |
//! | docker compose | inserts `$NAME` and `${NAME:-default}` unless the value is in single quotes; one that is not set is empty |
//! | Node's `dotenv` and `--env-file` | only `\n` in double quotes; `#` begins a comment in a value without quotes, without white space too; backticks are quotes |
//! | `python-dotenv` | inserts `${NAME}`, also in single quotes, unless told not to; a line that is not understood is skipped with a warning |
//! | a shell | inserts everywhere but in single quotes, and allows no space around `=` |

mod dotenv;

use std::{collections::HashMap, ffi::OsString, fmt, path::PathBuf, sync::Arc};

use component_model_types::built_in;

use super::read;
use crate::{Answer, ErrorKind, OptionSpec, Record, Request, RequestSpec, Source, SourceError, Value};

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
    variables: Variables,
    files: Vec<dotenv::File>,
    interpolate: bool,
}

/// Where variables come from.
#[derive(Clone, Default)]
enum Variables {
    #[default]
    OfProcess,
    Given(Arc<HashMap<OsString, OsString>>),
}

impl Variables {
    fn of<K: Into<OsString>, V: Into<OsString>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Given(Arc::new(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }

    /// The text of a variable, if it is set; the error is text that is not UTF-8.
    fn get(&self, name: &str) -> Result<Option<String>, OsString> {
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
        Self { variables: Variables::of(variables), ..Self::default() }
    }

    /// Adds the variables of a `.env` file: below those of the environment, above those of files added after it.
    ///
    /// The file is read at each fetch and changes no variable of the process. If it is missing, that is an error;
    /// [`dotenv_if_present`](Self::dotenv_if_present) allows it. The [module](self) describes what a file may hold.
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
        self.files.push(dotenv::File { path: path.into(), may_be_missing: false });
        self
    }

    /// As [`dotenv`](Self::dotenv), but a file that is missing has no variables.
    ///
    /// ```
    /// # use component_model_async::{Fetch, Sources, doctest::AppConfig, fetchers::env::Env};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), component_model_async::ComponentErrors> {
    /// // A developer may have a `.env.local`; in production there is none.
    /// let env = Env::of([("host", "localhost"), ("port", "8080")]).dotenv_if_present("no/such/.env.local");
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

    /// Inserts variables where a `.env` file writes `${NAME}`; without this call the text stays as it is.
    ///
    /// ```
    /// # use component_model_async::{Fetch, Sources, doctest::AppConfig, fetchers::env::Env};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("service.env");
    /// std::fs::write(&path, "DOMAIN=example.org\nhost=${STAGE}.${DOMAIN}\nport=80\n")?;
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
        let text = self.variables.get(name);
        text.map(|text| text.map(|text| Record::new(Value::Text(text))))
            .map_err(|_| SourceError::new(ErrorKind::Malformed, "the variable is not UTF-8"))
    }

    /// Answers from the environment, then from the files, which are read once and only if they are needed.
    async fn answers(&self, requests: &[Request]) -> Vec<Answer> {
        let mut answers: Vec<Answer> = requests.iter().map(|request| self.variable(request.key())).collect();
        if self.files.is_empty() || answers.iter().all(|answer| !matches!(answer, Ok(None))) {
            return answers;
        }
        let (files, interpolate) = (self.files.clone(), self.interpolate.then(|| self.variables.clone()));
        let below = read::blocking(move |waiting| dotenv::load(&files, interpolate.as_ref(), waiting)).await;
        for (answer, request) in answers.iter_mut().zip(requests) {
            if matches!(answer, Ok(None)) {
                *answer = below.as_ref().map_err(Clone::clone).map(|below| below.get(request.key()).map(found));
            }
        }
        answers
    }
}

fn found(text: &String) -> Record {
    Record::new(Value::text(text))
}

impl Source for Env {
    const OPTIONS: &'static [OptionSpec] = built_in::ENV.options;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError> {
        let name = spec.key_with(|name| name.to_uppercase().into());
        if name.is_empty() || name.contains(['=', '\0']) {
            let message = "the name of a variable is not empty and holds neither `=` nor a zero byte";
            return Err(SourceError::new(ErrorKind::Misconfigured, message));
        }
        let request = Request::new(name.clone(), name);
        Ok(if self.files.is_empty() { request } else { request.with_group("") })
    }

    fn fetch_immediate(&self, request: &Request) -> Option<Answer> {
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
        let files: Vec<_> = self.files.iter().map(|file| &file.path).collect();
        f.debug_struct("Env").field("files", &files).finish_non_exhaustive()
    }
}
