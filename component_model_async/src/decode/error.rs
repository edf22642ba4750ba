//! Why a value is not one of a type, and where in the value.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

/// Why a value could not be read as a type.
///
/// The message holds what was expected and what kind of thing was found, never the value: a type's own message that
/// repeats a part of it is withheld. The [path](Self::path) names fields and the keys of documents, which are not taken for
/// secrets; in the separator form it names only keys that the type itself has.
///
/// ```
/// use component_model_async::{Value, decode};
///
/// let error: decode::DecodeError = decode::from_value::<bool>(&Value::text("hunter2")).unwrap_err();
/// assert_eq!(error.to_string(), "expected bool, found text that is not one");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    message: String,
    /// Whether somebody else's code wrote the message, which may then repeat the value.
    foreign: bool,
    path: Path,
}

impl DecodeError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), foreign: false, path: Path::default() }
    }

    /// Text that does not parse as what was asked for.
    pub(crate) fn not_a(expected: &str) -> Self {
        Self::new(format!("expected {expected}, found text that is not one"))
    }

    /// Where within the value: empty for the value itself.
    ///
    /// ```
    /// use component_model_async::{Value, decode};
    ///
    /// let error = decode::from_value::<Vec<u8>>(&Value::text("1,x")).unwrap_err();
    /// assert_eq!(error.path().to_string(), "[1]");
    /// ```
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn within(mut self, step: Step) -> Self {
        self.path.0.insert(0, step);
        self
    }

    pub(super) fn foreign_message(&self) -> Option<&str> {
        self.foreign.then_some(&self.message)
    }

    pub(super) fn withhold_message(&mut self) {
        "the type refuses it (its message repeats the value and is withheld)".clone_into(&mut self.message);
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.path.0.is_empty() { Ok(()) } else { write!(f, ", at {}", self.path) }
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), foreign: true, path: Path::default() }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}, found {}", kind_of(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        // `expected` may be somebody's formatted message.
        Self { foreign: true, ..Self::new(format!("expected {expected}, found {} that is not one", kind_of(found))) }
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}, found {length} items"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("expected one of {}, found another name", crate::error::list_of(expected)))
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("an unknown field; known are {}", crate::error::list_of(expected)))
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

/// The way from a value to a part of it: `limits[2].max`.
///
/// ```
/// use component_model_async::decode::{Path, Step};
///
/// let path: Path = [Step::Key("limits".to_owned()), Step::Index(2), Step::Key("max".to_owned())].into_iter().collect();
/// assert_eq!(path.to_string(), "limits[2].max");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

/// One step of a [`Path`].
///
/// ```
/// use component_model_async::decode::{Path, Step};
///
/// assert_eq!(Path::from_iter([Step::Key("limits".to_owned()), Step::Index(0)]).to_string(), "limits[0]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into the member of a map.
    Key(String),
    /// Into the item of a list, counted from 0.
    Index(usize),
}

impl Path {
    /// The steps, outermost first.
    ///
    /// ```
    /// use component_model_async::{Value, decode};
    ///
    /// let error = decode::from_value::<Vec<u8>>(&Value::text("1,x")).unwrap_err();
    /// assert_eq!(error.path().steps(), [decode::Step::Index(1)]);
    /// ```
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
