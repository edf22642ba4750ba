//! The answers of a source.

use std::time::Duration;

use super::Record;
use crate::{SourceError, Value};

/// The answer of a source to one request, or why there is none.
///
/// ```
/// use component_model::{Answer, ErrorKind, Reply, SourceError, Value};
///
/// let present: Answer = Ok(Value::text("8080").into());
/// let absent: Answer = Ok(Reply::Absent);
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
    /// The source has no value.
    Absent,
    /// The [version that the caller has](crate::Asked::known) is still the current one.
    Unchanged {
        /// How long it stays fresh from now on, if the source states it.
        good_for: Option<Duration>,
    },
}

impl Reply {
    /// The record, if there is one.
    ///
    /// ```
    /// use component_model::Reply;
    ///
    /// assert!(Reply::Absent.record().is_none());
    /// ```
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Found(record) => Some(record),
            Self::Absent | Self::Unchanged { .. } => None,
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
        found.map_or(Self::Absent, Into::into)
    }
}
