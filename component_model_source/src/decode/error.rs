//! Why a value cannot be decoded as a type, and where in the value.

use std::fmt;

use component_model_types::text::list_of;
use serde::de::{self, Expected, Unexpected};

use super::{Path, Step, advice, foreign};
use crate::{ErrorKind, SourceError, value::KEY_TWICE};

/// Why a value could not be decoded as a type.
///
/// The message states what was expected and which kind of value was found, never the value. A message of the type's own
/// could contain a part of the value, so it is shown only if that is impossible: if its error is a struct without fields
/// or a known one of the standard library, or if serde's derive wrote it. Otherwise, and always
/// for a [secret](crate::SecretString), it is withheld. The [path](Self::path) contains fields and the keys of documents,
/// which do not count as secrets; in the separator form it contains only keys that the type declares.
///
/// ```
/// use component_model::{Value, decode};
/// use std::net::IpAddr;
///
/// let error: decode::DecodeError = decode::from_value::<bool>(&Value::text("hunter2")).unwrap_err();
/// assert_eq!(error.to_string(), "expected bool, found text that is not one");
/// // The error of `IpAddr` is known not to contain the value.
/// let error = decode::from_value::<IpAddr>(&Value::text("hunter2")).unwrap_err();
/// assert_eq!(error.to_string(), "invalid IP address syntax");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeError {
    // Boxed, so that every result of a type's code is small.
    inner: Box<Inner>,
}

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    message: String,
    origin: Origin,
    path: Path,
}

/// Who wrote the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The decoder.
    Own,
    /// The type that refused the value.
    Foreign,
    /// Nobody: there is no value.
    Absence,
    /// The decoder, of a value that is larger than any is allowed to be.
    Size,
}

impl DecodeError {
    /// An error with a message, which must not contain the value.
    ///
    /// ```
    /// use component_model::decode::DecodeError;
    ///
    /// assert_eq!(DecodeError::new("expected an address").to_string(), "expected an address");
    /// ```
    pub fn new(message: impl Into<String>) -> Self {
        Self::of(Origin::Own, message.into())
    }

    fn of(origin: Origin, message: String) -> Self {
        Self { inner: Box::new(Inner { message, origin, path: Path::default() }) }
    }

    /// Text that does not parse as what was asked for.
    pub(crate) fn not_a(expected: &str) -> Self {
        Self::new(format!("expected {expected}, found text that is not one"))
    }

    /// A map has a key more than once. The key may be a piece of the value.
    pub(super) fn key_twice() -> Self {
        Self::new(KEY_TWICE)
    }

    /// The query has no row, or there is no value at all.
    pub(super) fn absent() -> Self {
        Self::of(Origin::Absence, "the query has no row".to_owned())
    }

    /// The value holds more than is allowed, whatever its type.
    pub(super) fn too_large(message: impl Into<String>) -> Self {
        Self::of(Origin::Size, message.into())
    }

    fn foreign(message: String) -> Self {
        Self::of(Origin::Foreign, message)
    }

