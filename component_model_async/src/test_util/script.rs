//! One answer of a scripted source.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::{Answer, ErrorKind, Record, Reply, SourceError, Version, registry::to_value};

/// One answer of a [`Scripted`](super::Scripted) source: what it is, and when it comes.
///
/// ```
/// use component_model::{ErrorKind, test_util::{Script, Scripted}};
/// use std::time::Duration;
///
/// let consul = Scripted::new().answers("port", [
///     Script::fails(ErrorKind::Unavailable).retry_after(Duration::from_secs(1)),
///     Script::hangs(),
///     Script::value(8080).version("42").after(Duration::from_millis(20)),
/// ]);
/// # let _ = consul;
/// ```
#[derive(Clone)]
#[must_use]
pub struct Script {
    step: Step,
    after: Duration,
    version: Option<Version>,
    good_for: Option<Duration>,
}

#[derive(Clone)]
enum Step {
    Record(Record),
    Absent,
    Error(SourceError),
    Hangs,
    Panics,
}

impl Script {
    fn new(step: Step) -> Self {
        Self { step, after: Duration::ZERO, version: None, good_for: None }
    }

    /// A value, as a typed document has it: a `&str` is a string, and is never read as a number.
    ///
    /// A value that cannot be serialized is a [malformed](ErrorKind::Malformed) answer.
    ///
    /// ```
    /// use component_model::test_util::Script;
    ///
    /// let (port, hosts) = (Script::value(8080), Script::value(["db-1", "db-2"]));
    /// # let _ = (port, hosts);
    /// ```
    pub fn value(value: impl Serialize) -> Self {
        match to_value(value) {
            Ok(value) => Self::record(value),
            Err(error) => Self::error(error),
        }
    }

    /// A record with everything that a source can say about a value, or a [`Value`](crate::Value) such as the text of a
    /// variable, which the field's type reads.
    ///
    /// ```
    /// use component_model::{Lease, Record, Value, test_util::Script};
    /// use std::time::Duration;
    ///
    /// let port = Script::record(Value::text("8080"));
    /// let lease = Lease::new("database/creds/shop/1", Duration::from_secs(3600));
    /// let password = Script::record(Record::new(Value::text("hunter2")).with_lease(lease)).sensitive();
    /// # let _ = (port, password);
    /// ```
    pub fn record(record: impl Into<Record>) -> Self {
        Self::new(Step::Record(record.into()))
    }

    /// No value.
    ///
    /// ```
    /// # use component_model::test_util::Script;
    /// let absent = Script::absent();
    /// # let _ = absent;
    /// ```
    pub fn absent() -> Self {
        Self::new(Step::Absent)
    }

    /// A failure of a kind, with the message `simulated`.
    ///
    /// ```
    /// use component_model::{ErrorKind, test_util::Script};
    ///
    /// let refused = Script::fails(ErrorKind::Unreachable);
    /// # let _ = refused;
    /// ```
    pub fn fails(kind: ErrorKind) -> Self {
        Self::error(SourceError::new(kind, "simulated"))
    }

    /// A failure with an error of your own.
    ///
    /// ```
    /// use component_model::{ErrorKind, SourceError, test_util::Script};
    ///
    /// let expired = Script::error(SourceError::new(ErrorKind::Denied, "the token has expired"));
    /// # let _ = expired;
    /// ```
    pub fn error(error: SourceError) -> Self {
        Self::new(Step::Error(error))
    }

    /// No answer, ever, as from a connection that went silent.
    ///
    /// ```
    /// # use component_model::test_util::Script;
    /// let silent = Script::hangs();
    /// # let _ = silent;
    /// ```
    pub fn hangs() -> Self {
        Self::new(Step::Hangs)
    }

    /// A panic in the source, as of a bug.
    ///
    /// ```
    /// # use component_model::test_util::Script;
    /// let bug = Script::panics();
    /// # let _ = bug;
    /// ```
    pub fn panics() -> Self {
        Self::new(Step::Panics)
    }

