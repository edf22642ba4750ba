//! What a source gives before anybody knows the field's type.
//!
//! A [`Value`] keeps what the source said and guesses nothing: the text of an environment variable stays text, and only
//! the type that it is decoded into makes it a number, an address or a list. What is typed already, such as the values
//! of a JSON document, stays typed. The `Debug` of a value shows its shape and never its content, so that a secret
//! cannot leak through a log line.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// A value as its source has it.
///
/// ```
/// use component_model_async::{Value, decode};
///
/// let port: u16 = decode::from_value(&Value::text("8080"))?;
/// let pin: String = decode::from_value(&Value::text("0042"))?;
/// assert_eq!((port, pin.as_str()), (8080, "0042"));
/// # Ok::<(), decode::DecodeError>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Nothing, said explicitly: JSON's `null`, SQL's `NULL`.
    Null,
    /// A boolean of a typed document.
    Bool(bool),
    /// An integer that fits 64 bits with a sign.
    Signed(i64),
    /// An integer that needs all 64 bits.
    Unsigned(u64),
    /// A floating-point number.
    Float(f64),
    /// Text that the field's type reads: a variable, a column, the body of a key.
    Text(String),
    /// A string of a typed document: it is a string, and never read as a number.
    String(String),
    /// Bytes that are not text.
    Bytes(Vec<u8>),
    /// A list of values.
    List(Vec<Value>),
    /// Named values in the order of the document.
    Map(Vec<(String, Value)>),
    /// One row of a query, its named columns in their order. A single column reads as what it holds.
    Row(Vec<(String, Value)>),
    /// The rows of a query, each a [`Value::Row`]; none of them is absence, unless a list or a map is read.
    Rows(Vec<Value>),
}

impl Value {
    /// Text that the field's type reads.
    ///
    /// ```
    /// # use component_model_async::Value;
    /// assert_eq!(Value::text("8080"), Value::Text("8080".to_owned()));
    /// ```
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Text where the bytes are UTF-8, otherwise the bytes.
    ///
    /// ```
    /// # use component_model_async::Value;
    /// assert_eq!(Value::text_or_bytes(b"on".to_vec()), Value::text("on"));
    /// assert_eq!(Value::text_or_bytes(vec![0xff]), Value::Bytes(vec![0xff]));
    /// ```
    #[must_use]
    pub fn text_or_bytes(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|not_text| Self::Bytes(not_text.into_bytes()), Self::Text)
    }

    /// The rows of a query, however many: the type that reads them decides what they are.
    ///
    /// ```
    /// # use component_model_async::{Value, decode};
    /// let port = Value::rows(vec![vec![("port".to_owned(), Value::Signed(8080))]]);
    /// assert_eq!(decode::from_value::<u16>(&port)?, 8080);
    /// # Ok::<(), decode::DecodeError>(())
    /// ```
    #[must_use]
    pub fn rows(rows: Vec<Vec<(String, Self)>>) -> Self {
        Self::Rows(rows.into_iter().map(Self::Row).collect())
    }

    /// The value that a JSON document holds.
    ///
    /// # Errors
    /// Where the document is not JSON, or names a key twice. The message holds the line and the column, not the text.
    ///
    /// ```
    /// # use component_model_async::Value;
    /// assert_eq!(Value::from_json("[1]")?, Value::List(vec![Value::Unsigned(1)]));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn from_json(document: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(document)
    }

    /// The member of a map, `None` for any other value.
    ///
    /// ```
    /// # use component_model_async::Value;
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

    /// What kind of value this is, in words that fit after "found": `a string`, `a list`.
    ///
    /// ```
    /// use component_model_async::Value;
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

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({})", self.kind())
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

/// Reads any self-describing document. A key that stands twice in one map is an error: which of the two was meant is
/// not for a reader to guess.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Signed(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Unsigned(value))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(value.to_vec()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom("a key stands twice in one map"));
            }
            map.push((name, members.next_value()?));
        }
        Ok(Value::Map(map))
    }
}
