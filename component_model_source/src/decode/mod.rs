//! From a [`Value`] to the type of a field.
//!
//! The field's type decides how a value is read, through one serde deserializer: `u16`, `IpAddr`, `SecretString`,
//! `Vec<T>`, enums and your own types all work the same way.
//!
//! # How text is read
//!
//! | the field's type | the text |
//! | --- | --- |
//! | a string | unchanged: `0042` stays `0042`, and white space is kept |
//! | a number | in Rust's notation, and within the type's range |
//! | `bool` | `true`/`false`, `1`/`0`, `yes`/`no`, `on`/`off` in any case |
//! | `Duration` | `30` or `1.5` (seconds), `250ms`, `1h30m` |
//! | an enum | the variant's name, or JSON, wherever its tag is |
//! | a list | a JSON array, or the separator form `a,b,c` |
//! | a map or a struct | a JSON object, or the separator form `host=db,port=5432` |
//!
//! A type that refuses text with white space around it gets the trimmed text, also within rows. In the separator form a backslash escapes
//! the next character, so `a\,b` is one item; white space around items and keys is dropped; empty text is the empty
//! list. A typed document (JSON, TOML, YAML) is not text: a string in it never becomes a number. `1` and `0` are
//! booleans everywhere, since databases store them so.
//!
//! Types that accept any kind of value (`#[serde(flatten)]`, untagged and internally tagged enums) read text as strings;
//! only if they refuse the strings, text that looks like a number or a boolean is read as one.
//!
//! # How rows are read
//!
//! The type decides what the rows of a query mean, not their number: each row is an item of a list or, with two columns,
//! an entry of a map; any other type takes one row. The guide `values` has the table.
//!
//! No error repeats the value: see [`DecodeError`].

mod access;
mod advice;
mod attempt;
mod certain;
#[cfg(debug_assertions)]
#[doc(hidden)]
pub mod common;
mod document;
mod error;
mod foreign;
mod literal;
mod path;
mod rows;
mod sensitive;
mod separated;
mod shape;
mod slot;
mod text;
mod trim;

use std::any::type_name;

use serde::de::DeserializeOwned;

use self::attempt::Attempts;
pub use self::error::DecodeError;
pub use self::path::{Path, Step};
pub use self::slot::{Slot, Unfetched, replace};
#[doc(hidden)]
pub use self::{
    certain::{AnyNotation, Notation, check_literal},
    sensitive::{NotSensitive, Probe},
};
use crate::Value;

/// Decodes a value as a type.
///
/// ```
/// use component_model::{Value, decode};
/// use std::net::IpAddr;
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
/// If the value is not valid for the type. The error contains the position within the value, never the value. It [is
/// absent](DecodeError::is_absent) for a query without rows, unless the type is a list or a map.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, DecodeError> {
    read(Some(value))
}

/// Decodes a value as a type, and an absent one too if the type has a value for absence, such as `None`.
///
/// ```
/// use component_model::{Value, decode};
///
/// // A query without rows.
/// assert_eq!(decode::from_value_or_absence::<Option<u16>>(&Value::Rows(Vec::new()))?, None);
/// # Ok::<(), decode::DecodeError>(())
/// ```
///
/// # Errors
/// As for [`from_value`]; an absent value is an error only if the type has no value for absence.
pub fn from_value_or_absence<T: DeserializeOwned>(value: &Value) -> Result<T, DecodeError> {
    from_value(value).or_else(|error| if error.is_absent() { read(None).map_err(|_| error) } else { Err(error) })
}

/// Reads a value, or what the type has for absence, such as `None`. The one place that runs the code of a type, so that this code
/// is in a program once.
#[inline(never)]
fn read<T: DeserializeOwned>(value: Option<&Value>) -> Result<T, DecodeError> {
    let mut attempts = value.map_or_else(Attempts::of_absence, Attempts::new);
    loop {
        match T::deserialize(attempts.document()) {
            Ok(value) => return Ok(value),
            Err(error) => attempts.after(error, type_name::<T>())?,
        }
    }
}