    /// Sets how long the answer takes. The default is no time at all.
    ///
    /// ```
    /// use component_model::{ErrorKind, test_util::Script};
    /// use std::time::Duration;
    ///
    /// let slow = Script::fails(ErrorKind::Unavailable).after(Duration::from_secs(1));
    /// # let _ = slow;
    /// ```
    pub fn after(self, delay: Duration) -> Self {
        Self { after: delay, ..self }
    }

    /// Sets the version of a value or of an absence. A request that knows this version is answered with
    /// [`Unchanged`](Reply::Unchanged). A failure has no version.
    ///
    /// ```
    /// # use component_model::test_util::Script;
    /// let host = Script::value("localhost").version("42");
    /// # let _ = host;
    /// ```
    pub fn version(self, version: impl Into<String>) -> Self {
        Self { version: Some(Version::new(version.into())), ..self }
    }

    /// Sets how long a value or an absence stays fresh. A failure does not.
    ///
    /// ```
    /// use component_model::test_util::Script;
    /// use std::time::Duration;
    ///
    /// let host = Script::value("localhost").good_for(Duration::from_secs(60));
    /// # let _ = host;
    /// ```
    pub fn good_for(self, good_for: Duration) -> Self {
        Self { good_for: Some(good_for), ..self }
    }

    /// Marks a value as one that must never be shown, as everything from a secret store is. Nothing else is changed.
    ///
    /// ```
    /// # use component_model::test_util::Script;
    /// let password = Script::value("hunter2").sensitive();
    /// assert!(!format!("{password:?}").contains("hunter2"));
    /// ```
    pub fn sensitive(mut self) -> Self {
        if let Step::Record(record) = self.step {
            self.step = Step::Record(record.sensitive());
        }
        self
    }

    /// Sets how long a failure asks to wait before the next request. Nothing else is changed.
    ///
    /// ```
    /// use component_model::{ErrorKind, test_util::Script};
    /// use std::time::Duration;
    ///
    /// let throttled = Script::fails(ErrorKind::Throttled).retry_after(Duration::from_secs(30));
    /// # let _ = throttled;
    /// ```
    pub fn retry_after(mut self, wait: Duration) -> Self {
        if let Step::Error(error) = self.step {
            self.step = Step::Error(error.with_retry_after(wait));
        }
        self
    }

    /// Whether the answer is there without waiting.
    pub(super) fn is_ready(&self) -> bool {
        self.after.is_zero() && !matches!(self.step, Step::Hangs)
    }

    /// Waits as long as the answer takes.
    pub(super) async fn wait(&self) {
        if matches!(self.step, Step::Hangs) {
            std::future::pending::<()>().await;
        }
        // A timer rounds up to a millisecond.
        if !self.after.is_zero() {
            tokio::time::sleep(self.after).await;
        }
    }

    /// The answer to a request that knows this version.
    ///
    /// # Panics
    /// If that is the answer.
    #[expect(clippy::panic, reason = "the test asked for it")]
    pub(super) fn answer(self, known: Option<&Version>) -> Answer {
        let Self { step, version, good_for, .. } = self;
        let version = match step {
            Step::Record(ref record) => version.or_else(|| record.version().cloned()),
            _ => version,
        };
        let is_known = version.is_some() && version.as_ref() == known;
        match step {
            Step::Record(_) | Step::Absent if is_known => Ok(Reply::Unchanged { good_for }),
            Step::Record(mut record) => {
                if let Some(version) = version {
                    record = record.with_version(version);
                }
                if let Some(good_for) = good_for {
                    record = record.with_good_for(good_for);
                }
                Ok(record.into())
            }
            Step::Absent | Step::Hangs => Ok(Reply::Absent { version, good_for, note: None }),
            Step::Error(error) => Err(error),
            Step::Panics => panic!("the script panics"),
        }
    }
}

/// Shows no value.
impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what: &dyn fmt::Debug = match &self.step {
            Step::Record(record) => record,
            Step::Absent => &"absent",
            Step::Error(error) => error,
            Step::Hangs => &"hangs",
            Step::Panics => &"panics",
        };
        f.debug_struct("Script").field("answer", what).field("after", &self.after).finish_non_exhaustive()
    }
}
