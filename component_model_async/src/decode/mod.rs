//! From a [`Value`] to the type of a field.
//!
//! One serde deserializer over the value lets the field's type decide: `u16`, `IpAddr`, `SecretString`, `Vec<T>`, enums
//! and your own types take the same road.
//!
//! # How text is read
//!
//! | the field asks for | the text |
//! | --- | --- |
//! | a string | as it is, untrimmed: `0042` stays `0042` |
//! | a number | trimmed, in Rust's notation |
//! | `bool` | `true`/`false`, `1`/`0`, `yes`/`no`, `on`/`off` in any case |
//! | `Duration` | `30` or `1.5` (seconds), `250ms`, `1h30m` |
//! | an enum | the variant's name, or JSON, wherever its tag stands |
//! | a list | a JSON array, or the separator form `a,b,c` |
//! | a map or a struct | a JSON object, or the separator form `host=db,port=5432` |
//!
//! In the separator form a backslash takes the next character literally, so `a\,b` is one item; white space around
//! items and keys is dropped; empty text is the empty list. A typed document (JSON, TOML, YAML) is not text: a
//! string in it never becomes a number. `1` and `0` are booleans everywhere, since databases store them so.
//!
//! No error repeats the value: see [`DecodeError`].

#[cfg(debug_assertions)]
#[doc(hidden)]
pub mod common;
mod document;
mod error;
mod literal;
mod rows;
mod scrub;
mod separated;
mod slot;
mod text;

use serde::de::DeserializeOwned;

pub use self::error::{DecodeError, Path, Step};
pub use self::slot::{Slot, replace};
use crate::Value;

/// Reads a value as a type.
///
/// ```
/// use std::net::IpAddr;
/// use component_model_async::{Value, decode};
///
/// let hosts: Vec<IpAddr> = decode::from_value(&Value::text("127.0.0.1, ::1"))?;
/// assert_eq!(hosts.len(), 2);
///
/// let error = decode::from_value::<u16>(&Value::text("hunter2")).unwrap_err();
/// assert_eq!(error.to_string(), "expected u16, found text that is not one");
/// # Ok::<(), decode::DecodeError>(())
/// ```
///
/// # Errors
/// Where the value is not one of the type. The error names the place within the value, never the value.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, DecodeError> {
    let read = T::deserialize(document::Document(value)).or_else(|error| match text::document_in(value) {
        // Types that do not say what they want, such as enums with a tag inside, see text as a string.
        Some(document) => T::deserialize(document::Document(&document)),
        None => Err(error),
    });
    read.map_err(|error| scrub::scrub(error, value))
}
