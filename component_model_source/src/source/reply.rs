//! The answers of a source.

use std::{sync::Arc, time::Duration};

use super::{Record, Version};
use crate::{SourceError, Value};

/// The answer of a source to one request, or why there is none.
///
/// ```
/// use component_model::{Answer, ErrorKind, Reply, SourceError, Value};
///
/// let present: Answer = Ok(Value::text("8080").into());
/// let absent: Answer = Ok(Reply::ABSENT);
/// let denied: Answer = Err(SourceError::new(ErrorKind::Denied, "the token has expired"));
/// # assert!(present.is_ok() && absent.is_ok() && denied.is_err());
/// ```
pub type Answer = Result<Reply, SourceError>;

/// The successful answer of a source to a request.
///
/// ```
/// use component_model::{Record, Reply, Value};
///
/// let reply = Reply::from(Value::text("8080"));
/// assert_eq!(reply.record().map(Record::value), Some(&Value::text("8080")));
/// assert!(Reply::from(None::<Value>).record().is_none());
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Reply {
    /// The value.
    Found(Record),
    /// There is none. [`Reply::ABSENT`] if nothing more is known about that.
    Absent {
        /// Which state of the source has no value, if it says so: a caller that knows it asks [unless](crate::Asked::unless) it changed.
        version: Option<Version>,
        /// For how long there is none from now on, if the source says so.
        good_for: Option<Duration>,
        /// What the source said about it, for an error: `the server answered 404 Not Found`. Never a value.
        note: Option<Arc<str>>,
    },
    /// The [version that was known](crate::Asked::known) still holds.
    Unchanged {
        /// How long it stays fresh from now on, if the source states it.
        good_for: Option<Duration>,
    },
}

impl Reply {
    /// There is no value, and nothing more is known about that.
    ///
    /// ```
    /// # use component_model::Reply;
    /// assert!(Reply::ABSENT.is_absent() && Reply::ABSENT.version().is_none());
    /// ```
    pub const ABSENT: Self = Self::Absent { version: None, good_for: None, note: None };

    /// There is no value, and this is what the source said about it.
    ///
    /// ```
    /// # use component_model::Reply;
    /// assert!(Reply::absent_because("the server answered 404 Not Found").is_absent());
    /// ```
    #[must_use]
    pub fn absent_because(note: impl Into<Arc<str>>) -> Self {
        Self::Absent { version: None, good_for: None, note: Some(note.into()) }
    }

    /// How long the answer is good for from now on, if the source says so.
    ///
    /// ```
    /// # use component_model::Reply;
    /// # use std::time::Duration;
    /// let unchanged = Reply::Unchanged { good_for: Some(Duration::from_secs(60)) };
    /// assert_eq!(unchanged.good_for(), Some(Duration::from_secs(60)));
    /// ```
    #[must_use]
    pub fn good_for(&self) -> Option<Duration> {
        match self {
            Self::Found(record) => record.good_for(),
            Self::Absent { good_for, .. } | Self::Unchanged { good_for } => *good_for,
        }
    }

    /// Whether there is no value.
    ///
    /// ```
    /// # use component_model::{Reply, Value};
    /// assert!(!Reply::from(Value::Null).is_absent());
    /// ```
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent { .. })
    }

    /// The version of the record, or of the absence.
    ///
    /// ```
    /// # use component_model::{Reply, Version};
    /// let deleted = Reply::Absent { version: Some(Version::new("43")), good_for: None, note: None };
    /// assert_eq!(deleted.version(), Some(&Version::new("43")));
    /// ```
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        match self {
            Self::Found(record) => record.version(),
            Self::Absent { version, .. } => version.as_ref(),
            Self::Unchanged { .. } => None,
        }
    }

    /// The record, if there is one.
    ///
    /// ```
    /// # use component_model::Reply;
    /// assert!(Reply::ABSENT.record().is_none());
    /// ```
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Found(record) => Some(record),
            Self::Absent { .. } | Self::Unchanged { .. } => None,
        }
    }
}

impl From<Record> for Reply {
    fn from(record: Record) -> Self {
        Self::Found(record)
    }
}

impl From<Value> for Reply {
    fn from(value: Value) -> Self {
        Self::Found(Record::new(value))
    }
}

impl<T: Into<Self>> From<Option<T>> for Reply {
    fn from(found: Option<T>) -> Self {
        found.map_or(Self::ABSENT, Into::into)
    }
}
