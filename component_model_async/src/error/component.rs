//! The error of one component.

use std::{error::Error, fmt, time::Duration};

use component_model_types::plan::Component;

use super::{ComponentErrors, render};
use crate::{BoxError, ErrorKind, SourceError};

/// Why one component could not be fetched or assigned: the component, the source, what happened, the attempts, the
/// time, the causes and what to do next. Never the value.
///
/// `{}` is one line, `{:#}` a block of lines. `Debug` is the block too, so that a `main` that returns the error prints
/// a readable text. Use the predicates rather than the text.
///
/// ```
/// use component_model_async::ComponentError;
///
/// let error = ComponentError::from(std::io::Error::other("the disk is on fire"));
/// assert!(!error.is_transient() && !error.is_absent());
/// assert_eq!(error.to_string(), "failed: the disk is on fire");
/// ```
#[derive(Clone)]
pub struct ComponentError(pub(super) Box<Inner>);

/// The data of an error. Shown by `render`.
#[derive(Clone)]
pub(super) struct Inner {
    pub(super) owner: &'static str,
    pub(super) component: Option<&'static Component>,
    pub(super) source: String,
    pub(super) locator: String,
    pub(super) failure: SourceError,
    pub(super) tried: Vec<Tried>,
    pub(super) attempts: u32,
    pub(super) elapsed: Duration,
    pub(super) several: Option<ComponentErrors>,
}

/// A source that was asked and does not have the value.
#[derive(Clone)]
pub(crate) struct Tried {
    pub(crate) source: String,
    pub(crate) locator: String,
}

impl ComponentError {
    pub(crate) fn new(failure: SourceError) -> Self {
        Self(Box::new(Inner {
            owner: "",
            component: None,
            source: String::new(),
            locator: String::new(),
            failure,
            tried: Vec::new(),
            attempts: 0,
            elapsed: Duration::ZERO,
            several: None,
        }))
    }

    pub(crate) fn of(mut self, owner: &'static str, component: &'static Component) -> Self {
        self.0.owner = owner;
        self.0.component = Some(component);
        self
    }

    pub(crate) fn located(mut self, source: impl Into<String>, locator: impl Into<String>) -> Self {
        self.0.source = source.into();
        self.0.locator = locator.into();
        self
    }

    pub(crate) fn tried(mut self, tried: Vec<Tried>) -> Self {
        self.0.tried = tried;
        self
    }

