//! The value that a source returns, before it is decoded as the field's type.
//!
//! A [`Value`] keeps what the source returned and guesses nothing: the text of an environment variable stays text, and only
//! decoding makes it a number, an address or a list. Typed values, such as those of a JSON document, keep their types. The
//! `Debug` output of a value shows its shape and never its content, so that a secret cannot leak through a log line.

mod document;
mod index;
mod position;
mod wipe;

use std::fmt;

pub(crate) use self::document::{KEY_TWICE, is_key_twice};
pub use self::{
    document::{Names, TOO_MANY, is_too_many},
    index::Index,
    position::{json_error_at, line_and_column},
};

/// A value as its source returned it.
///
/// ```
/// use component_model::{Value, decode};
///
/// let port: u16 = decode::from_value(&Value::text("8080"))?;
/// let pin: String = decode::from_value(&Value::text("0042"))?;
/// assert_eq!((port, pin.as_str()), (8080, "0042"));
/// # Ok::<(), decode::DecodeError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Value {
    /// An explicit null: JSON's `null`, SQL's `NULL`.
    Null,
    /// A boolean from a typed document.
    Bool(bool),
    /// A signed 64-bit integer.
    Signed(i64),
    /// An unsigned 64-bit integer.
    Unsigned(u64),
    /// A floating-point number.
    Float(f64),
    /// Text that the field's type parses: a variable, a column, the body of a key.
    Text(String),
    /// A string from a typed document: never read as a number.
    String(String),
    /// Bytes that are not text.
    Bytes(Vec<u8>),
    /// A list of values.
    List(Vec<Value>),
    /// Named values in the order of the document.
    Map(Vec<(String, Value)>),
    /// One row of a query: its named columns, in their order. A single column is read as its content.
    Row(Vec<(String, Value)>),
    /// The rows of a query, each a [`Value::Row`]. No rows mean absence, unless a list or a map is read.
    Rows(Vec<Value>),
}

