//! The error of one component.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use super::{About, ComponentErrors, render};
use crate::{BoxError, ErrorKind, Report, SourceError, text::place_text};

/// Why one component could not be fetched or assigned: the component, the source, the problem and its causes, the number of
/// attempts and the time, and a hint. Never the value.
///
/// `{}` prints one line, `{:#}` a block of lines. `Debug` prints the block too, so that the error is readable if `main`
/// returns it. Programs should use the predicates, not the text.
///
/// ```
/// use component_model::ComponentError;
///
/// let error = ComponentError::from(std::io::Error::other("the disk is on fire"));
/// assert!(!error.is_transient() && !error.is_absent());
/// assert_eq!(error.to_string(), "failed: the disk is on fire");
/// ```
#[derive(Clone)]
pub struct ComponentError(pub(super) Box<Inner>);

/// The contents of an error, which `render` shows.
#[derive(Clone)]
pub(super) struct Inner {
    pub(super) about: Option<Arc<About>>,
    pub(super) source: String,
    pub(super) locator: String,
    pub(super) failure: SourceError,
    pub(super) tried: Vec<Tried>,
    /// What covered the failure in vain, and why: `backup:port: denied: …`.
    pub(super) cover: Option<Box<str>>,
    pub(super) attempts: u32,
    pub(super) elapsed: Duration,
    pub(super) several: Option<ComponentErrors>,
    /// What happened to all components of the fetch.
    pub(super) report: Option<Report>,
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
            about: None,
            source: String::new(),
            locator: String::new(),
            failure,
            tried: Vec::new(),
            cover: None,
            attempts: 0,
            elapsed: Duration::ZERO,
            several: None,
            report: None,
        }))
    }

    /// The error of this component. One that has components already is its cause. If the component is sensitive, nothing
    /// that the user's own code wrote is shown.
    pub(crate) fn about(self, about: &Arc<About>) -> Self {
        let mut error = if self.names_components() { Self::new(self.into_dependency()) } else { self };
        error.0.about = Some(Arc::clone(about));
        if about.sensitive { error.without_foreign_text() } else { error }
    }

    pub(crate) fn without_foreign_text(mut self) -> Self {
        self.0.failure = self.0.failure.without_foreign_text();
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

    /// What was asked because of this failure, and failed too.
    pub(crate) fn covered_by(mut self, cover: Option<Box<str>>) -> Self {
        self.0.cover = cover;
        self
    }

    pub(crate) fn after(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    /// Wraps the error of a fetcher or a future of the user's own, whole if it is one of ours.
    pub(crate) fn wrap(error: BoxError) -> Self {
        Self::ours(error)
            .unwrap_or_else(|error| Self::new(SourceError::new(ErrorKind::Other, "").with_cause(error).into_foreign()))
    }

    /// What failed, if the error of a fetcher is one of ours: its class decides what happens next.
    pub(crate) fn failure_of(error: BoxError) -> Result<SourceError, BoxError> {
        Self::ours(error).map(|ours| if ours.names_components() { ours.into_dependency() } else { ours.into_failure() })
    }

    /// Whether it is the error of other components than the one that is fetched.
    fn names_components(&self) -> bool {
        self.0.about.is_some() || self.0.several.is_some()
    }

    /// The failure of a component that needs the components of this error. What is absent there is not what was asked for
    /// here, so the class is not passed on, however many components failed.
    fn into_dependency(self) -> SourceError {
        let failure =
            SourceError::new(ErrorKind::Dependency, "another component, which it needs, could not be fetched")
                .with_transience(self.is_transient());
        let failure = self.hint().map(str::to_owned).into_iter().fold(failure, SourceError::with_hint);
        let failure = self.retry_after().into_iter().fold(failure, SourceError::with_retry_after);
        failure.with_cause(self)
    }

    fn into_failure(self) -> SourceError {
        let place = self.source_name().map(|source| place_text(source, self.locator().unwrap_or_default()));
        place.into_iter().fold(self.0.failure, SourceError::at)
    }

    fn ours(error: BoxError) -> Result<Self, BoxError> {
        let error = match error.downcast::<Self>() {
            Ok(ours) => return Ok(*ours),
            Err(error) => error,
        };
        let error = match error.downcast::<SourceError>() {
            Ok(ours) => return Ok(Self::new(*ours)),
            Err(error) => error,
        };
        error.downcast::<ComponentErrors>().map(|ours| (*ours).into())
    }

    /// Whether both failed for the same reason at the same place.
    pub(crate) fn has_reason_of(&self, other: &Self) -> bool {
        let reason = |error: &Self| (error.kind(), error.0.failure.to_string());
        self.0.failure.place() == other.0.failure.place() && reason(self) == reason(other)
    }

    /// The name of the struct.
    pub(crate) fn owner(&self) -> &str {
        self.0.about.as_ref().map_or("", |about| &about.owner)
    }

    /// The class of the failure.
    ///
    /// ```
    /// use component_model::ErrorKind;
    ///
    /// # let errors = doc_examples::errors();
    ///
    /// assert_eq!(errors.of("port").unwrap().kind(), ErrorKind::Malformed);
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.failure.kind()
    }

    /// The struct and the path of the field, such as `AppConfig.pool.max`, or only the struct; `None` for an error of the
    /// whole fetch.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// assert_eq!(errors[0].component().as_deref(), Some("AppConfig.host"));
    /// ```
    #[must_use]
    pub fn component(&self) -> Option<String> {
        self.0.about.as_ref().map(|about| about.full_path())
    }

    /// The path of the field within the struct, such as `pool.max`.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// assert_eq!(errors[0].field(), Some("host"));
    /// ```
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.0.about.as_ref().map(|about| &*about.path).filter(|path| !path.is_empty())
    }

    /// The field's type, as written in the struct.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// assert_eq!(errors.of("port").unwrap().expected_type(), Some("u16"));
    /// ```
    #[must_use]
    pub fn expected_type(&self) -> Option<&str> {
        self.0.about.as_ref().map(|about| &*about.ty).filter(|ty| !ty.is_empty())
    }

    /// The name of the source that failed.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// assert_eq!(errors[0].source_name(), Some("settings"));
    /// ```
    #[must_use]
    pub fn source_name(&self) -> Option<&str> {
        Some(self.0.source.as_str()).filter(|name| !name.is_empty())
    }

    /// The place of the value in the source's own notation, as precise as the failure allows (`app.toml:12:8`).
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// assert_eq!(errors.of("port").unwrap().locator(), Some("port"));
    /// ```
    #[must_use]
    pub fn locator(&self) -> Option<&str> {
        self.0.failure.place().or(Some(&self.0.locator)).filter(|locator| !locator.is_empty())
    }

    /// What to do next, if known.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// let absent = errors.of("host").unwrap();
    /// assert!(absent.hint().unwrap().contains("`default`"));
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.failure.hint()
    }

    /// How often the source was asked; 0 if it was not asked.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// assert_eq!(errors[0].attempts(), 1);
    /// ```
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The time until the failure.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// assert!(errors[0].elapsed() < std::time::Duration::from_secs(2));
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The errors of the components if this error combines several; otherwise only this error.
    ///
    /// ```
    /// use component_model::ComponentError;
    ///
    /// # let errors = doc_examples::errors();
    ///
    /// let one = ComponentError::from(errors);
    /// let fields: Vec<_> = one.errors().iter().filter_map(ComponentError::field).collect();
    /// assert_eq!(fields, ["host", "port"]);
    /// ```
    #[must_use]
    pub fn errors(&self) -> &[Self] {
        match &self.0.several {
            Some(several) => several.as_slice(),
            None => std::slice::from_ref(self),
        }
    }

    /// Whether no source has the value.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// assert!(errors.of("host").unwrap().is_absent());
    /// assert!(!errors.of("port").unwrap().is_absent());
    /// ```
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.any(|kind| kind == ErrorKind::Absent)
    }

    /// Whether the source refuses access.
    ///
    /// ```
    /// use component_model::{ComponentError, ErrorKind, SourceError};
    ///
    /// let error = ComponentError::from(SourceError::new(ErrorKind::Denied, "the password is wrong"));
    /// assert!(error.is_denied());
    /// ```
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.any(|kind| kind == ErrorKind::Denied)
    }

    /// Whether the value cannot be decoded as the field's type.
    ///
    /// ```
    /// # let errors = doc_examples::errors();
    /// assert!(errors.of("port").unwrap().is_malformed());
    /// ```
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        self.any(|kind| kind == ErrorKind::Malformed)
    }

    /// Whether an attempt took longer than its timeout, or the fetch longer than its deadline.
    ///
    /// ```
    /// use component_model::{ComponentError, ErrorKind, SourceError};
    ///
    /// let error = ComponentError::from(SourceError::new(ErrorKind::Timeout, "no answer within 2 s"));
    /// assert!(error.is_timeout());
    /// ```
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.any(|kind| matches!(kind, ErrorKind::Timeout | ErrorKind::Deadline))
    }

    /// Whether the circuit breaker of a source held the request back.
    ///
    /// ```
    /// use component_model::{ComponentError, ErrorKind, SourceError};
    ///
    /// let error = ComponentError::from(SourceError::new(ErrorKind::CircuitOpen, "the source failed too often recently"));
    /// assert!(error.is_circuit_open());
    /// ```
    #[must_use]
    pub fn is_circuit_open(&self) -> bool {
        self.any(|kind| kind == ErrorKind::CircuitOpen)
    }

    /// Whether a source limits the rate of requests.
    ///
    /// ```
    /// use component_model::{ComponentError, ErrorKind, SourceError};
    ///
    /// let error = ComponentError::from(SourceError::new(ErrorKind::Throttled, "429 Too Many Requests"));
    /// assert!(error.is_throttled() && error.is_transient());
    /// ```
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.any(|kind| kind == ErrorKind::Throttled)
    }

    /// How long to wait before fetching again: the longest time that a source asks for.
    ///
    /// ```
    /// use component_model::{ComponentError, ErrorKind, SourceError};
    /// use std::time::Duration;
    ///
    /// let throttled = SourceError::new(ErrorKind::Throttled, "").with_retry_after(Duration::from_secs(30));
    /// assert_eq!(ComponentError::from(throttled).retry_after(), Some(Duration::from_secs(30)));
    /// ```
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.errors().iter().filter_map(|error| error.0.failure.retry_after()).max()
    }

    /// Whether the same fetch may succeed later without any change: every failure in it is transient.
    ///
    /// ```
    /// use component_model::{ComponentError, ErrorKind, SourceError};
    ///
    /// let error = ComponentError::from(SourceError::new(ErrorKind::Unavailable, "the server is starting"));
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
        if errors.len() == 1 {
            let report = errors.0.report.take();
            let mut error = errors.pop();
            error.0.report = report;
            return error;
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
