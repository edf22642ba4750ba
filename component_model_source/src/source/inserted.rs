//! The values of other components, which a template inserts.

use std::{borrow::Cow, fmt};

use crate::{ErrorKind, SourceError, Value};

/// The value of another component, for a template such as `app/{region}/port`: a scalar. Its `Debug` does not show it.
///
/// ```
/// use component_model::{Inserted, Value};
///
/// let region = Inserted::new(&Value::text("eu"), false)?;
/// assert_eq!((region.value(), region.is_sensitive()), (&Value::text("eu"), false));
/// assert!(Inserted::new(&Value::List(vec![]), false).is_err());
/// # Ok::<(), component_model::SourceError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Inserted {
    value: Value,
    sensitive: bool,
}

impl Inserted {
    /// A scalar; also the only column of the only row of a query.
    ///
    /// ```
    /// use component_model::{Inserted, Value};
    ///
    /// let row = Value::rows(vec![vec![("region".to_owned(), Value::text("eu"))]]);
    /// assert_eq!(Inserted::new(&row, false)?.value(), &Value::text("eu"));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    ///
    /// # Errors
    /// If the value is a list, a map, null, bytes or several rows.
    pub fn new(value: &Value, sensitive: bool) -> Result<Self, SourceError> {
        match Self::scalar(value) {
            Ok(value) => Ok(Self { value: value.clone(), sensitive }),
            Err(other) => {
                let message = format!("{} cannot be inserted: only text, numbers and booleans can", other.kind());
                Err(SourceError::new(ErrorKind::Invalid, message))
            }
        }
    }

    /// The scalar in a value, or what cannot be inserted.
    #[doc(hidden)]
    pub fn scalar(value: &Value) -> Result<&Value, &Value> {
        match value {
            Value::Rows(rows) if rows.len() == 1 => Self::scalar(&rows[0]),
            Value::Row(columns) if columns.len() == 1 => Self::scalar(&columns[0].1),
            Value::Bool(_)
            | Value::Signed(_)
            | Value::Unsigned(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::String(_) => Ok(value),
            other => Err(other),
        }
    }

    /// The scalar.
    ///
    /// ```
    /// use component_model::{Inserted, Value};
    ///
    /// assert_eq!(Inserted::new(&Value::Signed(5), false)?.value(), &Value::Signed(5));
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Whether the value must never be shown. It may be bound as a parameter or used to connect, and nothing else.
    ///
    /// ```
    /// use component_model::{Inserted, Value};
    ///
    /// assert!(Inserted::new(&Value::text("hunter2"), true)?.is_sensitive());
    /// # Ok::<(), component_model::SourceError>(())
    /// ```
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// The scalar as text.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match &self.value {
            Value::Text(text) | Value::String(text) => Cow::Borrowed(text),
            Value::Bool(value) => Cow::Owned(value.to_string()),
            Value::Signed(value) => Cow::Owned(value.to_string()),
            Value::Unsigned(value) => Cow::Owned(value.to_string()),
            Value::Float(value) => Cow::Owned(value.to_string()),
            _ => Cow::Borrowed(""),
        }
    }
}

impl fmt::Debug for Inserted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Inserted").field(&self.value.kind()).finish()
    }
}