impl Value {
    /// Text that the field's type parses.
    ///
    /// ```
    /// use component_model::Value;
    ///
    /// assert_eq!(Value::text("8080"), Value::Text("8080".to_owned()));
    /// ```
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Text if the bytes are UTF-8, otherwise the bytes.
    ///
    /// ```
    /// use component_model::Value;
    ///
    /// assert_eq!(Value::text_or_bytes(b"on".to_vec()), Value::text("on"));
    /// assert_eq!(Value::text_or_bytes(vec![0xff]), Value::Bytes(vec![0xff]));
    /// ```
    #[must_use]
    pub fn text_or_bytes(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|not_text| Self::Bytes(not_text.into_bytes()), Self::Text)
    }

    /// The rows of a query, however many: the field's type decides what they mean.
    ///
    /// ```
    /// use component_model::{Value, decode};
    ///
    /// let port = Value::rows(vec![vec![("port".to_owned(), Value::Signed(8080))]]);
    /// assert_eq!(decode::from_value::<u16>(&port)?, 8080);
    /// # Ok::<(), decode::DecodeError>(())
    /// ```
    #[must_use]
    pub fn rows(rows: Vec<Vec<(String, Self)>>) -> Self {
        Self::Rows(rows.into_iter().map(Self::Row).collect())
    }

    /// Parses a JSON document.
    ///
    /// # Errors
    /// If the document is not JSON, has a key twice, or has more than a million values, so that its memory is bounded. The
    /// message contains the line and the column, not the text.
    ///
    /// ```
    /// use component_model::Value;
    ///
    /// assert_eq!(Value::from_json("[1]")?, Value::List(vec![Value::Unsigned(1)]));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn from_json(document: &str) -> Result<Self, serde_json::Error> {
        document::json(document)
    }

    /// The member of a map, `None` for any other value.
    ///
    /// ```
    /// use component_model::Value;
    ///
    /// let document = Value::from_json(r#"{"port": 1}"#)?;
    /// assert_eq!(document.get("port"), Some(&Value::Unsigned(1)));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The position of a member among those of a map.
    ///
    /// ```
    /// use component_model::Value;
    ///
    /// let map = Value::Map(vec![("port".to_owned(), Value::Null)]);
    /// assert_eq!((map.position("port"), map.position("host")), (Some(0), None));
    /// ```
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        match self {
            Self::Map(members) => members.iter().position(|(known, _)| known == name),
            _ => None,
        }
    }

    /// The value at the end of a path, which is the position within each list or map.
    ///
    /// ```
    /// use component_model::Value;
    ///
    /// let list = Value::List(vec![Value::Null, Value::List(vec![Value::Bool(true)])]);
    /// assert_eq!(list.at(&[1, 0]), Some(&Value::Bool(true)));
    /// ```
    #[must_use]
    pub fn at(&self, positions: &[usize]) -> Option<&Self> {
        positions.iter().try_fold(self, |value, position| match value {
            Self::List(items) => items.get(*position),
            Self::Map(members) => members.get(*position).map(|(_, value)| value),
            _ => None,
        })
    }

    /// The approximate size in bytes: of its texts, bytes and names, plus eight for each value in it.
    ///
    /// ```
    /// use component_model::Value;
    ///
    /// assert_eq!(Value::List(vec![Value::text("four"), Value::Null]).weight(), 28);
    /// ```
    #[must_use]
    pub fn weight(&self) -> usize {
        const EACH: usize = 8;
        let content = match self {
            Self::Text(text) | Self::String(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::List(items) | Self::Rows(items) => items.iter().map(Self::weight).sum(),
            Self::Map(members) | Self::Row(members) => {
                members.iter().map(|(name, value)| name.len() + value.weight()).sum()
            }
            Self::Null | Self::Bool(_) | Self::Signed(_) | Self::Unsigned(_) | Self::Float(_) => 0,
        };
        EACH + content
    }

    /// The kind of the value, as messages show it after "found": `a string`, `a list`.
    ///
    /// ```
    /// use component_model::Value;
    ///
    /// assert_eq!((Value::text("8080").kind(), Value::Unsigned(8080).kind()), ("text", "an integer"));
    /// ```
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Signed(_) | Self::Unsigned(_) => "an integer",
            Self::Float(_) => "a floating-point number",
            Self::Text(_) => "text",
            Self::String(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Row(_) => "a row",
            Self::Rows(_) => "rows",
        }
    }
}

/// Floating-point numbers are compared by their bits, so that a value is equal to itself, also if it is not a number.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Signed(one), Self::Signed(other)) => one == other,
            (Self::Unsigned(one), Self::Unsigned(other)) => one == other,
            (Self::Float(one), Self::Float(other)) => one.to_bits() == other.to_bits(),
            (Self::Text(one), Self::Text(other)) | (Self::String(one), Self::String(other)) => one == other,
            (Self::Bytes(one), Self::Bytes(other)) => one == other,
            (Self::List(one), Self::List(other)) | (Self::Rows(one), Self::Rows(other)) => one == other,
            (Self::Map(one), Self::Map(other)) | (Self::Row(one), Self::Row(other)) => one == other,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({})", self.kind())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => number_of(&number),
            serde_json::Value::String(value) => Self::String(value),
            serde_json::Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            serde_json::Value::Object(members) => {
                Self::Map(members.into_iter().map(|(name, value)| (name, Self::from(value))).collect())
            }
        }
    }
}

fn number_of(number: &serde_json::Number) -> Value {
    number
        .as_u64()
        .map(Value::Unsigned)
        .or_else(|| number.as_i64().map(Value::Signed))
        .or_else(|| number.as_f64().map(Value::Float))
        .unwrap_or_else(|| Value::Text(number.to_string()))
}

/// Text without the byte order mark that some editors put at its start: it is not part of a value, whatever the format.
///
/// ```
/// use component_model::value::without_byte_order_mark;
///
/// assert_eq!(without_byte_order_mark("\u{feff}port = 1".to_owned()), "port = 1");
/// ```
#[must_use]
pub fn without_byte_order_mark(mut text: String) -> String {
    if text.starts_with('\u{feff}') {
        text.replace_range(..'\u{feff}'.len_utf8(), "");
    }
    text
}
