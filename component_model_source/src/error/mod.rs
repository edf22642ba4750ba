//! The error that a source gives, and its class.

mod kind;

use std::{borrow::Cow, error::Error, fmt, sync::Arc};

pub use self::kind::ErrorKind;

/// Any error that can be shared between threads.
///
/// ```
/// use component_model_source::BoxError;
///
/// let error: BoxError = "the disk is on fire".into();
/// assert_eq!(error.to_string(), "the disk is on fire");
/// ```
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// Why a source could not answer a request.
///
/// It knows nothing of components: the engine adds the component, the source's name, the locator, the attempts and the
/// time. It is cheap to clone, since one failed call may serve many components. A source never puts a value, a password
/// or a token into the message, the hint or the cause.
///
/// ```
/// use component_model_source::{ErrorKind, SourceError};
///
/// let error = SourceError::new(ErrorKind::Denied, "the password is wrong").with_hint("DATABASE_URL carries it");
/// assert_eq!(error.kind(), ErrorKind::Denied);
/// assert_eq!(error.to_string(), "the password is wrong");
/// ```
#[derive(Clone)]
pub struct SourceError {
    kind: ErrorKind,
    message: Cow<'static, str>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
    hint: Option<Cow<'static, str>>,
    place: Option<Cow<'static, str>>,
}

impl SourceError {
    /// An error of a kind, with a message that fits after "problem:".
    ///
    /// ```
    /// use component_model_source::{ErrorKind, SourceError};
    ///
    /// let error = SourceError::new(ErrorKind::Unavailable, "the server starts up");
    /// assert!(error.kind().is_transient());
    /// ```
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), cause: None, hint: None, place: None }
    }

    /// Adds what caused it. The text of the cause is shown: it must hold no value and no secret.
    ///
    /// ```
    /// use std::{error::Error, io};
    /// use component_model_source::{ErrorKind, SourceError};
    ///
    /// let error = SourceError::new(ErrorKind::Unreachable, "no connection").with_cause(io::Error::other("no route"));
    /// assert_eq!(error.source().unwrap().to_string(), "no route");
    /// ```
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<BoxError>) -> Self {
        self.cause = Some(Arc::from(cause.into()));
        self
    }

    /// Adds what to do next.
    ///
    /// ```
    /// # use component_model_source::{ErrorKind, SourceError};
    /// let error = SourceError::new(ErrorKind::Misconfigured, "no file is named").with_hint("set CONFIG_FILE");
    /// assert_eq!(error.hint(), Some("set CONFIG_FILE"));
    /// ```
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds where exactly it happened, such as `app.toml:12:8`; more precise than the request's locator.
    ///
    /// ```
    /// # use component_model_source::{ErrorKind, SourceError};
    /// let error = SourceError::new(ErrorKind::Malformed, "not TOML").at("app.toml:12:8");
    /// assert_eq!(error.place(), Some("app.toml:12:8"));
    /// ```
    #[must_use]
    pub fn at(mut self, place: impl Into<Cow<'static, str>>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// The class of the failure.
    ///
    /// ```
    /// # use component_model_source::{ErrorKind, SourceError};
    /// assert_eq!(SourceError::new(ErrorKind::Denied, "wrong password").kind(), ErrorKind::Denied);
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do next, where that is known.
    ///
    /// ```
    /// # use component_model_source::{ErrorKind, SourceError};
    /// assert_eq!(SourceError::new(ErrorKind::Denied, "wrong password").hint(), None);
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Where exactly it happened, where that is known.
    ///
    /// ```
    /// # use component_model_source::{ErrorKind, SourceError};
    /// assert_eq!(SourceError::new(ErrorKind::Malformed, "not JSON").at("app.json:1:5").place(), Some("app.json:1:5"));
    /// ```
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceError").field("kind", &self.kind).field("message", &self.message).finish_non_exhaustive()
    }
}

impl Error for SourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}
