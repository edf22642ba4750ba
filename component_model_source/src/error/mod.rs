//! The error that a source returns, and its class.

mod kind;

use std::{borrow::Cow, error::Error, fmt, sync::Arc, time::Duration};

pub use self::kind::ErrorKind;

/// Any error that can be shared between threads.
///
/// ```
/// use component_model::BoxError;
///
/// let error: BoxError = "the disk is on fire".into();
/// assert_eq!(error.to_string(), "the disk is on fire");
/// ```
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// Why a source could not answer a request.
///
/// It does not contain the component: the engine adds the component, the source's name, the locator, the attempts and the
/// time. It is cheap to clone, because many components may share one failed call. The message, the hint and the cause must
/// not contain a value, a password or a token.
///
/// ```
/// use component_model::{ErrorKind, SourceError};
///
/// let error = SourceError::new(ErrorKind::Denied, "the password is wrong").with_hint("DATABASE_URL carries it");
/// assert_eq!(error.kind(), ErrorKind::Denied);
/// assert_eq!(error.to_string(), "the password is wrong");
/// ```
#[derive(Clone)]
pub struct SourceError(Arc<Inner>);

/// Shared, so that an answer without an error stays small and a clone for each component of a failed call costs nothing.
#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
    hint: Option<Cow<'static, str>>,
    place: Option<Cow<'static, str>>,
    retry_after: Option<Duration>,
    /// Why the request was not attempted again, if it would have been.
    not_retried: Option<Cow<'static, str>>,
    /// If it differs from the kind's default.
    transient: Option<bool>,
    /// Whether code of the user's own wrote the texts.
    foreign: bool,
}

/// What is shown instead of the texts of a foreign error.
const WITHHELD: &str = "the text of the error is withheld, since the component is sensitive";

