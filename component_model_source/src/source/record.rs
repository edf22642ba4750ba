//! What a source has for a request: a value, perhaps a part of a document that other requests share.

use std::{fmt, sync::Arc};

use crate::{Value, decode::Path};

/// The longest text that a clone copies instead of sharing it.
const SHORT: usize = 64;

/// A value that a source has, and where it stands if the source can tell. Cheap to clone: large values are shared.
///
/// ```
/// use component_model_source::{Record, Value};
///
/// let found = Record::from(Value::text("8080"));
/// assert!(!format!("{found:?}").contains("8080"));
/// ```
#[derive(Clone)]
pub struct Record {
    value: Held,
    place: Option<PlaceOf>,
}

/// How a value is held.
#[derive(Clone)]
enum Held {
    Own(Value),
    Shared(Arc<Value>),
    /// A part of a value: the position within each list or map on the path to it.
    Part(Arc<Value>, Box<[usize]>),
}

/// Finds the place of what a path names within a value: `app.toml:12:8`.
type PlaceOf = Arc<dyn Fn(&Path) -> Option<String> + Send + Sync>;

impl Record {
    /// A value.
    ///
    /// ```
    /// use component_model_source::{Record, Value};
    ///
    /// let found = Record::new(Value::text("8080"));
    /// # let _ = found;
    /// ```
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self::of(if is_small(&value) { Held::Own(value) } else { Held::Shared(Arc::new(value)) })
    }

    /// A value that is given away often, so that not even a short text is copied.
    ///
    /// ```
    /// use component_model_source::{Record, Value};
    ///
    /// let region = Record::shared(Value::text("eu-west-1"));
    /// assert!(std::ptr::eq(region.value(), region.clone().value()));
    /// ```
    #[must_use]
    pub fn shared(value: Value) -> Self {
        Self::of(Held::Shared(Arc::new(value)))
    }

    /// The part of a value that is at these positions, one within each list or map on the path to it; shared with everyone
    /// who holds the value. The whole value if it has no such part.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use component_model_source::{Record, Value};
    ///
    /// let document = Arc::new(Value::from_json(r#"{"host": "db", "ports": [80, 443]}"#)?);
    /// assert_eq!(Record::part(&document, &[1, 0]).value(), &Value::Unsigned(80));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn part(whole: &Arc<Value>, positions: &[usize]) -> Self {
        Self::of(match whole.at(positions) {
            Some(value) if is_small(value) => Held::Own(value.clone()),
            _ => Held::Part(Arc::clone(whole), positions.into()),
        })
    }

    fn of(value: Held) -> Self {
        Self { value, place: None }
    }

    /// Adds how to find where a part of the value stands; called only when an error needs it.
    ///
    /// ```
    /// use component_model_source::{Record, Value};
    ///
    /// let list = Value::List(vec![Value::text("1"), Value::text("x")]);
    /// // An error in the second item is at `numbers.txt[1]`.
    /// let found = Record::new(list).with_place(|path| Some(format!("numbers.txt{path}")));
    /// # let _ = found;
    /// ```
    #[must_use]
    pub fn with_place(mut self, place: impl Fn(&Path) -> Option<String> + Send + Sync + 'static) -> Self {
        self.place = Some(Arc::new(place));
        self
    }

    /// The value.
    ///
    /// ```
    /// use component_model_source::{Record, Value};
    ///
    /// assert_eq!(Record::new(Value::Bool(true)).value(), &Value::Bool(true));
    /// ```
    #[must_use]
    pub fn value(&self) -> &Value {
        match &self.value {
            Held::Own(value) => value,
            Held::Shared(value) => value,
            Held::Part(whole, positions) => whole.at(positions).unwrap_or(whole),
        }
    }

    /// Where the part of the value is that a path names, if the source can tell.
    ///
    /// ```
    /// use component_model_source::{Record, Value, decode::Path};
    ///
    /// let found = Record::new(Value::text("8080")).with_place(|_| Some("app.toml:12:8".to_owned()));
    /// assert_eq!(found.place(&Path::default()).as_deref(), Some("app.toml:12:8"));
    /// ```
    #[must_use]
    pub fn place(&self, path: &Path) -> Option<String> {
        self.place.as_ref().and_then(|place| place(path))
    }
}

/// Whether copying the value costs about as much as sharing it.
fn is_small(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Signed(_) | Value::Unsigned(_) | Value::Float(_) => true,
        Value::Text(text) | Value::String(text) => text.len() <= SHORT,
        Value::Bytes(bytes) => bytes.len() <= SHORT,
        Value::List(_) | Value::Map(_) | Value::Row(_) | Value::Rows(_) => false,
    }
}

impl From<Value> for Record {
    fn from(value: Value) -> Self {
        Self::new(value)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("value", self.value()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_shares_what_is_large() {
        for value in [Value::List(vec![Value::Null]), Value::text("x".repeat(SHORT + 1))] {
            let found = Record::new(value);
            assert!(std::ptr::eq(found.value(), found.clone().value()), "{found:?}");
        }
    }

    #[test]
    fn a_part_is_not_copied_out_of_its_document() {
        let document = Arc::new(Value::from_json(r#"{"a": [1, {"b": [2]}]}"#).unwrap());
        let part = Record::part(&document, &[0, 1]);
        let inner = document.at(&[0, 1]).unwrap();
        assert!(std::ptr::eq(part.value(), inner) && inner.get("b").is_some());
        assert_eq!(Record::part(&document, &[0, 0]).value(), &Value::Unsigned(1));
    }
}