    /// The position within the value: empty for the value itself.
    ///
    /// ```
    /// use component_model::{Value, decode};
    ///
    /// let error = decode::from_value::<Vec<u8>>(&Value::text("1,x")).unwrap_err();
    /// assert_eq!(error.path().to_string(), "[1]");
    /// ```
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Whether there is no value: a query without rows, for a type that is neither a list nor a map.
    ///
    /// ```
    /// use component_model::{Value, decode};
    ///
    /// let nothing = Value::rows(Vec::new());
    /// assert!(decode::from_value::<u16>(&nothing).unwrap_err().is_absent());
    /// assert_eq!(decode::from_value::<Vec<u16>>(&nothing), Ok(vec![]));
    /// ```
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.inner.origin == Origin::Absence
    }

    pub(crate) fn within(mut self, step: Step) -> Self {
        self.inner.path.within(step);
        self
    }

    /// Whether the type found a string where it wants something else.
    pub(super) fn is_of_string(&self) -> bool {
        self.inner.message.ends_with(kind_of(Unexpected::Str("")))
    }

    /// The error with `…` for these keys of its path.
    pub(crate) fn hiding(mut self, names: &[String]) -> Self {
        self.inner.path.hide(names);
        self
    }

    /// The error without keys, which may be pieces of the value.
    pub(super) fn without_path(mut self) -> Self {
        self.inner.path = Path::default();
        self
    }

    /// The same error for a sensitive value: without a message of the type's own, and without keys of a document.
    ///
    /// ```
    /// use component_model::{SecretString, Value, decode};
    ///
    /// let error = decode::from_value::<SecretString>(&Value::List(Vec::new())).unwrap_err().redacted();
    /// assert_eq!(error.path().steps(), []);
    /// ```
    #[must_use]
    pub fn redacted(mut self) -> Self {
        if self.inner.origin == Origin::Foreign {
            "the type refuses it (its message is withheld, since the value is sensitive)"
                .clone_into(&mut self.inner.message);
        }
        self.without_path()
    }
}

impl From<DecodeError> for SourceError {
    fn from(error: DecodeError) -> Self {
        let kind = match error.inner.origin {
            Origin::Absence => ErrorKind::Absent,
            Origin::Size => ErrorKind::TooLarge,
            Origin::Own | Origin::Foreign => ErrorKind::Malformed,
        };
        let advice = if kind == ErrorKind::Malformed { advice::of(&error.inner.message) } else { None };
        advice.into_iter().fold(Self::new(kind, error.to_string()), Self::with_hint)
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { message, origin, path } = &*self.inner;
        f.debug_struct("DecodeError").field("message", message).field("origin", origin).field("path", path).finish()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { message, path, .. } = &*self.inner;
        f.write_str(message)?;
        if path.is_empty() { Ok(()) } else { write!(f, ", at {path}") }
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::foreign(foreign::message(&message))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match foreign::expectation(expected) {
            Some(expected) => Self::new(format!("expected {expected}, found {}", kind_of(found))),
            None => Self::foreign(format!("the type refuses {}", kind_of(found))),
        }
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match foreign::expectation(expected) {
            Some(expected) => Self::new(format!("expected {expected}, found {} that is not one", kind_of(found))),
            None => Self::foreign(format!("the type refuses this {}", noun(found))),
        }
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        match foreign::expectation(expected) {
            Some(expected) => Self::new(format!("expected {expected}, found {length} items")),
            None => Self::foreign(format!("the type refuses {length} items")),
        }
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        let differs_in_case = expected.iter().any(|name| name.eq_ignore_ascii_case(found));
        let problem = if differs_in_case { "but the case of the letters differs" } else { "found another name" };
        Self::new(format!("expected one of {}, {problem}", list_of(expected)))
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("an unknown field; known are {}", list_of(expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("the field `{field}` is missing"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("the field `{field}` stands twice"))
    }
}

/// The kind of a thing, without the thing.
fn kind_of(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a floating-point number",
        Unexpected::Char(_) => "a character",
        Unexpected::Str(_) => "a string",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit => "null",
        Unexpected::Option => "an optional value",
        Unexpected::NewtypeStruct => "a newtype",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a map",
        Unexpected::Enum => "an enum",
        Unexpected::UnitVariant => "a unit variant",
        Unexpected::NewtypeVariant => "a newtype variant",
        Unexpected::TupleVariant => "a tuple variant",
        Unexpected::StructVariant => "a struct variant",
        Unexpected::Other(_) => "something else",
    }
}

/// The kind without its article.
fn noun(found: Unexpected<'_>) -> &'static str {
    let kind = kind_of(found);
    ["a ", "an "].iter().find_map(|article| kind.strip_prefix(article)).unwrap_or(kind)
}