impl SourceError {
    /// An error of a kind, with a message that reads well after "problem:".
    ///
    /// ```
    /// use component_model::{ErrorKind, SourceError};
    ///
    /// let error = SourceError::new(ErrorKind::Unavailable, "the server is starting");
    /// assert!(error.kind().is_transient());
    /// ```
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: message.into(),
            cause: None,
            hint: None,
            place: None,
            retry_after: None,
            not_retried: None,
            transient: None,
            foreign: false,
        }))
    }

    /// The error of a source that is [shut down](crate::Source::shutdown).
    ///
    /// ```
    /// # use component_model::{ErrorKind, SourceError};
    /// assert_eq!(SourceError::shut_down().kind(), ErrorKind::ShutDown);
    /// ```
    #[must_use]
    pub fn shut_down() -> Self {
        Self::new(ErrorKind::ShutDown, "the sources are shut down")
    }

    /// The error of a call whose source did not give one answer for each request.
    #[doc(hidden)]
    #[must_use]
    pub fn wrong_number_of_answers(given: usize, asked: usize) -> Self {
        Self::new(ErrorKind::Malformed, format!("the source gave {given} answers to {asked} requests"))
    }

    /// Adds the cause. Its text is shown: it must not contain a value or a secret.
    ///
    /// ```
    /// use component_model::{ErrorKind, SourceError};
    /// use std::{error::Error, io};
    ///
    /// let error = SourceError::new(ErrorKind::Unreachable, "no connection").with_cause(io::Error::other("no route"));
    /// assert_eq!(error.source().unwrap().to_string(), "no route");
    /// ```
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<BoxError>) -> Self {
        Arc::make_mut(&mut self.0).cause = Some(Arc::from(cause.into()));
        self
    }

    /// Adds what to do next.
    ///
    /// ```
    /// use component_model::{ErrorKind, SourceError};
    ///
    /// let error = SourceError::new(ErrorKind::Misconfigured, "no file is named").with_hint("set CONFIG_FILE");
    /// assert_eq!(error.hint(), Some("set CONFIG_FILE"));
    /// ```
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        Arc::make_mut(&mut self.0).hint = Some(hint.into());
        self
    }

    /// Adds the exact place, such as `app.toml:12:8`: more precise than the request's locator.
    ///
    /// ```
    /// use component_model::{ErrorKind, SourceError};
    ///
    /// let error = SourceError::new(ErrorKind::Malformed, "not TOML").at("app.toml:12:8");
    /// assert_eq!(error.place(), Some("app.toml:12:8"));
    /// ```
    #[must_use]
    pub fn at(mut self, place: impl Into<Cow<'static, str>>) -> Self {
        Arc::make_mut(&mut self.0).place = Some(place.into());
        self
    }

    /// Adds how long the source asks to wait before the next request.
    ///
    /// ```
    /// use component_model::{ErrorKind, SourceError};
    /// use std::time::Duration;
    ///
    /// let error = SourceError::new(ErrorKind::Throttled, "too many requests").with_retry_after(Duration::from_secs(30));
    /// assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    /// ```
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        Arc::make_mut(&mut self.0).retry_after = Some(wait);
        self
    }

    /// Adds why the request was not attempted again, although it may be temporary and the component had attempts left.
    #[doc(hidden)]
    #[must_use]
    pub fn not_retried(mut self, why: impl Into<Cow<'static, str>>) -> Self {
        Arc::make_mut(&mut self.0).not_retried = Some(why.into());
        self
    }

    /// Why the request was not attempted again.
    #[doc(hidden)]
    #[must_use]
    pub fn why_not_retried(&self) -> Option<&str> {
        self.0.not_retried.as_deref()
    }

    /// Sets whether the same request may succeed later, if that differs from the kind's default.
    ///
    /// ```
    /// use component_model::{ErrorKind, SourceError};
    ///
    /// let error = SourceError::new(ErrorKind::Other, "the replica is catching up").with_transience(true);
    /// assert!(error.is_transient());
    /// ```
    #[must_use]
    pub fn with_transience(mut self, transient: bool) -> Self {
        Arc::make_mut(&mut self.0).transient = Some(transient);
        self
    }

    /// Records that code of the user's own wrote the texts, which may repeat anything.
    #[doc(hidden)]
    #[must_use]
    pub fn into_foreign(mut self) -> Self {
        if !self.0.foreign {
            Arc::make_mut(&mut self.0).foreign = true;
        }
        self
    }

    /// The error as a sensitive component shows it: of a foreign error only the kind, the place, and when to try again.
    #[doc(hidden)]
    #[must_use]
    pub fn without_foreign_text(mut self) -> Self {
        if self.0.foreign {
            let inner = Arc::make_mut(&mut self.0);
            (inner.message, inner.hint, inner.cause) = (Cow::Borrowed(WITHHELD), None, None);
        }
        self
    }

    /// How long the source asks to wait before the next request.
    ///
    /// ```
    /// use component_model::{ErrorKind, SourceError};
    ///
    /// assert_eq!(SourceError::new(ErrorKind::Throttled, "too many requests").retry_after(), None);
    /// ```
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the same request may succeed later without any change.
    ///
    /// ```
    /// use component_model::{ErrorKind, SourceError};
    ///
    /// assert!(SourceError::new(ErrorKind::Timeout, "").is_transient());
    /// ```
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.0.transient.unwrap_or_else(|| self.0.kind.is_transient())
    }

    /// The class of the failure.
    ///
    /// ```
    /// use component_model::{ErrorKind, SourceError};
    ///
    /// assert_eq!(SourceError::new(ErrorKind::Denied, "wrong password").kind(), ErrorKind::Denied);
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What to do next, if known.
    ///
    /// ```
    /// use component_model::{ErrorKind, SourceError};
    ///
    /// assert_eq!(SourceError::new(ErrorKind::Denied, "wrong password").hint(), None);
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The exact place, if known.
    ///
    /// ```
    /// use component_model::{ErrorKind, SourceError};
    ///
    /// assert_eq!(SourceError::new(ErrorKind::Malformed, "not JSON").at("app.json:1:5").place(), Some("app.json:1:5"));
    /// ```
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SourceError");
        shown.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(hint) = self.hint() {
            // What a `main` that fails prints.
            shown.field("hint", &hint);
        }
        shown.finish_non_exhaustive()
    }
}

impl Error for SourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}