    pub(crate) fn after(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    /// Wraps the error of the user's own fetcher or future; an error of this crate is kept unchanged.
    pub(crate) fn wrap(error: BoxError) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(ours) => return *ours,
            Err(error) => error,
        };
        let error = match error.downcast::<SourceError>() {
            Ok(ours) => return Self::new(*ours),
            Err(error) => error,
        };
        match error.downcast::<ComponentErrors>() {
            Ok(ours) => (*ours).into(),
            Err(error) => Self::new(SourceError::new(ErrorKind::Other, "").with_cause(error)),
        }
    }

    pub(crate) fn owner(&self) -> &'static str {
        self.0.owner
    }

    /// The class of the failure.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let errors = component_model_async::doctest::failed().await.unwrap_err();
    /// use component_model_async::ErrorKind;
    ///
    /// assert_eq!(errors.of("port").unwrap().kind(), ErrorKind::Malformed);
    /// # }
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.failure.kind()
    }

    /// The struct and the field, `AppConfig.port`; `None` for an error of the whole fetch.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let errors = component_model_async::doctest::failed().await.unwrap_err();
    /// assert_eq!(errors[0].component().as_deref(), Some("AppConfig.host"));
    /// # }
    /// ```
    #[must_use]
    pub fn component(&self) -> Option<String> {
        self.0.component.map(|component| format!("{}.{}", self.0.owner, component.name))
    }

    /// The field's name.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let errors = component_model_async::doctest::failed().await.unwrap_err();
    /// assert_eq!(errors[0].field(), Some("host"));
    /// # }
    /// ```
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        self.0.component.map(|component| component.name)
    }

    /// The field's type, as it is written.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let errors = component_model_async::doctest::failed().await.unwrap_err();
    /// assert_eq!(errors.of("port").unwrap().expected_type(), Some("u16"));
    /// # }
    /// ```
    #[must_use]
    pub fn expected_type(&self) -> Option<&'static str> {
        self.0.component.map(|component| component.ty)
    }

    /// The name of the source that failed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let errors = component_model_async::doctest::failed().await.unwrap_err();
    /// assert_eq!(errors[0].source_name(), Some("settings"));
    /// # }
    /// ```
    #[must_use]
    pub fn source_name(&self) -> Option<&str> {
        Some(self.0.source.as_str()).filter(|name| !name.is_empty())
    }

    /// Where the source looked, in its own notation; as precise as the failure allows (`app.toml:12:8`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let errors = component_model_async::doctest::failed().await.unwrap_err();
    /// assert_eq!(errors.of("port").unwrap().locator(), Some("port"));
    /// # }
    /// ```
    #[must_use]
    pub fn locator(&self) -> Option<&str> {
        self.0.failure.place().or(Some(&self.0.locator)).filter(|locator| !locator.is_empty())
    }

    /// What to do next, if that is known.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let errors = component_model_async::doctest::failed().await.unwrap_err();
    /// let absent = errors.of("host").unwrap();
    /// assert!(absent.hint().unwrap().contains("`fallback`"));
    /// # }
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.failure.hint()
    }

    /// How often the source was asked; 0 if it was not asked.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let errors = component_model_async::doctest::failed().await.unwrap_err();
    /// assert_eq!(errors[0].attempts(), 1);
    /// # }
    /// ```
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long it took until it failed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let errors = component_model_async::doctest::failed().await.unwrap_err();
    /// assert!(errors[0].elapsed() < std::time::Duration::from_secs(2));
    /// # }
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The errors of the single components, if this error contains several; otherwise only itself.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let errors = component_model_async::doctest::failed().await.unwrap_err();
    /// use component_model_async::ComponentError;
    ///
    /// let one = ComponentError::from(errors);
    /// let fields: Vec<_> = one.errors().iter().filter_map(ComponentError::field).collect();
    /// assert_eq!(fields, ["host", "port"]);
    /// # }
    /// ```
    #[must_use]
    pub fn errors(&self) -> &[Self] {
        match &self.0.several {
            Some(several) => several.as_slice(),
            None => std::slice::from_ref(self),
        }
    }

    /// No source has the value.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let errors = component_model_async::doctest::failed().await.unwrap_err();
    /// assert!(errors.of("host").unwrap().is_absent());
    /// assert!(!errors.of("port").unwrap().is_absent());
    /// # }
    /// ```
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.any(|kind| kind == ErrorKind::Absent)
    }

    /// The source denies access.
    ///
    /// ```
    /// use component_model_async::{ComponentError, ErrorKind, SourceError};
    ///
    /// let error = ComponentError::from(SourceError::new(ErrorKind::Denied, "the password is wrong"));
    /// assert!(error.is_denied());
    /// ```
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.any(|kind| kind == ErrorKind::Denied)
    }

    /// The value cannot be read as the field's type.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let errors = component_model_async::doctest::failed().await.unwrap_err();
    /// assert!(errors.of("port").unwrap().is_malformed());
    /// # }
    /// ```
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        self.any(|kind| kind == ErrorKind::Malformed)
    }

    /// An attempt took longer than its timeout, or the fetch longer than its deadline.
    ///
    /// ```
    /// use component_model_async::{ComponentError, ErrorKind, SourceError};
    ///
    /// let error = ComponentError::from(SourceError::new(ErrorKind::Timeout, "no answer within 2 s"));
    /// assert!(error.is_timeout());
    /// ```
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.any(|kind| matches!(kind, ErrorKind::Timeout | ErrorKind::Deadline))
    }

    /// A source asks to be asked less often.
    ///
    /// ```
    /// use component_model_async::{ComponentError, ErrorKind, SourceError};
    ///
    /// let error = ComponentError::from(SourceError::new(ErrorKind::Throttled, "429 Too Many Requests"));
    /// assert!(error.is_throttled() && error.is_transient());
    /// ```
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.any(|kind| kind == ErrorKind::Throttled)
    }

    /// How long to wait before the same fetch is worth another attempt: the longest time that a source asks for.
    ///
    /// ```
    /// use std::time::Duration;
    /// use component_model_async::{ComponentError, ErrorKind, SourceError};
    ///
    /// let throttled = SourceError::new(ErrorKind::Throttled, "").with_retry_after(Duration::from_secs(30));
    /// assert_eq!(ComponentError::from(throttled).retry_after(), Some(Duration::from_secs(30)));
    /// ```
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.errors().iter().filter_map(|error| error.0.failure.retry_after()).max()
    }

    /// The same fetch may succeed later if nothing is changed: every failure in it is transient.
    ///
    /// ```
    /// use component_model_async::{ComponentError, ErrorKind, SourceError};
    ///
    /// let error = ComponentError::from(SourceError::new(ErrorKind::Unavailable, "the server starts up"));
    /// assert!(error.is_transient());
    /// ```
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.errors().iter().all(|error| error.0.failure.is_transient())
    }

    fn any(&self, holds: impl Fn(ErrorKind) -> bool) -> bool {
        self.errors().iter().any(|error| holds(error.kind()))
    }
}

impl fmt::Display for ComponentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.several {
            Some(several) => fmt::Display::fmt(several, f),
            None if f.alternate() => render::block(self, f),
            None => render::line(self, f),
        }
    }
}

impl fmt::Debug for ComponentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for ComponentError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.failure.source()
    }
}

impl From<ComponentErrors> for ComponentError {
    fn from(mut errors: ComponentErrors) -> Self {
        if errors.len() == 1 && errors.report().is_none() {
            return errors.pop();
        }
        let mut error = Self::new(SourceError::new(ErrorKind::Multiple, "several components failed"));
        error.0.several = Some(errors);
        error
    }
}

impl From<std::io::Error> for ComponentError {
    fn from(error: std::io::Error) -> Self {
        Self::wrap(error.into())
    }
}

impl From<SourceError> for ComponentError {
    fn from(error: SourceError) -> Self {
        Self::new(error)
    }
}
